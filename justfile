# A few words and no logic; `just` lists them.

# What CI runs
check:
    bash .ci/run

# The tests of a fresh machine
test:
    cargo test --workspace

# Write the generated pages anew
docs:
    LAMPYRIS_BLESS=1 cargo test --workspace --test it --test lifecycle -- docs
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Figures for docs/performance.md
bench:
    cargo bench -p lampyris-message --bench header
    cargo bench -p lampyris-message --bench resource
    cargo bench -p lampyris-verify --bench verify
    cargo run --release -- bench append
    cargo run --release -- bench apply
    cargo run --release -- bench engine
    cargo run --release -- bench index
    cargo run --release -- bench projection
    cargo run --release -- bench projection --imported
    cargo run --release -- bench prove
    cargo run --release -- bench replay
    cargo run --release -- bench replay --imported
    cargo run --release -- bench tiles
    cargo run --release -- bench values

# Lampyris beside other stores, durable on all sides; the first build takes minutes
rivals *options:
    cargo run --release --locked --manifest-path rivals/Cargo.toml -- {{options}}

# Each fuzz target for a minute, or as many seconds as are asked for
fuzz seconds="60":
    cargo run --locked --manifest-path fuzz/Cargo.toml -- {{seconds}}

# The long tier of the tests
soak: fuzz
    PROPTEST_CASES=20000 LAMPYRIS_TEST_SCALE=20 cargo test --workspace --release
    LAMPYRIS_LONG=1 cargo test --release -p lampyris-log --test crash -- --ignored --nocapture strace

# Loss of power, simulated; needs root and a loop device
powercut:
    LAMPYRIS_POWERCUT=1 cargo test --release -p lampyris-log --test crash -- --ignored --nocapture powercut
