//! A `.env` as a list of entries that together are every byte of it.
//!
//! There is no standard for `.env`. This parser accepts what python-dotenv, dotenv (Node) and
//! godotenv cut into the same entries, and refuses a file where they disagree about where an
//! entry ends: a change to such a file could mean something else to each of them.

/// Why a file is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// A byte that is not UTF-8.
    #[error("line {line} is not UTF-8")]
    NotUtf8 {
        /// Counts from 1.
        line: usize,
    },
    /// Readers disagree about this line, or none of them takes it.
    #[error("line {line} is not understood")]
    NotUnderstood {
        /// Counts from 1.
        line: usize,
    },
}

/// A parsed `.env`; [`EnvFile::render`] gives back the bytes that were parsed.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvFile {
    pub(super) byte_order_mark: bool,
    pub(super) entries: Vec<Entry>,
}

/// One entry: a line, or several where a quoted value spans them.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Everything but the final line ending.
    pub raw: String,
    /// `"\n"`, `"\r\n"`, or `""` at the end of a file without a final line ending.
    pub ending: &'static str,
    pub content: Content,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Content {
    Blank,
    Comment,
    Assignment(Assignment),
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    /// Indentation and `export `.
    pub prefix: String,
    pub key: String,
    /// Without quotes and comment; escapes are as they stand in the file.
    pub value: String,
    /// White space, `#` and the rest of the line.
    pub comment: String,
}

impl EnvFile {
    /// Parses a whole file.
    ///
    /// # Errors
    /// [`Trouble`] with the first line that is not understood: a byte that is not UTF-8; a
    /// control character other than tab and line ending; a carriage return on its own; a quote
    /// that is not closed, or is followed by anything but a comment; a line that is neither
    /// blank, comment nor assignment (a merge conflict, for one).
    pub fn parse(bytes: &[u8]) -> Result<EnvFile, Trouble> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Trouble::NotUtf8 { line: line_at(bytes, error.valid_up_to()) })?;
        let (byte_order_mark, text) = match text.strip_prefix('\u{feff}') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        refuse_odd_characters(text)?;
        let mut entries = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let (entry, length) = read_entry(&text[start..])
                .ok_or_else(|| Trouble::NotUnderstood { line: line_at(text.as_bytes(), start) })?;
            entries.push(entry);
            start += length;
        }
        Ok(EnvFile { byte_order_mark, entries })
    }

    /// The bytes of the file.
    pub fn render(&self) -> Vec<u8> {
        let mark = if self.byte_order_mark { "\u{feff}" } else { "" };
        let entries = self.entries.iter().flat_map(|entry| [entry.raw.as_str(), entry.ending]);
        std::iter::once(mark).chain(entries).collect::<String>().into_bytes()
    }

    pub(super) fn assignments(&self) -> impl Iterator<Item = &Assignment> {
        self.entries.iter().filter_map(Entry::assignment)
    }

    /// The line ending that most lines have; `"\n"` when there is none.
    pub(super) fn usual_ending(&self) -> &'static str {
        let count = |ending| self.entries.iter().filter(|entry| entry.ending == ending).count();
        if count("\r\n") > count("\n") { "\r\n" } else { "\n" }
    }
}

impl Entry {
    pub fn assignment(&self) -> Option<&Assignment> {
        match &self.content {
            Content::Assignment(assignment) => Some(assignment),
            Content::Blank | Content::Comment => None,
        }
    }
}

fn line_at(bytes: &[u8], position: usize) -> usize {
    1 + bytes[..position].iter().filter(|byte| **byte == b'\n').count()
}

/// Readers differ on which of these end a line, and Node takes a byte order mark for a space.
fn refuse_odd_characters(text: &str) -> Result<(), Trouble> {
    let mut characters = text.char_indices().peekable();
    while let Some((position, character)) = characters.next() {
        let odd = match character {
            '\t' | '\n' => false,
            '\r' => characters.peek().is_none_or(|(_, next)| *next != '\n'),
            '\u{2028}' | '\u{2029}' | '\u{feff}' => true,
            other => other.is_control(),
        };
        if odd {
            return Err(Trouble::NotUnderstood { line: line_at(text.as_bytes(), position) });
        }
    }
    Ok(())
}

