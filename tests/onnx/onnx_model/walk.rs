//! Every command of docs/real-run.md, on small stand-ins of the same layout.

use std::fs;
use std::path::Path;
use std::process::Output;

use parabench::onnx::runtime::{Runtime, RuntimeOptions};

use super::world::{SMALL, checkpoint_a, checkpoint_m};
use crate::cli_world::{World, log_lines, stderr, stdout};
use crate::envelope;
use crate::mock_judge::{MockJudge, Script};
use crate::suite_fixture::picture;

/// The commands of the walk-through, in order: lines of its shell blocks.
fn commands() -> Vec<String> {
    let text = fs::read_to_string("docs/real-run.md").unwrap();
    let blocks = text.split("```sh\n").skip(1);
    let lines = blocks.flat_map(|block| block.split("```").next().unwrap().lines());
    lines.map(str::to_owned).collect()
}

/// What a stand-in needs: a processor, 32 bits, small pictures, few steps, few tasks. Nothing else is changed.
fn scaled(command: &str) -> Vec<String> {
    let mut words: Vec<String> = command
        .split_whitespace()
        .map(|word| {
            word.trim_matches('"')
                .replace("device=cuda", &format!("device=cpu&{SMALL}"))
                .replace("bf16", "f32")
        })
        .collect();
    match words[1].as_str() {
        "export" => words.extend(["--resolution".into(), "32".into()]),
        "generate" => words.extend(["--limit".into(), "6".into()]),
        _ => {}
    }
    words.remove(0);
    words
}

/// A data set with ParaBench's composition.
fn data_set(folder: &Path) {
    fs::create_dir_all(folder.join("images")).unwrap();
    let mut lines = String::new();
    let edits = ["spatial", "temporal", "causal", "knowledge", "general"];
    for (number, category) in edits.iter().flat_map(|category| [category; 40]).enumerate() {
        let image = format!("images/{number:03}.png");
        fs::write(
            folder.join(&image),
            picture(24, number as u32, image::ImageFormat::Png),
        )
        .unwrap();
        let record = serde_json::json!({ "category": category, "instruction": format!("word{number} word2"), "image": image });
        lines += &format!("{record}\n");
    }
    for number in 0..100 {
        let record = serde_json::json!({ "category": "generation", "instruction": format!("word{number} word3") });
        lines += &format!("{record}\n");
    }
    fs::write(folder.join("test.jsonl"), lines).unwrap();
}

/// The names of the hub's files, and the values of its configurations that a stand-in need not change.
fn as_on_the_hub(world: &World) {
    let (a, m, vq) = (
        world.path("MMaDA-Parallel-A"),
        world.path("MMaDA-Parallel-M"),
        world.path("magvitv2"),
    );
    fs::write(a.join("args.json"), "{\"lr\": 1e-5}").unwrap();
    let add = |path: &Path, keys: serde_json::Value| {
        let mut config: serde_json::Value =
            serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let keys = keys.as_object().unwrap().clone();
        config.as_object_mut().unwrap().extend(keys);
        fs::write(path, config.to_string()).unwrap();
    };
    add(
        &m.join("config.json"),
        serde_json::json!({"num_vq_tokens": 256, "num_new_special_tokens": 0, "torch_dtype": "bfloat16"}),
    );
    fs::write(
        m.join("generation_config.json"),
        "{\"bos_token_id\": 126080}",
    )
    .unwrap();
    let weights = vq.join("model.safetensors");
    fs::rename(weights, vq.join("pytorch_model.safetensors")).unwrap();
    add(
        &vq.join("config.json"),
        serde_json::json!({"_class_name": "MAGVITv2"}),
    );
}

fn run(world: &World, judge: &MockJudge, arguments: &[String]) -> Output {
    let runtime = Runtime::open(&RuntimeOptions::default()).unwrap();
    let mut command = world.command(&judge.base_url());
    command.env("ORT_DYLIB_PATH", &runtime.found().path);
    command.args(arguments).output().unwrap()
}

#[test]
fn every_command_of_the_real_job_runs_on_stand_ins() {
    let world = World::new(1);
    data_set(&world.path("ParaBench"));
    checkpoint_a(&world.path("MMaDA-Parallel-A"));
    checkpoint_m(&world.path("MMaDA-Parallel-M"), &world.path("magvitv2"));
    as_on_the_hub(&world);
    let judge = MockJudge::start(Script::honest());
    let commands = commands();
    assert!(commands.len() >= 10, "{commands:?}");
    for command in &commands {
        assert!(command.starts_with("parabench "), "{command}");
        let output = run(&world, &judge, &scaled(command));
        assert_eq!(
            output.status.code(),
            Some(0),
            "{command}\n{}{}",
            stdout(&output),
            stderr(&output)
        );
        if command.contains("-o bundle-m") {
            let told = format!("{}{}", stdout(&output), stderr(&output));
            assert!(told.contains("num_vq_tokens"), "{told}");
            assert!(told.contains("picture 32 x 32 pixels"), "{told}");
        }
    }
    assert!(world.path("bundle-m").join("bundle.toml").is_file());
    for name in ["a-parallel", "a-sequential"] {
        assert_eq!(log_lines(&world.run_folder(name).join("samples.jsonl")), 6);
        let scores = world.scores(name);
        assert!(
            scores.lines().filter(|row| row.ends_with(",ok")).count() >= 30,
            "{scores}"
        );
    }
    let page = fs::read_to_string(world.path("report").join("index.html")).unwrap();
    for name in ["a-parallel", "a-sequential"] {
        assert!(page.contains(name), "{name} is not in the report");
    }
    assert!(world.path("report").join("table.tex").is_file());
}

#[test]
fn bench_model_tells_where_the_time_goes() {
    let world = World::new(1);
    let judge = MockJudge::start(Script::honest());
    let bundle = super::world::bundle_m(world.folder.path());
    let model = format!("{}?{SMALL}&strategy=parallel&batch=2", bundle.display());
    let output = run(
        &world,
        &judge,
        &["bench-model".into(), model, "--json".into()],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let measured: serde_json::Value = envelope::result(&output.stdout);
    assert_eq!(measured["forwards_conditional"], 8);
    assert_eq!(measured["forwards_unconditional"], 4);
    assert_eq!(
        (
            &measured["text_steps"]["count"],
            &measured["image_steps"]["count"]
        ),
        (&4.into(), &4.into())
    );
    // 64 cells and 12 text positions.
    assert_eq!(
        (&measured["tokens"], &measured["batch"]),
        (&76.into(), &2.into())
    );
    let number = |key: &str| measured[key].as_f64().unwrap();
    let rate = 76.0 * 2.0 / number("total_s");
    assert!((number("tokens_per_s") - rate).abs() < 1e-6 * rate);
    for kind in ["text_steps", "image_steps"] {
        let part = |key: &str| measured[kind][key].as_f64().unwrap();
        assert!((part("step_s") - part("forward_s") - part("sampling_s")).abs() < 1e-9);
        assert!(part("forward_s") > 0.0);
    }
}
