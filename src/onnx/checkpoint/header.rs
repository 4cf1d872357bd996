//! Reading the header of a safetensors file that nobody vouches for.
//!
//! Layout: eight bytes with the length of the header (little endian), the header (JSON), the tensors' bytes. Nothing
//! but the header is read here; every offset that comes out of it has been checked against the file's real size.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Seek};
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::{CheckpointError, refuse_pointer};
use crate::common::files::open_regular;

/// Longest header that is read: the limit of the reference implementation.
const MAX_HEADER: u64 = 100_000_000;
/// Most dimensions of a tensor; PyTorch's networks use at most 5.
const MAX_RANK: usize = 8;
/// Bytes of the length field.
const PREFIX: u64 = 8;
/// Bytes that tell a Git LFS pointer.
const POINTER_BYTES: u64 = 64;

/// Where one tensor lies in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorEntry {
    /// Element type as the file writes it, e.g. `BF16`.
    pub dtype: String,
    /// Shape, outermost dimension first; empty for a scalar.
    pub shape: Vec<u64>,
    /// First byte in the file.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

/// Reads and checks the header of the file at `path`.
///
/// # Errors
/// [`CheckpointError::Header`] when the file is truncated, the header is no JSON of the right form, a tensor lies
/// outside the file, overlaps another or has a length that does not fit its shape.
pub fn read_header(path: &Path) -> Result<BTreeMap<String, TensorEntry>, CheckpointError> {
    let broken = |why: String| CheckpointError::Header {
        path: path.into(),
        why,
    };
    let mut file = open_regular(path).map_err(|error| CheckpointError::Io {
        path: path.into(),
        source: error.into_io(),
    })?;
    let size = file
        .metadata()
        .map_err(|source| CheckpointError::Io {
            path: path.into(),
            source,
        })?
        .len();
    let mut begin = Vec::new();
    let read = (&mut file).take(POINTER_BYTES).read_to_end(&mut begin);
    read.and_then(|_| file.rewind())
        .map_err(|source| CheckpointError::Io {
            path: path.into(),
            source,
        })?;
    refuse_pointer(path, &begin)?;
    let mut prefix = [0; PREFIX as usize];
    file.read_exact(&mut prefix).map_err(|_| {
        broken(format!(
            "the file has {size} bytes, its header alone needs 8"
        ))
    })?;
    let length = u64::from_le_bytes(prefix);
    if length > MAX_HEADER || length > size - PREFIX {
        return Err(broken(format!(
            "the header claims {length} bytes, the file has {size} (limit {MAX_HEADER})"
        )));
    }
    let mut json = Vec::new();
    let read = file.take(length).read_to_end(&mut json);
    read.map_err(|source| CheckpointError::Io {
        path: path.into(),
        source,
    })?;
    let raw: RawHeader = serde_json::from_slice(&json)
        .map_err(|error| broken(format!("no valid header: {error}")))?;
    check(raw.0, PREFIX + length, size).map_err(broken)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// The header as it stands in the file. Repeated names are refused: readers would disagree on which one counts.
struct RawHeader(BTreeMap<String, RawEntry>);

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = BTreeMap<String, RawEntry>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from tensor names to dtype, shape and data_offsets")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<BTreeMap<String, String>>()?;
                    } else if entries.insert(name.clone(), map.next_value()?).is_some() {
                        return Err(A::Error::custom(format!("tensor `{name}` is listed twice")));
                    }
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Entries).map(Self)
    }
}

