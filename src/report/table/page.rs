//! Tables as one page that needs nothing else: no script, no font, no picture.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};

use super::{Table, html};
use crate::report::identity::{STYLE, allowed};

/// The page.
const TEMPLATE: &str = include_str!("page.html");

/// Renders a page of `tables` below `lines`; `kind` follows the title in the window's. Everything in it is escaped.
///
/// # Errors
/// Those of the template engine, which the bundled template does not raise.
pub fn page(
    title: &str,
    kind: &str,
    lines: &[String],
    tables: &[Table],
) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("page", TEMPLATE)?;
    let tables: Vec<html::TableView> = tables.iter().map(html::view).collect();
    environment.get_template("page")?.render(context! {
        title,
        kind,
        lines => Serde(lines),
        tables => Serde(tables),
        style => STYLE,
        style_hash => allowed(STYLE),
        program => crate::run::manifest::program(),
    })
}
