//! What a plan would cost, for the terminal.

use std::path::Path;

use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};
use crate::run::forecast::{ASSUMED_IMAGE_SIDE, ASSUMED_REASONING_CHARS, Forecast, JudgeForecast};

/// The forecast as a table with its assumptions.
pub fn forecast_text(forecast: &Forecast, folder: &Path) -> String {
    let columns = [
        Column::words("judge"),
        Column::numbers("marks", ""),
        Column::numbers("from cache", ""),
        Column::numbers("calls", ""),
        Column::numbers("tokens in", ""),
        Column::numbers("tokens out at most", ""),
        Column::numbers("USD", ""),
    ];
    let table = Table::new("", columns).with_rows(forecast.judges.iter().map(row));
    let mut text = format!(
        "run     {}\nanswers {} to be made\n",
        folder.display(),
        forecast.samples
    );
    if let Some(model) = forecast.model.as_ref().filter(|model| model.calls > 0) {
        let cost = model.cost_usd.map_or_else(
            || "no price is known".to_owned(),
            |cost| format!("{cost:.2} USD, retries not counted"),
        );
        text += &format!(
            "model   {}: {} requests, {cost}\n",
            model.model, model.calls
        );
    }
    if !forecast.judges.is_empty() {
        text += &format!("\n{}", text::body(&table, Detail::Full));
        text +=
            "\nTokens are estimated from text length and image size; retries are not counted.\n";
    }
    if forecast.assumed > 0 && !forecast.judges.is_empty() {
        text += &text::paragraph(&format!(
            "{} answers are not there yet; assumed for each: {ASSUMED_REASONING_CHARS} characters \
             of reasoning and an image of {ASSUMED_IMAGE_SIDE} x {ASSUMED_IMAGE_SIDE} pixels.",
            forecast.assumed
        ));
    }
    text
}

fn row(judge: &JudgeForecast) -> Vec<TableCell> {
    vec![
        TableCell::words(&*judge.judge),
        TableCell::count(judge.marks),
        TableCell::count(judge.from_cache),
        TableCell::count(judge.calls),
        TableCell::count(judge.input_tokens),
        TableCell::count(judge.output_tokens),
        judge.cost_usd.map_or_else(
            || TableCell::words("no price"),
            |cost| TableCell::number(cost, 2),
        ),
    ]
}
