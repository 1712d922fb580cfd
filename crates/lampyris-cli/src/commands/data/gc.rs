//! `data gc`: removes what no element refers to, or says what that would be.
//!
//! What refers to what is the log's to say; nothing is decided here.

use std::io::Write;
use std::process::ExitCode;

use lampyris::Lampyris;
use lampyris_log::Hash;
use lampyris_projection::element;
use serde_json::json;

use crate::args::{DataGc, Global};
use crate::failure::Failure;
use crate::{output, store};

pub(super) fn run(global: &Global, gc: &DataGc) -> Result<ExitCode, Failure> {
    let collected = if gc.dry_run {
        let log = store::open_to_look(global)?;
        let referred = element::referred_objects(&log)?;
        log.data().collectable(&|Hash(hash)| referred.binary_search(hash).is_ok())?
    } else {
        let engine = Lampyris::builder().existing().open(&global.data)?;
        engine.collect_data()?
    };
    let mut out = output::answers();
    if global.json {
        let answer = json!({
            "dryRun": gc.dry_run,
            "objects": collected.objects,
            "bytes": collected.bytes,
            "files": collected.files,
        });
        output::json_line(&mut out, &answer)?;
    } else {
        let verb = if gc.dry_run { "would remove" } else { "removed" };
        let (objects, bytes, files) = (collected.objects, collected.bytes, collected.files);
        writeln!(out, "{verb} {objects} objects, {bytes} bytes, {files} files")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
