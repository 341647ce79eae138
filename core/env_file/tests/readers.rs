//! Three readers of `.env`, after the rules of python-dotenv 1, dotenv 16 (Node) and godotenv 1.5:
//! enough of each to see whether they agree.

use std::collections::BTreeMap;

type Read = BTreeMap<String, String>;

/// python-dotenv: a sequence of bindings; a line with an error is skipped; the last one wins.
pub fn read_as_python(text: &str) -> Read {
    let mut read = Read::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (binding, after) = python_binding(rest);
        if let Some((key, value)) = binding {
            read.insert(key, value);
        }
        rest = after.trim_start();
    }
    read
}

fn python_binding(text: &str) -> (Option<(String, String)>, &str) {
    let next_line = text.find(['\r', '\n']).map_or("", |end| &text[end..]);
    match python_assignment(text) {
        Some((binding, rest)) => (binding, rest),
        None => (None, next_line),
    }
}

/// The binding, and what follows its line; nothing for an error.
fn python_assignment(text: &str) -> Option<(Option<(String, String)>, &str)> {
    let exported = text.strip_prefix("export").filter(|rest| starts_inline(rest));
    let text = exported.map_or(text, trim_inline);
    if text.starts_with('#') {
        return python_end(text).map(|rest| (None, rest));
    }
    let ends_key = |character: char| character.is_whitespace() || matches!(character, '=' | '#');
    let length = text.find(ends_key).unwrap_or(text.len());
    let (key, rest) = text.split_at(length);
    if key.is_empty() {
        return None;
    }
    let Some(value) = trim_inline(rest).strip_prefix('=') else {
        return python_end(rest).map(|rest| (None, rest));
    };
    let value = trim_inline(value);
    let (value, rest) = match value.chars().next() {
        Some(quote @ ('\'' | '"')) => quoted(value, quote)?,
        _ => python_unquoted(value),
    };
    python_end(rest).map(|rest| (Some((key.to_owned(), value)), rest))
}

fn python_unquoted(text: &str) -> (String, &str) {
    let (line, rest) = text.split_at(text.find(['\r', '\n']).unwrap_or(text.len()));
    let mut value = line;
    for (position, _) in line.match_indices('#') {
        if line[..position].ends_with(char::is_whitespace) {
            value = &line[..position];
            break;
        }
    }
    (value.trim_end().to_owned(), rest)
}

fn python_end(text: &str) -> Option<&str> {
    let text = trim_inline(text);
    let rest = match text.strip_prefix('#') {
        Some(comment) => &comment[comment.find(['\r', '\n']).unwrap_or(comment.len())..],
        None => text,
    };
    (rest.is_empty() || rest.starts_with(['\r', '\n'])).then_some(rest)
}

/// dotenv: one regular expression, tried at every line start; the last one wins.
pub fn read_as_node(text: &str) -> Read {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut read = Read::new();
    let mut rest = text.as_str();
    loop {
        match node_match(rest) {
            Some((key, value, after)) => {
                read.insert(key, value);
                rest = after;
            }
            None => rest = &rest[rest.find('\n').unwrap_or(rest.len())..],
        }
        let Some(next) = rest.find('\n') else {
            return read;
        };
        rest = &rest[next + 1..];
    }
}

fn node_match(text: &str) -> Option<(String, String, &str)> {
    // JavaScript counts the byte order mark as white space.
    let text = text.trim_start_matches(|space: char| space.is_whitespace() || space == '\u{feff}');
    let exported = text.strip_prefix("export").filter(|rest| rest.starts_with(char::is_whitespace));
    let text = exported.map_or(text, str::trim_start);
    let word = |character: char| character.is_ascii_alphanumeric() || "_.-".contains(character);
    let (key, rest) = text.split_at(text.find(|c| !word(c)).unwrap_or(text.len()));
    let after = rest
        .trim_start()
        .strip_prefix('=')
        .or_else(|| rest.strip_prefix(':').filter(|rest| rest.starts_with(char::is_whitespace)))?;
    if key.is_empty() {
        return None;
    }
    let (value, rest) = node_quoted(after).unwrap_or_else(|| node_unquoted(after));
    Some((key.to_owned(), value, rest))
}

fn node_quoted(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|first| "'\"`".contains(*first))?;
    let (value, rest) = quoted(text, quote)?;
    let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let ends = line.trim().is_empty() || line.trim_start().starts_with('#');
    ends.then_some((value, rest))
}

fn node_unquoted(text: &str) -> (String, &str) {
    let (value, rest) = text.split_at(text.find(['#', '\n']).unwrap_or(text.len()));
    (value.trim().to_owned(), rest)
}

/// godotenv: the whole file is refused where a line is wrong; the last one wins.
pub fn read_as_go(text: &str) -> Option<Read> {
    let text = text.replace("\r\n", "\n");
    let mut read = Read::new();
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    while !rest.is_empty() {
        let line_end = rest.find('\n').unwrap_or(rest.len());
        if rest.starts_with('#') {
            rest = rest[line_end..].trim_start();
            continue;
        }
        let (key, value) = go_key(rest)?;
        let (value, after) = go_value(value)?;
        read.insert(key, value);
        rest = after.trim_start();
    }
    Some(read)
}

fn go_key(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix("export").filter(|rest| starts_inline(rest)).unwrap_or(text);
    let separator = text.find(['=', ':', '\n'])?;
    let key = text[..separator].trim();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    let known = !text[separator..].starts_with('\n') && key.bytes().all(word) && !key.is_empty();
    known.then(|| (key.to_owned(), trim_inline(&text[separator + 1..])))
}

fn go_value(text: &str) -> Option<(String, &str)> {
    let line_end = text.find('\n').unwrap_or(text.len());
    if let Some(quote @ ('\'' | '"')) = text.chars().next() {
        let (value, rest) = quoted(text, quote)?;
        let rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        return Some((value, rest));
    }
    let line = &text[..line_end];
    let comment = line
        .match_indices('#')
        .map(|(position, _)| position)
        .find(|position| line[..*position].ends_with(char::is_whitespace));
    Some((line[..comment.unwrap_or(line_end)].trim().to_owned(), &text[line_end..]))
}

/// What stands between quotes, and what follows; `None` where the quote is not closed.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let inside = &text[1..];
    let mut before = ' ';
    for (position, character) in inside.char_indices() {
        if character == quote && before != '\\' {
            return Some((inside[..position].to_owned(), &inside[position + 1..]));
        }
        before = character;
    }
    None
}

fn starts_inline(text: &str) -> bool {
    text.starts_with(is_inline)
}

fn trim_inline(text: &str) -> &str {
    text.trim_start_matches(is_inline)
}

fn is_inline(character: char) -> bool {
    character.is_whitespace() && character != '\r' && character != '\n'
}
