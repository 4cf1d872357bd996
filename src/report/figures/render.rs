//! Drawings as SVG and PNG, through plotters. No system font is looked for: bitmaps use DejaVu Sans, which the
//! binary carries, and SVG names the generic family.

use std::io::Cursor;
use std::sync::OnceLock;

use image::{ImageFormat, RgbImage};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, RGBColor, ShapeStyle, TextStyle, WHITE, register_font};

use super::drawing::{Anchor, Drawing, Ink, Stroke};
use super::smooth::smaller;
use super::style::{colour, variables};

/// plotters works in whole pixels: drawings are drawn this much larger.
const FINE: f64 = 4.0;
/// Pixels of a PNG per CSS pixel, for print.
const PNG_SCALE: u32 = 2;
/// The family that is registered and named.
const FAMILY: &str = "sans-serif";
/// plotters divides font sizes by this in SVG.
const PLOTTERS_SVG_FONT: f64 = 1.24;

/// Why a figure could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// plotters refused.
    #[error("a figure cannot be drawn: {0}")]
    Drawing(String),
    /// The bitmap cannot be encoded.
    #[error("a figure cannot be encoded: {0}")]
    Encoding(#[from] image::ImageError),
}

/// A stand-alone SVG file on white paper. `title` is its accessible name.
///
/// # Errors
/// [`FigureError::Drawing`].
pub fn svg(drawing: &Drawing, title: &str) -> Result<String, FigureError> {
    let body = svg_body(drawing, true)?;
    Ok(framed(drawing, title, &body))
}

/// SVG to stand in a page: no background, colours are the page's variables.
///
/// # Errors
/// [`FigureError::Drawing`].
pub fn inline_svg(drawing: &Drawing, title: &str) -> Result<String, FigureError> {
    let mut body = svg_body(drawing, false)?;
    for ((r, g, b), variable) in variables() {
        // Text content cannot be hit: plotters escapes its quotes.
        let fixed = format!("\"#{r:02X}{g:02X}{b:02X}\"");
        body = body.replace(&fixed, &format!("\"var({variable})\""));
    }
    Ok(framed(drawing, title, &body))
}

/// A PNG file on white paper.
///
/// # Errors
/// [`FigureError`].
pub fn png(drawing: &Drawing) -> Result<Vec<u8>, FigureError> {
    let (width, height) = fine_size(drawing);
    let mut pixels = vec![255_u8; 3 * width as usize * height as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        draw(&area, drawing, true)?;
        area.present().map_err(failed)?;
    }
    let fine = RgbImage::from_raw(width, height, pixels)
        .ok_or_else(|| FigureError::Drawing("the bitmap has another size".to_owned()))?;
    let side = |fine: u32| fine * PNG_SCALE / FINE as u32;
    let smooth = smaller(&fine, side(width), side(height));
    let mut bytes = Cursor::new(Vec::new());
    smooth.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

fn fine_size(drawing: &Drawing) -> (u32, u32) {
    // Drawings are far below 2^32 pixels wide; the cast saturates.
    (
        (drawing.width * FINE).round() as u32,
        (drawing.height * FINE).round() as u32,
    )
}

fn svg_body(drawing: &Drawing, paper: bool) -> Result<String, FigureError> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, fine_size(drawing)).into_drawing_area();
        draw(&area, drawing, paper)?;
        area.present().map_err(failed)?;
    }
    // The first line is plotters' own opening tag, with the fine size.
    let body = text.split_once('\n').map_or("", |(_, body)| body);
    Ok(body.trim_end().trim_end_matches("</svg>").to_owned())
}

