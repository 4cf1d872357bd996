//! The study of a bridge as sentences and tables, in the order in which every form shows them.

use crate::analysis::compare::contrast::{Metric, Undefined};
use crate::analysis::compare::standing::{Direction, MISSING_LIMIT, Standing, Untested, Withheld};
use crate::analysis::judges::bridge::{
    BridgePlace, Favour, FavourFound, Replacement, Shift, Study, StudyRun,
};
use crate::report::escape::name;
use crate::report::number::{decimals, level, p_value, signed, signed_interval};
use crate::report::table::{Column, Table, TableCell};
use crate::suite::axes::are_whole;

/// Title, and the lines below it: the verdict first.
pub fn head(study: &Study) -> (String, Vec<String>) {
    let (old, new) = judges(study);
    let suite = &study.suite;
    let drawn = format!(
        "Both judges marked the same answers of {} to {} of {} tasks of {} {}, drawn at random by category (seed {}).",
        runs(study.runs.len()),
        suite.items,
        study.draw.of,
        name(&suite.name),
        name(&suite.version),
        study.draw.seed,
    );
    let mut lines = vec![conclusion(study), drawn];
    lines.extend(favoured(study));
    lines.push(format!(
        "Bridge {}. {old}: identity {}{}. {new}: identity {}{}.",
        study.bridge.short(12),
        study.old.digest.short(12),
        served(&study.old.served),
        study.new.digest.short(12),
        served(&study.new.served),
    ));
    (format!("From {old} to {new}"), lines)
}

fn runs(count: usize) -> String {
    match count {
        1 => "one run".to_owned(),
        many => format!("{many} runs"),
    }
}

fn served(models: &std::collections::BTreeSet<String>) -> String {
    let models: Vec<String> = models.iter().map(|model| name(model)).collect();
    match models.is_empty() {
        true => String::new(),
        false => format!(", served by {}", models.join(", ")),
    }
}

fn judges(study: &Study) -> (String, String) {
    (
        name(&study.old.identity.name),
        name(&study.new.identity.name),
    )
}

/// Whether the new judge may take the old one's place, in a sentence or two.
pub fn conclusion(study: &Study) -> String {
    let (old, new) = judges(study);
    let margin = study.margin;
    match study.replacement {
        Replacement::WithinMargin => format!(
            "{new} may replace {old} within {margin} points: on no axis does the change favour one of these runs over \
             another by more."
        ),
        Replacement::Favours => format!(
            "{new} may not replace {old}: the change favours some runs over others. Compare runs marked by different \
             judges across this bridge only."
        ),
        Replacement::NotShown => format!(
            "It is not shown that {new} may replace {old} within {margin} points. Compare runs marked by different judges \
             across this bridge only."
        ),
        Replacement::TooFewTasks => {
            let needed = study.tasks_for_margin.map_or_else(
                || "more are needed".to_owned(),
                |needed| format!("at least {needed} are needed, or a wider margin"),
            );
            format!(
                "{} tasks are too few to show that {new} may replace {old} within {margin} points: {needed}.",
                study.suite.items
            )
        }
        Replacement::OneRun => format!(
            "One run shows how much the marks of {new} and {old} differ. Whether the change favours a model needs two \
             runs or more."
        ),
    }
}

/// A sentence for each favour that is shown.
fn favoured(study: &Study) -> Vec<String> {
    let said = |favour: &Favour| {
        let direction = favour.standing.direction()?;
        let found = favour.result.as_ref().ok()?;
        let (a, b) = match direction {
            Direction::Higher => (&favour.a, &favour.b),
            Direction::Lower => (&favour.b, &favour.a),
        };
        let digits = decimals(found.se);
        let condition = match favour.standing {
            Standing::Conditional { .. } => "If failed judgements are like the others, the",
            _ => "The",
        };
        Some(format!(
            "{condition} change favours {} over {} on {}: {} points ({} interval {} for all comparisons, adjusted p {}, {} tasks).",
            name(a),
            name(b),
            metric_in_sentence(&favour.metric),
            signed(found.points.abs(), digits),
            level(1.0 - study.alpha),
            signed_interval(turned(found.simultaneous, direction), digits),
            found.p_adjusted.map_or_else(|| "none".to_owned(), p_value),
            found.tasks,
        ))
    };
    study.favours.iter().filter_map(said).collect()
}

