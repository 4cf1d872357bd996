use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;

fn write_lines(path: &Path, records: &[String]) {
    let lines: Vec<u8> = records
        .iter()
        .flat_map(|r| checked_line::write(r).unwrap())
        .collect();
    std::fs::write(path, lines).unwrap();
}

fn read_all(path: &Path) -> (Vec<String>, Damage) {
    let mut records = Vec::new();
    let damage = read(path, |record| records.push(record)).unwrap();
    (records, damage)
}

proptest! {
    #[test]
    fn whatever_is_cut_or_flipped_the_sound_records_remain(
        records in prop::collection::vec(".{0,40}", 1..8),
        cut in 0.0..1.0f64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        write_lines(&path, &records);
        let whole = std::fs::read(&path).unwrap();
        let length = (whole.len() as f64 * cut) as usize;
        std::fs::write(&path, &whole[..length]).unwrap();

        let mut seen = Vec::new();
        let (journal, damage) = Journal::<String>::open(&path, |r| seen.push(r)).unwrap();
        prop_assert_eq!(&seen[..], &records[..seen.len()]);
        let kept: usize = seen.iter().map(|r| checked_line::write(r).unwrap().len()).sum();
        prop_assert_eq!(damage.torn_bytes as usize, length - kept);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(journal.append(&"next".to_owned())).unwrap();
        drop(journal);

        seen.push("next".to_owned());
        prop_assert_eq!(read_all(&path), (seen, Damage::default()));
    }
}

#[test]
fn a_damaged_line_in_the_middle_is_named_and_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    write_lines(&path, &["one".into(), "two".into(), "three".into()]);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("two", "tvo")).unwrap();
    let (records, damage) = read_all(&path);
    assert_eq!(records, ["one", "three"]);
    assert_eq!(damage.unreadable_lines, [2]);
    assert_eq!(damage.torn_bytes, 0);
}

/// A whole line was acknowledged; what became of it is a fault of the disk, even at the end of the log.
#[test]
fn a_damaged_last_line_is_no_torn_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    write_lines(&path, &["one".into(), "two".into()]);
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, whole.replace("two", "tvo") + "{\"sum\":\"12").unwrap();
    let mut seen = Vec::new();
    let (journal, damage) = Journal::<String>::open(&path, |r| seen.push(r)).unwrap();
    assert_eq!(seen, ["one"]);
    assert_eq!((damage.unreadable_lines, damage.torn_bytes), (vec![2], 10));
    drop(journal);
    let kept = std::fs::read_to_string(&path).unwrap();
    assert_eq!(kept, whole.replace("two", "tvo"));
}

#[test]
fn what_is_nested_too_deeply_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let deep = serde_json::value::RawValue::from_string(deep).unwrap();
    let mut lines = checked_line::write(&"first").unwrap();
    lines.extend(checked_line::write(&deep).unwrap());
    std::fs::write(&path, lines).unwrap();
    let error = read::<serde_json::Value>(&path, |_| {}).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("log.jsonl:2: ") && message.contains("take this line out"),
        "{message}"
    );
}

#[test]
fn a_sound_record_of_another_form_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    std::fs::write(&path, checked_line::write(&7_u32).unwrap()).unwrap();
    let error = read::<String>(&path, |_| ()).unwrap_err();
    assert!(
        matches!(error, JournalError::Unknown { line: 1, .. }),
        "{error}"
    );
}

/// Remembers what was appended and synced, and fails on command.
#[derive(Clone, Default)]
struct Faulty(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    appended: Vec<u8>,
    synced: usize,
    room: Option<usize>,
    sync_fails: bool,
}

impl Sink for Faulty {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        let fits = state
            .room
            .unwrap_or(usize::MAX)
            .saturating_sub(state.appended.len());
        let fits = fits.min(bytes.len());
        state.appended.extend_from_slice(&bytes[..fits]);
        if fits < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        if state.sync_fails {
            return Err(io::Error::other("I/O error"));
        }
        state.synced = state.appended.len();
        Ok(())
    }
}

#[tokio::test]
async fn acknowledgement_follows_the_sync() {
    let sink = Faulty::default();
    let journal = Journal::<String>::over(sink.clone(), Path::new("log"));
    for number in 0..20 {
        let record = format!("record {number}");
        journal.append(&record).await.unwrap();
        let state = sink.0.lock().unwrap();
        let durable = String::from_utf8_lossy(&state.appended[..state.synced]);
        assert!(
            durable.contains(&record),
            "acknowledged before it was synced"
        );
    }
    sink.0.lock().unwrap().sync_fails = true;
    assert!(journal.append(&"lost".to_owned()).await.is_err());
    // After a failed sync nobody knows what the disk holds: no more writes.
    sink.0.lock().unwrap().sync_fails = false;
    assert!(journal.append(&"later".to_owned()).await.is_err());
}

#[tokio::test]
async fn a_full_disk_fails_the_append_and_what_was_acknowledged_is_readable() {
    let sink = Faulty::default();
    sink.0.lock().unwrap().room = Some(200);
    let journal = Journal::<String>::over(sink.clone(), Path::new("log"));
    let mut acknowledged = Vec::new();
    for number in 0..20 {
        let record = format!("record {number}");
        match journal.append(&record).await {
            Ok(()) => acknowledged.push(record),
            Err(error) => assert!(error.to_string().contains("resume"), "{error}"),
        }
    }
    assert!((1..20).contains(&acknowledged.len()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    std::fs::write(&path, &sink.0.lock().unwrap().appended).unwrap();
    let (records, _) = read_all(&path);
    assert_eq!(records, acknowledged);
}
