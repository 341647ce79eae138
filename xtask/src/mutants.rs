//! The wrong simulators, and the tests that have to notice each of them.
//!
//! One build of the tests with the feature `mutants` serves all runs: the variable
//! `AZURE_SIMULATOR_MUTANT` breaks one rule in a process. A test that has passed without it has to
//! fail with it, on an assertion: a harness that breaks down has noticed nothing.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::tally::Tally;
use crate::test_binaries::{Executable, build_mutants, find_test};

/// Breaks the rule of this number in a simulator that was built with the feature `mutants`.
pub const VARIABLE: &str = "AZURE_SIMULATOR_MUTANT";
/// Test programs at once.
const WORKERS: usize = 2;

/// A rule of practice Azure that can be broken.
struct Mutant {
    number: usize,
    /// What is wrong with the simulator, in the words of its own list.
    name: &'static str,
    /// The test of practice Azure that has to fail.
    ours: &'static str,
}

const MUTANTS: [Mutant; 25] = [
    Mutant {
        number: 1,
        name: "PKCE verifier not compared",
        ours: "sign_in::a_code_needs_the_verifier_of_its_challenge",
    },
    Mutant { number: 2, name: "code usable twice", ours: "sign_in::a_code_works_once" },
    Mutant {
        number: 3,
        name: "redirect path ignored",
        ours: "sign_in::only_registered_redirects_get_an_answer",
    },
    Mutant {
        number: 4,
        name: "state not echoed",
        ours: "sign_in::state_comes_back_as_it_was_sent_or_not_at_all",
    },
    Mutant {
        number: 5,
        name: "ARM token accepted by inference",
        ours: "tokens::inference_takes_its_own_audiences_only",
    },
    Mutant {
        number: 6,
        name: "inference token accepted by ARM",
        ours: "tokens::resource_manager_takes_its_own_audiences_only",
    },
    Mutant {
        number: 7,
        name: "token of tenant A accepted in B",
        ours: "tokens::a_token_of_another_tenant_is_refused_by_both_services",
    },
    Mutant { number: 8, name: "expired token accepted", ours: "tokens::tokens_end_by_the_clock" },
    Mutant {
        number: 9,
        name: "role effective at once",
        ours: "inference::a_role_works_when_its_delay_is_over_and_not_before",
    },
    Mutant {
        number: 10,
        name: "Owner may chat",
        ours: "inference::a_missing_role_is_401_permission_denied_and_owner_may_not_chat",
    },
    Mutant {
        number: 11,
        name: "notDataActions ignored",
        ours: "inference::what_a_role_excludes_it_does_not_grant_and_another_role_still_can",
    },
    Mutant {
        number: 12,
        name: "group membership ignored",
        ours: "inference::roles_reach_members_of_groups_in_groups",
    },
    Mutant {
        number: 13,
        name: "parent scope ignored",
        ours: "inference::roles_are_inherited_from_every_scope_above",
    },
    Mutant {
        number: 14,
        name: "child scope counted",
        ours: "assignments::only_who_may_assign_can_assign",
    },
    Mutant {
        number: 15,
        name: "condition ignored",
        ours: "rbac::a_condition_limits_what_may_be_assigned_and_taken_away",
    },
    Mutant {
        number: 16,
        name: "deny assignment ignored",
        ours: "rbac::a_deny_assignment_takes_away_what_a_role_gives",
    },
    Mutant {
        number: 17,
        name: "duplicate assignment answers 201",
        ours: "assignments::the_same_request_again_is_200_and_another_name_is_409",
    },
    Mutant {
        number: 18,
        name: "same name for another principal answers 200",
        ours: "assignments::a_name_that_is_taken_by_something_else_is_refused",
    },
    Mutant {
        number: 19,
        name: "missing role is 403 instead of 401",
        ours: "inference::a_missing_role_is_401_permission_denied_and_owner_may_not_chat",
    },
    Mutant {
        number: 20,
        name: "`[DONE]` and the first event with empty choices omitted",
        ours: "inference::a_stream_begins_with_the_prompts_filter_and_ends_with_its_mark",
    },
    Mutant {
        number: 21,
        name: "nextLink dropped",
        ours: "accounts::lists_come_in_pages_that_together_hold_everything_once",
    },
    Mutant {
        number: 22,
        name: "Retry-After dropped",
        ours: "faults::a_prepared_answer_takes_the_place_of_the_real_one",
    },
    Mutant {
        number: 23,
        name: "no claims challenge for writes",
        ours: "challenge::a_write_by_a_person_with_one_factor_is_challenged_in_azures_form",
    },
    Mutant {
        number: 24,
        name: "unknown api-version accepted",
        ours: "accounts::a_version_is_required_and_must_be_one_that_exists",
    },
    Mutant {
        number: 25,
        name: "another tenant's refresh token accepted",
        ours: "sign_in::a_refresh_token_reaches_every_tenant_and_resource_of_its_user",
    },
];

