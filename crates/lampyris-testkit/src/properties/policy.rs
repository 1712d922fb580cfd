//! What holds of a policy: what satisfies it does so with more witnesses, and a comment changes nothing.
//! It has more than one spelling, as a file that people write, so none is compared.

use lampyris_evidence::key::{Algorithm, VerifierKey};
use lampyris_evidence::policy::{MAX_ENTRIES, Policy};

use super::signed::cosigned;

/// The lists of a policy keep their rules, and no witness more makes a checkpoint count less.
pub(super) fn policy(bytes: &[u8]) -> bool {
    let Ok(policy) = Policy::parse(bytes) else { return false };
    for (keys, algorithm) in
        [(policy.logs(), Algorithm::Ed25519), (policy.witnesses(), Algorithm::CosignatureV1)]
    {
        let different = |(index, key): (usize, &VerifierKey)| {
            keys.iter().skip(index + 1).all(|other| other.public() != key.public())
        };
        assert!(keys.len() <= MAX_ENTRIES && keys.iter().enumerate().all(different));
        assert!(keys.iter().all(|key| key.algorithm() == algorithm));
    }
    let commented = [b"# none\n\t\n", bytes].concat();
    assert_eq!(Policy::parse(&commented).as_ref(), Ok(&policy));

    let mut satisfied = false;
    for checkpoint in cosigned() {
        let found = policy.check(checkpoint);
        assert!(found.is_ok() || !satisfied, "with one witness more: {found:?}");
        satisfied = found.is_ok();
    }
    true
}
