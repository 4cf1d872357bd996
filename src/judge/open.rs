//! From `--judge SPEC` to a judge: the one place where kinds of judges are listed.

use crate::judge::api::ApiJudge;
use crate::judge::command::CommandJudge;
use crate::judge::options::OpenOptions;
use crate::judge::oracle::Oracle;
use crate::judge::profile::{self, Profile};
use crate::judge::{Judge, JudgeError};
use crate::judge::{clip, command, dino, panel, pixels};
use crate::suite::Axis;

/// Every judge that can be named, with what it is.
pub fn known() -> Vec<(String, String)> {
    let profiles = profile::bundled().map(|(name, _)| {
        let about = Profile::find(name).map_or_else(
            |_| "bundled profile".to_owned(),
            |profile| {
                format!(
                    "{} at {}",
                    profile.endpoint.model, profile.endpoint.provider
                )
            },
        );
        (name.to_owned(), about)
    });
    let panels = panel::bundled().map(|name| {
        let members = panel::members(name).unwrap_or_default();
        (name.to_owned(), format!("panel of {}", members.join(", ")))
    });
    let others = [
        (
            "oracle",
            "compares with the stored truth of `shapes`; no model",
        ),
        ("oracle-strict", "the same, with stricter texts"),
        ("clip:BUNDLE", "similarity by an exported CLIP"),
        (
            "clip:BUNDLE?head=FILE",
            "LAION's aesthetic head, for suites that declare `aesthetic`",
        ),
        (
            "dino:MODEL.onnx",
            "DINOv2's cosine of input and output, for suites that declare `dino`",
        ),
        ("command:FILE.toml", "a program of your own"),
        ("pixels", "SSIM and PSNR, for suites that declare them"),
        ("FILE.toml", "a profile or panel of your own"),
    ];
    let others = others.map(|(name, about)| (name.to_owned(), about.to_owned()));
    profiles.chain(panels).chain(others).collect()
}

/// Opens the judge that `spec` names: `oracle` or its stricter stand-in `oracle-strict`, `clip:BUNDLE`,
/// `command:FILE.toml`, `pixels`, the path of a profile (`….toml`) or the name of a built-in one.
///
/// # Errors
/// Whatever makes the judge unusable, said with what to do about it.
pub fn open(spec: &str, options: &OpenOptions) -> Result<Box<dyn Judge>, JudgeError> {
    let bundle = spec.strip_prefix(clip::PREFIX);
    let computes =
        spec == "pixels" || spec.starts_with(dino::PREFIX) || bundle.is_some_and(clip::has_head);
    let is_local = ["oracle", "oracle-strict"].contains(&spec) || (bundle.is_some() && !computes);
    if let (true, Some(name)) = (is_local || computes, &options.name) {
        return Err(JudgeError::plain(format!(
            "--judge {name}={spec}: only judges of a profile and programs can be given a name"
        )));
    }
    if let (true, Some(axis)) = (is_local, options.to_mark.foreign()) {
        return Err(JudgeError::plain(format!(
            "--judge {spec} marks ParaBench's axes only, and the suite declares others (`{axis}`): name a judge of a profile or a program"
        )));
    }
    // Kinds with a name of their own go here, one line each; the rest are profiles.
    if spec == "oracle" {
        return Ok(Box::new(Oracle::new()));
    }
    if spec == "oracle-strict" {
        return Ok(Box::new(Oracle::strict()));
    }
    let of_figures = options.to_mark.axes.iter().map(|marked| marked.axis);
    let axes: Vec<Axis> = of_figures
        .chain(options.to_mark.extra.iter().copied())
        .collect();
    if let Some(bundle) = bundle {
        return Ok(Box::new(clip::open(bundle, &axes)?));
    }
    if let Some(model) = spec.strip_prefix(dino::PREFIX) {
        return Ok(Box::new(dino::open(model, &axes)?));
    }
    if spec == "pixels" {
        return Ok(Box::new(pixels::open(&axes)?));
    }
    if let Some(file) = spec.strip_prefix(command::PREFIX) {
        let name = options.name.as_deref();
        return Ok(Box::new(CommandJudge::open(file, name, &axes)?));
    }
    let profile =
        Profile::find(spec).map_err(|error| JudgeError::new(format!("--judge {spec}"), error))?;
    Ok(Box::new(ApiJudge::open(profile, options)?))
}
