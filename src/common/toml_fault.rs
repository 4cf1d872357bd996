//! Faults of TOML files that people write, told without repeating what stands in them: a
//! key may have been pasted into the wrong place.

/// Where and what is wrong, without the text of the line or of a wrong value.
pub fn where_and_what(text: &str, error: &toml::de::Error) -> String {
    let what = what(error);
    let place = error.span().map(|span| line_and_column(text, span.start));
    place.map_or_else(|| what.clone(), |(line, _)| format!("line {line}: {what}"))
}

/// The same with the column.
pub fn line_column_and_what(text: &str, error: &toml::de::Error) -> String {
    let what = what(error);
    let place = error.span().map(|span| line_and_column(text, span.start));
    place.map_or_else(
        || what.clone(),
        |(line, column)| format!("line {line}, column {column}: {what}"),
    )
}

/// Line and column of a byte, both from 1; columns are counted in characters.
pub fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or("");
    let last = before.rsplit('\n').next().unwrap_or("");
    (before.matches('\n').count() + 1, last.chars().count() + 1)
}

fn what(error: &toml::de::Error) -> String {
    // Serde puts wrong values in quotes or backticks after "invalid type: string".
    let what = error.message();
    match what.split_once("invalid type: string ") {
        Some((before, after)) => {
            let expected = after.rsplit_once(", expected").map_or("", |(_, e)| e);
            format!("{before}invalid type: a string, expected{expected}")
        }
        None => what.to_owned(),
    }
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
        let placed = line_column_and_what(text, &error);
        assert!(placed.starts_with("line 2, column 5: "), "{placed}");
        assert!(
            said.contains("boolean") && !said.contains("canary"),
            "{said}"
        );
    }
}
