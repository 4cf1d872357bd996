//! Forms with files (`multipart/form-data`, RFC 7578), as the endpoint for edits takes them.

use bytes::Bytes;

use crate::common::digest::Digest;
use crate::model::api::provider::InputPicture;

/// A form while it is written.
pub(super) struct Form {
    boundary: String,
    bytes: Vec<u8>,
}

impl Form {
    /// An empty form. Its boundary is a hash of what is sent, so that the same question
    /// gives the same bytes and no content can hold it by chance or design.
    pub(super) fn new(seed: &[&[u8]]) -> Self {
        let boundary = format!(
            "parabench-{}",
            Digest::of_fields(seed.iter().copied()).short(32)
        );
        Self {
            boundary,
            bytes: Vec::new(),
        }
    }

    /// Adds a field. Names are the program's own or come from a profile's checked keys.
    pub(super) fn field(&mut self, name: &str, value: &str) {
        self.head(&format!("name=\"{}\"", plain(name)), "");
        self.bytes.extend_from_slice(value.as_bytes());
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Adds a picture.
    pub(super) fn picture(&mut self, name: &str, picture: &InputPicture) {
        let extension = picture.media_type.trim_start_matches("image/");
        let disposition = format!("name=\"{name}\"; filename=\"input.{extension}\"");
        self.head(
            &disposition,
            &format!("Content-Type: {}\r\n", picture.media_type),
        );
        self.bytes.extend_from_slice(&picture.bytes);
        self.bytes.extend_from_slice(b"\r\n");
    }

    fn head(&mut self, disposition: &str, more: &str) {
        let head = format!(
            "--{}\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n",
            self.boundary
        );
        self.bytes.extend_from_slice(head.as_bytes());
    }

    /// Media type and bytes of the whole form.
    pub(super) fn finish(mut self) -> (String, Bytes) {
        let end = format!("--{}--\r\n", self.boundary);
        self.bytes.extend_from_slice(end.as_bytes());
        let media_type = format!("multipart/form-data; boundary={}", self.boundary);
        (media_type, self.bytes.into())
    }
}

/// A name without what would end it.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_control() && *c != '"')
        .collect()
}
