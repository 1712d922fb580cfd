//! Writing the content of a data element's events: the order of every array, once.
//! It cannot fail: a sink of bytes takes everything.

use std::convert::Infallible;

use minicbor::Encoder;
use minicbor::encode::Write;

use super::{Content, Result};
use crate::data::DatatypeRef;
use crate::event::element::{DataAdded, DataErased, DataEvent, Held};

/// Writes the content of `event`.
pub(in crate::event::codec) fn data_event<W: Write<Error = Infallible>>(
    sink: W,
    event: &DataEvent,
) {
    let mut content = Content(Encoder::new(sink));
    // The sink cannot fail, and an encoder has no other reason to.
    let _infallible = match event {
        DataEvent::Added(added) => content.added(added),
        DataEvent::Erased(erased) => content.erased(erased),
    };
}

impl<W: Write<Error = Infallible>> Content<W> {
    fn added(&mut self, added: &DataAdded) -> Result {
        self.0.array(6)?;
        self.text(added.validator.as_str())?;
        self.option(added.datatype.as_ref(), Self::datatype)?;
        self.time(&added.created)?;
        self.option(added.content.value().as_ref(), Self::held)?;
        self.option(added.content.blob().as_ref(), Self::held)?;
        self.option(added.details.as_ref(), Self::held)
    }

    fn erased(&mut self, erased: &DataErased) -> Result {
        self.0.array(1)?;
        self.text(erased.reason.as_str())
    }

    fn datatype(&mut self, datatype: &DatatypeRef) -> Result {
        self.0.array(2)?.str(&datatype.name)?.str(&datatype.version)?.ok()
    }

    fn held(&mut self, held: &Held) -> Result {
        self.0.array(2)?.bytes(&held.hash.0)?.u64(held.size)?.ok()
    }
}
