//! The table of failures, read out of its page of Markdown.
//!
//! A row is `| id | text | HTTP / code | … |`; its texts stand between backticks. Below the tables
//! a block of code has whole bodies, `<>` marking blanks. What is only pasted from other programs
//! or foreseen is named in a paragraph above.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

/// One failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `C3`, `R1`, …
    pub id: String,
    /// The first status that the row names.
    pub status: Option<u16>,
    /// The code that the row names.
    pub code: Option<String>,
    /// Texts with `{blanks}` and `...`.
    pub texts: Vec<String>,
    /// Whole bodies with `<blanks>`, each with its status.
    pub bodies: Vec<(u16, String)>,
    /// Whether Keyless itself can run into it.
    pub met: bool,
}

static ROW_ID: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[A-Z]\d+$"));
static STATUS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[1-5]\d\d\b"));
static QUOTED: LazyLock<Regex> = LazyLock::new(|| pattern("``(.+?)``|`([^`]+)`"));
static CODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[A-Za-z_]{6,}$|^\d{3}$"));
static BODY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^([CRDS]\d*)[a-z]?\s+(\d{3})\s+(\{.*\})(?:\s{3,}.*)?$"));
static RANGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b([A-Z])(\d+)(?:-[A-Z]?(\d+))?\b"));

/// Reads the page.
pub fn read(page: &str) -> Vec<Failure> {
    let others = others(page);
    let mut failures: Vec<Failure> =
        page.lines().filter_map(|line| read_row(line, &others)).collect();
    for line in page.lines() {
        let Some(found) = BODY.captures(line.trim_end()) else { continue };
        if let Some(failure) = failures.iter_mut().find(|failure| failure.id == found[1]) {
            let status = found[2].parse().unwrap_or_default();
            failure.bodies.push((status, found[3].trim().to_owned()));
        }
    }
    for failure in &mut failures {
        take_code_from_bodies(failure);
    }
    failures
}

/// Some codes are sentences; the bodies tell which text is one.
fn take_code_from_bodies(failure: &mut Failure) {
    let is_code = |text: &str| {
        failure.bodies.iter().any(|(_, body)| body.contains(&format!("\"code\":\"{text}\"")))
    };
    if let Some(at) = failure.texts.iter().position(|text| is_code(text)) {
        failure.code = Some(failure.texts.remove(at));
    }
}

/// The rows that Keyless does not meet: those of the sentences on *pasted* and *foreseen*.
fn others(page: &str) -> BTreeSet<String> {
    let Some(line) =
        page.lines().find(|line| line.contains("*pasted*") && line.contains("*foreseen*"))
    else {
        return BTreeSet::new();
    };
    let tail = line.split("*pasted*").nth(1).unwrap_or_default();
    RANGE
        .captures_iter(tail)
        .flat_map(|found| {
            let first: u32 = found[2].parse().unwrap_or_default();
            let last = found.get(3).and_then(|last| last.as_str().parse().ok()).unwrap_or(first);
            (first..=last).map(|number| format!("{}{number}", &found[1])).collect::<Vec<_>>()
        })
        .collect()
}

fn read_row(line: &str, others: &BTreeSet<String>) -> Option<Failure> {
    let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
    let [id, text, http, ..] = cells.as_slice() else { return None };
    if !ROW_ID.is_match(id) || id.starts_with('L') {
        return None;
    }
    let quoted = quoted(text);
    let codes = |texts: &[String]| {
        let bare = |text: &String| text.trim_start_matches("code: ").trim_matches('"').to_owned();
        texts.iter().map(bare).find(|text| CODE.is_match(text))
    };
    Some(Failure {
        id: (*id).to_owned(),
        status: STATUS.find(http).and_then(|found| found.as_str().parse().ok()),
        code: codes(&self::quoted(http)).or_else(|| codes(&quoted)),
        texts: texts(&quoted, text),
        bodies: Vec::new(),
        met: !others.contains(*id),
    })
}

