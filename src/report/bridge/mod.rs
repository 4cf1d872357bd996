//! The study of a bridge as text, CSV and a page. Every form shows the tables of `view`.

mod csv;
mod view;

pub use csv::bridge_csv;
pub use view::conclusion;

use crate::analysis::judges::bridge::Study;
use crate::report::table::page;
use crate::report::table::text::{self, Detail};

/// The study for the terminal.
pub fn bridge_text(study: &Study, detail: Detail) -> String {
    let (title, lines) = view::head(study);
    let lines: String = lines.iter().map(|line| text::paragraph(line)).collect();
    let mut parts = vec![format!("{}\n{lines}", text::paragraph(&title))];
    let tables = view::tables(study);
    parts.extend(tables.iter().map(|table| text::whole(table, detail)));
    parts.join("\n")
}

/// The study as one page that needs nothing else; everything in it is escaped.
///
/// # Errors
/// Those of the template engine, which the bundled template does not raise.
pub fn bridge_page(study: &Study) -> Result<String, minijinja::Error> {
    let (title, lines) = view::head(study);
    page::page(&title, "change of judge", &lines, &view::tables(study))
}
