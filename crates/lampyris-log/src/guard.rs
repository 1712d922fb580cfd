//! Turns sled's panics into errors.
//! It never prints: a program's panic hook asks [`is_guarded_panic`] whether to keep silent.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic is sled's and will come out of the log as an error, so that the program's panic hook
/// need not print it: this thread is inside a guarded call, or the panic comes from sled's own sources
/// (sled has threads of its own).
///
/// ```
/// let loud = std::panic::take_hook();
/// std::panic::set_hook(Box::new(move |info| {
///     if !lampyris_log::is_guarded_panic(info) {
///         loud(info);
///     }
/// }));
/// ```
pub fn is_guarded_panic(info: &PanicHookInfo<'_>) -> bool {
    GUARDED.get() || info.location().is_some_and(|location| is_sled_source(location.file()))
}

/// Whether a source file, as a panic names it, belongs to sled.
pub fn is_sled_source(file: &str) -> bool {
    file.split(['/', '\\']).any(|part| part == "sled" || part.starts_with("sled-0."))
}

/// Runs a call into sled; a panic becomes its message.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let outer = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(outer);
    result.map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
        format!("panicked: {text}")
    })
}

#[cfg(test)]
mod tests {
    use super::{guarded, is_sled_source};

    #[test]
    fn a_panic_becomes_its_message() {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !super::is_guarded_panic(info) {
                loud(info);
            }
        }));
        let nested = guarded(|| {
            let inner = guarded(|| panic!("inner {}", 1));
            assert_eq!(inner, Err("panicked: inner 1".to_owned()));
            assert!(super::GUARDED.get(), "the outer call is still guarded");
            panic!("outer")
        });
        assert_eq!(nested.map(|(): ()| ()), Err("panicked: outer".to_owned()));
        assert!(!super::GUARDED.get());
    }

    #[test]
    fn only_sleds_sources_are_sleds() {
        assert!(is_sled_source("/registry/src/index-1/sled-0.34.7/src/pagecache/segment.rs"));
        assert!(!is_sled_source("crates/lampyris-log/src/sled_store.rs"));
        assert!(!is_sled_source("/src/sledge/src/main.rs"));
    }
}
