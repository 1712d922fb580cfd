//! Groups: the order of members, and which group is refused in which words.

use lampyris_message::{Group, GroupHash, InvalidGroup, Member, NodeId};
use proptest::prelude::*;

#[expect(clippy::unnecessary_wraps, reason = "a member of a list may be absent")]
fn member(identity: &str, node: u8) -> Option<Member> {
    let node = Some(NodeId::from_bytes([node; 16]));
    Some(Member { identity: identity.to_owned(), node })
}

fn group(members: Vec<Option<Member>>) -> Group {
    Group { namespace: "ns1".to_owned(), members: Some(members), ..Group::default() }
}

#[track_caller]
fn refuses(group: &Group, words: &str, status: u16) {
    let error = group.check_fields().unwrap_err();
    assert_eq!((error.to_string().as_str(), error.status()), (words, status));
    assert!(words.starts_with(error.code()));
}

#[test]
fn each_bad_member_is_named() {
    refuses(
        &Group { members: None, ..group(vec![]) },
        "FF00115: Group must have at least one member",
        400,
    );
    let good = || member("a", 1);
    refuses(&group(vec![good(), None]), "FF00125: Object is null: member 1", 500);
    refuses(&group(vec![good(), member("", 1)]), "FF00116: Identity is blank in member 1", 500);
    let no_node = Some(Member { identity: "b".to_owned(), node: None });
    refuses(
        &group(vec![good(), good(), no_node.clone()]),
        "FF00118: Member 1 is a duplicate org+node combination: 01010101-0101-0101-0101-010101010101:a",
        400,
    );
    refuses(&group(vec![good(), no_node]), "FF00117: Node is blank in member 1", 500);
    let long = group(vec![good(), member(&"i".repeat(1025), 1)]);
    refuses(&long, "FF00135: Field 'identity' maximum length is 1,024", 400);
    assert_eq!(long.check_fields(), Err(InvalidGroup::IdentityTooLong { index: 1, limit: 1024 }));
    assert_eq!(group(vec![good(), member(&"i".repeat(1024), 1)]).check_fields(), Ok(()));
    assert_eq!(group(vec![good(), member("a", 2), member("b", 1)]).check_fields(), Ok(()));
}

#[test]
fn a_name_is_none_or_a_name_and_no_uuid() {
    let named = |name: &str| Group { name: name.to_owned(), ..group(vec![member("a", 1)]) };
    assert_eq!(named("").check_fields(), Ok(()));
    refuses(
        &named("0f1c6e05-2a5f-4d0d-a9b1-8f8a5e6d2b11"),
        "FF00141: Field 'name' must not be a UUID",
        400,
    );
    let error = Group { namespace: String::new(), ..named("!") }.check_fields().unwrap_err();
    assert!(error.to_string().starts_with("FF00140: Field 'namespace' must be"), "{error}");
}

#[test]
fn a_null_member_is_refused_and_nothing_changes() {
    let mut group =
        Group::from_json(br#"{"members":[{"identity":"b"},null,{"identity":"a"}]}"#).unwrap();
    let before = group.clone();
    assert_eq!(group.seal(), Err(InvalidGroup::AbsentMember { index: 1 }));
    assert_eq!(group, before);
}

#[test]
fn a_received_group_is_hashed_as_it_stands() {
    let mut received = group(vec![member("b", 1), member("a", 2)]);
    let expected = received.calc_hash();
    assert_eq!(received.verify(), Err(InvalidGroup::HashMismatch { found: None, expected }));
    received.hash = Some(expected);
    assert_eq!(received.verify(), Ok(expected));
    let mut sealed = received.clone();
    assert_ne!(sealed.seal(), Ok(expected), "sealing sorts");
    assert_eq!(sealed.topic().unwrap(), sealed.hash.unwrap().to_string());
    let found = Some(GroupHash::from_bytes([0; 32]));
    let error = Group { hash: found, ..received }.verify().unwrap_err();
    let zeros = "0".repeat(64);
    let words =
        format!("FF00119: Invalid group: hashes do not match Hash={zeros} Expected={expected}");
    assert_eq!(error.to_string(), words);
}

proptest! {
    #[test]
    fn the_hash_does_not_depend_on_the_order_of_other_identities(
        identities in prop::collection::btree_set("[a-zé]{1,4}", 1..20),
        shuffle in any::<u64>(),
    ) {
        let sorted: Vec<_> = identities.iter().map(|identity| member(identity, 3)).collect();
        let mut turned = sorted.clone();
        turned.rotate_left(usize::try_from(shuffle % 20).unwrap() % sorted.len());
        turned.reverse();
        let mut turned = group(turned);
        turned.seal().unwrap();
        prop_assert_eq!(turned.members, Some(sorted));
    }
}
