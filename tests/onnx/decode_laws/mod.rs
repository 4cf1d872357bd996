//! Laws of decoding, on a stand-in network whose logits are a hash of what it sees.

mod laws;
mod network;
