//! The documentation: every page is in the book's summary, and every link within the repository leads somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a Markdown file links to, and the anchors of its headings.
#[derive(Default)]
struct Page {
    links: Vec<String>,
    anchors: BTreeSet<String>,
}

impl Page {
    fn read(path: &Path) -> Self {
        Self::of(&fs::read_to_string(path).unwrap())
    }

    fn of(text: &str) -> Self {
        let mut page = Self::default();
        let mut heading: Option<String> = None;
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    page.anchors
                        .extend(heading.take().map(|text| anchor(&text)));
                }
                _ => {}
            }
        }
        page
    }
}

/// A heading as GitHub and mdBook make an anchor of it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

/// Every Markdown file of the repository but what programs wrote.
fn pages() -> BTreeMap<PathBuf, Page> {
    let mut pages = BTreeMap::new();
    let mut folders = vec![repository().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let is_made = ["target", "results", "reports"].contains(&&*name);
            if path.is_dir() && !is_made && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(".md") {
                let page = Page::read(&path);
                pages.insert(path.canonicalize().unwrap(), page);
            }
        }
    }
    pages
}

/// Why a link of a page leads nowhere.
fn fault(pages: &BTreeMap<PathBuf, Page>, page: &Path, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, wanted) = link
        .split_once('#')
        .map_or((link, None), |(f, a)| (f, Some(a)));
    let place = match file {
        "" => page.to_owned(),
        _ => page.parent().unwrap().join(file),
    };
    let Ok(place) = place.canonicalize() else {
        return Some(format!("{file} is not there"));
    };
    if !place.starts_with(repository().canonicalize().unwrap()) {
        return Some(format!("{file} leads out of the repository"));
    }
    match (wanted, pages.get(&place)) {
        (Some(wanted), Some(target)) if !target.anchors.contains(wanted) => {
            Some(format!("{file} has no heading #{wanted}"))
        }
        _ => None,
    }
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let pages = pages();
    assert!(pages.len() > 20, "only {} pages were found", pages.len());
    let faults: Vec<String> = pages
        .iter()
        .flat_map(|(path, page)| page.links.iter().map(move |link| (path, link)))
        .filter_map(|(path, link)| {
            Some(format!(
                "{}: {}",
                path.display(),
                fault(&pages, path, link)?
            ))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The book leaves out what is not in its summary, without a word.
#[test]
fn every_page_of_docs_is_in_the_summary_once() {
    let docs = repository().join("docs");
    let files = fs::read_dir(&docs).unwrap().flatten();
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    let mut expected: Vec<String> = names
        .filter(|name| name.ends_with(".md") && name != "SUMMARY.md")
        .collect();
    let mut listed = Page::read(&docs.join("SUMMARY.md")).links;
    expected.sort();
    listed.sort();
    assert_eq!(listed, expected);
}

#[test]
fn a_dead_link_is_seen() {
    let page = repository().canonicalize().unwrap().join("README.md");
    let read = Page::of(
        "# One `two`: three?\n[a](#one-two-three) [b](nowhere.md) [c](#four)\n![d](../x.png)",
    );
    assert_eq!(read.links.len(), 4);
    let pages = BTreeMap::from([(page.clone(), read)]);
    let faults = [
        "#one-two-three",
        "nowhere.md",
        "#four",
        "../",
        "https://example.org/x",
    ]
    .map(|link| fault(&pages, &page, link));
    assert_eq!(faults[0], None);
    assert!(
        faults[1]
            .as_ref()
            .is_some_and(|text| text.contains("not there"))
    );
    assert!(
        faults[2]
            .as_ref()
            .is_some_and(|text| text.contains("no heading"))
    );
    assert!(
        faults[3]
            .as_ref()
            .is_some_and(|text| text.contains("out of the repository"))
    );
    assert_eq!(faults[4], None);
}

/// The version stands in two files for two readers.
#[test]
fn the_citation_names_this_version() {
    let citation = fs::read_to_string(repository().join("CITATION.cff")).unwrap();
    let line = format!("version: {}", env!("CARGO_PKG_VERSION"));
    assert!(
        citation.lines().any(|found| found == line),
        "expected `{line}`"
    );
}
