//! What is wrong with a profile.

/// Faults of a profile, one line each.
#[derive(Debug, Default)]
pub struct Faults(pub Vec<String>);

impl Faults {
    /// Notes a fault unless something holds.
    pub fn unless(&mut self, holds: bool, message: impl FnOnce() -> String) {
        if !holds {
            self.0.push(message());
        }
    }
}
