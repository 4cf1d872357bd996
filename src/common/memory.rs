//! How much memory is free, where the system tells.

use std::path::Path;

/// Bytes that this process can still take without pushing others out; `None` where the system does not tell. On Linux
/// the least of `MemAvailable` and of what the control group (a container, a batch job) leaves.
pub fn available_bytes() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| of_meminfo(&text));
    let group =
        read("/proc/self/cgroup").and_then(|text| of_group(Path::new("/sys/fs/cgroup"), &text));
    match (machine, group) {
        (Some(machine), Some(group)) => Some(machine.min(group)),
        (machine, group) => machine.or(group),
    }
}

/// `MemAvailable:   123 kB`, in bytes.
fn of_meminfo(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// What the limit of a version 2 control group leaves. Pages of files that can be dropped do not count.
fn of_group(root: &Path, groups: &str) -> Option<u64> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let read = |name: &str| std::fs::read_to_string(root.join(own).join(name)).ok();
    let limit: u64 = read("memory.max")?.trim().parse().ok()?;
    let used: u64 = read("memory.current")?.trim().parse().ok()?;
    let stat = read("memory.stat").unwrap_or_default();
    let files = stat
        .lines()
        .find_map(|line| line.strip_prefix("inactive_file "));
    let files = files
        .and_then(|count| count.trim().parse().ok())
        .unwrap_or(0);
    Some(limit.saturating_sub(used.saturating_sub(files)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says() {
        let text = "MemTotal:       16000000 kB\nMemAvailable:    2000 kB\n";
        assert_eq!(of_meminfo(text), Some(2000 * 1024));
        assert_eq!(of_meminfo("MemTotal: 1 kB\n"), None);
    }

    #[test]
    fn what_a_group_leaves() {
        let root = tempfile::tempdir().unwrap();
        let group = root.path().join("job");
        std::fs::create_dir(&group).unwrap();
        let of = || of_group(root.path(), "1:name=x:/\n0::/job\n");
        assert_eq!(of(), None);
        for (name, text) in [
            ("memory.max", "1000\n"),
            ("memory.current", "900\n"),
            ("memory.stat", "anon 1\ninactive_file 300\n"),
        ] {
            std::fs::write(group.join(name), text).unwrap();
        }
        assert_eq!(of(), Some(400));
        std::fs::write(group.join("memory.max"), "max\n").unwrap();
        assert_eq!(of(), None);
    }
}
