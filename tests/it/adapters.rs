//! The adapters in `examples/adapters`: their own tests, and the protocol from end to end
//! with a stand-in for Bagel's inferencer. Needs `python3`; says so where it is missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::model_kinds::fixture::{self, ask, suite};
use parabench::model::{self, OpenContext, Part};

/// The folder of the adapters, where there is a Python to run them.
fn adapters() -> Option<PathBuf> {
    let found = Command::new("python3").arg("--version").output();
    if !found.is_ok_and(|output| output.status.success()) {
        eprintln!("left out: there is no python3 on this machine");
        return None;
    }
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/adapters"))
}

#[test]
fn each_adapter_asks_its_model_what_the_recipe_says() {
    let Some(folder) = adapters() else { return };
    let output = Command::new("python3")
        .args(["-B", "-m", "unittest", "-v"])
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("Ran 0 tests"), "{said}");
}

/// Bagel's adapter over an inferencer that thinks aloud and saves a picture that this
/// test wrote.
const STAND_IN: &str = r#"
import shutil, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import adapter, bagel
class Picture:
    size = (12, 8)
    def getbbox(self): return None
    def crop(self, box): return self
    def save(self, path, format): shutil.copyfile(sys.argv[2], path)
def inferencer(image, text, think, **settings):
    print("loading chatter of a model")
    return {"text": f"<think>{text} {think} {settings['cfg_img_scale']}</think>", "image": Picture()}
model = bagel.Bagel(inferencer, True, "rise", "wise", lambda path: path)
adapter.serve("bagel", "stand-in", True, model.answer)
"#;

#[tokio::test]
async fn an_adapter_answers_through_the_command_protocol() {
    let Some(folder) = adapters() else { return };
    let place = tempfile::tempdir().unwrap();
    let suite = suite(place.path());
    let path = |name: &str| place.path().join(name);
    fs::write(path("stand_in.py"), STAND_IN).unwrap();
    fs::write(path("drawn.png"), fixture::png(77)).unwrap();
    let toml = format!(
        "name = \"bagel\"\nprogram = \"python3\"\nargs = [\"stand_in.py\", {:?}, {:?}]\n",
        folder.display().to_string(),
        path("drawn.png").display().to_string()
    );
    fs::write(path("model.toml"), toml).unwrap();
    let spec = format!("command:{}", path("model.toml").display());
    let model = model::open(&spec, &OpenContext::new(&suite)).unwrap();
    for (task, scale) in [("chem-1", "2.0"), ("draw_1", "1.0")] {
        let answer = ask(&*model, &suite, task, 0).await;
        let Part::Given(text) = &answer.reasoning else {
            panic!("{answer:?}");
        };
        assert!(text.starts_with("<think>Do what"), "{text}");
        assert!(text.ends_with(&format!("True {scale}</think>")), "{text}");
        assert_eq!(answer.image, Part::Given(fixture::png(77).into()));
        assert_eq!(answer.details["reported"]["think_tags"], "closed");
    }
}

#[test]
fn every_description_names_a_program_that_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/adapters");
    let place = tempfile::tempdir().unwrap();
    let suite = suite(place.path());
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(&path).unwrap();
        let description: toml::Table = text.parse().unwrap();
        let program = description["args"][0].as_str().unwrap();
        assert!(
            folder.join(program).is_file(),
            "{program} in {}",
            path.display()
        );
        if adapters().is_some() {
            let spec = format!("command:{}", path.display());
            model::open(&spec, &OpenContext::new(&suite)).unwrap();
        }
    }
    assert_eq!(seen, 7);
}
