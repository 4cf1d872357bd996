//! What a child process takes: for benches. Linux only (it reads `/proc`).

use std::fs;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

/// What a process took.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Seconds from now to its end.
    pub wall_s: f64,
    /// User and system time, in seconds.
    pub cpu_s: f64,
    /// Its peak memory, in MB.
    pub peak_mb: f64,
}

/// Waits for a process that must succeed. The figures are read while it runs and once more before it is reaped.
pub fn watch(mut child: Child) -> Usage {
    let started = Instant::now();
    let process = format!("/proc/{}", child.id());
    let mut peak_kb = 0.0_f64;
    loop {
        let status = fs::read_to_string(format!("{process}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").trim().parse().ok());
        peak_kb = peak_kb.max(peak.unwrap_or(0.0));
        let stat = fs::read_to_string(format!("{process}/stat")).unwrap();
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        if fields[0] == "Z" {
            let wall_s = started.elapsed().as_secs_f64();
            let ticks: f64 =
                fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
            let code = child.wait().unwrap();
            assert!(code.success(), "{code}");
            // Clock ticks, 100 a second on Linux.
            return Usage {
                wall_s,
                cpu_s: ticks / 100.0,
                peak_mb: peak_kb / 1000.0,
            };
        }
        thread::sleep(Duration::from_millis(2));
    }
}
