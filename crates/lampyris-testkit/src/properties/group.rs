//! What holds of a group: one that verifies verifies again from what is written of it.
//! Nobody in it is looked up.

use lampyris_message::{Bytes32, Group};

use super::settled;

/// What is written is a fixed point, and a seal holds.
pub(super) fn group(json: &[u8]) -> bool {
    let Ok(group) = Group::from_json(json) else { return false };
    assert_eq!(group.calc_hash().0, Bytes32::sha256(&group.identity_bytes()));
    round_trip(&group);
    let mut sealed = group.clone();
    match sealed.seal() {
        Ok(hash) => {
            assert_eq!(sealed.verify().ok(), sealed.check_fields().ok().map(|()| hash));
            assert_eq!(sealed.check_fields().is_ok(), group.check_fields().is_ok());
            assert_eq!(sealed.seal(), Ok(hash), "members are in order");
            round_trip(&sealed);
        }
        Err(_) => assert_eq!(sealed, group, "a refused seal changes nothing"),
    }
    group != Group::default()
}

fn round_trip(group: &Group) {
    if settled(group.created) {
        let written = group.to_json();
        let again = Group::from_json(&written).unwrap();
        assert_eq!(&again, group);
        assert_eq!(again.to_json(), written);
        assert_eq!(again.verify(), group.verify());
        assert_eq!(again.calc_hash(), group.calc_hash());
    }
}
