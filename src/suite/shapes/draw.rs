//! The clean renderer: every cell is one of 37 tiles of 16 × 16 pixels, so a
//! picture is 96 × 96 and a tile is what one token of a tokenizer with 16-fold
//! down-sampling covers. Only additions and multiplications of `f32`: the same
//! bytes on every machine.

use std::sync::LazyLock;

use image::RgbImage;

use super::board::{Board, Cell, Object, SIDE, Shape};

/// Pixels along each side of a tile.
pub const TILE: u32 = 16;
/// Pixels along each side of a picture.
pub const PICTURE: u32 = TILE * SIDE as u32;

/// The board between the fields.
const BOARD: [f32; 3] = [214.0, 205.0, 190.0];
/// The field of a cell.
const FIELD: [f32; 3] = [240.0, 234.0, 222.0];
/// Half the side of a field and the radius of its corners, in pixels.
const FIELD_HALF: f32 = 7.4;
const FIELD_ROUND: f32 = 2.5;
/// Samples along each side of a pixel.
const SAMPLES: u32 = 6;
/// The rim is where the shape is but its copy shrunk to this share is not.
const RIM: f32 = 0.80;
/// How much of the colour's light the rim keeps.
const RIM_LIGHT: f32 = 0.72;

/// A star of five points about the origin, y downwards, radius 1.
const STAR: [[f32; 2]; 10] = [
    [0.0, -1.0],
    [0.2645, -0.3641],
    [0.9511, -0.3090],
    [0.4280, 0.1391],
    [0.5878, 0.8090],
    [0.0, 0.45],
    [-0.5878, 0.8090],
    [-0.4280, 0.1391],
    [-0.9511, -0.3090],
    [-0.2645, -0.3641],
];
const TRIANGLE: [[f32; 2]; 3] = [[0.0, -0.97], [1.0, 0.80], [-1.0, 0.80]];

/// One drawn cell: 16 × 16 pixels, RGB, row by row.
pub type Tile = [[u8; 3]; (TILE * TILE) as usize];

/// The 37 tiles in the order of [`Object::code`], the empty one first.
pub fn tiles() -> &'static [Tile] {
    static TILES: LazyLock<Vec<Tile>> = LazyLock::new(|| {
        std::iter::once(None)
            .chain(Object::all().map(Some))
            .map(draw_tile)
            .collect()
    });
    &TILES
}

/// The tile of what a cell holds.
pub fn tile(content: Option<Object>) -> &'static Tile {
    static BLANK: Tile = [[0; 3]; (TILE * TILE) as usize];
    let code = content.map_or(0, Object::code);
    tiles().get(usize::from(code)).unwrap_or(&BLANK)
}

/// The picture of a board: 96 × 96 pixels.
pub fn draw(board: &Board) -> RgbImage {
    let mut picture = RgbImage::new(PICTURE, PICTURE);
    for cell in Cell::all() {
        put(&mut picture, cell, tile(board.get(&cell).copied()));
    }
    picture
}

/// All tiles side by side in the order of their codes, for programs that
/// compose pictures themselves.
pub fn atlas() -> RgbImage {
    let mut picture = RgbImage::new(TILE * tiles().len() as u32, TILE);
    for (code, tile) in (0..).zip(tiles()) {
        put_at(&mut picture, (TILE * code, 0), tile);
    }
    picture
}

/// Puts a tile on a cell of a picture of full size.
pub fn put(picture: &mut RgbImage, cell: Cell, tile: &Tile) {
    let corner = (
        TILE * u32::from(cell.column()),
        TILE * u32::from(cell.row()),
    );
    put_at(picture, corner, tile);
}

fn put_at(picture: &mut RgbImage, (left, top): (u32, u32), tile: &Tile) {
    for (index, rgb) in (0..).zip(tile) {
        let at = (left + index % TILE, top + index / TILE);
        if let Some(pixel) = picture.get_pixel_mut_checked(at.0, at.1) {
            pixel.0 = *rgb;
        }
    }
}

