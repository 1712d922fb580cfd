//! A verifier of bundles that shares no code with ours: `signed_note` for notes, `ct-merkle` for proofs, and a value of
//! `serde_json` for the document. It knows nothing of records.
//!
//! What it cannot know by these means is a member that stands twice: the value keeps the last.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use signed_note::{Note, StandardVerifier, Verifier, VerifierList, key_id};

type Result<T> = std::result::Result<T, String>;
type Tree = (u64, [u8; 32]);

/// Whom it believes.
pub(crate) struct Trust<'a> {
    pub(crate) log: &'a str,
    pub(crate) witnesses: &'a [&'a str],
    pub(crate) quorum: usize,
}

pub(crate) fn verify(json: &[u8], trust: &Trust<'_>) -> Result<()> {
    let document: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let document = object(&document, MEMBERS)?;
    let keys = Keys::of(document, trust)?;
    if document.get("comment").is_some_and(|comment| !comment.is_string()) {
        return Err("comment".into());
    }
    let note = text(document.get("checkpoint").ok_or("no checkpoint")?)?;
    let (origin, newest) = keys.open(note, true)?;
    if let Some(said) = document.get("origin") {
        same(text(said)?, origin.as_str())?;
    }
    if let Some(said) = document.get("tree_size") {
        same(number(said)?, newest.0)?;
    }
    if let Some(said) = document.get("root_hash") {
        same(hash(said)?, newest.1)?;
    }
    all_leaves(document, newest)?;
    let mut trees = vec![newest];
    for entry in list(document, "consistency")? {
        consistency(entry, &keys, &mut trees)?;
    }
    for entry in list(document, "inclusion")? {
        inclusion(entry, &trees)?;
    }
    for entry in list(document, "tlog_proofs")? {
        tlog_proof(entry, &keys, &trees)?;
    }
    Ok(())
}

const MEMBERS: &[&str] = &[
    "log_keys",
    "origin",
    "witness_keys",
    "quorum",
    "checkpoint",
    "tree_size",
    "root_hash",
    "leaves",
    "leaf_hashes",
    "inclusion",
    "consistency",
    "tlog_proofs",
    "comment",
];

struct Keys<'a> {
    trust: &'a Trust<'a>,
    logs: Vec<&'a str>,
    witnesses: Vec<&'a str>,
    quorum: u64,
}

impl<'a> Keys<'a> {
    fn of(document: &'a Map<String, Value>, trust: &'a Trust<'a>) -> Result<Keys<'a>> {
        let texts = |name| list(document, name)?.iter().map(text).collect::<Result<Vec<_>>>();
        let (logs, witnesses) = (texts("log_keys")?, texts("witness_keys")?);
        let quorum = document.get("quorum").map_or(Ok(0), number)?;
        if !logs.contains(&trust.log) {
            return Err("the trusted key is not listed".into());
        }
        for keys in [&logs, &witnesses] {
            for (index, key) in keys.iter().enumerate() {
                let public = |key: &&str| key.rsplit_once('+').map(|(_, key)| key.to_owned());
                if keys[..index].iter().any(|other| public(other) == public(key)) {
                    return Err("a key stands there twice".into());
                }
            }
        }
        Ok(Keys { trust, logs, witnesses, quorum })
    }

    /// Origin, size and root of a signed note.
    fn open(&self, note: &str, wants_quorum: bool) -> Result<(String, Tree)> {
        let mut known: Vec<Box<dyn Verifier>> = Vec::new();
        for key in &self.logs {
            let key = StandardVerifier::new(key).map_err(|error| error.to_string())?;
            known.push(Box::new(key));
        }
        for key in &self.witnesses {
            known.push(Box::new(Witness::of(key)?));
        }
        let parsed = Note::from_bytes(note.as_bytes()).map_err(|error| error.to_string())?;
        let verified =
            parsed.verify(&VerifierList::new(known)).map_err(|error| error.to_string())?;
        let signed = |key: &str| {
            let mut parts = key.split('+');
            let (name, id) = (parts.next().unwrap(), parts.next().unwrap());
            let id = u32::from_str_radix(id, 16).unwrap();
            verified.0.iter().any(|signature| signature.name() == name && signature.id() == id)
        };
        let (text, _) = note.rsplit_once("\n\n").ok_or("no note")?;
        let lines: Vec<_> = text.split('\n').collect();
        let [origin, size, root, rest @ ..] = lines.as_slice() else { return Err("lines".into()) };
        if !signed(self.trust.log) || self.trust.log.split('+').next() != Some(origin) {
            return Err("the log did not sign".into());
        }
        let listed = self.witnesses.iter().filter(|key| signed(key)).count() as u64;
        let trusted = |key: &&&str| self.witnesses.contains(*key) && signed(key);
        let trusted = self.trust.witnesses.iter().filter(trusted).count();
        if wants_quorum && (listed < self.quorum || trusted < self.trust.quorum) {
            return Err("the quorum is not reached".into());
        }
        if rest.contains(&"") {
            return Err("an empty line".into());
        }
        Ok(((*origin).to_owned(), (decimal(size)?, base64(root)?)))
    }
}

/// A key of type 0x04.
struct Witness {
    name: String,
    id: u32,
    key: ed25519_dalek::VerifyingKey,
}

impl Witness {
    fn of(text: &str) -> Result<Witness> {
        let parts: Vec<_> = text.splitn(3, '+').collect();
        let [name, id, key] = parts.as_slice() else { return Err("a key's parts".into()) };
        let key = STANDARD.decode(key).map_err(|error| error.to_string())?;
        let made = key_id(name, &key);
        same(format!("{made:08x}").as_str(), *id)?;
        let [4, key @ ..] = key.as_slice() else { return Err("not a witness".into()) };
        let key = key.try_into().map_err(|_| "a key's length")?;
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|error| error.to_string())?;
        Ok(Witness { name: (*name).to_owned(), id: made, key })
    }
}

