//! A request as text with holes for pictures, so that its digest needs no picture
//! and its body copies none.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::common::digest::Digest;
use crate::common::picture::PictureFile;
use crate::judge::prompt::{JudgePrompt, Part};

/// Names the holes of one request. The name is a hash of all words of the prompt,
/// so no word of the prompt can name a hole.
#[derive(Debug)]
pub struct Holes {
    code: String,
}

impl Holes {
    fn of(prompt: &JudgePrompt) -> Self {
        let mut fields = vec![b"parabench hole 1".as_slice(), prompt.system.as_bytes()];
        for part in &prompt.parts {
            if let Part::Text(text) = part {
                fields.push(text.as_bytes());
            }
        }
        let code = Digest::of_fields(fields).short(32);
        Self { code }
    }

    /// What a provider writes where the base 64 text of picture `index` belongs.
    pub fn mark(&self, index: usize) -> String {
        format!("<{}:{index}>", self.code)
    }
}

#[derive(Debug)]
enum Piece {
    Text(Bytes),
    Picture(usize),
}

/// A request without its pictures.
#[derive(Debug)]
pub struct Template {
    pieces: Vec<Piece>,
    /// The pictures in the order of the prompt.
    pub pictures: Vec<Arc<PictureFile>>,
    digest: Digest,
}

impl Template {
    /// Has a provider write the body of a request and cuts it at its holes.
    pub fn new(prompt: &JudgePrompt, write: impl FnOnce(&Holes) -> String) -> Self {
        let pictures: Vec<_> = prompt
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Image(_, file) => Some(Arc::clone(file)),
                Part::Text(_) => None,
            })
            .collect();
        let holes = Holes::of(prompt);
        let body = Bytes::from(write(&holes));
        let marks: Vec<_> = (0..pictures.len()).map(|n| holes.mark(n)).collect();
        let pieces = cut(&body, &marks);
        let digest = digest_of(&pieces);
        Self {
            pieces,
            pictures,
            digest,
        }
    }

    /// Digest of all that is sent but the pictures, with the places of the pictures.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The body with the pictures' base 64 texts in their places. Nothing is copied.
    pub fn body(&self, base64: &[Bytes]) -> Pieces {
        let pieces: Vec<_> = self
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(text.clone()),
                Piece::Picture(index) => base64.get(*index).cloned(),
            })
            .collect();
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Pieces {
            pieces: pieces.into_iter(),
            left,
        }
    }
}

fn cut(body: &Bytes, marks: &[String]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = body.clone();
    loop {
        let next = marks
            .iter()
            .enumerate()
            .filter_map(|(index, mark)| Some((find(&rest, mark.as_bytes())?, index, mark.len())))
            .min();
        let Some((at, index, length)) = next else {
            pieces.push(Piece::Text(rest));
            return pieces;
        };
        pieces.push(Piece::Text(rest.split_to(at)));
        pieces.push(Piece::Picture(index));
        rest = rest.split_off(length);
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

fn digest_of(pieces: &[Piece]) -> Digest {
    let indices: Vec<_> = (0..pieces.len()).map(usize::to_le_bytes).collect();
    Digest::of_fields(pieces.iter().map(|piece| {
        match piece {
            Piece::Text(text) => text.as_ref(),
            Piece::Picture(index) => indices
                .get(*index)
                .map_or(&[][..], |bytes| bytes.as_slice()),
        }
    }))
}

/// A request's body of known length, sent piece by piece.
#[derive(Debug)]
pub struct Pieces {
    pieces: vec::IntoIter<Bytes>,
    left: u64,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.next();
        self.left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::judge::prompt::Role;

    fn prompt(text: &str) -> JudgePrompt {
        let picture = |name: &str| {
            Arc::new(PictureFile {
                path: PathBuf::from(name),
                digest: Digest::of(name.as_bytes()),
                width: 1,
                height: 1,
            })
        };
        JudgePrompt {
            material: Vec::new(),
            system: "rules".into(),
            parts: vec![
                Part::Text(text.into()),
                Part::Image(Role::Input, picture("a")),
                Part::Image(Role::Output, picture("b")),
            ],
            key: "k".into(),
        }
    }

    fn whole(template: &Template) -> String {
        let pieces = template.body(&["AAAA".into(), "BB".into()]);
        let expected = pieces.size_hint().exact().unwrap();
        let text: Vec<u8> = pieces.pieces.flatten().collect();
        assert_eq!(text.len() as u64, expected);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn pictures_fill_their_holes_and_no_others() {
        let honest = prompt("words");
        // Words that name the holes of another prompt, even of the honest one.
        let forged = prompt(&format!("words {}", Holes::of(&honest).mark(0)));
        for prompt in [honest, forged] {
            let Part::Text(words) = &prompt.parts[0] else {
                panic!("text first");
            };
            let template = Template::new(&prompt, |holes| {
                format!("[{words}|{}|{}]", holes.mark(0), holes.mark(1))
            });
            assert_eq!(whole(&template), format!("[{words}|AAAA|BB]"));
        }
    }

    #[test]
    fn the_digest_follows_words_and_places() {
        let prompt = prompt("words");
        let plain = Template::new(&prompt, |h| format!("{}{}", h.mark(0), h.mark(1)));
        let swapped = Template::new(&prompt, |h| format!("{}{}", h.mark(1), h.mark(0)));
        let other = Template::new(&prompt, |h| format!("{}{}.", h.mark(0), h.mark(1)));
        assert_ne!(plain.digest(), swapped.digest());
        assert_ne!(plain.digest(), other.digest());
    }
}
