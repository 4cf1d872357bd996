//! A figure as a list of marks on a sheet, before anything decides on a file format.
//!
//! Lengths are in CSS pixels; x grows to the right and y downwards.

use crate::report::columns::printable;

/// What a mark is drawn with. Renderers map it to a colour; pages map it to one per theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Words and axes.
    Text,
    /// Words beside the point.
    Muted,
    /// Rules and grid lines.
    Rule,
    /// A series, by its number; colours repeat after [`super::style::SERIES`] of them.
    Series(usize),
}

/// Where the text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The point is its left end.
    Start,
    /// The point is its middle.
    Middle,
    /// The point is its right end.
    End,
}

/// One thing on the sheet.
#[derive(Clone, Debug, PartialEq)]
pub enum Stroke {
    /// A straight line.
    Line {
        /// One end.
        from: (f64, f64),
        /// The other end.
        to: (f64, f64),
        /// Colour.
        ink: Ink,
        /// Thickness.
        width: f64,
    },
    /// A disc, or a ring when it is not filled.
    Dot {
        /// Centre.
        at: (f64, f64),
        /// Radius.
        radius: f64,
        /// Colour.
        ink: Ink,
        /// Disc or ring.
        filled: bool,
    },
    /// A filled rectangle.
    Bar {
        /// Upper left corner.
        from: (f64, f64),
        /// Lower right corner.
        to: (f64, f64),
        /// Colour.
        ink: Ink,
        /// 0 is invisible, 1 solid.
        opacity: f64,
    },
    /// A line of text, centred on its point vertically.
    Text {
        /// The point.
        at: (f64, f64),
        /// The words; control and direction characters are already replaced.
        text: String,
        /// Size of the font.
        size: f64,
        /// Colour.
        ink: Ink,
        /// Side.
        anchor: Anchor,
        /// Weight.
        bold: bool,
    },
}

/// A sheet with marks; later ones lie on top.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Width of the sheet.
    pub width: f64,
    /// Height of the sheet.
    pub height: f64,
    /// The marks.
    pub marks: Vec<Stroke>,
}

/// Font size of words.
pub const TEXT: f64 = 12.5;
/// Font size of tick labels and remarks.
pub const SMALL: f64 = 11.0;

impl Drawing {
    /// An empty sheet.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            marks: Vec::new(),
        }
    }

    /// Draws a line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink, width: f64) {
        self.marks.push(Stroke::Line {
            from,
            to,
            ink,
            width,
        });
    }

    /// Draws a disc.
    pub fn dot(&mut self, at: (f64, f64), radius: f64, ink: Ink) {
        self.marks.push(Stroke::Dot {
            at,
            radius,
            ink,
            filled: true,
        });
    }

    /// Draws a ring.
    pub fn ring(&mut self, at: (f64, f64), radius: f64, ink: Ink) {
        self.marks.push(Stroke::Dot {
            at,
            radius,
            ink,
            filled: false,
        });
    }

    /// Draws a filled rectangle.
    pub fn bar(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink, opacity: f64) {
        self.marks.push(Stroke::Bar {
            from,
            to,
            ink,
            opacity,
        });
    }

    /// Writes untrusted or own text of ordinary weight.
    pub fn text(&mut self, at: (f64, f64), text: &str, size: f64, ink: Ink, anchor: Anchor) {
        self.write(at, text, size, (ink, false), anchor);
    }

    /// Writes untrusted or own text in bold.
    pub fn bold(&mut self, at: (f64, f64), text: &str, size: f64, anchor: Anchor) {
        self.write(at, text, size, (Ink::Text, true), anchor);
    }

    fn write(
        &mut self,
        at: (f64, f64),
        text: &str,
        size: f64,
        (ink, bold): (Ink, bool),
        anchor: Anchor,
    ) {
        self.marks.push(Stroke::Text {
            at,
            text: printable(text),
            size,
            ink,
            anchor,
            bold,
        });
    }
}

/// At most `most` characters, with an ellipsis where something was cut.
pub fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept + "…"
}

/// A generous guess of how wide a text is at a font size.
pub fn width_of(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.58
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untrusted_text_is_cut_and_made_harmless() {
        assert_eq!(clipped("abcdef", 4), "abc…");
        assert_eq!(clipped("abcd", 4), "abcd");
        let mut drawing = Drawing::new(10.0, 10.0);
        drawing.text(
            (0.0, 0.0),
            "a\u{202e}b\u{1}",
            10.0,
            Ink::Text,
            Anchor::Start,
        );
        let Some(Stroke::Text { text, .. }) = drawing.marks.first() else {
            panic!("no text");
        };
        assert_eq!(text, "a?b?");
    }
}
