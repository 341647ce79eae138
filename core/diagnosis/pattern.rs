//! Patterns of the texts that services write: literal pieces in order, with holes between them.
//!
//! `{name}` is a hole whose text is kept under that name, `{name:Start*end}` one whose text begins and
//! ends so, `{}` one that is not kept; `^` and `$` bind the pattern to the ends, ids that a service
//! adds behind its sentence aside. Letter case, the kind of
//! quotation marks and the amount of white space never matter. A hole is short, so that pieces
//! from far apart in a long page do not add up to a sentence.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The longest text of a hole, in bytes: longer than any scope, shorter than a page.
const HOLE: usize = 1_000;

/// A pattern.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pattern {
    at_start: bool,
    at_end: bool,
    first: String,
    rest: Vec<(Hole, String)>,
}

#[derive(Clone, Debug)]
struct Hole {
    name: String,
    start: String,
    end: String,
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (at_start, inner) = text.strip_prefix('^').map_or((false, &*text), |rest| (true, rest));
        let (at_end, inner) = inner.strip_suffix('$').map_or((false, inner), |rest| (true, rest));
        let mut parts = inner.split('{');
        let first = flatten(parts.next().unwrap_or_default()).trim_start().to_ascii_lowercase();
        let mut rest = Vec::new();
        for part in parts {
            let (hole, literal) = part.split_once('}').ok_or("a hole has no end")?;
            let (name, form) = hole.split_once(':').unwrap_or((hole, "*"));
            let (start, end) = form.split_once('*').unwrap_or((form, ""));
            let hole = Hole {
                name: name.to_owned(),
                start: start.to_ascii_lowercase(),
                end: end.to_ascii_lowercase(),
            };
            rest.push((hole, flatten(literal).to_ascii_lowercase()));
        }
        if first.len() < 3 {
            return Err(format!("'{text}' begins with nothing that can be found"));
        }
        Ok(Pattern { at_start, at_end, first, rest })
    }
}

impl Pattern {
    /// How much of the text is told literally, in bytes: the more, the more special.
    pub(super) fn weight(&self) -> usize {
        let pieces = self.rest.iter();
        let pieces = pieces.map(|(hole, piece)| hole.start.len() + hole.end.len() + piece.len());
        self.first.len() + pieces.sum::<usize>()
    }

    /// The names of the holes.
    #[cfg(test)]
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.rest.iter().map(|(hole, _)| hole.name.as_str()).filter(|name| !name.is_empty())
    }

    /// What the holes hold in the first place of `text` that fits; `text` is already [`plain`].
    pub(super) fn find(&self, text: &str) -> Option<BTreeMap<String, String>> {
        let lower = text.to_ascii_lowercase();
        let mut from = 0;
        while let Some(at) = lower[from..].find(&self.first).map(|at| from + at) {
            if self.at_start && at > 0 {
                return None;
            }
            if let Some(found) = self.fill(text, &lower, at + self.first.len()) {
                return Some(found);
            }
            from = at + self.first.len();
        }
        None
    }

    fn fill(&self, text: &str, lower: &str, mut at: usize) -> Option<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        for (hole, literal) in &self.rest {
            let rest = &lower[at..];
            let length = if literal.is_empty() { word(rest) } else { rest.find(literal)? };
            let inside = &rest[..length];
            let fits = inside.starts_with(&hole.start) && inside.ends_with(&hole.end);
            if length == 0 || length > HOLE || !fits {
                return None;
            }
            if !hole.name.is_empty() {
                found.insert(hole.name.clone(), text[at..at + length].trim().to_owned());
            }
            at += length + literal.len();
        }
        (!self.at_end || is_nothing(&lower[at..])).then_some(found)
    }
}

/// Whether what follows a sentence says nothing: its full stop, and ids for support.
fn is_nothing(rest: &str) -> bool {
    const IDS: [&str; 5] = ["request id", "requestid", "trace id", "correlation id", "activity id"];
    let rest = rest.trim_matches(|c: char| c.is_ascii_punctuation() || c == ' ');
    rest.is_empty() || IDS.iter().any(|name| rest.starts_with(name))
}

/// The length of the word at the beginning, without the full stop that ends a sentence.
fn word(text: &str) -> usize {
    let word = text.split(' ').next().unwrap_or_default();
    word.trim_end_matches(['.', ',', ';', '\'']).len()
}

/// One kind of quotation mark, one blank between words, none around the text.
pub(super) fn plain(text: &str) -> String {
    flatten(text).trim().to_owned()
}

fn flatten(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '`' | '"' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => out.push('\''),
            '\u{200b}' | '\u{feff}' => {}
            c if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pattern: &str, text: &str) -> Option<Vec<(String, String)>> {
        let pattern = Pattern::try_from(pattern.to_owned()).expect("the test writes patterns");
        pattern.find(&plain(text)).map(|found| found.into_iter().collect())
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn holes_keep_what_stands_in_them_as_it_was_written() {
        assert_eq!(
            find(
                "perform action '{action}' over scope '{scope}'",
                "may not perform ACTION\r\n `A/Read`  over scope “/x”."
            ),
            Some(vec![pair("action", "A/Read"), pair("scope", "/x")])
        );
    }

    #[test]
    fn a_hole_at_the_end_is_one_word() {
        assert_eq!(
            find("Principal {id} is {what}", "Principal 1 is new."),
            Some(vec![pair("id", "1"), pair("what", "new")])
        );
    }

    #[test]
    fn a_hole_may_say_how_it_begins_and_ends() {
        let pattern = "action '{action:Microsoft.CognitiveServices/*/read}'";
        assert!(find(pattern, "action 'microsoft.cognitiveservices/accounts/read'").is_some());
        assert!(find(pattern, "action 'Microsoft.CognitiveServices/accounts/write'").is_none());
        assert!(find(pattern, "action 'Microsoft.Compute/disks/read'").is_none());
    }

    #[test]
    fn a_later_place_is_tried_where_the_first_does_not_fit() {
        let text = "action 'B/write' and action 'A/write'";
        assert_eq!(find("action '{it:A/*}'", text), Some(vec![pair("it", "A/write")]));
    }

    #[test]
    fn ends_can_be_bound() {
        assert!(find("^Resource not found$", " resource  not found. ").is_some());
        assert!(find("^Resource not found$", "Resource not found in this list").is_none());
        assert!(find("^Resource not found$", "The Resource not found").is_none());
    }

    #[test]
    fn ids_behind_a_sentence_do_not_count() {
        let pattern = "^Resource not found$";
        assert!(find(pattern, "Resource not found. Request ID: 1b2c").is_some());
        assert!(find(pattern, "Resource not found Trace ID: 1 Correlation ID: 2").is_some());
    }

    #[test]
    fn pieces_from_far_apart_are_no_sentence() {
        let text = format!("access denied {} because of you", "x".repeat(2 * HOLE));
        assert!(find("access denied {} because of you", &text).is_none());
    }

    #[test]
    fn a_pattern_without_a_piece_to_find_is_refused() {
        assert!(Pattern::try_from("{a} b".to_owned()).is_err());
        assert!(Pattern::try_from("action '{a".to_owned()).is_err());
    }
}
