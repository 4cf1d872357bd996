//! The words of a page, a line per block.

/// The text of a page without its style, scripts and tags.
pub fn of(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        let name = tag.split([' ', '\n', '/']).next().unwrap_or("");
        rest = match name {
            "style" | "script" => skip(after, &format!("</{name}>")),
            _ => after,
        };
        text.push(if is_inline(name, tag) { ' ' } else { '\n' });
    }
    text.push_str(rest);
    let lines = text.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        decoded(&words.join(" "))
    });
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n") + "\n"
}

fn skip<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or("", |(_, after)| after)
}

/// Tags inside of a line; a table row is a line of cells.
fn is_inline(name: &str, tag: &str) -> bool {
    let closing = tag.split('/').nth(1).unwrap_or("");
    let inline = [
        "td", "th", "span", "b", "i", "em", "strong", "a", "code", "br", "small", "sub", "sup",
        "text", "tspan", "time", "abbr",
    ];
    inline.contains(&name) || (name.is_empty() && inline.contains(&closing))
}

fn decoded(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#x2f;", "/")
        .replace("&amp;", "&")
}
