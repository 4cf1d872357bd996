//! The report as one page: `index.html`, with `figures/` and, where pictures are too many to embed, `images/`
//! beside it.
//!
//! [`render`] is a pure function of findings, logs and suite: the same input gives the same bytes.

pub mod album;
pub mod gallery;
pub mod text;
pub mod thumbnail;
mod view;

use std::path::Path;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use rayon::prelude::*;

use self::gallery::{Gallery, GalleryError, gallery};
use self::thumbnail::Thumbnails;
use self::view::{Surroundings, view};
use crate::analysis::findings::Findings;
use crate::analysis::runs::load::LoadedRun;
use crate::common::files::{self, FileError};
use crate::report::figures::figures;
use crate::report::figures::render::{FigureError, png, svg};
use crate::report::identity::{STYLE, allowed};
use crate::report::names::Names;
use crate::suite::Suite;

/// Name of the page.
pub const PAGE: &str = "index.html";
/// Name of the folder of figures.
pub const FIGURES: &str = "figures";

const TEMPLATE: &str = include_str!("templates/index.html");
const SCRIPT: &str = concat!(
    include_str!("templates/page.js"),
    include_str!("templates/film.js"),
    include_str!("templates/gallery.js")
);

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A figure.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// The gallery.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// The template.
    #[error("the page's template: {0:#}")]
    Template(#[from] minijinja::Error),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What a page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// What the report says.
    pub findings: &'a Findings,
    /// The runs of the findings, in the same order.
    pub runs: &'a [&'a LoadedRun],
    /// The suite they answered, where it is at hand.
    pub suite: Option<&'a Suite>,
    /// Folder of the caches.
    pub cache: &'a Path,
}

/// A page with what lies beside it.
#[derive(Debug)]
pub struct Rendered {
    /// `index.html`.
    pub html: String,
    /// Files in `figures/`, by name.
    pub figures: Vec<(String, Vec<u8>)>,
    /// Files in `images/`, by name; empty where pictures are embedded.
    pub images: Vec<(String, Vec<u8>)>,
}

/// Renders everything without writing anything but the cache of thumbnails.
///
/// # Errors
/// [`PageError`].
pub fn render(content: &Content<'_>) -> Result<Rendered, PageError> {
    let findings = content.findings;
    let names = Names::of(findings);
    let figures = figures(findings, &names);
    let thumbnails = Thumbnails::new(content.cache);
    let (gallery, files) = rayon::join(
        || gallery(findings, &names, content.runs, content.suite, &thumbnails),
        || {
            let files = figures.par_iter().map(|figure| {
                let svg = svg(&figure.drawing, &figure.title)?.into_bytes();
                let png = png(&figure.drawing)?;
                let name = |extension| format!("{}.{extension}", figure.name);
                Ok::<_, FigureError>([(name("svg"), svg), (name("png"), png)])
            });
            files.collect::<Result<Vec<_>, _>>()
        },
    );
    let (gallery, files): (Gallery, _) = (gallery?, files?);
    let around = Surroundings {
        telling: gallery.telling,
        instructions: content.suite.is_some(),
        images_beside: !gallery.images.is_empty(),
    };
    let view = view(findings, &names, &figures, around)?;
    let html = environment()?.get_template(PAGE)?.render(context! {
        view => Serde(view),
        style => STYLE,
        style_hash => allowed(STYLE),
        script => SCRIPT,
        script_hash => allowed(SCRIPT),
        data => gallery.json,
        program => findings.program.clone(),
    })?;
    Ok(Rendered {
        html,
        figures: files.into_iter().flatten().collect(),
        images: gallery.images,
    })
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_template(PAGE, TEMPLATE)?;
    Ok(environment)
}

impl Rendered {
    /// All files with their paths in the report's folder.
    pub fn files(&self) -> impl Iterator<Item = (String, &[u8])> {
        let page = std::iter::once((PAGE.to_owned(), self.html.as_bytes()));
        let figures = self
            .figures
            .iter()
            .map(|(name, bytes)| (format!("{FIGURES}/{name}"), bytes.as_slice()));
        let images = self
            .images
            .iter()
            .map(|(name, bytes)| (format!("{}/{name}", album::FOLDER), bytes.as_slice()));
        page.chain(figures).chain(images)
    }

    /// Writes the page and what lies beside it into a folder.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn write(&self, folder: &Path) -> Result<(), FileError> {
        files::create_folder(&folder.join(FIGURES))?;
        for (name, bytes) in &self.figures {
            files::write_atomic(&folder.join(FIGURES).join(name), bytes)?;
        }
        album::write(folder, &self.images)?;
        // Last, so that a page never names what is not there yet.
        files::write_atomic(&folder.join(PAGE), self.html.as_bytes())
    }
}