fn draw_tile(content: Option<Object>) -> Tile {
    let mut tile = [[0; 3]; (TILE * TILE) as usize];
    for (index, rgb) in (0..).zip(tile.iter_mut()) {
        *rgb = pixel(content, index % TILE, index / TILE);
    }
    tile
}

/// The mean of the samples of one pixel.
fn pixel(content: Option<Object>, column: u32, row: u32) -> [u8; 3] {
    let place = |pixel: u32, sample: u32| {
        pixel as f32 + (sample as f32 + 0.5) / SAMPLES as f32 - TILE as f32 / 2.0
    };
    let mut sum = [0.0; 3];
    for sample in 0..SAMPLES * SAMPLES {
        let x = place(column, sample % SAMPLES);
        let y = place(row, sample / SAMPLES);
        let colour = colour_at(content, x, y);
        for (total, value) in sum.iter_mut().zip(colour) {
            *total += value;
        }
    }
    sum.map(|total| (total / (SAMPLES * SAMPLES) as f32 + 0.5) as u8)
}

fn colour_at(content: Option<Object>, x: f32, y: f32) -> [f32; 3] {
    if let Some(object) = content
        && covers(object.shape, x, y)
    {
        let light = if covers(object.shape, x / RIM, y / RIM) {
            1.0
        } else {
            RIM_LIGHT
        };
        return object.colour.rgb().map(|value| light * f32::from(value));
    }
    if in_field(x, y) { FIELD } else { BOARD }
}

/// A square with rounded corners.
fn in_field(x: f32, y: f32) -> bool {
    let straight = FIELD_HALF - FIELD_ROUND;
    let (over_x, over_y) = ((x.abs() - straight).max(0.0), (y.abs() - straight).max(0.0));
    over_x * over_x + over_y * over_y <= FIELD_ROUND * FIELD_ROUND
}

/// Whether a shape about the origin covers a point, in pixels, y downwards.
fn covers(shape: Shape, x: f32, y: f32) -> bool {
    match shape {
        Shape::Circle => x * x + y * y <= 5.5 * 5.5,
        Shape::Square => x.abs().max(y.abs()) <= 4.8,
        Shape::Triangle => in_polygon(&TRIANGLE, x / 6.2, y / 6.2),
        Shape::Star => in_polygon(&STAR, x / 6.8, (y - 0.5) / 6.8),
        Shape::Cross => x.abs().min(y.abs()) <= 1.9 && x.abs().max(y.abs()) <= 5.7,
        Shape::Heart => in_heart(x / 5.1, (0.4 - y) / 5.1),
    }
}

/// The curve (x² + y² − 1)³ = x² y³.
fn in_heart(x: f32, y: f32) -> bool {
    let inner = x * x + y * y - 1.0;
    inner * inner * inner <= x * x * y * y * y
}

/// Even–odd rule.
fn in_polygon(corners: &[[f32; 2]], x: f32, y: f32) -> bool {
    let next = corners.iter().cycle().skip(1);
    let crossings = corners.iter().zip(next).filter(|([ax, ay], [bx, by])| {
        (*ay > y) != (*by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::digest::Digest;

    #[test]
    fn tiles_are_pinned_and_all_differ() {
        let bytes: Vec<u8> = tiles().iter().flatten().flatten().copied().collect();
        assert_eq!(Digest::of(&bytes).short(16), "d08fde6b45446112");
        let mut seen: Vec<&Tile> = tiles().iter().collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 37);
    }

    #[test]
    fn no_shape_reaches_the_border_of_its_tile() {
        let empty = tile(None);
        for object in Object::all() {
            for (index, (a, b)) in tile(Some(object)).iter().zip(empty).enumerate() {
                let (x, y) = (index % 16, index / 16);
                if x == 0 || y == 0 || x == 15 || y == 15 {
                    assert_eq!(a, b, "{object} at {x},{y}");
                }
            }
        }
    }
}
