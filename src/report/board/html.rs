//! Boards as one page that needs nothing else: no script, no font, no picture.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};

use super::view::{head, tables};
use crate::analysis::ranks::boards::Boards;
use crate::report::table::html;

/// The page.
const TEMPLATE: &str = include_str!("page.html");

/// Renders the page; everything in it is escaped.
///
/// # Errors
/// Those of the template engine, which the bundled template does not raise.
pub fn board_html(boards: &Boards) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("page", TEMPLATE)?;
    let (title, lines) = head(boards);
    let tables: Vec<html::View> = tables(boards).iter().map(html::view).collect();
    environment.get_template("page")?.render(context! {
        title,
        lines,
        tables => Serde(tables),
        program => crate::run::manifest::program(),
    })
}
