//! How upstream's printer of messages writes numbers and what is absent.
//! Nothing here knows an error.

use std::fmt;

/// A count with a comma between thousands, as upstream's printer of messages has it.
pub(crate) struct Grouped(pub(crate) usize);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            return write!(f, "{}", self.0);
        }
        write!(f, "{},{:03}", Grouped(self.0 / 1000), self.0 % 1000)
    }
}

/// A value, or nothing where upstream prints its nil as an empty text.
pub(crate) struct OrEmpty<'a, T>(pub(crate) Option<&'a T>);

impl<T: fmt::Display> fmt::Display for OrEmpty<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |value| value.fmt(f))
    }
}