fn turned(ends: Option<[f64; 2]>, direction: Direction) -> Option<[f64; 2]> {
    match direction {
        Direction::Higher => ends,
        Direction::Lower => ends.map(|[lo, hi]| [-hi, -lo]),
    }
}

fn metric_title(metric: &Metric) -> String {
    match metric.axes.as_slice() {
        [axis] if !metric.is_overall() => axis.title().to_owned(),
        axes if are_whole(axes) => "Overall".to_owned(),
        axes => format!("Overall of {} common axes", axes.len()),
    }
}

fn metric_in_sentence(metric: &Metric) -> String {
    match metric.is_overall() {
        true => metric_title(metric),
        false => metric_title(metric).to_lowercase(),
    }
}

/// All tables: runs, shifts, favours of each pair, places.
pub fn tables(study: &Study) -> Vec<Table> {
    let mut tables = vec![shifts(study), run_table(study)];
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for favour in &study.favours {
        if pairs.last() != Some(&(&favour.a, &favour.b)) {
            pairs.push((&favour.a, &favour.b));
        }
    }
    tables.extend(pairs.into_iter().map(|pair| favours(study, pair)));
    if study.places.runs.len() > 1 {
        tables.push(places(study));
    }
    tables
}

fn run_table(study: &Study) -> Table {
    let columns = [
        Column::words("Run"),
        Column::words("Model"),
        Column::words("Thinks"),
        Column::numbers("Marks of both", ""),
        Column::numbers("Without a pair", ""),
    ];
    let row = |run: &StudyRun| {
        vec![
            TableCell::words(name(&run.label)),
            TableCell::words(name(&run.model)),
            TableCell::words(if run.thinks { "yes" } else { "no" }),
            TableCell::count(run.expected - run.missing),
            TableCell::count(run.missing),
        ]
    };
    Table::new("Runs", columns).with_rows(study.runs.iter().map(row))
}

fn shifts(study: &Study) -> Table {
    let (old, new) = judges(study);
    let columns = [
        Column::words("Metric"),
        Column::numbers("Shift, points", ""),
        Column::words("95 %"),
        Column::numbers("Tasks", ""),
        Column::numbers(&*old, ""),
        Column::numbers(&*new, ""),
        Column::numbers(format!("Tasks for ±{}", study.half_width), ""),
    ];
    Table::new("Difference between the marks of the two judges", columns)
        .with_rows(study.shifts.iter().map(shift_row))
        .with_notes([
            "Shift: new minus old, mean over all runs of a task, weighted by the suite's plan; intervals over tasks, \
             not adjusted. A shift does not show which judge is right."
                .to_owned(),
            format!(
                "Tasks for ±{}: how many would give the interval of the shift this half-width, if they differ as these do. \
                 Left out where too few of these differ.",
                study.half_width
            ),
        ])
}

fn shift_row(shift: &Shift) -> Vec<TableCell> {
    let title = TableCell::words(metric_title(&shift.metric));
    let found = match &shift.result {
        Ok(found) => found,
        Err(why) => return vec![title, TableCell::None, TableCell::words(undefined(why))],
    };
    let digits = decimals(found.se).min(1);
    vec![
        title,
        TableCell::signed(found.points, digits),
        match found.ci95 {
            None => TableCell::words("too few tasks"),
            ends => TableCell::signed_interval(ends, digits),
        },
        TableCell::count(found.tasks),
        TableCell::number(found.old, digits),
        TableCell::number(found.new, digits),
        TableCell::or_none(found.tasks_for_half_width, TableCell::count),
    ]
}

fn undefined(why: &Undefined) -> String {
    match why {
        Undefined::NotApplicable => "does not apply".to_owned(),
        Undefined::EmptyStratum(category) => format!("no pair of marks in {}", name(category)),
        Undefined::NoPairs => "no pair of marks".to_owned(),
    }
}

fn favours(study: &Study, (a, b): (&str, &str)) -> Table {
    let m = study.family_size;
    let columns = [
        Column::words("Metric"),
        Column::words("Verdict"),
        Column::numbers("Points", ""),
        Column::words(format!("95 %, all {m}")),
        Column::numbers("Adjusted p", ""),
        Column::numbers("Equivalence p", ""),
        Column::numbers("Tasks", ""),
        Column::words("95 % alone"),
        Column::numbers("p alone", ""),
    ];
    let rows = study.favours.iter().filter(|f| (&*f.a, &*f.b) == (a, b));
    Table::new(
        format!("Does the change favour {} over {}?", name(a), name(b)),
        columns,
    )
    .with_rows(rows.map(|favour| favour_row(study, favour)))
    .with_notes(favour_notes(study))
}

