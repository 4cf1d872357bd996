//! Golden vectors of the model: every folder under `$PARABENCH_GOLDEN/model/` (default `tests/golden/model/`) whose
//! name starts with one of the known forms is read and must be reproduced. Run with `--nocapture` to see the largest
//! deviation of each.

mod clip;
pub(crate) mod common;
mod crop;
mod lm;
mod vq;
