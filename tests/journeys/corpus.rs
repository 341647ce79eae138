//! The corpus of the fuzz targets, replayed: what was found once is not found again.

#[path = "../../fuzz/checks.rs"]
mod checks;

use std::fs;
use std::path::Path;

/// Every input of a target's corpus, and the empty one.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(&folder).expect("every target has a corpus") {
        let input = fs::read(entry.expect("an entry").path()).expect("an input is a file");
        check(&input);
        inputs += 1;
    }
    assert!(inputs >= 5, "{} holds only {inputs} inputs", folder.display());
    check(b"");
}

#[test]
fn no_callback_is_taken_without_its_state() {
    replay("callback", checks::check_callback);
}

#[test]
fn no_error_envelope_makes_anything_up() {
    replay("envelope", checks::check_envelope);
}

#[test]
fn claims_are_those_of_the_header() {
    replay("challenge", checks::check_challenge);
}

#[test]
fn a_condition_that_is_not_understood_decides_nothing() {
    replay("condition", checks::check_condition);
}

#[test]
fn a_filter_is_what_it_is_spelled_as() {
    replay("filter", checks::check_filter);
}

#[test]
fn a_stream_does_not_depend_on_where_it_is_cut() {
    replay("sse", checks::check_sse);
}

#[test]
fn an_env_keeps_every_line_that_is_not_ours() {
    replay("env_file", checks::check_env_file);
}
