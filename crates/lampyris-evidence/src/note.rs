//! Signed notes: a text and the signatures under it (<https://c2sp.org/signed-note>).
//! A note that was only parsed says nothing: its text counts once a known key verifies it.

use core::fmt;

use crate::cosignature;
use crate::key::{Algorithm, SigningKey, VerifierKey};
use crate::name::{NameError, check_name};
use crate::spelling::{base64, from_base64};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Most bytes of a note: a text of a few lines and [`MAX_SIGNATURES`] of the largest kind, 5 KB, fit three times.
pub const MAX_NOTE_BYTES: usize = 1 << 20;
/// Most signatures under a note: the specification asks for at least 16, and for a policy of 32 witnesses at least.
pub const MAX_SIGNATURES: usize = 64;

const DASH: &str = "\u{2014} ";

/// A text and the signatures under it, in the one spelling that they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<Signature>,
}

/// A signature line: who signed, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub id: u32,
    /// What the key's algorithm makes; never empty.
    pub bytes: Vec<u8>,
}

/// A text that is no signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// It is too long.
    #[error("the note has {found} bytes, more than {MAX_NOTE_BYTES}")]
    Long {
        /// Bytes found.
        found: usize,
    },
    /// A control character other than a newline.
    #[error("line {line} of the note has a control character in it")]
    Control {
        /// The line, counted from 1.
        line: usize,
    },
    /// The text does not end as a line does.
    #[error("the text of a note ends with a newline")]
    Text,
    /// The last line does not end as a line does.
    #[error("the last line of a note ends with a newline")]
    Ending,
    /// There is no signature.
    #[error("a note has a signature after its text and an empty line")]
    Unsigned,
    /// There are too many signatures.
    #[error("the note has {found} signatures, more than {MAX_SIGNATURES}")]
    Signatures {
        /// Signatures found.
        found: usize,
    },
    /// A line below the text is no signature.
    #[error("line {line} of the note: {rule}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        rule: LineRule,
    },
    /// A key cannot sign a note twice.
    #[error("the key {id:08x} of that name signed the note already")]
    Again {
        /// The key's id.
        id: u32,
    },
}

/// What a signature line has to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineRule {
    /// It has three parts.
    #[error("a signature is an em dash, a name and base64, with a space between them")]
    Parts,
    /// The name is none.
    #[error("signature: {0}")]
    Name(#[from] NameError),
    /// The third part is not base64 in its one spelling.
    #[error("the signature is not padded base64 in its one spelling")]
    Base64,
    /// It has no bytes after the key id.
    #[error("the signature has no bytes after the four of its key id")]
    Short,
}

/// A known key that did not sign the note, or not well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is no signature of the key.
    #[error("the note is not signed by {name} with the key {id:08x}")]
    Missing {
        /// The key's name.
        name: String,
        /// The key's id.
        id: u32,
    },
    /// There is more than one.
    #[error("the note is signed more than once by {name} with the key {id:08x}")]
    Repeated {
        /// The key's name.
        name: String,
        /// The key's id.
        id: u32,
    },
    /// There is one, of another text or by another key.
    #[error("the signature of {name} with the key {id:08x} does not verify")]
    Wrong {
        /// The key's name.
        name: String,
        /// The key's id.
        id: u32,
    },
}

impl SignedNote {
    /// A note of a text and its signatures, none of them checked.
    ///
    /// # Errors
    /// [`NoteError`] if they make no note.
    pub fn new(text: String, signatures: Vec<Signature>) -> Result<SignedNote, NoteError> {
        let note = SignedNote { text, signatures };
        note.check()?;
        Ok(note)
    }

    /// A text that a key signs.
    ///
    /// # Errors
    /// [`NoteError`] if the text is none of a note.
    pub fn sign(text: String, key: &SigningKey) -> Result<SignedNote, NoteError> {
        let bytes = key.sign_bytes(text.as_bytes()).to_vec();
        let signature = Signature { name: key.name().to_owned(), id: key.verifier().id(), bytes };
        SignedNote::new(text, [signature].into())
    }

