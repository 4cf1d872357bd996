//! Parquet shards.

use super::*;

#[test]
fn parquet_shards_with_embedded_pictures() {
    use parquet::basic::Compression;
    for compression in [Compression::SNAPPY, Compression::ZSTD(Default::default())] {
        let bench = Bench::new();
        let rows = [
            (7, "spatial", "Move it left.", Some(png(0))),
            (8, "spatial", "Move it right.", Some(png(1))),
            (9, "causal", "Drop the glass.", Some(png(2))),
            (10, "generation", "A quiet harbour.", None),
        ];
        fs::create_dir_all(bench.path("src/data")).unwrap();
        for (index, part) in rows.chunks(2).enumerate() {
            let name = format!("src/data/test-{index:05}-of-00002.parquet");
            parquet_fixture::write(&bench.path(&name), part, compression);
        }
        let (suite, _) = bench.imported("src", &[]);
        assert_is_the_suite(&suite);
        assert_eq!(suite.tasks[0].id(), "7");
    }
}

#[test]
fn parquet_that_unpacks_to_too_much_is_refused() {
    let bench = Bench::new();
    let long = "again and again ".repeat(40_000).leak();
    let rows = [(1, "spatial", &*long, None)];
    fs::create_dir_all(bench.path("src")).unwrap();
    let path = bench.path("src/t.parquet");
    parquet_fixture::write(&path, &rows, parquet::basic::Compression::SNAPPY);
    assert!(fs::metadata(&path).unwrap().len() < 100_000);
    let message = bench.refused("src", &["--limit-bytes", "100000"]);
    assert!(
        message.contains("it unpacks to") && message.contains("--limit-bytes"),
        "{message}"
    );
}

#[test]
fn torn_parquet_is_refused() {
    let bench = Bench::new();
    bench.put("src/t.parquet", "PAR1 and then nothing of the kind PAR1");
    assert!(bench.refused("src", &[]).contains("t.parquet: not Parquet"));
}
