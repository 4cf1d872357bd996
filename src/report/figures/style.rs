//! Colours of figures: Okabe and Ito's palette, which people with any colour vision tell apart
//! (Color Universal Design, 2008), without its yellow and sky blue, too pale for thin lines.

use super::drawing::Ink;

/// How many series have a colour of their own.
pub const SERIES: usize = 6;

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

/// Blue, vermilion, bluish green, reddish purple, orange, grey.
const PALETTE: [Rgb; SERIES] = [
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (110, 110, 110),
];

/// The colour on white paper.
pub fn colour(ink: Ink) -> Rgb {
    match ink {
        Ink::Text => (28, 28, 26),
        Ink::Muted => (95, 95, 90),
        Ink::Rule => (205, 205, 198),
        Ink::Series(number) => PALETTE
            .get(number % SERIES)
            .copied()
            .unwrap_or((28, 28, 26)),
    }
}

/// Every colour with the CSS variable that stands for it on a page with themes.
pub fn variables() -> Vec<(Rgb, String)> {
    let named = [
        (Ink::Text, "ink"),
        (Ink::Muted, "muted"),
        (Ink::Rule, "rule"),
    ];
    let named = named.map(|(ink, name)| (colour(ink), format!("--{name}")));
    let series = (0..SERIES).map(|n| (colour(Ink::Series(n)), format!("--series-{n}")));
    named.into_iter().chain(series).collect()
}
