//! Reading the content of a data element's events: the order of every array, as it is written.
//! It never looks at the bytes whose hashes stand there.

use super::{Content, Items, Result, schema};
use crate::data::DatatypeRef;
use crate::event::codec::Refused;
use crate::event::element::{self, DataAdded, DataErased, DataEvent, DataEventKind, Held};
use crate::hash::Bytes32;
use crate::limits::DATA_NAME_BYTES;
use crate::open::Open;
use crate::text::ErasureReason;

/// Reads the content of an event of this kind.
pub(in crate::event::codec) fn data_event(
    kind: DataEventKind,
    content: &[u8],
) -> Result<DataEvent> {
    let mut content = Content(Items::new(content));
    let event = match kind {
        DataEventKind::Added => content.added().map(DataEvent::Added)?,
        DataEventKind::Erased => content.erased().map(DataEvent::Erased)?,
    };
    content.0.end()?;
    Ok(event)
}

impl Content<'_> {
    fn added(&mut self) -> Result<DataAdded> {
        self.array(6)?;
        let text = self.short()?;
        let validator = Open::from_text(&text);
        if validator.as_str() != text {
            return Err(Refused::Spelling);
        }
        let datatype = self.option(Self::datatype)?;
        let created = self.time()?;
        let at = self.0.position();
        let (value, blob) = (self.option(Self::held)?, self.option(Self::held)?);
        let content = element::Content::new(value, blob)
            .ok_or_else(|| schema("expected a value or a blob", at))?;
        Ok(DataAdded { validator, datatype, created, content, details: self.option(Self::held)? })
    }

    fn erased(&mut self) -> Result<DataErased> {
        self.array(1)?;
        Ok(DataErased { reason: self.checked(ErasureReason::new)? })
    }

    fn datatype(&mut self) -> Result<DatatypeRef> {
        self.array(2)?;
        Ok(DatatypeRef { name: self.short()?, version: self.short()? })
    }

    fn held(&mut self) -> Result<Held> {
        self.array(2)?;
        let (hash, at) = (Bytes32(self.fixed()?), self.0.position());
        let size = self.0.u64()?;
        if size > Held::SIZE_MAX {
            return Err(schema("expected a size of 63 bits", at));
        }
        Ok(Held { hash, size })
    }

    fn short(&mut self) -> Result<String> {
        let at = self.0.position();
        let text = self.text()?;
        if text.len() <= DATA_NAME_BYTES {
            Ok(text)
        } else {
            Err(schema(&format!("expected at most {DATA_NAME_BYTES} bytes"), at))
        }
    }
}
