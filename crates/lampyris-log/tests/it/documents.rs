//! The documents say what the code does.

use lampyris_log::cursors::slot;
use lampyris_log::{
    FIELDS, Hash, Head, Identity, LAYOUT, OPENED, OwnEvent, RECOVERED, RULES, Recovered, Rules,
    checkpoints, directory, frame, journal, snapshot,
};
use std::path::Path;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fields of a rule of `record.cddl`, in order.
fn fields(cddl: &str, rule: &str) -> Vec<String> {
    let start = cddl.find(&format!("\n{rule} = [")).unwrap_or_else(|| panic!("no rule {rule}"));
    let body = &cddl[start..start + cddl[start..].find("\n]").unwrap()];
    let lines = body.lines().skip(2).map(|line| line.split(';').next().unwrap().trim());
    lines.filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim().to_owned()).collect()
}

#[test]
fn record_cddl_names_the_fields_in_the_order_of_the_encoder() {
    assert_eq!(fields(&document("record.cddl"), "record"), FIELDS);
}

/// Each event of the log's own stream has as many fields as `record.cddl` gives it.
#[test]
fn record_cddl_has_the_events_of_the_logs_own_stream() {
    let (origin, rules) = ("a".to_owned(), Rules { version: 1, hash: [0; 32] });
    let head = Head { size: 1, root: Hash([0; 32]) };
    let recovered = Recovered {
        old_origin: origin.clone(),
        new_origin: "b".to_owned(),
        head,
        lost: Some(head),
    };
    let recoveries = Vec::new();
    let opened = Identity { log_id: [0; 16], origin, rules, layout: LAYOUT, recoveries };
    let (own, cddl) = ([OPENED, RULES, RECOVERED], document("record.cddl"));
    let events = [OwnEvent::Opened(opened), OwnEvent::Rules(rules), OwnEvent::Recovered(recovered)];
    assert_eq!(events.each_ref().map(OwnEvent::name), own);
    for event in &events {
        // A definite array of fewer than 24 items says how many in its first byte.
        let items = usize::from(event.encode()[0] - 0x80);
        assert_eq!(fields(&cddl, event.name()).len(), items, "{}", event.name());
    }
    let names = ["old-origin", "new-origin", "recovered", "lost"];
    assert_eq!(fields(&cddl, RECOVERED), names);
    assert_eq!(fields(&cddl, "head"), ["size", "root"]);
}

