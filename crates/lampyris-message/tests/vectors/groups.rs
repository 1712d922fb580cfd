//! The family `group_hash`.

use lampyris_message::{Group, InvalidGroup};

use crate::{Case, Outcome, text};

/// The operations of ours.
pub(crate) const OPS: &[&str] = &["seal"];

/// Runs one case.
pub(crate) fn run(case: &Case) -> Outcome {
    let mut group = Group::from_json(&case.raw("group").unwrap())?;
    let hash = group.seal()?;
    assert_eq!(Group::from_json(&group.to_json()).as_ref(), Ok(&group), "read as it is written");
    let fields = group.check_fields();
    assert_eq!(group.verify(), fields.clone().map(|()| hash), "the hash is right");
    let identity = ("identityBytes", group.identity_bytes());
    Ok(vec![identity, text("hash", hash), ("group", group.to_json()), validate(case, fields)])
}

/// The error in the words of the vectors, if it is the one the case expects.
fn validate(case: &Case, fields: Result<(), InvalidGroup>) -> (&'static str, Vec<u8>) {
    let expected = case.expected("validate");
    let told = match fields {
        Ok(()) => "null".to_owned(),
        Err(error) => match crate::Refusal::from(error).compare(expected) {
            Ok(()) => expected.to_string(),
            Err(why) => format!("{why:?}"),
        },
    };
    ("validate", told.into_bytes())
}
