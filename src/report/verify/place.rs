//! Names for places in files: a cell by its row and column, a JSON value by its path.

use crate::report::columns::printable;

/// Longest name of a row, in characters.
const MAX_ROW: usize = 60;

/// What stands at a line (from 0) and column (from 1) of a file with these lines; `None` where its form does
/// not tell.
pub fn place(file: &str, lines: &[&str], line: usize, column: usize) -> Option<String> {
    let text = lines.get(line)?;
    let before: String = text.chars().take(column.saturating_sub(1)).collect();
    match file.rsplit('.').next()? {
        "csv" => csv_cell(lines, text, &before),
        "json" => json_path(lines, line),
        "md" => cell(text, &before, '|', header(lines, line, "| --- ")),
        "tex" => cell(text, &before, '&', header(lines, line, "\\midrule")),
        _ => None,
    }
}

/// The row's leading text cells and the column's title.
fn csv_cell(lines: &[&str], text: &str, before: &str) -> Option<String> {
    let titles = csv_fields(lines.first()?);
    let title = titles.get(csv_fields(before).len().saturating_sub(1))?;
    let is_name = |field: &String| field.parse::<f64>().is_err() && !field.is_empty();
    let row: Vec<String> = csv_fields(text)
        .into_iter()
        .filter(is_name)
        .take(4)
        .collect();
    Some(format!("{}: {title}", short(&row.join(" "))))
}

/// The fields of one line; quotes are honoured, line breaks in fields are not written by us.
fn csv_fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => fields
                .last_mut()
                .into_iter()
                .for_each(|field| field.push(c)),
        }
    }
    fields
}

/// The cells of the line above the rule that comes before this line.
fn header<'a>(lines: &[&'a str], line: usize, rule: &str) -> Option<&'a str> {
    let above = lines.get(..line)?;
    let rule = above
        .iter()
        .rposition(|candidate| candidate.starts_with(rule))?;
    lines.get(rule.checked_sub(1)?).copied()
}

/// A cell of a table whose cells are parted by `mark`.
fn cell(text: &str, before: &str, mark: char, header: Option<&str>) -> Option<String> {
    let number = cells(before, mark).len().checked_sub(1)?;
    let own = cells(text, mark);
    if own.len() < 2 {
        return None;
    }
    let row = own.iter().find(|cell| !cell.is_empty())?;
    let titles = header.map(|header| cells(header, mark)).unwrap_or_default();
    let title = match titles.get(number) {
        Some(title) if !title.is_empty() => title.clone(),
        _ => format!("column {}", number + 1),
    };
    Some(format!("{}: {title}", short(row)))
}

/// The cells of a line; a mark after a backslash parts nothing.
fn cells(line: &str, mark: char) -> Vec<String> {
    let (mut cells, mut escaped) = (vec![String::new()], false);
    for c in line.chars() {
        if c == mark && !escaped {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    let trimmed = |cell: &String| cell.trim().trim_end_matches("\\\\").trim().to_owned();
    cells.iter().map(trimmed).collect()
}

/// The path of a value in pretty-printed JSON, two spaces to a level: `runs[1].table.axes[0].level.Ok.points`.
fn json_path(lines: &[&str], line: usize) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut depth = indent(lines.get(line)?);
    let mut at = line;
    loop {
        let own = lines.get(at)?.trim_start();
        match own
            .strip_prefix('"')
            .and_then(|rest| rest.split_once("\":"))
        {
            Some((key, _)) => parts.push(format!(".{key}")),
            None if depth > 0 => parts.push(format!("[{}]", position(lines, at, depth)?)),
            None => {}
        }
        if depth == 0 {
            break;
        }
        depth -= 1;
        at = (0..at)
            .rev()
            .find(|&above| lines.get(above).is_some_and(|l| indent(l) == depth))?;
    }
    parts.reverse();
    Some(short(parts.concat().trim_start_matches('.')))
}

/// How many values of the same array stand before this line.
fn position(lines: &[&str], line: usize, depth: usize) -> Option<usize> {
    let above = lines.get(..line)?.iter().rev();
    let own = above.take_while(|l| indent(l) >= depth);
    let starts = own.filter(|l| indent(l) == depth && !l.trim_start().starts_with(['}', ']']));
    Some(starts.count())
}

fn indent(line: &str) -> usize {
    line.chars().take_while(|&c| c == ' ').count() / 2
}

fn short(text: &str) -> String {
    printable(&text.chars().take(2 * MAX_ROW).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_values_have_paths() {
        let value = serde_json::json!({"runs": [{"a": 1}, {"b": [2, 3, {"c": 4}]}], "z": 5});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        let path = |needle: &str| {
            let line = lines.iter().position(|line| line.trim() == needle).unwrap();
            json_path(&lines, line).unwrap()
        };
        assert_eq!(path("\"a\": 1"), "runs[0].a");
        assert_eq!(path("3,"), "runs[1].b[1]");
        assert_eq!(path("\"c\": 4"), "runs[1].b[2].c");
        assert_eq!(path("\"z\": 5"), "z");
    }

    #[test]
    fn table_cells_have_a_row_and_a_title() {
        let tex = [
            "Model & Text quality & Overall \\\\",
            "\\midrule",
            "a\\_\\&b & 59.8 & 60.1 \\\\",
        ];
        assert_eq!(place("t.tex", &tex, 2, 18).unwrap(), "a\\_\\&b: Overall");
        let md = ["| Run | Points |", "| --- | --- |", "| a\\|b | 59.8 |"];
        assert_eq!(place("t.md", &md, 2, 11).unwrap(), "a\\|b: Points");
        assert_eq!(place("t.md", &["no table 5"], 0, 10), None);
    }
}
