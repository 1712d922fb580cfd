//! `list`: messages in the order of their first events.
//!
//! What is shown comes from the views alone.

use std::io::{self, Write};
use std::process::ExitCode;

use lampyris_projection::View;

use crate::args::{Global, List};
use crate::failure::Failure;
use crate::{output, store};

pub(crate) fn run(global: &Global, list: &List) -> Result<ExitCode, Failure> {
    let (_, views) = store::open_views(global)?;
    let limit = if list.limit == 0 { usize::MAX } else { list.limit };
    let rows = views.list(&list.namespace.namespace, list.state, None).take(limit);
    let mut out = output::answers();
    for row in rows {
        line(&row.view(), global.json, &mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn line(view: &View, json: bool, out: &mut impl Write) -> io::Result<()> {
    if json {
        out.write_all(&view.to_json())?;
        return out.write_all(b"\n");
    }
    let message = view.message();
    let header = &message.header;
    writeln!(
        out,
        "{}  {:<9}  {:<10}  {:<30}  {}",
        header.id.map(|id| id.to_string()).unwrap_or_default(),
        message.state.as_ref().map_or("", |state| state.as_str()),
        output::plain(header.message_type.as_str()),
        header.created.map(|created| created.to_string()).unwrap_or_default(),
        output::plain(&header.topics.join(",")),
    )
}
