//! Names of keys and origins of logs, one rule for both, since a log's key goes by its origin.
//! Nothing here looks a name up; see <https://c2sp.org/signed-note> for the rule.

use crate::limits::ORIGIN;

/// A text that is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// It has no character.
    #[error("the name is empty")]
    Empty,
    /// It has more bytes than an origin may have.
    #[error("the name has {found} bytes, more than {}", ORIGIN.max)]
    Long {
        /// Bytes found.
        found: usize,
    },
    /// It has a space, of ASCII or of Unicode.
    #[error("the name has white space in it")]
    Space,
    /// It has a plus sign, which separates the parts of a key.
    #[error("the name has a plus sign in it")]
    Plus,
    /// It has an ASCII control character, which no note may have.
    #[error("the name has a control character in it")]
    Control,
}

/// Checks that a text may be the name of a key and the origin of a log.
///
/// # Errors
/// [`NameError`] if it may not.
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        Err(NameError::Empty)
    } else if !ORIGIN.hold(name.len()) {
        Err(NameError::Long { found: name.len() })
    } else if name.contains(char::is_whitespace) {
        Err(NameError::Space)
    } else if name.contains('+') {
        Err(NameError::Plus)
    } else if name.contains(|character| character < ' ') {
        Err(NameError::Control)
    } else {
        Ok(())
    }
}
