//! x
use super::image::Framing;
/// Token ids around a picture in the released checkpoint of family A.
pub const RELEASED_A_FRAMING: Framing = Framing {
    begin: 126_349,
    newline: 126_084,
    end: 126_350,
    offset: 126_356,
};