fn quoted(cell: &str) -> Vec<String> {
    QUOTED
        .captures_iter(cell)
        .filter_map(|found| found.get(1).or_else(|| found.get(2)))
        .map(|text| text.as_str().trim().to_owned())
        .collect()
}

/// Sentences and `AADSTS` codes; a text in parentheses takes the place of the parentheses of the
/// first sentence, or is added to it.
fn texts(quoted: &[String], cell: &str) -> Vec<String> {
    let is_sentence = |text: &str| text.split_whitespace().count() >= 3 && !text.starts_with('(');
    let mut found: Vec<String> = quoted
        .iter()
        .filter(|text| is_sentence(text) || text.starts_with("AADSTS"))
        .cloned()
        .collect();
    let added: Vec<String> = quoted
        .iter()
        .filter(|text| text.starts_with('(') && text.ends_with(')'))
        .filter_map(|part| {
            let first = found.first()?;
            Some(match (first.find('('), first.find(')')) {
                (Some(from), Some(to)) if from < to => {
                    format!("{}{part}{}", &first[..from], &first[to + 1..])
                }
                _ => format!("{first} {part}"),
            })
        })
        .collect();
    found.extend(added);
    if found.is_empty()
        && cell.starts_with('"')
        && let Some(text) = cell.split('"').nth(1).filter(|text| is_sentence(text))
    {
        found.push(text.to_owned());
    }
    found
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant of this file")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
Three kinds: *met* (ours), *pasted* (a tool's: S3, L1-L12), *foreseen* (R10, R13).

| id | Error text | HTTP / code | Seen |
|---|---|---|---|
| S3 | `Authentication failed against tenant {guid}` | warning | x |
| C1 | ``The principal `{oid}` lacks the action`` (or `a/b`) | **401** `PermissionDenied` | 6+ |
| C3 | `Wrong audience (one) or expired.` - newer: `(one or two)` | 401 | x |
| C8 | `Access denied due to rules.` | 403 code `\"403\"` | x |
| R14 | `RequestDisallowedByPolicy` | 403 | x |
| S2 | `AADSTS50079` (must enrol) | same | x |
| C4 | `A sentence of three.` with code `A code of four words` | **400** | 8+ |
| C19 | \"resource has been blocked\" | 403 | x |
| L1 | `not of this kind` | x | y |

C1  401 {\"error\":{\"code\":\"PermissionDenied\",\"message\":\"`<oid>`\"}}
C4  400 {\"error\":{\"code\":\"A code of four words\"}}
C7b 403 {\"error\":{}}          policy-id: x
C8  403 {\"a\":1}                 Content-Length: 90
";

    #[test]
    fn rows_texts_codes_and_bodies_are_read() {
        let failures = read(PAGE);
        let find = |id: &str| failures.iter().find(|failure| failure.id == id).expect("the row");
        assert_eq!(failures.len(), 8, "{failures:?}");
        assert_eq!(find("C1").texts, ["The principal `{oid}` lacks the action"]);
        assert_eq!(
            (find("C1").status, find("C1").code.as_deref()),
            (Some(401), Some("PermissionDenied"))
        );
        assert_eq!(find("C1").bodies.len(), 1);
        assert_eq!(
            find("C3").texts,
            ["Wrong audience (one) or expired.", "Wrong audience (one or two) or expired."]
        );
        assert_eq!(find("C8").code.as_deref(), Some("403"), "a number in quotes is a code");
        assert_eq!(find("C8").bodies, [(403, "{\"a\":1}".to_owned())], "notes are not the body");
        assert_eq!(find("R14").code.as_deref(), Some("RequestDisallowedByPolicy"));
        assert_eq!(find("S2").texts, ["AADSTS50079"]);
        assert_eq!(find("C19").texts, ["resource has been blocked"]);
        assert_eq!(find("C4").code.as_deref(), Some("A code of four words"));
        assert_eq!(find("C4").texts, ["A sentence of three."], "a code is no text");
        assert!(!find("S3").met && find("C1").met, "what is only pasted is not met");
    }
}
