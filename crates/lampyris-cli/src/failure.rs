//! Why a command could not do what it was asked to, and the exit code that says so.
//!
//! An answer of "no" that a command prints itself is not a failure.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use lampyris_log::OpenError;

use crate::output::plain;

/// A command's failure.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The answer is no: exit code 1.
    No(String),
    /// The request or its input makes no sense: exit code 2. One line for each reason.
    Senseless(Vec<String>),
    /// Whoever reads the answer went away, and wants no more of it: nothing is wrong.
    ReaderGone,
}

impl Failure {
    /// The answer is no.
    pub(crate) fn no(why: impl Display) -> Self {
        Self::No(why.to_string())
    }

    /// Says it on standard error and gives the exit code.
    pub(crate) fn report(self, json: bool) -> ExitCode {
        let (code, reasons) = match self {
            Self::No(why) => (1, vec![why]),
            Self::Senseless(reasons) => (2, reasons),
            Self::ReaderGone => return ExitCode::SUCCESS,
        };
        let mut stderr = io::stderr().lock();
        for why in reasons {
            // If even standard error is gone, the exit code still says it.
            let _told = if json {
                writeln!(stderr, "{}", serde_json::json!({ "error": why }))
            } else {
                writeln!(stderr, "lampyris: {}", plain(&why))
            };
        }
        ExitCode::from(code)
    }
}

/// An error and everything that caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let source_text = source.to_string();
        if !text.ends_with(&source_text) {
            text.push_str(": ");
            text.push_str(&source_text);
        }
        cause = source.source();
    }
    text
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::No(chain(&error))
    }
}

impl From<lampyris_log::backup::BackupError> for Failure {
    fn from(error: lampyris_log::backup::BackupError) -> Self {
        Self::No(chain(&error))
    }
}

impl From<lampyris::EngineOpenError> for Failure {
    fn from(error: lampyris::EngineOpenError) -> Self {
        Self::No(chain(&error))
    }
}

impl From<lampyris::Error> for Failure {
    fn from(error: lampyris::Error) -> Self {
        Self::No(chain(&error))
    }
}

impl From<lampyris_log::ReadError> for Failure {
    fn from(error: lampyris_log::ReadError) -> Self {
        Self::No(chain(&error))
    }
}

impl From<lampyris_log::CursorError> for Failure {
    fn from(error: lampyris_log::CursorError) -> Self {
        let text = chain(&error);
        if matches!(error, lampyris_log::CursorError::Name { .. }) {
            Self::Senseless(vec![text])
        } else {
            Self::No(text)
        }
    }
}

impl From<lampyris_log::CheckpointError> for Failure {
    fn from(error: lampyris_log::CheckpointError) -> Self {
        Self::No(chain(&error))
    }
}

impl From<lampyris_log::ExportError> for Failure {
    fn from(error: lampyris_log::ExportError) -> Self {
        Self::No(chain(&error))
    }
}

impl From<lampyris_log::key_file::KeyFileError> for Failure {
    fn from(error: lampyris_log::key_file::KeyFileError) -> Self {
        Self::No(chain(&error))
    }
}

impl From<lampyris_log::DataError> for Failure {
    fn from(error: lampyris_log::DataError) -> Self {
        Self::No(format!("the data store: {}", chain(&error)))
    }
}

impl From<lampyris_projection::ElementError> for Failure {
    fn from(error: lampyris_projection::ElementError) -> Self {
        Self::No(chain(&error))
    }
}

impl From<lampyris_message::judge::Fault> for Failure {
    fn from(fault: lampyris_message::judge::Fault) -> Self {
        Self::No(chain(&fault))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ReaderGone
        } else {
            Self::No(format!("cannot write the answer: {error}"))
        }
    }
}
