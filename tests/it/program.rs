//! The program under test: runs `lampyris` on a scratch data directory.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A scratch directory and the program that works in it.
pub(crate) struct Program {
    scratch: TempDir,
}

/// What a run of the program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { scratch: tempfile::tempdir().unwrap() }
    }

    /// The data directory, made by the first command that writes.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs it on the scratch data directory.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        self.run_on(&self.data(), args, "")
    }

    /// Runs it on the scratch data directory with this text as standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Said {
        self.run_on(&self.data(), args, input)
    }

    /// Runs it with nobody reading its standard output; returns its exit code.
    pub(crate) fn run_deaf(&self, args: &[&str], input: &str) -> i32 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lampyris"))
            .args(args)
            .arg("--data")
            .arg(self.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().unwrap();
        // The program may end before it has read everything.
        let _written = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait().unwrap().code().expect("the program ends by itself")
    }

    /// Runs it on another data directory.
    #[expect(clippy::unused_self, reason = "the scratch directory must outlive the run")]
    pub(crate) fn run_on(&self, data: &Path, args: &[&str], input: &str) -> Said {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lampyris"))
            .args(args)
            .arg("--data")
            .arg(data)
            .current_dir(root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // The program may end before it has read everything.
        let _written = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let said = Said {
            code: output.status.code().expect("the program ends by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!said.err.contains("panicked"), "a panic was shown: {}", said.err);
        said
    }
}

impl Said {
    /// Asserts the exit code, and shows everything if it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "standard output:\n{}\nstandard error:\n{}",
            self.out, self.err
        );
        self
    }

    /// Standard output as JSON lines.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The project's copy of the real messages.
pub(crate) const SAMPLES: &str = "samples/real_messages.json";
