//! Logs panics, without messages that may hold values.

use std::{any::Any, backtrace::Backtrace, panic::PanicHookInfo, thread};

/// The panic hook: logs the place, and the message if it is known to be harmless.
pub(super) fn log(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let thread = thread::current();
    // Captured only if RUST_BACKTRACE is set; it names functions, not values.
    let backtrace = Backtrace::capture().to_string();
    tracing::error!(
        place = place.as_deref().unwrap_or("unknown"),
        thread = thread.name().unwrap_or("unnamed"),
        backtrace = backtrace.as_str(),
        "panicked: {}",
        harmless_message(panic.payload())
    );
}

/// Returns the message if it is a literal: that was written by us and holds no value. A formatted
/// message may quote anything, such as an error's text.
fn harmless_message(payload: &dyn Any) -> &str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("(the message may hold values and is not logged)")
}

#[cfg(test)]
mod tests {
    use super::harmless_message;

    #[test]
    fn only_literal_messages_are_logged() {
        let planted = "planted-secret";
        let literal = std::panic::catch_unwind(|| panic!("the lock is poisoned")).unwrap_err();
        let formatted = std::panic::catch_unwind(|| panic!("unexpected: {planted}")).unwrap_err();
        assert_eq!(harmless_message(&*literal), "the lock is poisoned");
        assert!(!harmless_message(&*formatted).contains(planted));
    }
}
