//! The journal's bytes: what is read back, and what is never taken for an entry or a slot.

use crate::scratch::noise;
use lampyris_log::frame::FrameWriter;
use lampyris_log::journal::{
    DATA_OFFSET, ENTRY_HEADER_BYTES, Entry, SLOT_BYTES, SLOT_DISTANCE, Slot, SlotState,
};
use lampyris_log::{Hash, Head};

const LOG_ID: [u8; 16] = [5; 16];

fn head(size: u64) -> Head {
    Head { size, root: Hash::of(&size.to_be_bytes()) }
}

/// A frame of one record that stands on `head(size)`.
fn frame(size: u64) -> Vec<u8> {
    FrameWriter::new().seal(size, 1, head(size).root, &noise(60, size + 1))
}

fn entry(frame: &[u8], size: u64, position: u32) -> Entry<'_> {
    Entry {
        log_id: LOG_ID,
        generation: 3,
        position,
        previous: 77,
        acknowledged: size,
        after: head(size + 1),
        frame,
    }
}

/// A segment with two entries behind room for the slots.
fn segment() -> (Vec<u8>, usize) {
    let mut bytes = vec![0; DATA_OFFSET];
    entry(&frame(8), 8, u32::try_from(DATA_OFFSET).unwrap()).write(&mut bytes);
    let second = bytes.len();
    entry(&frame(9), 9, u32::try_from(second).unwrap()).write(&mut bytes);
    (bytes, second)
}

#[test]
fn an_entry_is_read_as_it_was_written() {
    let (bytes, second) = segment();
    let (frame, expected) = (frame(9), u32::try_from(second).unwrap());
    let (read, _) = Entry::read(&bytes, second).unwrap();
    assert_eq!(read, entry(&frame, 9, expected));
    assert_eq!(read.bytes(), bytes.len() - second);
    assert_eq!(read.before(), Some(head(9)));
}

#[test]
fn no_flipped_bit_of_an_entry_goes_unnoticed() {
    let (mut bytes, second) = segment();
    for offset in second..bytes.len() {
        for bit in 0..8 {
            bytes[offset] ^= 1 << bit;
            assert_eq!(Entry::read(&bytes, second), None, "byte {offset}, bit {bit}");
            bytes[offset] ^= 1 << bit;
        }
    }
    assert!(Entry::read(&bytes, second).is_some());
}

#[test]
fn no_cut_entry_is_an_entry() {
    let (bytes, second) = segment();
    for length in second..bytes.len() {
        assert_eq!(Entry::read(&bytes[..length], second), None, "cut to {length}");
    }
    assert!(bytes.len() - second > ENTRY_HEADER_BYTES);
}

#[test]
fn an_entry_stands_where_it_was_written() {
    let (bytes, second) = segment();
    for shift in 1..200 {
        let moved = [vec![0; shift], bytes[second..].to_vec()].concat();
        assert_eq!(Entry::read(&moved, shift), None);
    }
}

fn slot(counter: u64) -> Slot {
    let (acknowledged, state) = (head(9), SlotState::Closed);
    Slot { log_id: LOG_ID, generation: 3, counter, acknowledged, state }
}

#[test]
fn the_newer_valid_slot_counts() {
    let mut bytes = vec![0; DATA_OFFSET];
    for counter in [4, 5] {
        let slot = slot(counter);
        bytes[slot.offset()..slot.offset() + SLOT_BYTES].copy_from_slice(&slot.write());
    }
    assert_eq!(Slot::newest(&bytes), Some(slot(5)));
    for offset in 0..SLOT_BYTES {
        for bit in 0..8 {
            let mut bytes = bytes.clone();
            bytes[SLOT_DISTANCE + offset] ^= 1 << bit;
            assert_eq!(Slot::newest(&bytes), Some(slot(4)), "byte {offset}, bit {bit}");
        }
        assert_eq!(Slot::newest(&bytes[..SLOT_DISTANCE + offset]), Some(slot(4)));
    }
    bytes.copy_within(..SLOT_BYTES, SLOT_DISTANCE);
    assert_eq!(Slot::read(&bytes, SLOT_DISTANCE), None, "a slot out of its place");
}
