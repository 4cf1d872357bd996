//! Whether an encoded picture is whole: decoders fill in what was cut off, so the end is looked for here.

/// Why bytes of a known format are not one whole, still picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotWhole {
    /// The end is not there.
    #[error("the picture is cut off: the end of its data is missing")]
    Cut,
    /// More than one frame.
    #[error("the picture is animated; one still picture is expected")]
    Animated,
}

/// A JPEG's segments are walked to its end marker (ITU-T T.81, B.1 and B.2).
pub(super) fn jpeg(bytes: &[u8]) -> Result<(), NotWhole> {
    const START_OF_SCAN: u8 = 0xda;
    let mut at = 2;
    loop {
        let marker = match bytes.get(at..at + 2).ok_or(NotWhole::Cut)? {
            [0xff, 0xff] => {
                at += 1;
                continue;
            }
            [0xff, marker] => *marker,
            _ => {
                at += 1; // bytes between segments: decoders pass over them, too
                continue;
            }
        };
        at += 2;
        match marker {
            0xd9 => return Ok(()),
            0x00 | 0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let Some(&[high, low]) = bytes.get(at..at + 2) else {
            return Err(NotWhole::Cut);
        };
        at += usize::from(u16::from_be_bytes([high, low]));
        if marker == START_OF_SCAN {
            at = after_scan(bytes, at).ok_or(NotWhole::Cut)?;
        }
    }
}

/// Where the marker after entropy-coded data stands: the first that is no restart and no stuffing.
fn after_scan(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == 0xff)?;
        match bytes.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

/// A WebP says its own length, and whether it moves (RFC 9649, 2.4 and 2.7).
pub(super) fn webp(bytes: &[u8]) -> Result<(), NotWhole> {
    const MOVES: u8 = 2;
    let length = bytes.get(4..8).and_then(|length| length.try_into().ok());
    let length = u64::from(u32::from_le_bytes(length.ok_or(NotWhole::Cut)?));
    if (bytes.len() as u64) < length + 8 {
        return Err(NotWhole::Cut);
    }
    match (bytes.get(12..16), bytes.get(20)) {
        (Some(b"VP8X"), Some(flags)) if flags & MOVES != 0 => Err(NotWhole::Animated),
        _ => Ok(()),
    }
}

/// A GIF's blocks are walked to its trailer and its frames counted (GIF89a, appendix A).
pub(super) fn gif(bytes: &[u8]) -> Result<(), NotWhole> {
    let table = |flags: u8| {
        if flags & 0x80 == 0 {
            0
        } else {
            3 << ((flags & 7) + 1)
        }
    };
    let flags_at = |at: usize| bytes.get(at).copied().ok_or(NotWhole::Cut);
    let after_blocks = |mut at: usize| loop {
        match flags_at(at)? {
            0 => return Ok(at + 1),
            length => at += usize::from(length) + 1,
        }
    };
    let mut at = 13 + table(flags_at(10)?);
    let mut frames = 0;
    loop {
        at = match flags_at(at)? {
            0x3b if frames > 1 => return Err(NotWhole::Animated),
            0x3b => return Ok(()),
            0x2c => {
                frames += 1;
                after_blocks(at + 11 + table(flags_at(at + 9)?))?
            }
            0x21 => after_blocks(at + 2)?,
            _ => return Err(NotWhole::Cut),
        };
    }
}
