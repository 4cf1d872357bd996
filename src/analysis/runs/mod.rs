//! Runs as they are read: their two public files, their logs, what was declared, and whether they may be
//! compared.

pub mod comparable;
pub mod declaration;
pub mod load;
pub mod log;
pub mod served;
pub mod source;
