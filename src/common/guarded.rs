//! Libraries that panic on files of strangers, kept from ending this program.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

thread_local! {
    /// Whether a panic of this thread is caught, and so not worth a word.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Does work that may panic in a library. Whatever it changed is given up with it.
///
/// # Errors
/// What the panic said.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let before = GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    outcome.map_err(|panic| said(&*panic))
}

/// Keeps panics that are caught from being printed; called once, by a program.
pub fn print_only_panics_that_count() {
    let print = take_hook();
    set_hook(Box::new(move |panic| {
        if !GUARDED.get() {
            print(panic);
        }
    }));
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a fault of the library").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        assert_eq!(guarded(|| 4), Ok(4));
        let broken: Result<u8, String> = guarded(|| "x".parse().unwrap());
        assert!(broken.unwrap_err().contains("InvalidDigit"));
        assert!(!GUARDED.get());
    }
}