/// Turns offsets within the data into offsets within the file, refusing what cannot be right.
fn check(
    raw: BTreeMap<String, RawEntry>,
    start: u64,
    size: u64,
) -> Result<BTreeMap<String, TensorEntry>, String> {
    let mut entries = BTreeMap::new();
    for (name, entry) in raw {
        let (begin, end) = entry.data_offsets;
        if begin > end || end > size - start {
            let room = size - start;
            return Err(format!(
                "tensor `{name}` claims bytes {begin}..{end} of {room}: the file is truncated or damaged"
            ));
        }
        let length = end - begin;
        if entry.shape.len() > MAX_RANK {
            return Err(format!(
                "tensor `{name}` has {} dimensions, at most {MAX_RANK} are read",
                entry.shape.len()
            ));
        }
        let elements = entry
            .shape
            .iter()
            .try_fold(1_u64, |product, &dim| product.checked_mul(dim));
        let elements = elements.ok_or_else(|| {
            format!(
                "the shape {:?} of tensor `{name}` is too large",
                entry.shape
            )
        })?;
        if let Some(bits) = dtype_bits(&entry.dtype) {
            let expected = elements.checked_mul(bits).map(|total| total.div_ceil(8));
            if expected != Some(length) {
                let RawEntry { dtype, shape, .. } = &entry;
                return Err(format!(
                    "tensor `{name}` ({dtype}, {shape:?}) has {length} bytes, which does not fit its shape"
                ));
            }
        }
        entries.insert(
            name,
            TensorEntry {
                dtype: entry.dtype,
                shape: entry.shape,
                offset: start + begin,
                length,
            },
        );
    }
    refuse_overlaps(&entries)?;
    Ok(entries)
}

fn refuse_overlaps(entries: &BTreeMap<String, TensorEntry>) -> Result<(), String> {
    let mut order: Vec<_> = entries
        .iter()
        .filter(|(_, entry)| entry.length > 0)
        .collect();
    order.sort_by_key(|(_, entry)| entry.offset);
    for pair in order.windows(2) {
        let [(first, a), (second, b)] = pair else {
            continue;
        };
        if a.offset + a.length > b.offset {
            return Err(format!("tensors `{first}` and `{second}` overlap"));
        }
    }
    Ok(())
}

/// Bits of one element, `None` for types that this program has no use for (their length is then not checked, but
/// their place is).
fn dtype_bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" => 8,
        "F16" | "BF16" | "I16" | "U16" => 16,
        "F32" | "I32" | "U32" => 32,
        "F64" | "I64" | "U64" => 64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a file with the given header and as many data bytes; the length field is `claimed` if given.
    fn header_of(
        json: &str,
        data: usize,
        claimed: Option<u64>,
    ) -> Result<BTreeMap<String, TensorEntry>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let mut bytes = claimed.unwrap_or(json.len() as u64).to_le_bytes().to_vec();
        bytes.extend(json.as_bytes());
        bytes.extend(vec![0; data]);
        std::fs::write(&path, bytes).unwrap();
        read_header(&path).map_err(|error| error.to_string())
    }

    const GOOD: &str =
        r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;

    #[test]
    fn offsets_count_from_the_start_of_the_file() {
        let entries = header_of(GOOD, 8, None).unwrap();
        assert_eq!(entries["a"].offset, 8 + GOOD.len() as u64);
        assert_eq!(entries["a"].length, 8);
    }

    #[test]
    fn damaged_files_are_refused_with_the_reason() {
        let entry = |dtype: &str, shape: &str, from: u64, to: u64| {
            format!(r#"{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{from},{to}]}}"#)
        };
        let one = |entry: String| format!(r#"{{"a":{entry}}}"#);
        let two = |a: String, b: String, name: &str| format!(r#"{{"a":{a},"{name}":{b}}}"#);
        let cases = [
            (GOOD.to_owned(), 4, None, "truncated"),
            (GOOD.to_owned(), 8, Some(u64::MAX), "claims"),
            (GOOD.to_owned(), 8, Some(1 << 40), "claims"),
            ("{".to_owned(), 8, None, "no valid header"),
            (one(entry("F32", "[2]", 8, 0)), 8, None, "claims bytes 8..0"),
            (one(entry("F32", "[3]", 0, 8)), 8, None, "does not fit"),
            (
                one(entry("F32", "[4294967296,4294967296]", 0, 8)),
                8,
                None,
                "too large",
            ),
            (
                one(entry("F32", "[1,1,1,1,1,1,1,1,2]", 0, 8)),
                8,
                None,
                "dimensions",
            ),
            (
                two(entry("F32", "[2]", 0, 8), entry("F32", "[2]", 4, 12), "b"),
                12,
                None,
                "overlap",
            ),
            (
                two(entry("F32", "[2]", 0, 8), entry("F32", "[2]", 8, 16), "a"),
                16,
                None,
                "listed twice",
            ),
        ];
        for (json, data, claimed, expected) in cases {
            let error = header_of(&json, data, claimed).expect_err(&json);
            assert!(error.contains(expected), "{json}: {error}");
        }
    }
}
