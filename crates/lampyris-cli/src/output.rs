//! Where answers go: standard output, buffered, and a progress bar beside it.
//!
//! It knows nothing of messages.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{Global, Progress};

/// Standard output, buffered; flush it before the end.
pub(crate) fn answers() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(1 << 16, io::stdout().lock())
}

/// A bar that counts towards a known end, or a spinner; hidden where nobody looks.
pub(crate) fn progress(global: &Global, total: Option<u64>, unit: &str) -> ProgressBar {
    if global.progress == Progress::Never || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    match total {
        Some(bytes) => ProgressBar::new(bytes).with_style(style(
            "{bar:30} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta} left",
        )),
        None => ProgressBar::new_spinner()
            .with_style(style(&format!("{{spinner}} {{human_pos}} {unit} {{per_sec}}"))),
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Writes one JSON value as a line.
pub(crate) fn json_line(out: &mut impl Write, value: &serde_json::Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
