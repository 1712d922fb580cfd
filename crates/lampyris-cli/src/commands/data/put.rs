//! `data put`: adds one element of a value and a blob, or elements as FireFly wrote them.
//!
//! What an element may be is the library's to say; here it is read, handed on and told of.

mod elements;
mod report;

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use lampyris::{Lampyris, block_on};
use lampyris_message::json::{JsonValue, only_value};
use lampyris_message::{BlobRef, Data, DatatypeRef, Open};

use self::report::{Fate, Report};
use crate::args::{DataPut, Global};
use crate::failure::Failure;
use crate::input::Source;
use crate::output;

pub(super) fn run(global: &Global, put: &DataPut) -> Result<ExitCode, Failure> {
    if put.elements {
        return elements::run(global, put);
    }
    let value = value(put)?;
    let blob = put.blob.as_deref().map(Source::open).transpose().map_err(senseless)?;
    let engine = open(global, put)?;
    let blob = blob.map(|source| keep(global, put, &engine, source)).transpose()?;
    let datatype = put.datatype.as_ref().map(|name| DatatypeRef {
        name: name.clone(),
        version: put.datatype_version.clone().unwrap_or_default(),
    });
    let data = Data {
        id: put.id,
        validator: Open::from_text(put.validator.as_deref().unwrap_or_default()),
        datatype,
        value,
        blob,
        ..Data::default()
    };
    let added = block_on(engine.add_data(data));
    let closed = block_on(engine.close());
    let mut report = Report::new(global.json, output::answers());
    match added {
        Ok(added) => report.say(None, &Fate::Added(added)),
        Err(error) if error.is_of_the_request() => {
            report.say(None, &Fate::refused(put.id, error.code(), error.to_string()));
        }
        Err(error) => return Err(error.into()),
    }
    closed?;
    report.flush();
    Ok(ExitCode::from(u8::from(report.refused() > 0)))
}

fn open(global: &Global, put: &DataPut) -> Result<Lampyris, Failure> {
    let builder = Lampyris::builder().namespace(&*put.namespace.namespace).actor(&*put.actor);
    Ok(builder.open(&global.data)?)
}

fn senseless(why: String) -> Failure {
    Failure::Senseless(vec![why])
}

/// The value, if a file with one is given; `null` is none.
fn value(put: &DataPut) -> Result<Option<JsonValue>, Failure> {
    let path = match put.files.as_slice() {
        [] => return Ok(None),
        [path] => path,
        [_, _, ..] => {
            let why = "one element has one FILE; with --elements, there may be several";
            return Err(senseless(why.to_owned()));
        }
    };
    if path == Path::new("-") && put.blob.as_deref() == Some(path) {
        return Err(senseless("value and blob cannot both be standard input".to_owned()));
    }
    let Source { name, mut bytes, .. } = Source::open(path).map_err(senseless)?;
    let mut json = Vec::new();
    let read = bytes.read_to_end(&mut json);
    read.map_err(|error| senseless(format!("cannot read {name}: {error}")))?;
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&json);
    let document = only_value(json, "the value");
    let document = document.map_err(|error| senseless(format!("{name}: {error}")))?;
    Ok(Some(JsonValue::from_node(document.root())).filter(|value| !value.is_null()))
}

/// Keeps the blob, piece by piece, and says what the element has to say of it.
fn keep(
    global: &Global,
    put: &DataPut,
    engine: &Lampyris,
    source: Source,
) -> Result<BlobRef, Failure> {
    let bar = output::progress(global, source.size, "bytes");
    let stored = engine.put_blob(bar.wrap_read(source.bytes));
    bar.finish_and_clear();
    let stored = stored?;
    let path = put.blob.as_deref().filter(|path| *path != Path::new("-"));
    let name = path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    Ok(BlobRef { hash: stored.hash, name, ..BlobRef::default() })
}
