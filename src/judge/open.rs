//! From `--judge SPEC` to a judge: the one place where kinds of judges are listed.

use crate::endpoint::cache::Cache;
use crate::endpoint::secret::Secret;
use crate::judge::api::ApiJudge;
use crate::judge::command::CommandJudge;
use crate::judge::oracle::Oracle;
use crate::judge::profile::{self, Profile};
use crate::judge::rubric::ToMark;
use crate::judge::{Judge, JudgeError};
use crate::judge::{clip, command, dino, panel, pixels};
use crate::suite::Axis;

/// The folder of judges' replies in the platform's cache folder.
const CACHE: &str = "judge";

/// What the command line may say about a judge beside its spec.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Where replies are kept; `None` asks every time (`--no-cache`).
    pub cache: Option<Cache>,
    /// Another name than the profile's, in tables and in the run.
    pub name: Option<String>,
    /// Another base URL than the profile's.
    pub base_url: Option<String>,
    /// Other rubrics than the profile's: a name or a folder.
    pub rubrics: Option<String>,
    /// The suite's rubrics, for profiles that name none.
    pub suite_rubrics: Option<String>,
    /// What is to be marked: ParaBench's axes, or those of a suite that declares its own.
    pub to_mark: ToMark,
    /// Other than the profile's number of requests in flight.
    pub max_connections: Option<usize>,
    /// Machines that share these connections: each has its part of them, at least one.
    pub connections_over: usize,
    /// A key in place of the environment's, for endpoints that the program itself
    /// starts and for tests.
    pub key: Option<Secret>,
}

impl Default for OpenOptions {
    /// The profile as it stands, with the cache that all runs share.
    fn default() -> Self {
        Self {
            cache: Some(Cache::shared(CACHE)),
            name: None,
            base_url: None,
            rubrics: None,
            suite_rubrics: None,
            to_mark: ToMark::parabench(),
            max_connections: None,
            connections_over: 1,
            key: None,
        }
    }
}

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
    let axes: Vec<Axis> = options
        .to_mark
        .axes
        .iter()
        .map(|marked| marked.axis)
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
        let axes = [axes, options.to_mark.extra.clone()].concat();
        return Ok(Box::new(CommandJudge::open(file, name, &axes)?));
    }
    let profile =
        Profile::find(spec).map_err(|error| JudgeError::new(format!("--judge {spec}"), error))?;
    Ok(Box::new(ApiJudge::open(profile, options)?))
}
