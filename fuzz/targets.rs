//! The parsers of what comes from outside, as functions from bytes. They must not panic, hang, or take more memory than
//! their bound, whatever the bytes are.

use std::path::Path;

use parabench::common::checked_line;
use parabench::common::picture;
use parabench::judge::command as judge_programs;
use parabench::judge::profile::Profile;
use parabench::judge::reply as judge_reply;
use parabench::model::command as programs;
use parabench::onnx::checkpoint;
use parabench::onnx::tokenizer::Tokenizer;
use parabench::run::journal as log;
use parabench::run::record::{JudgmentRecord, SampleRecord};
use parabench::suite;
use parabench::suite::Axis;
use parabench::suite::import::{self, Base, ImportRequest};

/// A parser under its name, and the bytes that it may take: so many, and so many times the length of its input.
pub struct Target {
    pub name: &'static str,
    pub parse: fn(&[u8]),
    pub fixed_bytes: usize,
    pub times: usize,
}

const MIB: usize = 1 << 20;

/// All of them. Files are read into memory once or twice; JSON in memory takes up to some dozens of its own bytes.
pub const TARGETS: [Target; 10] = [
    target("reply", reply, MIB, 100),
    target("program", program, MIB, 100),
    target("record", record, MIB, 100),
    target("journal", journal, 4 * MIB, 100),
    target("safetensors", safetensors, MIB, 200),
    target("import", import, 8 * MIB, 400),
    target("suite", suite, 8 * MIB, 400),
    target("tokenizer", tokenizer, 16 * MIB, 1000),
    target("picture", picture, 512 * MIB, 0),
    target("profile", profile, MIB, 400),
];

const fn target(name: &'static str, parse: fn(&[u8]), fixed_bytes: usize, times: usize) -> Target {
    Target {
        name,
        parse,
        fixed_bytes,
        times,
    }
}

/// The reply of a judge.
pub fn reply(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let form = judge_reply::Form::one_key(Axis::IMAGE_QUALITY, "quality_score");
    let _ = judge_reply::read_at(&text, &form, 0, &["The judged text.".to_owned()]);
}

/// A line of a program that plays a model or a judge.
pub fn program(data: &[u8]) {
    let _ = programs::check_hello(data);
    let _ = programs::check_reply(data, "e1", true);
    let _ = judge_programs::check_hello(data);
    let _ = judge_programs::check_reply(data, "e1", Axis::IMAGE_QUALITY);
}

/// The two records of a run's logs, as JSON without their checksums.
pub fn record(data: &[u8]) {
    let sample = serde_json::from_slice::<SampleRecord>(data).ok();
    let judgment = serde_json::from_slice::<JudgmentRecord>(data).ok();
    // What was read can be written and read again.
    if let Some(sample) = sample {
        let line = checked_line::write(&sample).ok();
        let again = line
            .as_deref()
            .and_then(checked_line::read)
            .map(str::to_owned);
        assert!(again.is_some_and(|text| {
            serde_json::from_str::<SampleRecord>(&text).is_ok_and(|again| again == sample)
        }));
    }
    drop(judgment);
}

/// A log.
pub fn journal(data: &[u8]) {
    with_file("samples.jsonl", data, |path| {
        let mut records = 0_usize;
        let _ = log::read::<SampleRecord>(path, |_| records += 1);
    });
}

/// The header of a file of weights.
pub fn safetensors(data: &[u8]) {
    with_file("model.safetensors", data, |path| {
        let _ = checkpoint::read_header(path);
    });
}

/// A data set; the first byte chooses its form.
pub fn import(data: &[u8]) {
    let (form, data) = data
        .split_first()
        .map_or((0, data), |(form, rest)| (*form, rest));
    let name = ["data.jsonl", "data.json", "data.csv", "data.tsv"][usize::from(form % 4)];
    with_file(name, data, |path| {
        let request = ImportRequest {
            known_rubrics: |_| None,
            prompts: None,
            source: path.to_owned(),
            base: Base::New("fuzz".to_owned()),
            columns: Default::default(),
            categories: Default::default(),
            only: Vec::new(),
            split: None,
            revision: None,
            no_image: false,
            rows: Vec::new(),
            skip_unmapped: false,
            counts_as_found: true,
            limit_bytes: 1 << 30,
        };
        let _ = import::plan(&request);
    });
}

/// A suite: its definition up to the first NUL, its tasks after it.
pub fn suite(data: &[u8]) {
    let end = data
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(data.len());
    let (definition, tasks) = data.split_at(end);
    with_file("suite.toml", definition, |path| {
        let folder = path.parent().unwrap_or(Path::new("."));
        let written = std::fs::write(
            folder.join("tasks.jsonl"),
            tasks.get(1..).unwrap_or_default(),
        );
        if written.is_ok() {
            let _ = suite::load::load_with(folder, &folder.join("cache"));
        }
    });
}

/// The vocabulary of a checkpoint.
pub fn tokenizer(data: &[u8]) {
    with_file("tokenizer.json", data, |path| {
        if let Ok(tokenizer) = Tokenizer::open(path) {
            let ids = tokenizer
                .encode("Draw a red door.", true)
                .unwrap_or_default();
            let _ = tokenizer.decode(&ids);
        }
    });
}

/// A picture.
pub fn picture(data: &[u8]) {
    let _ = picture::decode(data);
}

/// The profile of a judge.
pub fn profile(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = Profile::parse("fuzz.toml", &text);
}

fn with_file(name: &str, data: &[u8], read: impl FnOnce(&Path)) {
    let Ok(folder) = tempfile::tempdir() else {
        return;
    };
    let path = folder.path().join(name);
    if std::fs::write(&path, data).is_ok() {
        read(&path);
    }
}