fn framed(drawing: &Drawing, title: &str, body: &str) -> String {
    let (fine_width, fine_height) = fine_size(drawing);
    let title = escaped(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {fine_width} \
         {fine_height}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n{body}</svg>\n",
        drawing.width, drawing.height
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

type Sheet<DB> = DrawingArea<DB, Shift>;

fn draw<DB: DrawingBackend>(
    area: &Sheet<DB>,
    drawing: &Drawing,
    paper: bool,
) -> Result<(), FigureError> {
    register_fonts()?;
    if paper {
        area.fill(&WHITE).map_err(failed)?;
    }
    for mark in &drawing.marks {
        one(area, mark)?;
    }
    Ok(())
}

fn one<DB: DrawingBackend>(area: &Sheet<DB>, mark: &Stroke) -> Result<(), FigureError> {
    match mark {
        Stroke::Line {
            from,
            to,
            ink,
            width,
        } => {
            let style = style(*ink).stroke_width(whole(*width).max(1) as u32);
            area.draw(&PathElement::new(vec![fine(*from), fine(*to)], style))
        }
        Stroke::Dot {
            at,
            radius,
            ink,
            filled,
        } => {
            let style = if *filled {
                style(*ink).filled()
            } else {
                style(*ink).stroke_width(whole(1.4) as u32)
            };
            area.draw(&Circle::new(fine(*at), whole(*radius), style))
        }
        Stroke::Bar {
            from,
            to,
            ink,
            opacity,
        } => {
            let style = rgb(*ink).mix(*opacity).filled();
            area.draw(&Rectangle::new([fine(*from), fine(*to)], style))
        }
        Stroke::Text {
            at,
            text,
            size,
            ink,
            anchor,
            bold,
        } => {
            let style = text_style(*size, *ink, *anchor, *bold);
            area.draw(&Text::new(text.clone(), fine(*at), style))
        }
    }
    .map_err(failed)
}

fn text_style(size: f64, ink: Ink, anchor: Anchor, bold: bool) -> TextStyle<'static> {
    let side = match anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let weight = if bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    let mut style = TextStyle::from((FAMILY, size * FINE * PLOTTERS_SVG_FONT, weight))
        .pos(Pos::new(side, VPos::Center));
    style.color = rgb(ink).to_backend_color();
    style
}

fn rgb(ink: Ink) -> RGBColor {
    let (r, g, b) = colour(ink);
    RGBColor(r, g, b)
}

fn style(ink: Ink) -> ShapeStyle {
    ShapeStyle::from(&rgb(ink))
}

fn whole(length: f64) -> i32 {
    (length * FINE).round() as i32
}

fn fine((x, y): (f64, f64)) -> (i32, i32) {
    (whole(x), whole(y))
}

/// Registers the fonts once; an unregistered family would be an error in every text.
fn register_fonts() -> Result<(), FigureError> {
    static SOUND: OnceLock<bool> = OnceLock::new();
    let sound = SOUND.get_or_init(|| {
        let regular = register_font(FAMILY, FontStyle::Normal, dejavu::sans::regular());
        let bold = register_font(FAMILY, FontStyle::Bold, dejavu::sans::bold());
        regular.is_ok() && bold.is_ok()
    });
    sound
        .then_some(())
        .ok_or_else(|| FigureError::Drawing("the font in the binary cannot be read".to_owned()))
}

fn failed(error: impl std::fmt::Display) -> FigureError {
    FigureError::Drawing(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Drawing {
        let mut drawing = Drawing::new(120.0, 40.0);
        drawing.line((0.0, 20.0), (120.0, 20.0), Ink::Rule, 1.0);
        drawing.dot((60.0, 20.0), 4.0, Ink::Series(0));
        let hostile = "</text><script>alert(1)</script> \"#1C1C1A\"";
        drawing.text((4.0, 8.0), hostile, 11.0, Ink::Text, Anchor::Start);
        drawing
    }

    #[test]
    fn text_stays_text() {
        for svg in [
            svg(&sample(), "a < b \"c\"").unwrap(),
            inline_svg(&sample(), "a").unwrap(),
        ] {
            assert!(!svg.contains("<script"), "{svg}");
            assert_eq!(svg.matches("<svg").count(), 1);
            assert_eq!(svg.matches("</svg>").count(), 1);
            assert!(svg.contains("&quot;#1C1C1A&quot;"), "{svg}");
        }
    }

    #[test]
    fn themes_replace_every_colour() {
        let inline = inline_svg(&sample(), "a").unwrap();
        assert!(inline.contains("var(--series-0)") && inline.contains("var(--rule)"));
        assert!(!inline.contains("=\"#"), "{inline}");
    }

    #[test]
    fn png_shows_text_without_system_fonts() {
        let bytes = png(&sample()).unwrap();
        let picture = image::load_from_memory(&bytes).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (240, 80));
        // Words stand in the upper third and nothing else does.
        let dark = |(_, y, pixel): &(u32, u32, &image::Rgb<u8>)| *y < 34 && pixel.0[0] < 100;
        assert!(picture.enumerate_pixels().filter(dark).count() > 100);
    }
}
