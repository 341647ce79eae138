//! Differences that stay, each with the reason why: `data/reasons.json`.
//!
//! A row names the record in which it was seen. Where that record is read and the row was not
//! needed, the row is out of date, which is an error.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::shape::Difference;

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// An operation; two stars at its end stand for anything.
    pub operation: String,
    /// `status`, `header NAME`, or a JSON path; two stars at its end stand for anything.
    pub place: String,
    /// `missing`, `extra` or `other`.
    pub difference: String,
    /// Only for versions older than this one.
    #[serde(default)]
    pub before_version: Option<String>,
    /// Only where the detail begins so, as `recorded 404, served 200`.
    #[serde(default)]
    pub detail: Option<String>,
    /// Why it stays.
    pub reason: String,
    /// A record or example that shows it, or the document that says so.
    pub seen_in: String,
}

/// The table, and which rows were needed.
#[derive(Debug)]
pub struct Reasons {
    rows: Vec<Reason>,
    used: BTreeSet<usize>,
}

/// What a difference was found in.
#[derive(Clone, Copy, Debug)]
pub struct Circumstance<'a> {
    /// The operation.
    pub operation: &'a str,
    /// The request's `api-version`.
    pub version: Option<&'a str>,
}

impl Reasons {
    /// The table of this tool.
    ///
    /// # Panics
    /// When the table is not JSON of its shape, which a test reads.
    pub fn built_in() -> Self {
        let rows = serde_json::from_str(include_str!("../data/reasons.json"))
            .expect("data/reasons.json is a list of reasons, which a test reads");
        Self::of(rows)
    }

    /// A table.
    pub fn of(rows: Vec<Reason>) -> Self {
        Self { rows, used: BTreeSet::new() }
    }

    /// The rows.
    pub fn rows(&self) -> &[Reason] {
        &self.rows
    }

    /// Why a difference stays, if the table says so.
    pub fn find(&mut self, at: Circumstance<'_>, difference: &Difference) -> Option<&str> {
        let index = self.rows.iter().position(|row| row.covers(at, difference))?;
        self.used.insert(index);
        Some(&self.rows[index].reason)
    }

    /// The rows that were not needed, though what they were seen in was read.
    pub fn unused(&self, read: &BTreeSet<String>) -> Vec<&Reason> {
        let is_unused = |(index, row): &(usize, &Reason)| {
            !self.used.contains(index) && read.contains(&row.seen_in)
        };
        self.rows.iter().enumerate().filter(is_unused).map(|(_, row)| row).collect()
    }
}

impl Reason {
    fn covers(&self, at: Circumstance<'_>, difference: &Difference) -> bool {
        let old_enough = self
            .before_version
            .as_deref()
            .is_none_or(|limit| at.version.is_some_and(|version| version < limit));
        self.difference == difference.kind.word()
            && old_enough
            && self.detail.as_deref().is_none_or(|start| difference.detail.starts_with(start))
            && covers(&self.operation, at.operation)
            && covers(&self.place, &difference.place)
    }
}

/// Two stars at the end stand for anything; one star is the step of a map.
fn covers(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix("**") {
        Some(start) => text.starts_with(start),
        None => pattern == text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Kind;

    fn row(operation: &str, place: &str) -> Reason {
        Reason {
            operation: operation.to_owned(),
            place: place.to_owned(),
            difference: "extra".to_owned(),
            before_version: None,
            detail: None,
            reason: "because".to_owned(),
            seen_in: "record".to_owned(),
        }
    }

    fn extra(place: &str) -> Difference {
        Difference { place: place.to_owned(), kind: Kind::Extra, detail: String::new() }
    }

    #[test]
    fn a_reason_covers_its_place_and_no_other() {
        let mut reasons = Reasons::of(vec![row("accounts.get", "$.tags.*")]);
        let at = |operation| Circumstance { operation, version: None };
        assert!(reasons.find(at("accounts.get"), &extra("$.tags.*")).is_some());
        assert!(reasons.find(at("accounts.list"), &extra("$.tags.*")).is_none());
        assert!(reasons.find(at("accounts.get"), &extra("$.tags")).is_none());
        let missing = Difference { kind: Kind::Missing, ..extra("$.tags.*") };
        assert!(reasons.find(at("accounts.get"), &missing).is_none());
    }

    #[test]
    fn a_reason_for_old_versions_does_not_cover_new_ones() {
        let old = Reason { before_version: Some("2020-04-01".to_owned()), ..row("a", "$.x") };
        let mut reasons = Reasons::of(vec![old]);
        for (version, covered) in
            [(Some("2018-09-01-preview"), true), (Some("2022-04-01"), false), (None, false)]
        {
            let at = Circumstance { operation: "a", version };
            assert_eq!(reasons.find(at, &extra("$.x")).is_some(), covered, "{version:?}");
        }
    }

    #[test]
    fn a_row_that_is_not_needed_any_more_is_told() {
        let reasons = Reasons::of(vec![row("a", "$.x")]);
        assert_eq!(reasons.unused(&BTreeSet::from(["record".to_owned()])).len(), 1);
        assert!(reasons.unused(&BTreeSet::from(["other".to_owned()])).is_empty());
    }

    #[test]
    fn every_row_of_the_table_says_why() {
        for row in Reasons::built_in().rows() {
            assert!(row.reason.len() > 20, "{} {} needs a reason", row.operation, row.place);
            assert!(["missing", "extra", "other"].contains(&row.difference.as_str()), "{row:?}");
        }
    }
}
