//! One test for each golden vector: what the real implementation made of an input, we must too.
//! The folder can be replaced: `LAMPYRIS_VECTORS` names another (relative: to the workspace root).

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(clippy::print_stdout, reason = "the summary is for whoever runs the tests")]
#![allow(clippy::indexing_slicing, reason = "a missing member is a failed test")]

#[path = "vectors/batches.rs"]
mod batches;
#[path = "vectors/data.rs"]
mod data;
#[path = "vectors/groups.rs"]
mod groups;
#[path = "vectors/messages.rs"]
mod messages;
#[path = "vectors/pins.rs"]
mod pins;
#[path = "vectors/scalars.rs"]
mod scalars;
#[path = "vectors/validation.rs"]
mod validation;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::Engine as _;
use lampyris_message::pin::assign::AssignError;
use lampyris_message::{
    DecodeError, DecodeErrorKind, FieldError, InvalidData, InvalidGroup, InvalidIdentity,
    InvalidMessage, ScalarError,
};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Map, Value};

/// A family this crate knows: its name, the operations of it that are ours, what runs a case.
type Family = (&'static str, &'static [&'static str], fn(&Case) -> Outcome);

const FAMILIES: &[Family] = &[
    ("message_hash", messages::OPS, messages::run),
    ("message_seal", messages::OPS, messages::run),
    ("data_hash", data::OPS, data::run),
    ("group_hash", groups::OPS, groups::run),
    ("batch_hash", batches::OPS, batches::run),
    ("pins", pins::OPS, pins::run),
    ("scalars", scalars::OPS, scalars::run),
    ("validation", validation::OPS, validation::run),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = folder();
    let mut trials = Vec::new();
    let mut present = 0;
    for family @ (name, ops, _) in FAMILIES {
        let path = folder.join(format!("{name}.json"));
        if !path.exists() {
            if !arguments.list {
                println!("{name}: absent from {}", folder.display());
            }
            trials.push(Trial::test(format!("{name}::absent"), || Ok(())).with_ignored_flag(true));
            continue;
        }
        present += 1;
        let cases = cases(&path);
        let ours = cases.iter().filter(|case| ops.contains(&case.op())).count();
        if !arguments.list {
            println!("{name}: {ours} cases, {} of operations not ours", cases.len() - ours);
        }
        trials.extend(cases.into_iter().map(|case| trial(*family, case)));
    }
    assert!(present > 0, "no family of vectors in {}", folder.display());
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn folder() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::var_os("LAMPYRIS_VECTORS") {
        Some(folder) => crate_root.join("../..").join(folder),
        None => crate_root.join("tests/vectors"),
    }
}

fn cases(path: &Path) -> Vec<Case> {
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    cases.iter().map(|case| Case(case.as_object().unwrap().clone())).collect()
}

fn trial((family, ops, run): Family, case: Case) -> Trial {
    let name = format!("{family}::{} {}", case.text("id"), case.text("title"));
    let ours = ops.contains(&case.op());
    Trial::test(name, move || case.compare(run(&case))).with_ignored_flag(!ours)
}

/// One vector.
#[derive(Debug)]
struct Case(Map<String, Value>);

/// What we made of the input: the members that `expect` must have, as bytes, or the error.
type Outcome = Result<Members, Refusal>;

type Members = Vec<(&'static str, Vec<u8>)>;

/// An error of ours in the words of the vectors.
#[derive(Debug)]
struct Refusal {
    kind: &'static str,
    code: Option<&'static str>,
    status: u16,
    message: String,
}

impl Case {
    fn text(&self, member: &str) -> &str {
        self.0[member].as_str().unwrap()
    }

    /// The operation.
    fn op(&self) -> &str {
        self.text("op")
    }

    /// A member of the input as it is.
    fn input(&self, member: &str) -> &Value {
        &self.0["input"][member]
    }

    /// A member of what is expected.
    fn expected(&self, member: &str) -> &Value {
        &self.0["expect"][member]
    }

    /// A text of the input.
    fn string(&self, member: &str) -> String {
        String::from_utf8_lossy(&self.raw(member).unwrap()).into_owned()
    }

    /// The bytes of a raw field, which is in base64 if it is no text.
    fn raw(&self, member: &str) -> Option<Vec<u8>> {
        let input = &self.0["input"];
        if let Some(text) = input.get(member) {
            return Some(text.as_str().unwrap().as_bytes().to_vec());
        }
        Some(decode(input.get(format!("{member}_base64"))?))
    }

    fn compare(&self, outcome: Outcome) -> Result<(), Failed> {
        let expect = self.0["expect"].as_object().unwrap();
        match (expect.get("error"), outcome) {
            (Some(error), Err(refusal)) => refusal.compare(error),
            (Some(error), Ok(found)) => Err(format!("accepted: {found:?}, not {error}").into()),
            (None, Err(refusal)) => Err(format!("refused: {refusal:?}, not {expect:?}").into()),
            (None, Ok(found)) => compare_members(expect, &found),
        }
    }
}

fn compare_members(expect: &Map<String, Value>, found: &Members) -> Result<(), Failed> {
    for (name, value) in expect {
        let (name, value) = match (name.strip_suffix("_base64"), value) {
            (Some(name), base64) => (name, decode(base64)),
            (None, Value::String(text)) => (name.as_str(), text.clone().into_bytes()),
            (None, other) => (name.as_str(), other.to_string().into_bytes()),
        };
        let found = found.iter().find(|(found, _)| *found == name).map(|(_, bytes)| bytes);
        if found != Some(&value) {
            let found = found.map(|bytes| bytes.escape_ascii().to_string());
            return Err(format!("{name}\n is  {found:?}\n not {}", value.escape_ascii()).into());
        }
    }
    Ok(())
}

fn decode(base64: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(base64.as_str().unwrap()).unwrap()
}

impl Refusal {
    fn compare(&self, error: &Value) -> Result<(), Failed> {
        let fail = |what: &str| Err(format!("{what} of {self:?} is not that of {error}").into());
        let kind = error["kind"].as_str().unwrap();
        if kind == "panic" {
            return Ok(());
        }
        if self.kind != kind {
            return fail("the kind");
        }
        if kind != "firefly" {
            return Ok(());
        }
        if self.code != error["code"].as_str() {
            return fail("the code");
        }
        if u64::from(self.status) != error["httpStatus"].as_u64().unwrap() {
            return fail("the status");
        }
        // The number in upstream's text of FF00134 is not the limit; ours is.
        if self.code != Some("FF00134") && self.message != error["message"].as_str().unwrap() {
            return fail("the message");
        }
        Ok(())
    }

    fn coded(code: &'static str, status: u16, message: String) -> Self {
        Self { kind: "firefly", code: Some(code), status, message }
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        let kind = match error.kind() {
            DecodeErrorKind::Syntax => "json_syntax",
            DecodeErrorKind::Type => "json_type",
            DecodeErrorKind::Value => "value",
            DecodeErrorKind::Coded => "firefly",
        };
        Self { kind, code: error.code(), status: error.status(), message: error.to_string() }
    }
}

impl From<ScalarError> for Refusal {
    fn from(error: ScalarError) -> Self {
        Self::coded(error.code(), error.status(), error.to_string())
    }
}

impl From<FieldError> for Refusal {
    fn from(error: FieldError) -> Self {
        Self::coded(error.code(), error.status(), error.to_string())
    }
}

impl From<InvalidMessage> for Refusal {
    fn from(error: InvalidMessage) -> Self {
        Self::coded(error.code(), error.status(), error.to_string())
    }
}

impl From<InvalidData> for Refusal {
    fn from(error: InvalidData) -> Self {
        Self::coded(error.code(), error.status(), error.to_string())
    }
}

impl From<InvalidGroup> for Refusal {
    fn from(error: InvalidGroup) -> Self {
        Self::coded(error.code(), error.status(), error.to_string())
    }
}

impl From<AssignError> for Refusal {
    fn from(error: AssignError) -> Self {
        let kind = if error.code().is_some() { "firefly" } else { "panic" };
        Self { kind, code: error.code(), status: 400, message: error.to_string() }
    }
}

impl From<InvalidIdentity> for Refusal {
    fn from(error: InvalidIdentity) -> Self {
        Self::coded(error.code(), error.status(), error.to_string())
    }
}

/// A member of an outcome that is a text.
fn text(name: &'static str, text: impl Display) -> (&'static str, Vec<u8>) {
    (name, text.to_string().into_bytes())
}

/// The outcome of an operation that only says yes.
fn valid() -> Members {
    vec![text("valid", true)]
}
