//! Faults of TOML files that people write, told without repeating what stands in them: a
//! key may have been pasted into the wrong place.

/// Where and what is wrong, without the text of the line or of a wrong value.
pub fn where_and_what(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().and_then(|span| {
        let before = text.get(..span.start)?;
        Some(before.matches('\n').count() + 1)
    });
    // Serde puts wrong values in quotes or backticks after "invalid type: string".
    let what = error.message();
    let what = match what.split_once("invalid type: string ") {
        Some((before, after)) => {
            let expected = after.rsplit_once(", expected").map_or("", |(_, e)| e);
            format!("{before}invalid type: a string, expected{expected}")
        }
        None => what.to_owned(),
    };
    line.map_or_else(|| what.clone(), |line| format!("line {line}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_named_and_values_are_not() {
        let text = "a = 1\nb = \"sk-canary\"\n";
        #[derive(serde::Deserialize)]
        struct Wire {
            #[expect(dead_code, reason = "only its type matters")]
            b: bool,
        }
        let error = toml::from_str::<Wire>(text).err().unwrap();
        let said = where_and_what(text, &error);
        assert!(said.starts_with("line 2: "), "{said}");
        assert!(
            said.contains("boolean") && !said.contains("canary"),
            "{said}"
        );
    }
}
