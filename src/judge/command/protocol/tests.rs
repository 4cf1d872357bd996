use proptest::prelude::*;

use super::*;

#[test]
fn a_hello_says_that_it_is_a_judge() {
    let full = br#"{"hello":1,"role":"judge","name":"x","version":"2","axes":["a"],"batch":16}"#;
    let hello = read_hello(full).unwrap();
    assert_eq!(hello.axes, ["a"]);
    assert_eq!(hello.version.as_deref(), Some("2"));
    assert_eq!((hello.batch, hello.joint), (16, false));
    let plain = read_hello(br#"{"hello":1,"role":"judge"}"#).unwrap();
    assert_eq!((plain.batch, plain.joint), (1, false));
    let joint = read_hello(br#"{"hello":1,"role":"judge","joint":true}"#).unwrap();
    assert!(joint.joint);
    for (line, part) in [
        (&br#"{"hello":2,"role":"judge"}"#[..], "version 2"),
        (br#"{"hello":1}"#, "\"role\": \"judge\""),
        (br#"{"hello":1,"role":"model"}"#, "\"role\": \"judge\""),
        (br#"{"hello":1,"role":"judge","axes":["A b"]}"#, "axes: "),
        (br#"{"hello":1,"role":"judge","batch":0}"#, "batch: "),
        (br#"{"hello":1,"role":"judge","batch":1000}"#, "batch: "),
        (br#"{"hello":1,"role":"judge","batch":"many"}"#, "batch"),
        (br#"{"hello":1,"role":"judge","joint":1}"#, "joint"),
        (b"Python 3.11", "`Python 3.11`"),
    ] {
        let fault = read_hello(line).unwrap_err();
        assert!(fault.contains(part), "{part} in {fault}");
    }
}

proptest! {
    #[test]
    fn no_line_stops_the_reader(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_hello(&line);
    }
}
