//! Hostile input: every parser of `fuzz/targets.rs` is fed with mutations of its corpus. No panic, no input that takes
//! longer than [`LONGEST`], and no more memory than the parser's bound. fuzz/README.md says how to run more of it.
//!
//! An executable of its own without a harness: memory is counted for the whole process, so nothing else may run in it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at a surprise"
)]

#[path = "../../fuzz/targets.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use targets::{TARGETS, Target};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Far beyond what any input takes, on a loaded machine too: what takes longer hangs.
const LONGEST: Duration = Duration::from_secs(10);
/// Longest input, in bytes.
const MAX_INPUT: usize = 64 << 10;
/// Pieces that parsers trip over.
const TOKENS: [&[u8]; 24] = [
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"1e999",
    b"-1",
    b"18446744073709551616",
    b"0.1",
    b"[[[[[[[[[[[[[[[[",
    b"{\"a\":{\"a\":{\"a\":",
    b"\r\n",
    b",",
    b"''",
    b"<think>",
    b"```json\n",
];

/// What is being parsed, and since when.
static NOW: Mutex<Option<(Instant, &'static str, Vec<u8>)>> = Mutex::new(None);

fn main() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().unwrap())
    };
    let inputs = number("PARABENCH_FUZZ_INPUTS", 20_000);
    let seed = number("PARABENCH_FUZZ_SEED", 0);
    // The harness of other tests takes a filter; here it names a target.
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    std::panic::set_hook(Box::new(|_| {}));
    std::thread::spawn(watch);
    let chosen: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| wanted.as_ref().is_none_or(|name| name == target.name))
        .collect();
    let each = inputs / chosen.len().max(1) as u64;
    let mut faults = 0;
    for target in &chosen {
        faults += feed(target, each, seed);
    }
    assert!(faults == 0, "{faults} inputs were not survived");
    println!("{} inputs were survived", each * chosen.len() as u64);
}

/// Feeds one parser; the number of inputs that it did not survive.
fn feed(target: &Target, inputs: u64, seed: u64) -> u64 {
    let corpus = corpus(target.name);
    let mut random = ChaCha8Rng::seed_from_u64(
        seed ^ target
            .name
            .bytes()
            .fold(0, |sum, byte| sum * 31 + u64::from(byte)),
    );
    let (mut faults, mut most, mut slowest) = (0, 0_usize, Duration::ZERO);
    let begin = Instant::now();
    for number in 0..inputs {
        // The corpus itself comes first.
        let input = match corpus.get(number as usize) {
            Some(whole) => whole.clone(),
            None => mutated(&corpus, &mut random),
        };
        let bound = target.fixed_bytes + target.times * input.len();
        *NOW.lock().unwrap() = Some((Instant::now(), target.name, input.clone()));
        let before = from_here(&MEMORY);
        let since = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.parse)(&input)));
        slowest = slowest.max(since.elapsed());
        let taken = MEMORY.peak_usage().saturating_sub(before);
        *NOW.lock().unwrap() = None;
        most = most.max(taken);
        let fault = match outcome {
            Err(panic) => Some(format!("a panic: {}", said(&*panic))),
            Ok(()) if taken > bound => Some(format!(
                "{taken} bytes of memory for {} of input",
                input.len()
            )),
            Ok(()) => None,
        };
        if let Some(fault) = fault {
            faults += 1;
            println!(
                "{}: {fault}; the input lies in {}",
                target.name,
                keep(target.name, &input).display()
            );
        }
    }
    println!(
        "{:12} {inputs} inputs of {} in the corpus, {:.1} s, slowest {:.0} ms, most memory {:.1} MB",
        target.name,
        corpus.len(),
        begin.elapsed().as_secs_f64(),
        slowest.as_secs_f64() * 1e3,
        most as f64 / 1e6
    );
    faults
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without words")
}

/// Memory in use now; the peak is counted from here.
fn from_here(memory: &PeakAlloc) -> usize {
    memory.reset_peak_usage();
    memory.current_usage()
}

/// Ends the process when one input takes too long.
fn watch() {
    loop {
        std::thread::sleep(Duration::from_millis(500));
        let late = NOW
            .lock()
            .unwrap()
            .take_if(|(since, ..)| since.elapsed() > LONGEST);
        if let Some((_, name, input)) = late {
            println!(
                "{name}: no end after {LONGEST:?}; the input lies in {}",
                keep(name, &input).display()
            );
            std::process::exit(1);
        }
    }
}

fn keep(name: &str, input: &[u8]) -> PathBuf {
    let path =
        std::env::temp_dir().join(format!("parabench-hostile-{name}-{}", std::process::id()));
    std::fs::write(&path, input).unwrap();
    path
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no corpus in {}", folder.display());
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

fn mutated(corpus: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut input = corpus[random.random_range(0..corpus.len())].clone();
    for _ in 0..random.random_range(1..=6) {
        mutate(&mut input, corpus, random);
    }
    input.truncate(MAX_INPUT);
    input
}

fn mutate(input: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut ChaCha8Rng) {
    let length = input.len();
    let at = random.random_range(0..=length);
    let end = at + random.random_range(0..=(length - at).min(64));
    match random.random_range(0..8) {
        0 if at < length => input[at] ^= 1 << random.random_range(0..8),
        1 if at < length => input[at] = random.random(),
        2 => drop(input.drain(at..end)),
        3 => {
            let piece = input[at..end].to_vec();
            let to = random.random_range(0..=length);
            input.splice(to..to, piece);
        }
        4 => input.truncate(at),
        5 => {
            let other = &corpus[random.random_range(0..corpus.len())];
            let from = random.random_range(0..=other.len());
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        6 => {
            let token = TOKENS[random.random_range(0..TOKENS.len())];
            let times = if random.random_range(0..20) == 0 {
                300
            } else {
                1
            };
            input.splice(at..at, token.repeat(times));
        }
        _ => {
            let number = random.next_u64() >> random.random_range(0..64);
            input.splice(at..end, number.to_string().into_bytes());
        }
    }
}
