//! What is printed, and the figures.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Serialize;

use crate::diagnosis::{Recognition, later_rows};
use crate::parsing;
use crate::production::Production;
use crate::reasons::Reason;
use crate::serving::{self, Serving};

/// The figures, in the form that they are handed on in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Records that core reads as expected, of those of operations that it calls.
    pub parsed: Parsed,
    /// Operations that are served as recorded or with a reason, of those that records ask for.
    pub operations: Operations,
    /// Rows of the table of failures.
    pub failures: Failures,
    /// Errors that are none of them.
    pub decoys: Decoys,
    /// Built-in roles that core knows.
    pub roles: Roles,
}

/// See [`Figures::roles`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Roles {
    /// Known as their definitions say.
    pub agree: usize,
    /// All that were compared.
    pub all: usize,
}

/// See [`Figures::parsed`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Parsed {
    /// Read as expected.
    pub ok: usize,
    /// All.
    pub all: usize,
}

/// See [`Figures::operations`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Operations {
    /// Without an unexplained difference.
    pub matched: usize,
    /// All.
    pub served: usize,
}

/// See [`Figures::failures`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Failures {
    /// Rows that the simulator was made to produce, and that were recognised over HTTP.
    pub produced: usize,
    /// Rows of which every text and every variant was recognised.
    pub recognised: usize,
    /// All rows that have to be.
    pub listed: usize,
}

/// See [`Figures::decoys`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Decoys {
    /// Told to be unknown, in every variant.
    pub unknown: usize,
    /// All.
    pub all: usize,
}

/// The section on parsing.
pub fn describe_parsing(lines: &[parsing::Line], figures: &mut Figures) -> String {
    let mut text = String::new();
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unused: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in lines {
        match &line.outcome {
            parsing::Outcome::NotUsed(why) => {
                *unused.entry((&line.operation, why)).or_default() += 1;
                continue;
            }
            parsing::Outcome::Agrees => figures.parsed.ok += 1,
            parsing::Outcome::Differs { expected, read } => {
                let _ = writeln!(
                    text,
                    "  {} ({})\n    expected {expected}\n    read     {read}",
                    line.record, line.operation
                );
            }
        }
        figures.parsed.all += 1;
        *used.entry(&line.operation).or_default() += 1;
    }
    let mut head = String::from("Parsing: records read by core's own functions\n");
    for (operation, count) in used {
        let _ = writeln!(head, "  {count:>4}  {operation}");
    }
    let _ = writeln!(head, "Parsing: records not used");
    for ((operation, why), count) in unused {
        let _ = writeln!(head, "  {count:>4}  {operation}: {why}");
    }
    if !text.is_empty() {
        let _ = writeln!(head, "Parsing: differences\n{text}");
    }
    let _ = writeln!(head, "Parsing: {} of {} agree", figures.parsed.ok, figures.parsed.all);
    head
}

/// The section on serving, for records or for examples.
pub fn describe_serving(title: &str, serving: &Serving, figures: &mut Operations) -> String {
    let mut text = format!("{title}: operations\n");
    for (operation, unexplained) in serving.operations() {
        let lines: Vec<_> =
            serving.lines.iter().filter(|line| line.operation == operation).collect();
        let reasoned = lines.iter().map(|line| line.reasoned()).sum::<usize>();
        let compared = lines
            .iter()
            .filter(|line| matches!(line.outcome, serving::Outcome::Compared(_)))
            .count();
        let _ = writeln!(
            text,
            "  {operation:<24} {compared:>3} compared, {reasoned:>3} differences with a reason, {unexplained:>3} without"
        );
    }
    let mut unused: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in &serving.lines {
        if let serving::Outcome::NotUsed(why) = &line.outcome {
            *unused.entry((&line.operation, why)).or_default() += 1;
        }
    }
    let _ = writeln!(text, "{title}: not compared");
    for ((operation, why), count) in unused {
        let _ = writeln!(text, "  {count:>4}  {operation}: {why}");
    }
    let _ = writeln!(
        text,
        "{title}: served and in none of them\n  {}",
        serving.without_record.join(", ")
    );
    let differing: Vec<_> =
        serving.lines.iter().filter(|line| !line.unexplained().is_empty()).collect();
    if !differing.is_empty() {
        let _ = writeln!(text, "{title}: differences without a reason");
        for line in differing {
            let _ = writeln!(text, "  {} ({})", line.record, line.operation);
            for difference in line.unexplained() {
                let _ = writeln!(text, "    {difference}");
            }
        }
    }
    figures.matched = serving.matched();
    figures.served = serving.served();
    let _ = writeln!(text, "{title}: {} of {} operations match", figures.matched, figures.served);
    text
}

