use super::*;

#[test]
fn paths_lead_from_the_report_to_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    };
    let (report, run) = (place("reports/r"), place("results/x/y"));
    assert_eq!(relative(&report, &run).unwrap(), "../../results/x/y");
    assert_eq!(relative(&run, &report).unwrap(), "../../../reports/r");
    assert_eq!(
        relative(&report, &place("reports/r/inner")).unwrap(),
        "inner"
    );
}
