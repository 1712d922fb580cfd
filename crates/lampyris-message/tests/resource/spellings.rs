//! Ids, hashes and pins are read as they are printed, in every spelling.
//! What readers make of other bytes is held in the properties of the testkit.

use lampyris_message::{Bytes32, MessageId, Pin};
use proptest::prelude::*;

proptest! {
    #[test]
    fn ids_and_hashes_are_read_as_they_are_printed(id in any::<[u8; 16]>(), hash in any::<[u8; 32]>()) {
        let (id, hash) = (MessageId::from_bytes(id), Bytes32(hash));
        for text in [id.to_string(), format!("{{{id}}}"), format!("urn:uuid:{id}"),
            id.to_string().replace('-', ""), id.to_string().to_uppercase()] {
            prop_assert_eq!(MessageId::parse(&text), Ok(id));
        }
        prop_assert_eq!(Bytes32::parse(&hash.to_string()), Ok(hash));
        prop_assert_eq!(Bytes32::parse(&format!("0x{hash}")), Ok(hash));
    }

    #[test]
    fn pins_are_read_as_they_are_printed(hash in any::<[u8; 32]>(), nonce in any::<Option<u64>>()) {
        let pin = Pin { hash: Bytes32(hash).into(), nonce };
        prop_assert_eq!(Pin::parse(&pin.to_string()), Ok(pin));
    }
}