/// Every difference with its reason, and the rows that nothing needed.
pub fn describe_reasons(servings: &[&Serving], unused: &[&Reason]) -> String {
    let mut counted: BTreeMap<(&str, String), (usize, BTreeSet<&str>)> = BTreeMap::new();
    for line in servings.iter().flat_map(|serving| &serving.lines) {
        if let serving::Outcome::Compared(found) = &line.outcome {
            for (difference, reason) in found {
                if let Some(reason) = reason {
                    let entry = counted.entry((reason, difference.headline())).or_default();
                    entry.0 += 1;
                    entry.1.insert(&line.operation);
                }
            }
        }
    }
    let mut text = String::from("Differences that stay\n");
    let mut last = "";
    for ((reason, place), (count, operations)) in counted {
        if reason != last {
            let _ = writeln!(text, "  {reason}");
        }
        last = reason;
        let operations: Vec<&str> = operations.into_iter().collect();
        let place = if operations.len() > 3 {
            format!("{place} ({} operations)", operations.len())
        } else {
            format!("{place} ({})", operations.join(", "))
        };
        let _ = writeln!(text, "    {count:>3}  {place}");
    }
    for row in unused {
        let _ = writeln!(
            text,
            "  NOT NEEDED: {} {} {} (seen in {})",
            row.operation, row.difference, row.place, row.seen_in
        );
    }
    text
}

/// The section on diagnosis: which row was expected and which one came.
pub fn describe_diagnosis(found: &Recognition, listed: &BTreeSet<String>) -> String {
    let name = |row: &str| if row.is_empty() { "-".to_owned() } else { row.to_owned() };
    let mut text = String::from("Diagnosis: expected row, and what came (- is unknown)\n");
    let mut by_row: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((expected, got), count) in &found.matrix {
        by_row.entry(expected).or_default().push(format!("{} {count}", name(got)));
    }
    for (expected, cells) in by_row {
        let _ = writeln!(text, "  {:<4} {}", name(expected), cells.join(", "));
    }
    for (row, why) in later_rows() {
        let _ = writeln!(text, "  {row:<4} not yet: {why}");
    }
    let missing: Vec<_> = listed.iter().filter(|row| !found.rows.contains_key(*row)).collect();
    for row in missing {
        let _ = writeln!(text, "  {row:<4} no error could be made");
    }
    if !found.misses.is_empty() {
        let _ = writeln!(text, "Diagnosis: misses");
        for miss in &found.misses {
            let _ = writeln!(text, "  {miss}");
        }
    }
    text
}

/// The section on the failures that the simulator brings about.
pub fn describe_production(productions: &[Production]) -> String {
    let mut text = String::from("Production: named failures, and what came of them\n");
    for production in productions {
        let came = match &production.recognised {
            Ok(Some(row)) => row.clone(),
            Ok(None) => "unknown".to_owned(),
            Err(reason) => reason.clone(),
        };
        let sign = if production.is_right() { ' ' } else { '!' };
        let _ = writeln!(text, " {sign} {:<5} {came}", production.name);
    }
    text
}
