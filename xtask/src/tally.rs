//! The count of what passed, failed and was skipped, read from the output of the test runners.

use std::fmt;
use std::ops::AddAssign;

/// Numbers of checks and tests, with the names of those that failed or were skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many did not run.
    pub skipped: usize,
    /// What failed or was skipped, by name, each with its reason where there is one.
    pub notes: Vec<String>,
}

impl Tally {
    /// One check that passed or failed.
    pub fn of_check(name: &str, passed: bool) -> Self {
        if passed { Self { passed: 1, ..Self::default() } } else { Self::of_failure(name) }
    }

    /// One failure.
    pub fn of_failure(note: &str) -> Self {
        Self { failed: 1, notes: vec![note.to_owned()], ..Self::default() }
    }

    /// One thing that did not run.
    pub fn of_skip(note: &str) -> Self {
        Self { skipped: 1, notes: vec![format!("{note} (skipped)")], ..Self::default() }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.notes.extend(other.notes);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Reads the output of libtest, Vitest and the flows of `tests/clients`, line by line.
#[derive(Debug, Default)]
pub struct TestOutput {
    tally: Tally,
    /// Inside libtest's closing list of failures.
    in_failures: bool,
}

impl TestOutput {
    /// Takes the next line, with or without colours.
    pub fn read_line(&mut self, line: &str) {
        let line = without_colours(line);
        if let Some(name) = self.failed_name(&line) {
            if !self.tally.notes.contains(&name) {
                self.tally.notes.push(name);
            }
        } else if let Some(totals) =
            rust_totals(&line).or_else(|| vitest_totals(&line)).or_else(|| flow_totals(&line))
        {
            self.tally += totals;
        }
    }

    /// The count of a test runner that ended. A runner that fails without naming a test (it did
    /// not compile, it crashed) is one failure.
    pub fn finish(self, name: &str, succeeded: bool) -> Tally {
        let mut tally = self.tally;
        if !succeeded && tally.failed == 0 {
            tally += Tally::of_failure("failed outside of its tests");
        }
        for note in &mut tally.notes {
            *note = format!("{name}: {note}");
        }
        tally
    }

    /// The name on a line that reports one failed test.
    fn failed_name(&mut self, line: &str) -> Option<String> {
        if self.in_failures {
            match line.strip_prefix("    ") {
                Some(name) if !name.starts_with(' ') => return Some(name.to_owned()),
                _ => self.in_failures = false,
            }
        }
        self.in_failures |= line == "failures:";
        // A flow: `FAILED azure-cli 2.91.0: signs in by browser [azure-cli/signs-in-by-browser] (3.1 s)`
        if let Some(title) = line.strip_prefix("FAILED ") {
            let (_, name) = title.rsplit_once('[')?;
            return name.split_once(']').map(|(name, _)| name.to_owned());
        }
        // Vitest: ` FAIL  src/wizard.test.tsx > shows the account`
        let name = line.trim_start().strip_prefix("FAIL ")?.trim();
        name.contains(".test.").then(|| name.to_owned())
    }
}

/// `test result: ok. 5 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in …`
fn rust_totals(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    Some(Tally {
        passed: count_before(counts, "passed"),
        failed: count_before(counts, "failed"),
        skipped: count_before(counts, "ignored"),
        notes: Vec::new(),
    })
}

/// `      Tests  1 failed | 12 passed | 1 skipped | 1 todo (15)`
fn vitest_totals(line: &str) -> Option<Tally> {
    let counts = line.trim_start().strip_prefix("Tests  ")?;
    Some(Tally {
        passed: count_before(counts, "passed"),
        failed: count_before(counts, "failed"),
        skipped: count_before(counts, "skipped") + count_before(counts, "todo"),
        notes: Vec::new(),
    })
}

/// `40 passed, 1 failed, 0 skipped`
fn flow_totals(line: &str) -> Option<Tally> {
    let tally = Tally {
        passed: count_before(line, "passed"),
        failed: count_before(line, "failed"),
        skipped: count_before(line, "skipped"),
        notes: Vec::new(),
    };
    (tally.to_string() == line).then_some(tally)
}

/// The number in front of a word: 12 in `1 failed | 12 passed` for `passed`; 0 where it has none.
fn count_before(counts: &str, word: &str) -> usize {
    let words: Vec<&str> =
        counts.split([' ', ',', ';', '|']).filter(|word| !word.is_empty()).collect();
    let pair = words.windows(2).find(|pair| pair[1] == word);
    pair.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

/// The line without its terminal control sequences (ECMA-48, `ESC [ … letter`).
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic());
        plain.push_str(end.map_or("", |end| &part[end + 1..]));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(succeeded: bool, output: &str) -> Tally {
        let mut reader = TestOutput::default();
        output.lines().for_each(|line| reader.read_line(line));
        reader.finish("stage", succeeded)
    }

    fn counts(tally: &Tally) -> (usize, usize, usize) {
        (tally.passed, tally.failed, tally.skipped)
    }

    #[test]
    fn totals_of_several_rust_test_programs_are_added() {
        let tally = read(
            true,
            "running 12 tests\n\
             test result: ok. 11 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
             \n\
             test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.00s",
        );
        assert_eq!(
            counts(&tally),
            (14, 0, 1),
            "ignored tests are skipped, filtered ones are not ours"
        );
    }

    #[test]
    fn failed_rust_tests_are_named_once() {
        let tally = read(
            false,
            "test env_file::keeps_order ... FAILED\n\
             \n\
             failures:\n\
             \n\
             ---- env_file::keeps_order stdout ----\n\
             assertion failed\n\
             \n\
             failures:\n    env_file::keeps_order\n    chat::streams\n\
             \n\
             test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s",
        );
        assert_eq!(counts(&tally), (1, 2, 0), "the totals come from the result line");
        assert_eq!(
            tally.notes,
            ["stage: env_file::keeps_order", "stage: chat::streams"],
            "each failed test is named with its stage"
        );
    }

    #[test]
    fn totals_of_vitest_are_read_through_its_colours() {
        let tally = read(
            false,
            " FAIL  src/pages.test.tsx > pages > choose a resource\n\
             AssertionError: expected 1\n\
             \u{1b}[2m Test Files \u{1b}[22m \u{1b}[1m\u{1b}[31m1 failed\u{1b}[39m\u{1b}[22m | 2 passed (3)\n\
             \u{1b}[2m      Tests \u{1b}[22m \u{1b}[31m1 failed\u{1b}[39m | \u{1b}[32m12 passed\u{1b}[39m | 2 skipped | 1 todo (16)",
        );
        assert_eq!(
            counts(&tally),
            (12, 1, 3),
            "files are not tests; a test to do is a skipped one"
        );
        assert_eq!(tally.notes, ["stage: src/pages.test.tsx > pages > choose a resource"]);
    }

    #[test]
    fn flows_are_counted_and_named() {
        let tally = read(
            false,
            "ok azure-cli 2.91.0: signs in by browser (3.1 s)\n\
             FAILED python: openai 3.52.0: an Owner may not chat [python/owner-may-not-chat] (0.4 s)\n    \
             it succeeded\n\
             1 passed, 1 failed, 0 skipped",
        );
        assert_eq!(counts(&tally), (1, 1, 0), "the last line counts them");
        assert_eq!(tally.notes, ["stage: python/owner-may-not-chat"], "by the name that runs it");
    }

    #[test]
    fn a_runner_that_dies_before_its_tests_is_one_failure() {
        let tally = read(false, "error[E0425]: cannot find value `x` in this scope");
        assert_eq!(counts(&tally), (0, 1, 0), "what does not compile must not count as nothing");
    }

    #[test]
    fn a_runner_that_dies_after_passing_tests_is_one_failure() {
        let tally = read(
            false,
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
             error: test failed (signal: 11, SIGSEGV: invalid memory reference)",
        );
        assert_eq!(counts(&tally), (3, 1, 0), "a crash after the last test is still a failure");
    }

    #[test]
    fn the_last_line_has_the_agreed_form() {
        let mut tally = Tally::of_check("fmt", true);
        tally += Tally::of_check("clippy", false);
        tally += Tally::of_skip("e2e: needs build");
        assert_eq!(tally.to_string(), "1 passed, 1 failed, 1 skipped");
        assert_eq!(tally.notes, ["clippy", "e2e: needs build (skipped)"]);
    }
}