impl Verifier for Witness {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_first_chunk() else { return false };
        let time = u64::from_be_bytes(*time);
        let message = [format!("cosignature/v1\ntime {time}\n").as_bytes(), text].concat();
        let signature = ed25519_dalek::Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.key.verify_strict(&message, &signature).is_ok())
    }
}

fn all_leaves(document: &Map<String, Value>, newest: Tree) -> Result<()> {
    if document.contains_key("leaves") {
        let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for leaf in list(document, "leaves")? {
            tree.push(hex(text(leaf)?)?);
        }
        same((tree.len(), <[u8; 32]>::from(*tree.root().as_bytes())), newest)?;
    }
    if document.contains_key("leaf_hashes") {
        let hashes = list(document, "leaf_hashes")?.iter().map(hash).collect::<Result<Vec<_>>>()?;
        same(hashes.len() as u64, newest.0)?;
        same(definition(&hashes), newest.1)?;
    }
    Ok(())
}

/// The root of leaf hashes, as RFC 6962 §2.1 defines it.
fn definition(hashes: &[[u8; 32]]) -> [u8; 32] {
    match hashes {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        [..] => {
            let (left, right) = hashes.split_at(hashes.len().next_power_of_two() / 2);
            node(definition(left), definition(right))
        }
    }
}

fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    Sha256::digest([&[1], left.as_slice(), &right].concat()).into()
}

/// The root that a leaf's hash and its path lead to, as RFC 6962 §2.1.1 defines the path.
fn lead(leaf: [u8; 32], index: u64, size: u64, path: &[[u8; 32]]) -> Option<[u8; 32]> {
    if index >= size {
        return None;
    }
    if size == 1 {
        return path.is_empty().then_some(leaf);
    }
    let split = size.checked_next_power_of_two()? / 2;
    let (last, rest) = path.split_last()?;
    Some(if index < split {
        node(lead(leaf, index, split, rest)?, *last)
    } else {
        node(*last, lead(leaf, index - split, size - split, rest)?)
    })
}

fn consistency(entry: &Value, keys: &Keys<'_>, trees: &mut Vec<Tree>) -> Result<()> {
    let members = ["old_checkpoint", "old_size", "old_root", "proof", "new_size", "new_root"];
    let entry = object(entry, &members)?;
    let bare = (entry.get("old_size"), entry.get("old_root"));
    let old = match (entry.get("old_checkpoint"), bare) {
        (Some(note), (None, None)) => keys.open(text(note)?, false)?.1,
        (None, (Some(size), Some(root))) => (number(size)?, hash(root)?),
        _ => return Err("an old tree is a checkpoint, or a size and a root".into()),
    };
    let new = shown(entry.get("new_size"), entry.get("new_root"), trees)?;
    let proof = path(entry)?;
    if old.0 == 0 {
        same(old.1, <[u8; 32]>::from(Sha256::digest([])))?;
        same(proof.len(), 0)?;
    } else {
        let proof = ConsistencyProof::try_from_bytes(proof.concat()).unwrap();
        let verified = root_hash(new).verify_consistency(&root_hash(old), &proof);
        verified.map_err(|error| error.to_string())?;
    }
    trees.push(old);
    Ok(())
}

