//! Starting the append program, hearing what it says, ending it.
//! Whoever is silent for too long is taken to hang, and that fails the test.

use crate::child::{DIRECTORY, TASK};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// A line more, or the end, must come within this time: far more than a machine with much to do needs.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that runs.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
}

/// How the wait for a line ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Line(String),
    Nothing,
    End,
}

/// The program with a task on a directory, run by `wrapper` if that names one.
pub(crate) fn command(task: &str, directory: &Path, wrapper: &[String]) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = match wrapper {
        [] => Command::new(program),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
    };
    let only = ["child::program", "--exact", "--ignored", "--nocapture", "--test-threads=1"];
    command.args(only).env(TASK, task).env(DIRECTORY, directory);
    command
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Process {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            // A line that was cut short was not said.
            while out.read_line(&mut line).is_ok_and(|length| length > 0) && line.ends_with('\n') {
                let said = std::mem::take(&mut line);
                if sender.send(said.trim_end().to_owned()).is_err() {
                    return;
                }
            }
        });
        Process { child, lines }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line, if there is one within a time.
    pub(crate) fn listen(&self, time: Duration) -> Heard {
        match self.lines.recv_timeout(time) {
            Ok(line) => Heard::Line(line),
            Err(RecvTimeoutError::Timeout) => Heard::Nothing,
            Err(RecvTimeoutError::Disconnected) => Heard::End,
        }
    }

    /// The next line, or nothing if there is none any more.
    pub(crate) fn next_line(&mut self) -> Option<String> {
        match self.listen(PATIENCE) {
            Heard::Line(line) => Some(line),
            Heard::End => None,
            Heard::Nothing => {
                self.child.kill().unwrap();
                panic!("the program hangs: not a word in {PATIENCE:?}");
            }
        }
    }

    /// Ends it as `kill -9` does; what it has said can still be heard.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Everything it still says, and how it ended.
    pub(crate) fn rest(mut self) -> (Vec<String>, ExitStatus) {
        let lines = std::iter::from_fn(|| self.next_line()).collect();
        (lines, self.child.wait().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        self.child.kill().unwrap_or_default();
        self.child.wait().unwrap();
    }
}