fn favour_notes(study: &Study) -> Vec<String> {
    let mut notes = vec![format!(
        "Points: shift of the first run minus shift of the second; 0 means that the change affects both equally. p: \
         sign flips, adjusted over {} lines by step-down max-T. Equivalence within {} points by two one-sided tests, \
         adjusted by Holm.",
        study.family_size, study.margin
    )];
    if let Some(needed) = study
        .tasks_for_margin
        .filter(|needed| *needed > study.suite.items as u64)
    {
        notes.push(format!(
            "With {} tasks no line can be shown to lie within {} points: {needed} are needed.",
            study.suite.items, study.margin
        ));
    }
    notes
}

fn favour_row(study: &Study, favour: &Favour) -> Vec<TableCell> {
    let mut row = vec![
        TableCell::words(metric_title(&favour.metric)),
        TableCell::words(badge(study, favour)),
    ];
    match &favour.result {
        Ok(found) => row.extend(favour_cells(found)),
        Err(why) => row.extend([TableCell::None, TableCell::words(undefined(why))]),
    }
    row
}

fn favour_cells(found: &FavourFound) -> [TableCell; 7] {
    let digits = decimals(found.se).min(1);
    let interval = |ends: Option<[f64; 2]>| match ends {
        None => TableCell::words("too few tasks"),
        ends => TableCell::signed_interval(ends, digits),
    };
    [
        TableCell::signed(found.points, digits),
        interval(found.simultaneous),
        TableCell::or_none(found.p_adjusted, TableCell::p),
        TableCell::or_none(found.p_equivalence_holm, TableCell::p),
        TableCell::count(found.tasks),
        interval(found.ci95),
        TableCell::p(found.p),
    ]
}

/// What a standing says of a favour.
fn badge(study: &Study, favour: &Favour) -> String {
    let favours = |direction| match direction {
        Direction::Higher => format!("favours {}", name(&favour.a)),
        Direction::Lower => format!("favours {}", name(&favour.b)),
    };
    match favour.standing {
        Standing::Shown { direction, .. } => favours(direction),
        Standing::Conditional { direction, .. } => format!("{}, if …", favours(direction)),
        Standing::Margin(within) => {
            let condition = if within.conditional { ", if …" } else { "" };
            match within.equivalent {
                true => format!("within ±{}{condition}", study.margin),
                false => format!("at most {} lower{condition}", study.margin),
            }
        }
        Standing::NotShown { .. } => "not shown".to_owned(),
        Standing::NotTested(Untested::TooFewUnits) => "too few tasks".to_owned(),
        Standing::NotTested(_) => "not tested".to_owned(),
        Standing::Withheld(Withheld::MissingMarks) => {
            format!("no claim: over {} missing", level(MISSING_LIMIT))
        }
        Standing::Withheld(Withheld::JudgesDiffer) => "no claim".to_owned(),
        Standing::Descriptive(_) => "reported, not tested".to_owned(),
    }
}

fn places(study: &Study) -> Table {
    let (old, new) = judges(study);
    let columns = [
        Column::words("Run"),
        Column::numbers(format!("{old}, points"), ""),
        Column::numbers("Place", ""),
        Column::numbers(format!("{new}, points"), ""),
        Column::numbers("Place", ""),
    ];
    let row = |place: &BridgePlace| {
        vec![
            TableCell::words(name(&place.run)),
            TableCell::number(place.old, 1),
            TableCell::count(place.old_place),
            TableCell::number(place.new, 1),
            TableCell::count(place.new_place),
        ]
    };
    let swapped: Vec<String> = study
        .places
        .swapped
        .iter()
        .map(|[a, b]| format!("{} and {}", name(a), name(b)))
        .collect();
    let order = match swapped.is_empty() {
        true => "No pair of runs changes its order.".to_owned(),
        false => format!("In another order: {}.", swapped.join("; ")),
    };
    Table::new("The order of the runs under each judge", columns)
        .with_rows(study.places.runs.iter().map(row))
        .with_notes([
            order,
            "Means of the drawn tasks over the axes that apply to all runs. The order is reported, not \
             tested.".to_owned(),
        ])
}
