//! What a model must know of the world outside: colours, forms and numbers of
//! common things.

use super::board::{Colour, Shape};

/// Things and their colour.
pub const COLOURS: [(&str, Colour); 18] = [
    ("a strawberry", Colour::Red),
    ("a ripe tomato", Colour::Red),
    ("a fire engine", Colour::Red),
    ("a ripe banana", Colour::Yellow),
    ("a lemon", Colour::Yellow),
    ("a sunflower", Colour::Yellow),
    ("fresh grass", Colour::Green),
    ("a frog", Colour::Green),
    ("spinach", Colour::Green),
    ("a clear sky", Colour::Blue),
    ("the sea", Colour::Blue),
    ("a sapphire", Colour::Blue),
    ("a flamingo", Colour::Pink),
    ("a piglet", Colour::Pink),
    ("bubble gum", Colour::Pink),
    ("coal", Colour::Black),
    ("a raven", Colour::Black),
    ("liquorice", Colour::Black),
];

/// Things and their form.
pub const SHAPES: [(&str, Shape); 12] = [
    ("a wheel", Shape::Circle),
    ("a coin", Shape::Circle),
    ("a field of a chessboard", Shape::Square),
    ("the side of a die", Shape::Square),
    ("a slice of pizza", Shape::Triangle),
    ("the face of a pyramid", Shape::Triangle),
    ("a starfish", Shape::Star),
    ("a sheriff's badge", Shape::Star),
    ("a plus sign", Shape::Cross),
    ("the sign of first aid", Shape::Cross),
    ("a valentine", Shape::Heart),
    ("the sign of love", Shape::Heart),
];

/// Things that there are so many of.
pub const NUMBERS: [(&str, usize); 9] = [
    ("a unicorn has horns", 1),
    ("an elephant has trunks", 1),
    ("a bicycle has wheels", 2),
    ("a face has eyes", 2),
    ("a bird has wings", 2),
    ("a tricycle has wheels", 3),
    ("a triangle has corners", 3),
    ("a cat has legs", 4),
    ("a car has wheels", 4),
];
