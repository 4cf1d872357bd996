//! Judges that are programs: what they are shown, what their replies are worth, and what happens when they fail.

mod batches;
mod binary;
mod examples;
mod extra;
mod faults;
mod fixture;
mod protocol;
