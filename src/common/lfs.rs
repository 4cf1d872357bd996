//! Git LFS pointers: what lies in place of a large file after a clone without `git lfs`.

/// What to say about one, after the file's name.
pub const ADVICE: &str = "a Git LFS pointer, not the file itself: it was never fetched; run `git lfs pull` in the clone, or \
     download the file from the hub";

/// Whether a file with these first bytes is a pointer.
/// <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>
pub fn is_pointer(bytes: &[u8]) -> bool {
    [
        &b"version https://git-lfs.github.com/spec/"[..],
        b"version https://hawser.github.com/spec/",
    ]
    .iter()
    .any(|begin| bytes.starts_with(begin))
}
