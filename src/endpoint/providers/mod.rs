//! All providers: a new one is a file and a line here.

mod anthropic;
mod gemini;
mod images;
mod openai;
mod responses;

use super::provider::Provider;

const ALL: [&(dyn Provider + Sync); 5] = [
    &openai::Chat,
    &anthropic::Messages,
    &gemini::GenerateContent,
    &responses::Responses,
    &images::Images,
];

/// The provider of a name.
pub fn find(name: &str) -> Option<&'static dyn Provider> {
    let mut all = ALL.into_iter();
    let found = all.find(|provider| provider.facts().name == name)?;
    Some(found)
}

/// The names of all providers.
pub fn names() -> Vec<&'static str> {
    ALL.map(|provider| provider.facts().name).to_vec()
}