/// Breaks one rule after the other and counts those that are noticed.
pub fn catch_mutants() -> Outcome<Tally> {
    let built = build_mutants()?;
    let strict = find_test(&built, "strict")?;
    check_unbroken(strict)?;
    let verdicts = run_all(strict)?;
    let mut tally = Tally::default();
    println!("\n{:>2}  {:<56} {:>7}  killed by", "", "mutant", "time");
    for (mutant, verdict) in MUTANTS.iter().zip(&verdicts) {
        let Mutant { number, name, ours } = mutant;
        let time = format!("{:.1} s", verdict.time.as_secs_f64());
        let end = verdict.survived.map_or_else(String::new, |why| format!(" {why}"));
        println!("{number:>2}  {name:<56} {time:>7}  {ours}{end}");
        let note = format!("mutants: {number} ({name}): {ours}{end}");
        tally += Tally::of_check(&note, verdict.survived.is_none());
    }
    println!("\n{} of {} caught", tally.passed, MUTANTS.len());
    Ok(tally)
}

/// What the tests made of one mutant.
#[derive(Debug)]
struct Verdict {
    /// Why the test that had to fail did not count.
    survived: Option<&'static str>,
    time: Duration,
}

/// Without a mutant every one of these tests passes, or else its failure says nothing.
fn check_unbroken(strict: &Executable) -> Outcome {
    let tests: BTreeSet<&str> = MUTANTS.iter().map(|mutant| mutant.ours).collect();
    let output = run_tests(strict, &Vec::from_iter(tests.iter().copied()), None)?;
    if output.contains(&format!("test result: ok. {} passed; 0 failed;", tests.len())) {
        return Ok(());
    }
    println!("{output}");
    Err("the tests of practice Azure do not pass as they are, or lack one of the table".to_owned())
}

fn run_all(strict: &Executable) -> Outcome<Vec<Verdict>> {
    let next = AtomicUsize::new(0);
    let verdicts: Mutex<Vec<(usize, Outcome<Verdict>)>> = Mutex::default();
    let work = || {
        while let Some(mutant) = MUTANTS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let verdict = run_one(mutant, strict);
            verdicts.lock().expect("no worker panics").push((mutant.number, verdict));
        }
    };
    thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(work))));
    let mut verdicts = verdicts.into_inner().expect("no worker panics");
    verdicts.sort_by_key(|(number, _)| *number);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

fn run_one(mutant: &Mutant, strict: &Executable) -> Outcome<Verdict> {
    let start = Instant::now();
    let output = run_tests(strict, &[mutant.ours], Some(mutant.number))?;
    Ok(Verdict { survived: judge(&output, mutant.ours).err(), time: start.elapsed() })
}

fn run_tests(strict: &Executable, tests: &[&str], mutant: Option<usize>) -> Outcome<String> {
    let mut program = strict.command();
    program.arg("--exact").args(tests).env("CARGO_TERM_COLOR", "never");
    match mutant {
        Some(number) => program.env(VARIABLE, number.to_string()),
        None => program.env_remove(VARIABLE),
    };
    let output = program.output().map_err(|error| format!("a test did not start: {error}"))?;
    let streams = [output.stdout, output.stderr];
    Ok(streams.iter().map(|text| String::from_utf8_lossy(text)).collect::<Vec<_>>().join("\n"))
}

/// Whether a test failed as it should: libtest says so, and the test's own assertion did it.
fn judge(output: &str, test: &str) -> Result<(), &'static str> {
    if !output.contains(&format!("test {test} ... FAILED")) {
        return Err("passes all the same");
    }
    let of_test = output.split_once(&format!("---- {test} stdout ----")).map(|(_, rest)| rest);
    let panic = of_test.and_then(|text| text.split_once("panicked at ")).map(|(_, rest)| rest);
    match panic.and_then(|text| text.split_once('\n')) {
        Some((place, said)) if place.contains("tests/") && said.starts_with("assertion") => Ok(()),
        _ => Err("breaks down instead of failing on an assertion"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_simulator_has_its_row_and_its_killer() {
        let switches = include_str!("../../simulator/src/mutant.rs");
        let known: Vec<String> = switches
            .split("    /// ")
            .filter_map(|part| {
                let (name, rest) = part.split_once('\n')?;
                let (_, number) = rest.split_once(',')?.0.split_once(" = ")?;
                Some(format!("{number} {name}"))
            })
            .collect();
        let rows: Vec<String> =
            MUTANTS.iter().map(|mutant| format!("{} {}", mutant.number, mutant.name)).collect();
        assert_eq!(rows, known, "the table and the switches are the same, in order");
    }

    #[test]
    fn the_page_has_the_same_table() {
        let page = include_str!("../../docs/mutants.md");
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
        let row = |mutant: &Mutant| {
            format!("| {} | {} | `{}` |", mutant.number, mutant.name, mutant.ours)
        };
        assert_eq!(rows, Vec::from_iter(MUTANTS.iter().map(row)), "docs/mutants.md is stale");
    }

    #[test]
    fn only_an_assertion_of_the_test_kills() {
        let failed = "test a::b ... FAILED\n\nfailures:\n\n---- a::b stdout ----\n\nthread 'a::b' (1) panicked at ";
        let said = |rest: &str| judge(&format!("{failed}{rest}"), "a::b");
        assert!(said("simulator/tests/strict/a.rs:1:5:\nassertion `left == right` failed").is_ok());
        assert!(said("simulator/tests/strict/a.rs:1:5:\na port is free: Os").is_err());
        assert!(said("simulator/src/server.rs:1:5:\nassertion failed: x").is_err());
        assert!(judge("test a::b ... ok", "a::b").is_err(), "a test that passes kills nothing");
        assert!(judge("running 0 tests", "a::b").is_err(), "nor does one that is not there");
    }
}
