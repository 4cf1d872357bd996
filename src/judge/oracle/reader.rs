//! Reads a scene back from pixels: each cell is compared with the 37 clean tiles,
//! shifted by up to one pixel, and takes the content of the nearest.

use std::collections::BTreeMap;

use image::RgbImage;
use image::imageops::{FilterType, resize};

use crate::suite::shapes::board::{Board, Cell, Colour, Object, Shape};
use crate::suite::shapes::draw::{PICTURE, TILE, Tile, tile};

/// An empty cell further from the clean tile than this is unclear: white paper
/// (about 30) is no board.
const EMPTY_LIMIT: f32 = 22.0;
/// An object further from the clean tile than this is unclear.
const OBJECT_LIMIT: f32 = 46.0;
/// A cell nearer to the empty tile than this is empty without a look at the others.
const SURELY_EMPTY: f32 = 9.0;
/// How many of the colours nearest to the cell's own are tried in full.
const COLOURS_TRIED: usize = 3;
/// How many of the objects nearest in place are tried shifted as well.
const OBJECTS_SHIFTED: usize = 6;

/// What a cell is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The bare board.
    Empty,
    /// An object.
    Object(Object),
    /// Neither: too far from every clean tile.
    Unclear,
}

/// The reading of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellReading {
    /// What it holds.
    pub content: Content,
    /// Root mean square distance to the nearest clean tile, in 8-bit levels.
    pub distance: f32,
    /// 0–1: by how much the nearest tile is nearer than the nearest of other content.
    pub confidence: f32,
}

/// The reading of a whole picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    cells: BTreeMap<Cell, CellReading>,
}

impl Reading {
    /// Reads a picture. One that is not 96 × 96 is resampled first.
    pub fn of(picture: &RgbImage) -> Self {
        if picture.dimensions() == (PICTURE, PICTURE) {
            return Self::of_native(picture);
        }
        Self::of_native(&resize(picture, PICTURE, PICTURE, FilterType::Triangle))
    }

    fn of_native(picture: &RgbImage) -> Self {
        Self {
            cells: Cell::all()
                .map(|cell| (cell, read_cell(picture, cell)))
                .collect(),
        }
    }

    /// All cells in reading order.
    pub fn cells(&self) -> impl Iterator<Item = (Cell, &CellReading)> {
        self.cells.iter().map(|(cell, reading)| (*cell, reading))
    }

    /// What a cell is read as.
    pub fn content(&self, cell: Cell) -> Content {
        self.cells
            .get(&cell)
            .map_or(Content::Unclear, |reading| reading.content)
    }

    /// Whether a cell shows exactly this.
    pub fn shows(&self, cell: Cell, content: Option<Object>) -> bool {
        self.content(cell) == content.map_or(Content::Empty, Content::Object)
    }

    /// The objects that are read.
    pub fn board(&self) -> Board {
        self.cells()
            .filter_map(|(cell, reading)| match reading.content {
                Content::Object(object) => Some((cell, object)),
                _ => None,
            })
            .collect()
    }

    /// How many cells are neither empty nor an object.
    pub fn unclear(&self) -> usize {
        self.cells()
            .filter(|(_, reading)| reading.content == Content::Unclear)
            .count()
    }

    /// The lowest confidence of any cell, 0–1.
    pub fn confidence(&self) -> f32 {
        self.cells()
            .map(|(_, reading)| reading.confidence)
            .fold(1.0, f32::min)
    }
}

/// The pixels of a cell and one pixel around it; beyond the picture, its border.
struct Patch {
    /// RGB values, row by row.
    values: Vec<i32>,
}

impl Patch {
    /// Pixels along each side.
    const SIDE: i32 = TILE as i32 + 2;

    fn cut(picture: &RgbImage, cell: Cell) -> Self {
        let left = TILE as i32 * i32::from(cell.column()) - 1;
        let top = TILE as i32 * i32::from(cell.row()) - 1;
        let inside = |at: i32| at.clamp(0, PICTURE as i32 - 1) as u32;
        let mut values = Vec::with_capacity(3 * (Self::SIDE * Self::SIDE) as usize);
        for index in 0..Self::SIDE * Self::SIDE {
            let (x, y) = (left + index % Self::SIDE, top + index / Self::SIDE);
            let pixel = picture.get_pixel_checked(inside(x), inside(y));
            values.extend(pixel.map_or([0; 3], |pixel| pixel.0.map(i32::from)));
        }
        Self { values }
    }

