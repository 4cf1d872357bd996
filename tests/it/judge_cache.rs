//! The judge's cache through the real client: what is asked once is not asked again,
//! by this process or another.

use crate::judge_setup;
use std::path::PathBuf;

use crate::judge_setup::{Setup, assert_no_canary};
use crate::mock_judge::{Fault, MockJudge, Script};
use parabench::common::digest::Digest;
use parabench::endpoint::ask::EndpointReply;
use parabench::endpoint::cache::{Cache, CacheEntry};
use parabench::judge::{Mark, OpenOptions, Usage, open};

fn entries(setup: &Setup) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(setup.cache_folder())
        .into_iter()
        .flatten();
    folders
        .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect()
}

#[tokio::test]
async fn a_hit_needs_no_request() {
    let (mock, setup) = (MockJudge::start(Script::honest()), Setup::new());
    let question = setup.question("x");
    let first = setup.judge(&mock.base_url()).mark(&question).await.unwrap();
    let judge = setup.judge(&mock.base_url());
    assert_eq!(judge.estimate(&question).calls, 0);
    let again = judge.mark(&question).await.unwrap();
    assert_eq!(mock.requests(), 1);
    assert!(again.cached && again.attempts == 0 && again.usage == Usage::default());
    assert_eq!(
        (again.mark, &again.rationale),
        (first.mark, &first.rationale)
    );
    assert_eq!(again.prompt_digest, first.prompt_digest);
    assert_eq!(again.image_digests, first.image_digests);
    assert_eq!(again.served_model, first.served_model);
    let text = std::fs::read_to_string(&entries(&setup)[0]).unwrap();
    assert!(!text.contains("canary"));
}

/// The reply was about the picture that was there, and nobody can look at that one any more.
#[tokio::test]
async fn a_hit_on_a_picture_that_changed_or_is_gone_is_no_mark() {
    let (mock, setup) = (MockJudge::start(Script::honest()), Setup::new());
    let question = setup.question("x");
    setup.judge(&mock.base_url()).mark(&question).await.unwrap();
    let output = setup.folder.path().join("output.png");
    let input = setup.folder.path().join("input.png");
    std::fs::copy(&input, &output).unwrap();
    let error = setup.judge(&mock.base_url()).mark(&question).await;
    let error = format!("{:#}", anyhow::Error::from(error.unwrap_err()));
    assert!(error.contains("output.png has changed"), "{error}");
    std::fs::remove_file(&output).unwrap();
    let error = setup.judge(&mock.base_url()).mark(&question).await;
    assert!(format!("{:#}", anyhow::Error::from(error.unwrap_err())).contains("output.png"));
    assert_eq!(mock.requests(), 1);
}

#[tokio::test]
async fn whatever_decides_the_reply_is_in_the_key() {
    let (mock, mut setup) = (MockJudge::start(Script::honest()), Setup::new());
    let mut question = setup.question("x");
    setup.judge(&mock.base_url()).mark(&question).await.unwrap();
    question.repeat = 1;
    setup.judge(&mock.base_url()).mark(&question).await.unwrap();
    assert_eq!(mock.requests(), 2, "another repeat");
    setup
        .judge(&mock.base_url())
        .mark(&setup.question("y"))
        .await
        .unwrap();
    assert_eq!(mock.requests(), 3, "another reasoning");
    for (from, to) in [
        ("temperature = 0.0", "temperature = 0.5"),
        ("\"test-model\"", "\"other-model\""),
        ("max_tokens = 200", "max_completion_tokens = 200"),
        ("max_connections = 8", "seed = 7"),
        ("[retry]", "[image]\nformat = \"jpeg\"\n[retry]"),
        ("[retry]", "[extra]\ntop_p = 0.5\n[retry]"),
    ] {
        let before = mock.requests();
        setup.profile = Setup::new().with(from, to).profile;
        setup.judge(&mock.base_url()).mark(&question).await.unwrap();
        assert_eq!(mock.requests(), before + 1, "{to}");
    }
}

