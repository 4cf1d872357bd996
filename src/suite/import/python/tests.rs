use proptest::prelude::*;

use super::*;

fn names(source: &str) -> Vec<(Option<String>, String)> {
    let found = literals(source).unwrap();
    let long = found.into_iter().filter(|one| !one.short);
    long.map(|one| (one.name, one.text)).collect()
}

#[test]
fn triple_quoted_strings_are_found_with_their_names() {
    let source = r##"
import os  # it's """not""" a string
short = "one \" two" + 'it''s' + "# no comment"
PROMPT: str = """Say "yes" or
{instruct}\
 now.\n"""
    inner = '''It's "fine" \'''' + r"""raw \n"""
messages = [{"text": f"""Rate {data['Prompt']} as {{"score": 1}}"""}]
data = b"""bytes"""
"##;
    let found = names(source);
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(
        found,
        [
            (
                name("PROMPT"),
                "Say \"yes\" or\n{instruct} now.\n".to_owned()
            ),
            (name("inner"), "It's \"fine\" '".to_owned()),
            (None, "raw \\n".to_owned()),
            (None, "Rate {data['Prompt']} as {{\"score\": 1}}".to_owned()),
        ]
    );
    let formatted: Vec<bool> = literals(source)
        .unwrap()
        .iter()
        .filter(|one| !one.short)
        .map(|one| one.formatted)
        .collect();
    assert_eq!(formatted, [false, false, false, true]);
}

#[test]
fn what_is_not_understood_is_named_with_its_line() {
    for (source, told) in [
        (
            "a = 1\nb = \"\"\"never ends",
            "line 2: the closing \"\"\" is missing",
        ),
        ("a = '''x\\N{BULLET}'''", "line 1: the escape \\N"),
        ("a = '''\\xZZ'''", "not a character"),
        ("a = '''\\ud800'''", "not a character"),
    ] {
        let error = literals(source).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
    assert_eq!(names("x = '''\\x41\\u00e9\\q'''")[0].1, "Aé\\q");
}

proptest! {
    #[test]
    fn any_text_ends(source in "(?s)[\"'#\\\\\nabr={}é ]{0,80}") {
        let _ = literals(&source);
    }

    #[test]
    fn a_text_without_quotes_and_backslashes_is_itself(text in "[^\"'\\\\\r]{0,60}") {
        let found = names(&format!("before = 1\nNAME = \"\"\"{text}\"\"\"\nafter = 2\n"));
        prop_assert_eq!(found, vec![(Some("NAME".to_owned()), text)]);
    }
}

#[test]
fn short_strings_are_found_where_they_stand_alone() {
    let source = r##"
# "a comment"
ROLE = 'You are "a judge".'
messages = [{"role": "system", "text": "Be strict.\n"}]
joined = ("one " "two" 'three')
mixed = "four" """five"""
raw, data, odd = r"a\d", b"bytes", "\N{BULLET}"
open = "never ends
last = f"{x} stays"
"##;
    let found = literals(source).unwrap();
    let short: Vec<(Option<&str>, &str)> = found
        .iter()
        .filter(|one| one.short)
        .map(|one| (one.name.as_deref(), one.text.as_str()))
        .collect();
    for kept in [
        (Some("ROLE"), "You are \"a judge\"."),
        (None, "role"),
        (None, "Be strict.\n"),
        (None, "a\\d"),
        (Some("last"), "{x} stays"),
    ] {
        assert!(short.contains(&kept), "{kept:?} in {short:?}");
    }
    for lost in ["one ", "two", "three", "bytes", "a comment"] {
        assert!(
            !short.iter().any(|(_, text)| *text == lost),
            "{lost} in {short:?}"
        );
    }
}
