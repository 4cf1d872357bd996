//! What `--json` prints, taken out of its envelope.

use serde_json::Value;

/// The result of a command that printed one.
pub fn result(stdout: &(impl AsRef<[u8]> + ?Sized)) -> Value {
    let mut printed = printed(stdout);
    let error = &printed["error"];
    assert!(error.is_null(), "an error in place of a result: {error}");
    printed["result"].take()
}

/// The whole envelope, whose form is checked.
pub fn printed(stdout: &(impl AsRef<[u8]> + ?Sized)) -> Value {
    let text = String::from_utf8_lossy(stdout.as_ref()).into_owned();
    let printed: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text:?}"));
    assert_eq!(printed["schema"], 1);
    assert!(printed["command"].is_string());
    let object = printed.as_object().unwrap();
    assert_eq!(object.len(), 3, "{text}");
    assert!(
        object.contains_key("result") != object.contains_key("error"),
        "{text}"
    );
    printed
}
