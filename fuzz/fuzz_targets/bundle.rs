//! Fuzzes what holds of `bundle`; the property is in `lampyris_testkit::properties`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    lampyris_testkit::properties::hold("bundle", bytes);
});