/// The rows of the table under a heading of `format.md`, cell by cell.
fn table(heading: &str) -> Vec<Vec<String>> {
    let text = document("format.md");
    let start =
        text.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let rows = text[start..]
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    rows.skip(2)
        .map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

#[track_caller]
fn check_ladder(heading: &str, expected: &[(usize, usize, &str)]) {
    let found: Vec<(usize, usize, String)> = table(heading)
        .iter()
        .map(|row| (row[0].parse().unwrap(), row[1].parse().unwrap(), row[2].clone()))
        .collect();
    let expected: Vec<_> =
        expected.iter().map(|(at, size, name)| (*at, *size, (*name).to_owned())).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_frame_header_is_laid_out_as_documented() {
    check_ladder(
        "Frame header",
        &[
            (frame::MAGIC_OFFSET, 4, "magic"),
            (frame::VERSION_OFFSET, 1, "frame version"),
            (frame::CODEC_OFFSET, 1, "codec"),
            (frame::FIRST_SEQUENCE_OFFSET, 8, "first sequence"),
            (frame::COUNT_OFFSET, 4, "count"),
            (frame::RAW_LENGTH_OFFSET, 4, "raw length"),
            (frame::ROOT_BEFORE_OFFSET, 32, "root before"),
            (frame::CHECKSUM_OFFSET, 4, "checksum"),
        ],
    );
    assert_eq!(frame::HEADER_BYTES, 58);
}

/// Where a field of a table of `format.md` stands.
pub(crate) fn field(heading: &str, name: &str) -> std::ops::Range<usize> {
    let rows = table(heading);
    let row = rows.iter().find(|row| row[2] == name).unwrap_or_else(|| panic!("no field {name}"));
    let (at, size): (usize, usize) = (row[0].parse().unwrap(), row[1].parse().unwrap());
    at..at + size
}

#[test]
fn a_slot_of_the_journal_is_laid_out_as_documented() {
    check_ladder(
        "Slots of a segment",
        &[
            (0, 4, "magic"),
            (journal::SLOT_LOG_ID_OFFSET, 16, "log id"),
            (journal::SLOT_GENERATION_OFFSET, 8, "generation"),
            (journal::SLOT_COUNTER_OFFSET, 8, "counter"),
            (journal::SLOT_SIZE_OFFSET, 8, "acknowledged size"),
            (journal::SLOT_ROOT_OFFSET, 32, "acknowledged root"),
            (journal::SLOT_STATE_OFFSET, 1, "state"),
            (journal::SLOT_CHECKSUM_OFFSET, 4, "checksum"),
        ],
    );
    assert_eq!((journal::SLOT_BYTES, journal::DATA_OFFSET), (81, 8192));
}

#[test]
fn an_entry_of_the_journal_is_laid_out_as_documented() {
    check_ladder(
        "Entries of a segment",
        &[
            (0, 4, "magic"),
            (journal::ENTRY_LOG_ID_OFFSET, 16, "log id"),
            (journal::ENTRY_GENERATION_OFFSET, 8, "generation"),
            (journal::ENTRY_POSITION_OFFSET, 4, "position"),
            (journal::ENTRY_PREVIOUS_OFFSET, 4, "previous"),
            (journal::ENTRY_ACKNOWLEDGED_OFFSET, 8, "acknowledged"),
            (journal::ENTRY_SIZE_OFFSET, 8, "size"),
            (journal::ENTRY_ROOT_OFFSET, 32, "root"),
            (journal::ENTRY_LENGTH_OFFSET, 4, "length"),
            (journal::ENTRY_CHECKSUM_OFFSET, 4, "checksum"),
        ],
    );
    assert_eq!(journal::ENTRY_HEADER_BYTES, 92);
}

#[test]
fn an_entry_of_the_checkpoints_is_laid_out_as_documented() {
    check_ladder(
        "Checkpoints",
        &[
            (0, 4, "magic"),
            (checkpoints::CHECKPOINT_KIND_OFFSET, 1, "kind"),
            (checkpoints::CHECKPOINT_LENGTH_OFFSET, 4, "length"),
            (checkpoints::CHECKPOINT_CHECKSUM_OFFSET, 4, "checksum"),
        ],
    );
    assert_eq!(checkpoints::CHECKPOINT_HEADER_BYTES, 13);
    let kinds = [checkpoints::Kind::Key, checkpoints::Kind::Body, checkpoints::Kind::Note];
    assert_eq!(kinds.map(checkpoints::Kind::byte), [1, 2, 3]);
}

#[test]
fn the_header_of_an_archive_file_is_as_documented() {
    let rows: Vec<_> =
        table("Archive").into_iter().map(|row| row[1].parse::<usize>().unwrap()).collect();
    assert_eq!(rows, [4, 1, 16, 8, 4]);
    assert_eq!(rows.iter().sum::<usize>(), lampyris_log::archive::HEADER_BYTES);
    assert_eq!(lampyris_log::archive::FILE_BYTES, 67_108_864);
    assert_eq!((lampyris_log::archive::MAGIC, lampyris_log::archive::FORMAT), (*b"LMPA", 1));
}

#[test]
fn a_slot_of_a_cursor_is_laid_out_as_documented() {
    check_ladder(
        "Cursors",
        &[
            (0, 4, "magic"),
            (slot::SLOT_FORMAT_OFFSET, 1, "format"),
            (slot::SLOT_LOG_ID_OFFSET, 16, "log id"),
            (slot::SLOT_COUNTER_OFFSET, 8, "counter"),
            (slot::SLOT_POSITION_OFFSET, 8, "position"),
            (slot::SLOT_CHECKSUM_OFFSET, 4, "checksum"),
        ],
    );
    assert_eq!((slot::SLOT_BYTES, slot::FILE_BYTES), (41, 8192));
}

#[test]
fn a_snapshot_is_laid_out_as_documented() {
    check_ladder(
        "Snapshot",
        &[
            (0, 4, "magic"),
            (snapshot::FORMAT_OFFSET, 1, "format"),
            (snapshot::LOG_ID_OFFSET, 16, "log id"),
            (snapshot::SIZE_OFFSET, 8, "size"),
            (snapshot::ROOT_OFFSET, 32, "root"),
            (snapshot::SECTIONS_OFFSET, 1, "sections"),
        ],
    );
    check_ladder(
        "Table of sections",
        &[
            (0, 16, "name"),
            (snapshot::ROW_VERSION_OFFSET, 4, "version"),
            (snapshot::ROW_LENGTH_OFFSET, 8, "length"),
            (snapshot::ROW_HASH_OFFSET, 32, "hash"),
        ],
    );
    assert_eq!(snapshot::ROW_BYTES, 60);
}

#[test]
fn every_file_of_a_data_directory_is_documented() {
    let names: Vec<String> = table("Data directory")
        .into_iter()
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    let expected = [
        directory::MARKER,
        directory::CREATING,
        directory::LOCK,
        directory::JOURNAL,
        directory::ARCHIVE,
        directory::DATA,
        directory::TILES,
        directory::SNAPSHOT,
        directory::SNAPSHOT_NEW,
        directory::CHECKPOINTS,
        directory::CURSORS,
        directory::SLED,
        directory::IMPORTING,
        directory::UPGRADING,
        directory::BACKUP,
        directory::BACKUP_NEW,
        directory::SET_ASIDE,
    ];
    assert_eq!(names, expected);
}
