//! Golden vectors of decoding: every folder under `$PARABENCH_GOLDEN/model/` (default `tests/golden/model/`) whose name
//! starts with `decode-a`, `decode-m` or `schedules` must be reproduced: every state after every step, the results,
//! every table, and all recorded noise consumed in its order.

mod common;
mod family_a;
mod family_m;
mod recorded;
mod schedules;
