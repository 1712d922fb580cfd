//! Building the targets: the coverage of libFuzzer is a pass that the stable compiler has, and cargo is told so here.
//! Build scripts and procedural macros are not instrumented: they could not be linked.

use std::path::{Path, PathBuf};
use std::process::Command;

use lampyris_testkit::PROPERTIES;

use crate::Result;

/// What makes the compiler count edges, compare with constants aloud, and tell libFuzzer where its counters are.
const FLAGS: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cforce-frame-pointers=yes",
];

/// The folder of the package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Builds all targets and says in which folder they are.
pub(crate) fn targets() -> Result<PathBuf> {
    let host = host()?;
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = folder.join("fuzz");
    // Flags for a named platform are for what runs there alone, not for what helps to build it.
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--features", "libfuzzer"])
        .args(PROPERTIES.iter().flat_map(|target| ["--bin", target.name]))
        .args(["--target", &host])
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"))
        .env("CARGO_TARGET_DIR", &folder)
        .current_dir(root())
        .status()?;
    if built.success() {
        Ok(folder.join(host).join("release"))
    } else {
        Err("the targets do not build".into())
    }
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc does not say what it runs on")?.to_owned())
}
