//! Where answers go: standard output, buffered, and a progress bar beside it.
//!
//! It knows nothing of messages.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{Global, Progress};
use crate::failure::Failure;

/// Standard output, buffered; flush it before the end.
pub(crate) fn answers() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(1 << 16, io::stdout().lock())
}

/// Writes an answer to a file, if one is meant, or to standard output.
pub(crate) fn put(out: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    let Some(path) = out.filter(|path| *path != Path::new("-")) else {
        let mut answers = answers();
        answers.write_all(bytes)?;
        return Ok(answers.flush()?);
    };
    whole_file(path, |file| file.write_all(bytes))
        .map_err(|error| Failure::no(format!("cannot write {}: {error}", path.display())))
}

/// Writes a file beside the one that is meant, and gives it the name once it is whole and durable.
pub(crate) fn whole_file<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let why = "there is something of this name that is not a file";
        return Err(io::Error::other(why).into());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".lampyris-")
        .make_in(folder, |path| File::create_new(path))?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The name is durable too: who is told that the file is written may rely on it.
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Says something about an answer on standard error, beside it: what it is called in JSON, and the text.
pub(crate) fn note(global: &Global, name: &str, text: &str) {
    let mut stderr = io::stderr().lock();
    // If nobody reads it, the answer still stands.
    let _told = if global.json {
        writeln!(stderr, "{}", serde_json::json!({ name: text }))
    } else {
        writeln!(stderr, "{text}")
    };
}

/// A bar that counts towards a known end, or a spinner; hidden where nobody looks.
pub(crate) fn progress(global: &Global, total: Option<u64>, unit: &str) -> ProgressBar {
    if global.progress == Progress::Never || !io::stderr().is_terminal() {
        return no_progress();
    }
    match total {
        Some(bytes) => ProgressBar::new(bytes).with_style(style(
            "{bar:30} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta} left",
        )),
        None => ProgressBar::new_spinner()
            .with_style(style(&format!("{{spinner}} {{human_pos}} {unit} {{per_sec}}"))),
    }
}

/// A bar that nobody sees.
pub(crate) fn no_progress() -> ProgressBar {
    ProgressBar::hidden()
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A text of unknown origin as it may stand in a line for people: what would end the line, move the
/// cursor or turn the direction of writing is shown as an escape.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let escaped = text
        .chars()
        .map(|one| if is_unsafe(one) { one.escape_unicode().to_string() } else { one.to_string() });
    Cow::Owned(escaped.collect())
}

fn is_unsafe(one: char) -> bool {
    let turns =
        matches!(one, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    one.is_control() || turns
}

/// Writes one JSON value as a line.
pub(crate) fn json_line(out: &mut impl Write, value: &serde_json::Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_text_cannot_forge_a_line_or_move_the_cursor() {
        assert_eq!(plain("did:firefly:org/åäö 漢字"), "did:firefly:org/åäö 漢字");
        assert_eq!(plain("a\nstate  confirmed"), "a\\u{a}state  confirmed");
        assert_eq!(plain("\u{1b}[2J\u{202e}x\u{9b}"), "\\u{1b}[2J\\u{202e}x\\u{9b}");
    }
}