fn inclusion(entry: &Value, trees: &[Tree]) -> Result<()> {
    let members = ["index", "leaf", "leaf_hash", "proof", "tree_size", "root_hash"];
    let entry = object(entry, &members)?;
    let index = number(entry.get("index").ok_or("no index")?)?;
    let tree = shown(entry.get("tree_size"), entry.get("root_hash"), trees)?;
    match (entry.get("leaf"), entry.get("leaf_hash")) {
        (Some(leaf), None) => includes(tree, index, &hex(text(leaf)?)?, &path(entry)?),
        (None, Some(leaf)) => same(lead(hash(leaf)?, index, tree.0, &path(entry)?), Some(tree.1)),
        _ => Err("a leaf or its hash".into()),
    }
}

fn includes(tree: Tree, index: u64, leaf: &[u8], path: &[[u8; 32]]) -> Result<()> {
    let proof = InclusionProof::from_bytes(path.concat());
    root_hash(tree).verify_inclusion(&leaf, index, &proof).map_err(|error| error.to_string())
}

fn tlog_proof(entry: &Value, keys: &Keys<'_>, trees: &[Tree]) -> Result<()> {
    let entry = object(entry, &["leaf", "text"])?;
    let leaf = hex(text(entry.get("leaf").ok_or("no leaf")?)?)?;
    let proof = text(entry.get("text").ok_or("no text")?)?;
    let (head, note) = proof.split_once("\n\n").ok_or("no checkpoint")?;
    let mut lines = head.split('\n').peekable();
    same(lines.next(), Some("c2sp.org/tlog-proof@v1"))?;
    if let Some(extra) = lines.peek().and_then(|line| line.strip_prefix("extra ")) {
        STANDARD.decode(extra).map_err(|error| error.to_string())?;
        lines.next();
    }
    let index = lines.next().and_then(|line| line.strip_prefix("index ")).ok_or("no index")?;
    let path = lines.map(base64).collect::<Result<Vec<_>>>()?;
    let (_, tree) = keys.open(note, true)?;
    if !trees.contains(&tree) {
        return Err("another tree".into());
    }
    includes(tree, decimal(index)?, &leaf, &path)
}

/// The tree that is named, or the checkpoint's: it must have been shown.
fn shown(size: Option<&Value>, root: Option<&Value>, trees: &[Tree]) -> Result<Tree> {
    let size = size.map_or(Ok(trees[0].0), number)?;
    let root = root.map_or(Ok(trees[0].1), hash)?;
    if trees.contains(&(size, root)) { Ok((size, root)) } else { Err("another tree".into()) }
}

fn root_hash((size, root): Tree) -> RootHash<Sha256> {
    RootHash::new(root.into(), size)
}

fn path(entry: &Map<String, Value>) -> Result<Vec<[u8; 32]>> {
    if !entry.contains_key("proof") {
        return Err("no proof".into());
    }
    list(entry, "proof")?.iter().map(hash).collect()
}

fn object<'a>(value: &'a Value, members: &[&str]) -> Result<&'a Map<String, Value>> {
    let object = value.as_object().ok_or("not an object")?;
    match object.keys().find(|name| !members.contains(&name.as_str())) {
        Some(unknown) => Err(format!("unknown: {unknown}")),
        None => Ok(object),
    }
}

fn list<'a>(object: &'a Map<String, Value>, name: &str) -> Result<&'a [Value]> {
    match object.get(name) {
        None => Ok(&[]),
        Some(value) => Ok(value.as_array().ok_or("not a list")?),
    }
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().ok_or("not a text".into())
}

/// A number; `ct-merkle` panics beyond half of what fits.
fn number(value: &Value) -> Result<u64> {
    value.as_u64().filter(|number| *number <= 1 << 62).ok_or("not a number".into())
}

fn hash(value: &Value) -> Result<[u8; 32]> {
    let text = text(value)?;
    if text.len() == 64 { hex(text)?.try_into().map_err(|_| "a hash".into()) } else { base64(text) }
}

fn base64(text: &str) -> Result<[u8; 32]> {
    let bytes = STANDARD.decode(text).map_err(|error| error.to_string())?;
    bytes.try_into().map_err(|_| "a hash".into())
}

fn hex(text: &str) -> Result<Vec<u8>> {
    let digits = text.bytes().map(|digit| match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err("a digit".to_owned()),
    });
    let digits = digits.collect::<Result<Vec<_>>>()?;
    if digits.len() % 2 == 1 {
        return Err("half a byte".into());
    }
    Ok(digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect())
}

fn decimal(text: &str) -> Result<u64> {
    let number: u64 = text.parse().map_err(|_| "a number")?;
    same(number.to_string().as_str(), text)?;
    if number <= 1 << 62 { Ok(number) } else { Err("a number".into()) }
}

#[expect(clippy::needless_pass_by_value, reason = "what is compared is not used again")]
fn same<T: PartialEq>(left: T, right: T) -> Result<()> {
    if left == right { Ok(()) } else { Err("not the same".into()) }
}
