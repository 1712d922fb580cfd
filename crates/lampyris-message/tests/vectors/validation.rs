//! The family `validation`.

use lampyris_message::validate::{self, FieldName};
use lampyris_message::{FieldError, Group, Identity, Message};

use crate::{Case, Outcome, valid};

const FIELD: FieldName<'_> = FieldName { name: "field", index: None };

/// The operations of ours.
pub(crate) const OPS: &[&str] = &[
    "name",
    "nameNoUUID",
    "safeChars",
    "maxLength",
    "stringArray",
    "messageFields",
    "group",
    "identity",
];

/// Runs one case.
pub(crate) fn run(case: &Case) -> Outcome {
    let checked = match case.op() {
        "name" => validate::name(&case.string("value"), FIELD),
        "nameNoUUID" => validate::name_no_uuid(&case.string("value"), FIELD),
        "safeChars" => validate::safe_characters(&case.string("value"), FIELD),
        "maxLength" => validate::length(&case.string("value"), FIELD, number(case, "max")),
        "stringArray" => strings(case),
        "messageFields" => return message_fields(&case.raw("message").unwrap()),
        "identity" => return identity(&case.raw("identity").unwrap()),
        "group" => return group(&case.raw("group").unwrap()),
        other => unreachable!("{other} is not ours"),
    };
    checked.map(|()| valid()).map_err(Into::into)
}

fn number(case: &Case, member: &str) -> usize {
    usize::try_from(case.input(member).as_u64().unwrap()).unwrap()
}

fn strings(case: &Case) -> Result<(), FieldError> {
    let values = case.input("values").as_array().unwrap();
    let values: Vec<String> = values.iter().map(|v| v.as_str().unwrap().to_owned()).collect();
    let limit = Some(number(case, "maxItems")).filter(|limit| *limit > 0);
    validate::strings(&values, "field", case.input("isName").as_bool().unwrap(), limit)
}

fn message_fields(json: &[u8]) -> Outcome {
    Message::from_json(json)?.check_fields()?;
    Ok(valid())
}

fn group(json: &[u8]) -> Outcome {
    Group::from_json(json)?.check_fields()?;
    Ok(valid())
}

fn identity(json: &[u8]) -> Outcome {
    Identity::from_json(json)?.check_fields()?;
    Ok(valid())
}