#[tokio::test]
async fn replies_without_a_mark_are_not_kept() {
    let bad = Fault::Words("no mark".into());
    let (mock, setup) = (MockJudge::start(Script::always(bad)), Setup::new());
    let verdict = setup
        .judge(&mock.base_url())
        .mark(&setup.question("x"))
        .await
        .unwrap();
    assert!(matches!(verdict.mark, Mark::Missing(_)));
    assert_no_canary(&verdict);
    assert_eq!(entries(&setup), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_damaged_entry_is_asked_for_again_and_replaced() {
    let (mock, setup) = (MockJudge::start(Script::honest()), Setup::new());
    let question = setup.question("x");
    let judge = setup.judge(&mock.base_url());
    let first = judge.mark(&question).await.unwrap();
    let entry = entries(&setup).pop().unwrap();
    let whole = std::fs::read(&entry).unwrap();
    for damaged in [&whole[..whole.len() / 2], b"", b"{}", b"not JSON"] {
        let before = mock.requests();
        std::fs::write(&entry, damaged).unwrap();
        assert_eq!(judge.estimate(&question).calls, 1);
        let verdict = judge.mark(&question).await.unwrap();
        assert_eq!((verdict.mark, verdict.cached), (first.mark, false));
        assert_eq!(mock.requests(), before + 1);
        assert_eq!(std::fs::read(&entry).unwrap(), whole);
    }
}

#[tokio::test]
async fn without_a_cache_every_question_is_asked() {
    let (mock, setup) = (MockJudge::start(Script::honest()), Setup::new());
    let question = setup.question("x");
    setup.judge(&mock.base_url()).mark(&question).await.unwrap();
    let options = OpenOptions {
        cache: None,
        base_url: Some(mock.base_url()),
        key: parabench::endpoint::secret::Secret::new(judge_setup::CANARY),
        ..OpenOptions::default()
    };
    let profile = setup.folder.path().join("test.toml");
    let judge = open(profile.to_str().unwrap(), &options).unwrap();
    for _ in 0..2 {
        assert!(!judge.mark(&question).await.unwrap().cached);
    }
    assert_eq!(mock.requests(), 3);
}

#[tokio::test]
async fn a_missing_key_ends_the_run_but_not_a_replay() {
    let (mock, setup) = (MockJudge::start(Script::honest()), Setup::new());
    let setup = setup.with(
        "name = \"test\"",
        "name = \"test\"\nkey = \"PARABENCH_TEST_NO_SUCH_KEY\"",
    );
    let question = setup.question("x");
    setup.judge(&mock.base_url()).mark(&question).await.unwrap();
    let options = OpenOptions {
        cache: Some(Cache::new(setup.cache_folder())),
        base_url: Some(mock.base_url()),
        ..OpenOptions::default()
    };
    let profile = setup.folder.path().join("test.toml");
    let judge = open(profile.to_str().unwrap(), &options).unwrap();
    assert!(judge.mark(&question).await.unwrap().cached);
    let error = judge
        .mark(&setup.question("y"))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("PARABENCH_TEST_NO_SUCH_KEY"), "{error}");
    assert_eq!(mock.requests(), 1);
}

const ROUNDS: u64 = 300;
const SHARED_FOLDER: &str = "PARABENCH_TEST_CACHE_FOLDER";

fn entry(n: u64) -> CacheEntry {
    CacheEntry {
        reply: EndpointReply {
            text: n.to_string().repeat(2000),
            ..EndpointReply::default()
        },
        prompt_digest: Digest::of(&n.to_le_bytes()),
        image_digests: Vec::new(),
    }
}

/// Run by the next test as another process: writes and reads the same keys.
#[test]
#[ignore = "a part of processes_share_the_cache"]
fn one_of_several_processes() {
    let Some(folder) = std::env::var_os(SHARED_FOLDER) else {
        return; // Not started by its parent.
    };
    let cache = Cache::new(folder.into());
    for n in 0..ROUNDS {
        let key = Digest::of(&(n % 7).to_le_bytes());
        cache.put(&key, &entry(n % 7)).unwrap();
        assert_eq!(cache.get(&key), Some(entry(n % 7)));
    }
}

/// No process ever sees a torn entry, and nothing but entries is left behind.
#[test]
fn processes_share_the_cache() {
    let setup = Setup::new();
    let child = || {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "--ignored",
                "judge_cache::one_of_several_processes",
            ])
            .env(SHARED_FOLDER, setup.cache_folder())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let children = [child(), child(), child()];
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(entries(&setup).len(), 7);
}
