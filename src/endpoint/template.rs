//! A request as text with holes for pictures, so that its digest needs no picture
//! and its body copies none.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::ask::{Ask, SentPicture};
use super::encoding::Encoded;
use super::request::HttpRequest;
use crate::common::digest::Digest;

/// Names the holes of one request. The name is a hash of all words and pictures of the question,
/// so none of them can name a hole.
#[derive(Debug)]
pub struct Holes {
    code: String,
}

/// What belongs into a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filling {
    /// The picture itself.
    Data,
    /// Its media type, `image/png`.
    Media,
    /// The end of its file's name, `png`.
    Ending,
}

impl Filling {
    const ALL: [Self; 3] = [Self::Data, Self::Media, Self::Ending];
}

impl Holes {
    fn of(ask: &Ask) -> Self {
        let words = ask.texts().map(str::as_bytes);
        let pictures = ask
            .pictures()
            .map(|shown| shown.file.digest.as_bytes().as_slice());
        let fields = std::iter::once(b"parabench hole 1".as_slice());
        let fields = fields.chain(words).chain(pictures);
        let code = Digest::of_fields(fields).short(32);
        Self { code }
    }

    /// A text that no word of the question holds.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What a provider writes where picture `index` belongs.
    pub fn data(&self, index: usize) -> String {
        self.mark(Filling::Data, index)
    }

    /// What a provider writes where the media type of picture `index` belongs.
    pub fn media(&self, index: usize) -> String {
        self.mark(Filling::Media, index)
    }

    /// What a provider writes where the usual ending of its file's name belongs.
    pub fn ending(&self, index: usize) -> String {
        self.mark(Filling::Ending, index)
    }

    fn mark(&self, filling: Filling, index: usize) -> String {
        format!("<{}:{}:{index}>", self.code, filling as u8)
    }
}

#[derive(Debug)]
enum Piece {
    Text(Bytes),
    Hole(Filling, usize),
}

/// A request without its pictures.
#[derive(Debug)]
pub struct Template {
    /// The operation below the base URL.
    pub path: String,
    /// Media type of the body.
    pub media_type: String,
    /// The pictures in the order of the question.
    pub pictures: Vec<SentPicture>,
    pieces: Vec<Piece>,
    digest: Digest,
}

impl Template {
    /// Has the request of a question written and cuts it at its holes.
    pub fn new(ask: &Ask, write: impl FnOnce(&Holes) -> HttpRequest) -> Self {
        let pictures: Vec<_> = ask.pictures().cloned().collect();
        let holes = Holes::of(ask);
        let request = write(&holes);
        let pieces = cut(request.body, &holes);
        let digest = digest_of(&request.path, &pieces);
        Self {
            path: request.path,
            media_type: request.media_type,
            pictures,
            pieces,
            digest,
        }
    }

    /// Digest of all that is sent but the pictures, with the places of the pictures.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The body with the pictures in their places. Nothing is copied.
    pub fn body(&self, pictures: &[Encoded]) -> Pieces {
        let fill = |filling, picture: &Encoded| match filling {
            Filling::Data => picture.sent.clone(),
            Filling::Media => Bytes::from_static(picture.media_type.as_bytes()),
            Filling::Ending => {
                Bytes::from_static(picture.media_type.trim_start_matches("image/").as_bytes())
            }
        };
        let pieces: Vec<_> = self
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(text.clone()),
                Piece::Hole(filling, index) => Some(fill(*filling, pictures.get(*index)?)),
            })
            .collect();
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Pieces {
            pieces: pieces.into_iter(),
            left,
        }
    }
}

fn cut(body: String, holes: &Holes) -> Vec<Piece> {
    let open = format!("<{}:", holes.code);
    let found = body.match_indices(&open).filter_map(|(at, _)| {
        let (filling, index, length) = hole_of(body.get(at + open.len()..)?)?;
        Some((at, at + open.len() + length, filling, index))
    });
    let found: Vec<(usize, usize, Filling, usize)> = found.collect();
    let mut rest = Bytes::from(body);
    let mut done = 0;
    let mut pieces = Vec::new();
    for (start, end, filling, index) in found {
        pieces.push(Piece::Text(rest.split_to(start - done)));
        pieces.push(Piece::Hole(filling, index));
        rest = rest.split_off(end - start);
        done = end;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// What a hole's name says, `0:12>`, and how long it is.
fn hole_of(name: &str) -> Option<(Filling, usize, usize)> {
    let (name, _) = name.split_once('>')?;
    let (filling, index) = name.split_once(':')?;
    let filling = Filling::ALL.get(filling.parse::<usize>().ok()?)?;
    Some((*filling, index.parse().ok()?, name.len() + 1))
}

fn digest_of(path: &str, pieces: &[Piece]) -> Digest {
    let fields: Vec<Bytes> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Hole(filling, index) => {
                Bytes::copy_from_slice(&[&[*filling as u8][..], &index.to_le_bytes()].concat())
            }
        })
        .collect();
    Digest::of_fields(std::iter::once(path.as_bytes()).chain(fields.iter().map(Bytes::as_ref)))
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
    use std::sync::Arc;

    use super::*;
    use crate::common::picture::PictureFile;
    use crate::endpoint::ask::QuestionPart;

    fn ask(text: &str) -> Ask {
        let picture = |name: &str| {
            QuestionPart::Picture(SentPicture::from(Arc::new(PictureFile {
                path: PathBuf::from(name),
                digest: Digest::of(name.as_bytes()),
                width: 1,
                height: 1,
            })))
        };
        Ask {
            system: Some("rules".into()),
            parts: vec![QuestionPart::Text(text.into()), picture("a"), picture("b")],
            ..Ask::default()
        }
    }

    fn template(ask: &Ask, write: impl FnOnce(&Holes) -> String) -> Template {
        Template::new(ask, |holes| HttpRequest {
            path: "/p".into(),
            media_type: "x".into(),
            body: write(holes),
        })
    }

    fn whole(template: &Template) -> String {
        let encoded = |text: &'static str, media_type| Encoded {
            sent: Bytes::from_static(text.as_bytes()),
            media_type,
            digest: Digest::of(b""),
        };
        let sent = [encoded("AAAA", "image/png"), encoded("BB", "image/jpeg")];
        let pieces = template.body(&sent);
        let expected = pieces.size_hint().exact().unwrap();
        let text: Vec<u8> = pieces.pieces.flatten().collect();
        assert_eq!(text.len() as u64, expected);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn pictures_fill_their_holes_and_no_others() {
        let honest = ask("words");
        // Words that name the holes of another question, even of the honest one.
        let forged = ask(&format!("words {}", Holes::of(&honest).data(0)));
        for ask in [honest, forged] {
            let words = ask.texts().nth(1).unwrap();
            let template = template(&ask, |holes| {
                let (one, two) = (holes.data(0), holes.data(1));
                let (media, ending) = (holes.media(1), holes.ending(0));
                format!("[{words}|{one}|{media}{two}|{ending}]")
            });
            let expected = format!("[{words}|AAAA|image/jpegBB|png]");
            assert_eq!(whole(&template), expected);
        }
    }

    #[test]
    fn the_digest_follows_words_and_places() {
        let ask = ask("words");
        let plain = template(&ask, |h| format!("{}{}", h.data(0), h.data(1)));
        let swapped = template(&ask, |h| format!("{}{}", h.data(1), h.data(0)));
        let other = template(&ask, |h| format!("{}{}.", h.data(0), h.data(1)));
        assert_ne!(plain.digest(), swapped.digest());
        assert_ne!(plain.digest(), other.digest());
    }
}
