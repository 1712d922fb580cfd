//! What holds of a bundle: it is written as a document that is read as the same bundle, and judged alike.
//! Whether it is believed is asked of the sample log's keys alone.

use lampyris_evidence::bundle::Bundle;
use lampyris_verify::verify;

use crate::SampleLog;
use crate::sample_log::policy;

/// A document that is read says the same when it is written, and what is said of it can be printed.
pub(super) fn bundle(bytes: &[u8]) -> bool {
    let bundle = match Bundle::parse(bytes) {
        Ok(bundle) => bundle,
        Err(malformed) => {
            assert!(!malformed.to_string().is_empty());
            return false;
        }
    };
    let json = bundle.to_json();
    assert_eq!(Bundle::parse(json.as_bytes()).as_ref(), Ok(&bundle));
    let said = verify(bytes, &policy());
    assert_eq!(said, verify(json.as_bytes(), &policy()), "of what is written the same is said");
    match said {
        Ok(verdict) => assert!(verdict.records > 0, "record 0 at least"),
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
    bundle != Bundle::default()
}

/// Small bundles: believed ones, one with every member, and ones that say less than they should.
pub(super) fn bundles() -> Vec<String> {
    let (small, life) = (SampleLog::of(0), SampleLog::of(1));
    let mut plain = small.full_bundle();
    (plain.checkpoint, plain.quorum) = (None, None);
    let mut unwitnessed = small.bundle(&[1]);
    unwitnessed.checkpoint = Some(small.unwitnessed(small.size()));
    let bundles = [
        small.bundle(&[]),
        small.bundle(&[1]),
        small.full_bundle(),
        life.bundle(&[1]),
        life.bundle(&[1, 2]),
        life.bundle(&[2]),
        plain,
        unwitnessed,
    ];
    bundles.iter().map(Bundle::to_json).collect()
}
