//! What a plan would cost, for the terminal.

use std::path::Path;

use crate::report::columns::{Side, columns};
use crate::run::forecast::{ASSUMED_IMAGE_SIDE, ASSUMED_REASONING_CHARS, Forecast, JudgeForecast};

/// The forecast as a table with its assumptions.
pub fn forecast_text(forecast: &Forecast, folder: &Path) -> String {
    let header = [
        "judge",
        "marks",
        "from cache",
        "calls",
        "tokens in",
        "tokens out at most",
        "USD",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(forecast.judges.iter().map(row));
    let mut sides = [Side::Right; 7];
    sides[0] = Side::Left;
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
        text += &format!("\n{}", columns(&sides, &rows));
        text +=
            "\nTokens are estimated from text length and image size; retries are not counted.\n";
    }
    if forecast.assumed > 0 && !forecast.judges.is_empty() {
        text += &format!(
            "{} answers are not there yet; assumed for each: {ASSUMED_REASONING_CHARS} characters \
             of reasoning and an image of {ASSUMED_IMAGE_SIDE} x {ASSUMED_IMAGE_SIDE} pixels.\n",
            forecast.assumed
        );
    }
    text
}

fn row(judge: &JudgeForecast) -> Vec<String> {
    vec![
        judge.judge.clone(),
        judge.marks.to_string(),
        judge.from_cache.to_string(),
        judge.calls.to_string(),
        judge.input_tokens.to_string(),
        judge.output_tokens.to_string(),
        judge
            .cost_usd
            .map_or_else(|| "no price".to_owned(), |cost| format!("{cost:.2}")),
    ]
}
