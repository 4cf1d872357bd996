//! Questions made ready to be asked.

use super::price::Usage;
use super::template::Template;
use crate::common::digest::Digest;

/// A question made ready: what would be sent, and under which key its reply is kept.
pub struct Prepared {
    pub(super) template: Template,
    /// The key of its reply.
    pub key: Digest,
    /// The most that one request can use.
    pub most: Usage,
}

impl Prepared {
    /// Digest of the whole request, the pictures as they were sent included.
    pub fn digest(&self, pictures: &[Digest]) -> Digest {
        let template = self.template.digest();
        let fields = std::iter::once(&template).chain(pictures);
        Digest::of_fields(fields.map(|digest| digest.as_bytes().as_slice()))
    }

    /// Whether pictures are shown.
    pub fn has_pictures(&self) -> bool {
        !self.template.pictures.is_empty()
    }
}
