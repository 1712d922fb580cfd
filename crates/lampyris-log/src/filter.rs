//! Filters: which records a follower is given, by what stands outside of their contents.
//! A filter never looks into an event, and never changes the order.

use crate::record::RecordRef;

/// Which records are wanted. What is not named is not asked: a new filter takes every record.
///
/// Of the namespaces that are named a record has one, of the streams one, of the events one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    namespaces: Vec<Box<str>>,
    streams: Vec<Wanted>,
    events: Vec<Box<str>>,
}

/// A stream, or all of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    kind: Box<str>,
    id: Option<Box<[u8]>>,
}

impl Filter {
    /// Takes every record.
    pub fn new() -> Filter {
        Filter::default()
    }

    /// Records of this namespace, or of another one that is named.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<Box<str>>) -> Filter {
        self.namespaces.push(namespace.into());
        self
    }

    /// Records of all streams of this kind, or of another kind or stream that is named.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<Box<str>>) -> Filter {
        self.streams.push(Wanted { kind: kind.into(), id: None });
        self
    }

    /// Records of this stream, or of another kind or stream that is named.
    #[must_use]
    pub fn stream(mut self, kind: impl Into<Box<str>>, id: impl Into<Box<[u8]>>) -> Filter {
        self.streams.push(Wanted { kind: kind.into(), id: Some(id.into()) });
        self
    }

    /// Records of events of this name, or of another one that is named.
    #[must_use]
    pub fn event(mut self, name: impl Into<Box<str>>) -> Filter {
        self.events.push(name.into());
        self
    }

    /// Whether a record is wanted.
    pub fn takes(&self, record: &RecordRef<'_>) -> bool {
        let one_of = |names: &[Box<str>], found: &str| {
            names.is_empty() || names.iter().any(|name| **name == *found)
        };
        let is_of = |Wanted { kind, id }: &Wanted| {
            **kind == *record.kind && id.as_ref().is_none_or(|id| **id == *record.id)
        };
        one_of(&self.namespaces, record.namespace)
            && one_of(&self.events, record.event)
            && (self.streams.is_empty() || self.streams.iter().any(is_of))
    }
}