/// The first entry of a text that is not empty, and its length with the line ending.
fn read_entry(text: &str) -> Option<(Entry, usize)> {
    let line = first_line(text);
    let trimmed = line.trim_start();
    let (content, length) = if trimmed.is_empty() {
        (Content::Blank, line.len())
    } else if trimmed.starts_with('#') {
        (Content::Comment, line.len())
    } else {
        let (assignment, length) = read_assignment(text, line)?;
        (Content::Assignment(assignment), length)
    };
    let ending = ending_of(&text[length..]);
    let raw = text[..length].to_owned();
    Some((Entry { raw, ending, content }, length + ending.len()))
}

fn read_assignment(text: &str, line: &str) -> Option<(Assignment, usize)> {
    let prefix_length = line.len() - without_export(line.trim_start()).len();
    let rest = &line[prefix_length..];
    let key_length = rest.find(ends_key).unwrap_or(rest.len());
    let key = &rest[..key_length];
    let separator = prefix_length + line_offset_of_separator(rest, key_length)?;
    let value_start = separator + 1;
    let after = &line[value_start..];
    let blank = after.len() - after.trim_start().len();
    let (value, comment, length) = match after.trim_start().chars().next() {
        Some(quote @ ('"' | '\'')) => read_quoted(text, value_start + blank, quote)?,
        // Only Node knows this quote: on one line it makes no difference to where the entry ends.
        Some('`') if after.matches('`').count() < 2 => return None,
        _ => read_unquoted(after, line.len()),
    };
    let prefix = line[..prefix_length].to_owned();
    Some((Assignment { prefix, key: key.to_owned(), value, comment }, length))
}

fn without_export(text: &str) -> &str {
    match text.strip_prefix("export") {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest.trim_start(),
        _ => text,
    }
}

fn ends_key(character: char) -> bool {
    character.is_whitespace() || matches!(character, '=' | ':' | '#' | '"' | '\'' | '`')
}

/// Node and godotenv take `:` for `=`.
fn line_offset_of_separator(rest: &str, key_length: usize) -> Option<usize> {
    let after_key = &rest[key_length..];
    let separator = after_key.trim_start();
    let found = key_length > 0 && separator.starts_with(['=', ':']);
    found.then(|| rest.len() - separator.len())
}

/// Value, comment, and the length of the entry from the start of the text.
fn read_quoted(text: &str, opening: usize, quote: char) -> Option<(String, String, usize)> {
    let inside = &text[opening + 1..];
    let closing = inside
        .match_indices(quote)
        .map(|(position, _)| position)
        .find(|position| !inside[..*position].ends_with('\\'))?;
    let comment = first_line(&inside[closing + 1..]);
    let trimmed = comment.trim_start();
    if !trimmed.is_empty() && !trimmed.starts_with('#') {
        return None;
    }
    let length = opening + 1 + closing + 1 + comment.len();
    Some((inside[..closing].to_owned(), comment.trim_end().to_owned(), length))
}

fn read_unquoted(after: &str, length: usize) -> (String, String, usize) {
    let hash = after
        .match_indices('#')
        .map(|(position, _)| position)
        .find(|position| after[..*position].ends_with(char::is_whitespace));
    let value = after[..hash.unwrap_or(after.len())].trim_end();
    let comment = if hash.is_some() { &after[value.len()..] } else { "" };
    (value.trim_start().to_owned(), comment.trim_end().to_owned(), length)
}

fn first_line(text: &str) -> &str {
    let line = &text[..text.find('\n').unwrap_or(text.len())];
    line.strip_suffix('\r').unwrap_or(line)
}

fn ending_of(rest: &str) -> &'static str {
    if rest.starts_with("\r\n") {
        "\r\n"
    } else if rest.starts_with('\n') {
        "\n"
    } else {
        ""
    }
}