    /// Root mean square distance to a tile at the best of the shifts.
    fn distance(&self, tile: &Tile, shifts: &[(usize, usize)]) -> f32 {
        let squares = shifts.iter().map(|(dx, dy)| self.square(tile, *dx, *dy));
        let least = squares.min().unwrap_or(i32::MAX);
        (least as f32 / (3 * TILE * TILE) as f32).sqrt()
    }

    /// Sum of squared differences to a tile laid `dx`, `dy` pixels into the patch.
    fn square(&self, tile: &Tile, dx: usize, dy: usize) -> i32 {
        let rows = self.values.chunks_exact(3 * Self::SIDE as usize).skip(dy);
        let mut sum = 0;
        for (mine, clean) in rows.zip(tile.chunks_exact(TILE as usize)) {
            let mine = mine.get(3 * dx..).unwrap_or_default();
            for (a, b) in mine.iter().zip(clean.as_flattened()) {
                let difference = a - i32::from(*b);
                sum += difference * difference;
            }
        }
        sum
    }

    /// The colours, those nearest to the middle of the cell first.
    fn nearest_colours(&self) -> Vec<Colour> {
        let middle = 6..=11;
        let (mut sum, mut count) = ([0.0; 3], 0.0);
        for (index, rgb) in (0..).zip(self.values.chunks_exact(3)) {
            let (x, y) = (index % Self::SIDE, index / Self::SIDE);
            if middle.contains(&x) && middle.contains(&y) {
                for (total, value) in sum.iter_mut().zip(rgb) {
                    *total += *value as f32;
                }
                count += 1.0;
            }
        }
        let mean = sum.map(|total| total / count);
        let mut colours = Colour::ALL.to_vec();
        colours.sort_by(|a, b| far(*a, mean).total_cmp(&far(*b, mean)));
        colours.truncate(COLOURS_TRIED);
        colours
    }
}

fn far(colour: Colour, mean: [f32; 3]) -> f32 {
    colour
        .rgb()
        .iter()
        .zip(mean)
        .map(|(a, b)| (f32::from(*a) - b) * (f32::from(*a) - b))
        .sum()
}

/// The cell in its place, then shifted by a pixel each way.
const SHIFTS: [(usize, usize); 9] = [
    (1, 1),
    (0, 1),
    (2, 1),
    (1, 0),
    (1, 2),
    (0, 0),
    (2, 0),
    (0, 2),
    (2, 2),
];

fn read_cell(picture: &RgbImage, cell: Cell) -> CellReading {
    let patch = Patch::cut(picture, cell);
    let in_place = &SHIFTS[..1];
    let bare = patch.distance(tile(None), in_place);
    if bare < SURELY_EMPTY {
        return CellReading {
            content: Content::Empty,
            distance: bare,
            confidence: 1.0,
        };
    }
    let mut objects: Vec<(f32, Object)> = patch
        .nearest_colours()
        .into_iter()
        .flat_map(|colour| Shape::ALL.map(|shape| Object { colour, shape }))
        .map(|object| (patch.distance(tile(Some(object)), in_place), object))
        .collect();
    objects.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranking: Vec<(f32, Content)> = objects
        .into_iter()
        .take(OBJECTS_SHIFTED)
        .map(|(_, object)| {
            (
                patch.distance(tile(Some(object)), &SHIFTS),
                Content::Object(object),
            )
        })
        .chain([(patch.distance(tile(None), &SHIFTS), Content::Empty)])
        .collect();
    ranking.sort_by(|a, b| a.0.total_cmp(&b.0));
    match ranking.as_slice() {
        [(best, content), (second, _), ..] => judge(*best, *content, *second),
        _ => judge(bare, Content::Empty, f32::INFINITY),
    }
}

fn judge(distance: f32, content: Content, second: f32) -> CellReading {
    let limit = match content {
        Content::Empty => EMPTY_LIMIT,
        _ => OBJECT_LIMIT,
    };
    let clear = distance <= limit;
    CellReading {
        content: if clear { content } else { Content::Unclear },
        distance,
        confidence: if clear {
            ((second - distance) / second).clamp(0.0, 1.0)
        } else {
            0.0
        },
    }
}
