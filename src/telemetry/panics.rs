//! A panic is logged like everything else, but not with everything it says.

use std::{any::Any, backtrace::Backtrace, panic::PanicHookInfo, thread};

/// The hook: where it happened, and what was said if that is known to be harmless.
pub(super) fn log(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let thread = thread::current();
    // Taken only where RUST_BACKTRACE asks for it; it names functions, not values.
    let backtrace = Backtrace::capture().to_string();
    tracing::error!(
        place = place.as_deref().unwrap_or("unknown"),
        thread = thread.name().unwrap_or("unnamed"),
        backtrace = backtrace.as_str(),
        "panicked: {}",
        said(panic.payload())
    );
}

/// A literal was written by us and holds no value; a formatted message may quote anything, such as an error's text.
fn said(payload: &dyn Any) -> &str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("(what it said may hold values, and is not logged)")
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn only_literals_are_repeated() {
        let planted = "planted-secret";
        let literal = std::panic::catch_unwind(|| panic!("the lock is poisoned")).unwrap_err();
        let formatted = std::panic::catch_unwind(|| panic!("unexpected: {planted}")).unwrap_err();
        assert_eq!(said(&*literal), "the lock is poisoned");
        assert!(!said(&*formatted).contains(planted));
    }
}
