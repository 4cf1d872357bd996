//! Rankings of many runs: one board per set of axes, with the paper's rows beside them.

use serde::Serialize;

use crate::analysis::compare::crossing::BridgeInfo;
use crate::analysis::compare::prepared::Prepared;
use crate::analysis::compare::setting::Setting;
use crate::analysis::compare::{self, Across, CompareError, RunInfo, SuiteInfo};
use crate::analysis::findings::published_rows::{PublishedRow, published_rows};
use crate::analysis::published::Figures;
use crate::analysis::ranks::leaderboard::{Leaderboard, leaderboard};
use crate::analysis::runs::declaration::{Declaration, Declared};
use crate::analysis::runs::load::LoadedRun;
use crate::analysis::scores::sheet::Sheet;
use crate::suite::Axis;
use crate::suite::axes::are_whole;

/// The version of the result's form.
pub const SCHEMA: u32 = 1;

/// What is to be ranked.
#[derive(Clone, Debug)]
pub struct LeaderboardRequest<'a> {
    /// The runs; two at least.
    pub runs: Vec<&'a LoadedRun>,
    /// Whose marks; the only judge where none is named.
    pub judge: Option<&'a str>,
    /// What to do with runs that were marked by different judges.
    pub across: Across<'a>,
    /// Family-wise two-sided level.
    pub alpha: f64,
    /// What was declared: looks at a contrast leave nothing to rank at.
    pub declaration: Declaration,
    /// The published figures.
    pub published: &'a Figures,
}

/// The result. Its JSON form is stable under `schema`: keys are added, never renamed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Boards {
    /// Version of this form.
    pub schema: u32,
    /// What was asked.
    pub suite: SuiteInfo,
    /// The runs in the order they were given.
    pub runs: Vec<RunInfo>,
    /// Whether marks of different judges were set side by side, by force. They are not ranked then.
    pub judges_differ: bool,
    /// The bridge that joins different judges, if any.
    pub bridge: Option<BridgeInfo>,
    /// What was declared; defaults where nothing was.
    pub declaration: Declaration,
    /// One board of all runs on the axes that apply to each of them and, where some models do not think, one
    /// of those to which every axis applies. An Overall over few axes and one over all never share a board.
    pub boards: Vec<Leaderboard>,
    /// The paper's rows: means only, other judge runs. They have no rank.
    pub published: Vec<PublishedRow>,
}

/// Ranks runs.
///
/// # Errors
/// [`CompareError`].
pub fn boards(request: &LeaderboardRequest<'_>) -> Result<Boards, CompareError> {
    if request.runs.len() < 2 {
        return Err(CompareError::Request(
            "a ranking needs two runs at least".to_owned(),
        ));
    }
    let prepared = Prepared::new(&request.runs, &[], request.judge, request.across)?;
    let declaration = Declaration {
        alpha: request.alpha,
        ..Declaration::default()
    };
    let in_force = declaration.in_force(Declared::Nothing);
    let setting = prepared.setting(&declaration, &in_force, false);
    let looks = request.declaration.looks.is_some();
    let boards = ranked(&setting, &prepared.sheets, &prepared.suite.overall(), looks)?;
    if boards.is_empty() {
        return Err(CompareError::Request(
            "nothing can be ranked: no axis applies to all runs, or a run has a category without any mark"
                .to_owned(),
        ));
    }
    let both = request.runs.iter().zip(&prepared.sheets);
    Ok(Boards {
        schema: SCHEMA,
        suite: compare::suite_info(prepared.suite, &prepared.items),
        runs: both.map(|(run, sheet)| compare::info(run, sheet)).collect(),
        judges_differ: prepared.judges_differ,
        bridge: prepared.bridge(),
        declaration: request.declaration.clone(),
        boards,
        published: published_rows(request.published, &prepared.suite.name),
    })
}

/// The board of all runs and, where it differs, that of the runs to which every axis applies. `looks` as in
/// [`leaderboard`].
///
/// # Errors
/// [`CompareError::Stats`].
pub fn ranked(
    setting: &Setting<'_>,
    sheets: &[Sheet],
    axes: &[Axis],
    looks: bool,
) -> Result<Vec<Leaderboard>, CompareError> {
    let all: Vec<&Sheet> = sheets.iter().collect();
    let whole = |sheet: &&Sheet| axes.iter().all(|&axis| sheet.axis(axis).is_some());
    let thinking: Vec<&Sheet> = all.iter().copied().filter(whole).collect();
    let mut boards: Vec<Leaderboard> = leaderboard(setting, &all, axes, looks)?
        .into_iter()
        .collect();
    if thinking.len() < all.len() {
        boards.extend(leaderboard(setting, &thinking, axes, looks)?);
    }
    Ok(boards)
}

/// What a published row has to set beside a board over `axes`: the printed Overall where these are all axes of
/// the paper, else the mean of the printed means of these axes. Nothing where one of them is not printed.
pub fn published_points(row: &PublishedRow, axes: &[Axis]) -> Option<f64> {
    if are_whole(axes) {
        return row.values.get("overall").copied();
    }
    let printed: Option<Vec<f64>> = axes
        .iter()
        .map(|axis| row.values.get(axis.key()).copied())
        .collect();
    crate::stats::sample::mean(&printed?)
}
