//! The memory of this process, as the operating system counts it.
//!
//! Linux only; elsewhere nothing is known.

/// The resident memory in bytes; `None` where the system does not say.
pub(super) fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
