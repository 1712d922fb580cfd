//! `apply`: a request a line, decided on in order, and an answer a line once it is durable.
//!
//! What a line means and how it is answered is the library's; here it is read and printed.

pub(super) mod session;

use std::process::ExitCode;

use lampyris::{Lampyris, stream};
use lampyris_log::Cadence;
use tokio::runtime;

use crate::args::{Apply, Global, KeyFile};
use crate::failure::Failure;
use crate::input::{Source, read_ahead};
use crate::{output, signing};

pub(crate) fn run(global: &Global, apply: &Apply) -> Result<ExitCode, Failure> {
    let source = Source::open(&apply.file).map_err(|why| Failure::Senseless(vec![why]))?;
    let mut builder =
        Lampyris::builder().namespace(&*apply.namespace.namespace).actor(&*apply.actor);
    let cadence = Cadence { records: apply.checkpoint_records, seconds: apply.checkpoint_seconds };
    if cadence != Cadence::default() || apply.key_file.is_some() {
        let file = KeyFile { key_file: apply.key_file.clone() };
        builder = builder.checkpoints(signing::key(global, &file)?, cadence);
    }
    let engine = builder.open(&global.data)?;
    let runtime = runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Failure::no(format!("no runtime: {error}")))?;
    let Source { name, size, typed, bytes } = source;
    let bar = if typed { output::no_progress() } else { output::progress(global, size, "bytes") };
    let lines = read_ahead(bytes, stream::LINE_BYTES, bar.clone(), stream::is_blank);
    let in_flight = usize::try_from(apply.in_flight).unwrap_or(usize::MAX);
    let (told, closed) = runtime.block_on(async {
        let enqueue = async |request| engine.enqueue(request).await;
        let told = session::run(lines, in_flight, enqueue, output::answers()).await;
        (told, engine.close().await)
    });
    bar.finish_and_clear();
    let told = told?;
    closed?;
    if let Some(error) = told.unreadable {
        return Err(Failure::Senseless(vec![format!("cannot read {name}: {error}")]));
    }
    Ok(if apply.strict && told.not_ok > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