    /// Reads a note; [`encode`](Self::encode) gives back the same text. No signature is checked.
    ///
    /// # Errors
    /// [`NoteError`] if the text is none.
    pub fn parse(note: &str) -> Result<SignedNote, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Long { found: note.len() });
        }
        let (text, lines) = parts(note).ok_or(NoteError::Unsigned)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Ending)?;
        let found = lines.bytes().filter(|byte| *byte == b'\n').count() + 1;
        if found > MAX_SIGNATURES {
            return Err(NoteError::Signatures { found });
        }
        let first = first_line(text);
        let signatures = lines.split('\n').enumerate().map(|(index, line)| {
            let line_number = first + index;
            Signature::parse(line).map_err(|rule| NoteError::Line { line: line_number, rule })
        });
        SignedNote::new(text.to_owned(), signatures.collect::<Result<_, _>>()?)
    }

    /// The note as text, signatures included.
    pub fn encode(&self) -> String {
        self.to_string()
    }

    /// What is signed, the newline at its end included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in the order of their lines.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature below the others, unchecked.
    ///
    /// # Errors
    /// [`NoteError`] if the note has one of that key or would be none any more; it stays as it was.
    pub fn add(&mut self, signature: Signature) -> Result<(), NoteError> {
        if self.signatures.iter().any(|other| other.is_of(&signature.name, signature.id)) {
            return Err(NoteError::Again { id: signature.id });
        }
        self.signatures.push(signature);
        self.check().inspect_err(|_| drop(self.signatures.pop()))
    }

    /// Checks that the key signed the note, once and well. Signatures of other keys are ignored.
    ///
    /// # Errors
    /// [`SignatureError`] if it did not.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), SignatureError> {
        let signature = self.signature_of(key)?;
        let (name, id) = (key.name().to_owned(), key.id());
        let Some(signature) = signature else { return Err(SignatureError::Missing { name, id }) };
        let verifies = match key.algorithm() {
            Algorithm::Ed25519 => key.signed(self.text.as_bytes(), &signature.bytes),
            Algorithm::CosignatureV1 => {
                cosignature::time(key, &self.text, &signature.bytes).is_some()
            }
        };
        if verifies { Ok(()) } else { Err(SignatureError::Wrong { name, id }) }
    }

    /// The signature of a key, if there is one; it is not checked.
    ///
    /// # Errors
    /// [`SignatureError::Repeated`] if there are more.
    pub fn signature_of(&self, key: &VerifierKey) -> Result<Option<&Signature>, SignatureError> {
        let mut signatures =
            self.signatures.iter().filter(|signature| signature.is_of(key.name(), key.id()));
        let first = signatures.next();
        if signatures.next().is_some() {
            return Err(SignatureError::Repeated { name: key.name().to_owned(), id: key.id() });
        }
        Ok(first)
    }

    fn check(&self) -> Result<(), NoteError> {
        if !self.text.ends_with('\n') {
            return Err(NoteError::Text);
        }
        for (index, line) in self.text.split('\n').enumerate() {
            if line.contains(|character| character < ' ') {
                return Err(NoteError::Control { line: index + 1 });
            }
        }
        match self.signatures.len() {
            0 => return Err(NoteError::Unsigned),
            found if found > MAX_SIGNATURES => return Err(NoteError::Signatures { found }),
            _ => {}
        }
        for (line, signature) in (first_line(&self.text)..).zip(&self.signatures) {
            signature.check().map_err(|rule| NoteError::Line { line, rule })?;
        }
        match self.encode().len() {
            found if found > MAX_NOTE_BYTES => Err(NoteError::Long { found }),
            _ => Ok(()),
        }
    }
}

impl Signature {
    fn parse(line: &str) -> Result<Signature, LineRule> {
        let (name, bytes) =
            line.strip_prefix(DASH).and_then(|line| line.split_once(' ')).ok_or(LineRule::Parts)?;
        let bytes = from_base64(bytes).ok_or(LineRule::Base64)?;
        let (id, bytes) = bytes.split_first_chunk().ok_or(LineRule::Short)?;
        Ok(Signature { name: name.to_owned(), id: u32::from_be_bytes(*id), bytes: bytes.to_vec() })
    }

    fn check(&self) -> Result<(), LineRule> {
        check_name(&self.name)?;
        if self.bytes.is_empty() { Err(LineRule::Short) } else { Ok(()) }
    }

    /// Whether the line is of the key with this name and id.
    pub fn is_of(&self, name: &str, id: u32) -> bool {
        self.id == id && self.name == name
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.to_be_bytes().as_slice(), &self.bytes].concat();
        write!(f, "{DASH}{} {}", self.name, base64(&bytes))
    }
}

/// The text, its newline included, and what stands below the last empty line.
fn parts(note: &str) -> Option<(&str, &str)> {
    let (_, lines) = note.rsplit_once("\n\n").filter(|(_, lines)| !lines.is_empty())?;
    let text = note.strip_suffix(lines)?.strip_suffix('\n')?;
    Some((text, lines))
}

/// The number of the first signature's line.
fn first_line(text: &str) -> usize {
    text.split('\n').count() + 1
}
