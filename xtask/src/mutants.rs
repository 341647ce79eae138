//! The wrong simulators, and what has to notice each of them: a test of ours, and a program written
//! by others.
//!
//! One build of tests and clients with the feature `mutants` serves all runs: the variable
//! `AZURE_SIMULATOR_MUTANT` breaks one rule in a process. What has passed without it has to fail
//! with it, on an assertion: a harness that breaks down has noticed nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::process::describe;
use crate::tally::Tally;
use crate::test_binaries::{Executable, build_mutants, find_test};
use crate::{Outcome, clients};

/// Breaks the rule of this number in a simulator that was built with the feature `mutants`.
pub const VARIABLE: &str = "AZURE_SIMULATOR_MUTANT";
/// Programs at once.
const WORKERS: usize = 2;

/// A rule of practice Azure that can be broken.
struct Mutant {
    number: usize,
    /// What is wrong with the simulator, in the words of its own list.
    name: &'static str,
    /// The test of practice Azure that has to fail.
    ours: &'static str,
    /// The flow of a program written by others that has to fail.
    theirs: &'static str,
}

const MUTANTS: [Mutant; 26] = [
    Mutant {
        number: 1,
        name: "PKCE verifier not compared",
        ours: "sign_in::a_code_needs_the_verifier_of_its_challenge",
        theirs: "python/wrong-verifier",
    },
    Mutant {
        number: 2,
        name: "code usable twice",
        ours: "sign_in::a_code_works_once",
        theirs: "python/code-twice",
    },
    Mutant {
        number: 3,
        name: "redirect path ignored",
        ours: "sign_in::only_registered_redirects_get_an_answer",
        theirs: "python/redirect-with-another-path",
    },
    Mutant {
        number: 4,
        name: "state not echoed",
        ours: "sign_in::state_comes_back_as_it_was_sent_or_not_at_all",
        theirs: "python/msal-signs-in",
    },
    Mutant {
        number: 5,
        name: "ARM token accepted by inference",
        ours: "tokens::inference_takes_its_own_audiences_only",
        theirs: "python/arm-token-to-inference",
    },
    Mutant {
        number: 6,
        name: "inference token accepted by ARM",
        ours: "tokens::resource_manager_takes_its_own_audiences_only",
        theirs: "python/inference-token-to-arm",
    },
    Mutant {
        number: 7,
        name: "token of tenant A accepted in B",
        ours: "tokens::a_token_of_another_tenant_is_refused_by_both_services",
        theirs: "python/token-of-another-tenant",
    },
    Mutant {
        number: 8,
        name: "expired token accepted",
        ours: "tokens::tokens_end_by_the_clock",
        theirs: "python/expired-token",
    },
    Mutant {
        number: 9,
        name: "role effective at once",
        ours: "inference::a_role_works_when_its_delay_is_over_and_not_before",
        theirs: "python/role-takes-time",
    },
    Mutant {
        number: 10,
        name: "Owner may chat",
        ours: "inference::a_missing_role_is_401_permission_denied_and_owner_may_not_chat",
        theirs: "python/owner-may-not-chat",
    },
    Mutant {
        number: 11,
        name: "notDataActions ignored",
        ours: "inference::what_a_role_excludes_it_does_not_grant_and_another_role_still_can",
        theirs: "python/not-data-actions-count",
    },
    Mutant {
        number: 12,
        name: "group membership ignored",
        ours: "inference::roles_reach_members_of_groups_in_groups",
        theirs: "python/group-may-chat",
    },
    Mutant {
        number: 13,
        name: "parent scope ignored",
        ours: "inference::roles_are_inherited_from_every_scope_above",
        theirs: "python/parent-scope-counts",
    },
    Mutant {
        number: 14,
        name: "child scope counted",
        ours: "assignments::only_who_may_assign_can_assign",
        theirs: "python/child-scope-does-not-count",
    },
    Mutant {
        number: 15,
        name: "condition ignored",
        ours: "rbac::a_condition_limits_what_may_be_assigned_and_taken_away",
        theirs: "python/condition-counts",
    },
    Mutant {
        number: 16,
        name: "deny assignment ignored",
        ours: "rbac::a_deny_assignment_takes_away_what_a_role_gives",
        theirs: "python/deny-assignment-counts",
    },
    Mutant {
        number: 17,
        name: "duplicate assignment answers 201",
        ours: "assignments::the_same_request_again_is_200_and_another_name_is_409",
        theirs: "python/duplicate-assignment",
    },
    Mutant {
        number: 18,
        name: "same name for another principal answers 200",
        ours: "assignments::a_name_that_is_taken_by_something_else_is_refused",
        theirs: "python/name-of-another-assignment",
    },
    Mutant {
        number: 19,
        name: "missing role is 403 instead of 401",
        ours: "inference::a_missing_role_is_401_permission_denied_and_owner_may_not_chat",
        theirs: "python/missing-role",
    },
    Mutant {
        number: 20,
        name: "`[DONE]` and the first event with empty choices omitted",
        ours: "inference::a_stream_begins_with_the_prompts_filter_and_ends_with_its_mark",
        theirs: "python/chats-in-v1-form",
    },
    Mutant {
        number: 21,
        name: "nextLink dropped",
        ours: "accounts::lists_come_in_pages_that_together_hold_everything_once",
        theirs: "python/lists-resources",
    },
    Mutant {
        number: 22,
        name: "Retry-After dropped",
        ours: "faults::a_prepared_answer_takes_the_place_of_the_real_one",
        theirs: "python/waits-when-throttled",
    },
    Mutant {
        number: 23,
        name: "no claims challenge for writes",
        ours: "challenge::a_write_by_a_person_with_one_factor_is_challenged_in_azures_form",
        theirs: "python/answers-a-claims-challenge",
    },
    Mutant {
        number: 24,
        name: "unknown api-version accepted",
        ours: "accounts::a_version_is_required_and_must_be_one_that_exists",
        theirs: "python/unknown-api-version",
    },
    Mutant {
        number: 25,
        name: "another tenant's refresh token accepted",
        ours: "sign_in::a_refresh_token_reaches_every_tenant_and_resource_of_its_user",
        theirs: "python/refresh-token-elsewhere",
    },
    Mutant {
        number: 26,
        name: "token from before a session event accepted",
        ours: "sessions::a_token_from_before_a_session_event_is_challenged_in_azures_form",
        theirs: "javascript/answers-a-session-event",
    },
];

/// Breaks one rule after the other and counts those that are noticed by both. `programs` holds
/// the clients that [`clients::install`] installs.
pub fn catch_mutants(programs: &Path) -> Outcome<Tally> {
    let built = build_mutants()?;
    let trial = Trial { strict: find_test(&built, "strict")?, built: &built, programs };
    trial.pass_unbroken()?;
    let verdicts = trial.run_all()?;
    let mut tally = Tally::default();
    println!("\n{:>2}  {:<56} {:>7}  killed by", "", "mutant", "time");
    for (mutant, verdict) in MUTANTS.iter().zip(&verdicts) {
        let Mutant { number, name, ours, theirs } = mutant;
        let time = format!("{:.1} s", verdict.time.as_secs_f64());
        println!("{number:>2}  {name:<56} {time:>7}  {ours}, {theirs}");
        verdict.survived.iter().for_each(|why| println!("    SURVIVED {why}"));
        let note = format!("mutants: {number} ({name}): {}", verdict.survived.join("; "));
        tally += Tally::of_check(&note, verdict.survived.is_empty());
    }
    println!("\n{} of {} caught", tally.passed, MUTANTS.len());
    Ok(tally)
}

/// What the tests and the clients made of one mutant.
#[derive(Debug)]
struct Verdict {
    /// Why what had to fail did not count.
    survived: Vec<String>,
    time: Duration,
}

/// The programs that are tried on each mutant.
struct Trial<'a> {
    strict: &'a Executable,
    built: &'a [Executable],
    programs: &'a Path,
}

impl Trial<'_> {
    /// Without a mutant everything passes, or else a failure says nothing.
    fn pass_unbroken(&self) -> Outcome {
        let tests: BTreeSet<&str> = MUTANTS.iter().map(|mutant| mutant.ours).collect();
        let output = run_tests(self.strict, &Vec::from_iter(tests.iter().copied()), None)?;
        if !output.contains(&format!("test result: ok. {} passed; 0 failed;", tests.len())) {
            println!("{output}");
            return Err(
                "the tests of practice Azure fail as they are, or lack one of the table".to_owned()
            );
        }
        let flows = |lane: usize| {
            let lane = format!("{}/{WORKERS}", lane + 1);
            let words = ["--lane", &lane].into_iter().chain(MUTANTS.iter().map(|one| one.theirs));
            self.run_flows(&words.collect::<Vec<_>>(), None)
        };
        for output in in_parallel(WORKERS, flows) {
            let output = output?;
            if !output.contains(" passed, 0 failed, 0 skipped") {
                println!("{output}");
                return Err("the clients fail as practice Azure is".to_owned());
            }
        }
        Ok(())
    }

    fn run_all(&self) -> Outcome<Vec<Verdict>> {
        in_parallel(MUTANTS.len(), |index| self.run_one(&MUTANTS[index])).into_iter().collect()
    }

    fn run_one(&self, mutant: &Mutant) -> Outcome<Verdict> {
        let start = Instant::now();
        let output = run_tests(self.strict, &[mutant.ours], Some(mutant.number))?;
        let ours = judge_test(&output, mutant.ours).err().map(|why| (mutant.ours, why));
        let output = self.run_flows(&[mutant.theirs], Some(mutant.number))?;
        let theirs = judge_flow(&output, mutant.theirs).err().map(|why| (mutant.theirs, why));
        let survived = ours.into_iter().chain(theirs);
        let survived = survived.map(|(who, why)| format!("{who} {why}")).collect();
        Ok(Verdict { survived, time: start.elapsed() })
    }

    fn run_flows(&self, words: &[&str], mutant: Option<usize>) -> Outcome<String> {
        read_all(clients::flows(self.built, self.programs, words)?, mutant)
    }
}

/// The results of `run` for 0, 1, … below `count`, of which some run at a time.
fn in_parallel<T: Send>(count: usize, run: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, T)>> = Mutex::default();
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            let result = run(index);
            results.lock().expect("no worker panics").push((index, result));
        }
    };
    thread::scope(|scope| (0..WORKERS).for_each(|_| drop(scope.spawn(work))));
    let mut results = results.into_inner().expect("no worker panics");
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn run_tests(strict: &Executable, tests: &[&str], mutant: Option<usize>) -> Outcome<String> {
    let mut program = strict.command();
    program.arg("--exact").args(tests).env("CARGO_TERM_COLOR", "never");
    read_all(program, mutant)
}

/// What a program says, run with this mutant.
fn read_all(mut program: Command, mutant: Option<usize>) -> Outcome<String> {
    match mutant {
        Some(number) => program.env(VARIABLE, number.to_string()),
        None => program.env_remove(VARIABLE),
    };
    let name = describe(&program);
    let output = program.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("`{name}` did not start: {error}"))?;
    let streams = [output.stdout, output.stderr];
    Ok(streams.iter().map(|text| String::from_utf8_lossy(text)).collect::<Vec<_>>().join("\n"))
}

/// Whether a test failed as it should: libtest says so, and the test's own assertion did it.
fn judge_test(output: &str, test: &str) -> Result<(), String> {
    if !output.contains(&format!("test {test} ... FAILED")) {
        return Err("passes all the same".to_owned());
    }
    let of_test = output.split_once(&format!("---- {test} stdout ----")).map(|(_, rest)| rest);
    let panic = of_test.and_then(|text| text.split_once("panicked at ")).map(|(_, rest)| rest);
    match panic.and_then(|text| text.split_once('\n')) {
        Some((place, said)) if place.contains("tests/") && said.starts_with("assertion") => Ok(()),
        _ => Err("breaks down instead of failing on an assertion".to_owned()),
    }
}

/// Whether a flow failed as it should: on what it looked at, not on what it runs with.
fn judge_flow(output: &str, flow: &str) -> Result<(), String> {
    let Some((_, rest)) = output.split_once(&format!("[{flow}] (")) else {
        return Err("passes all the same".to_owned());
    };
    let reason = rest.lines().nth(1).unwrap_or_default().trim();
    let breakdowns = ["it did not end within", "practice Azure ", "there is no "];
    if reason.is_empty() || breakdowns.iter().any(|start| reason.starts_with(start)) {
        return Err(format!("breaks down: {reason}"));
    }
    Ok(())
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
            let Mutant { number, name, ours, theirs } = mutant;
            format!("| {number} | {name} | `{ours}` | `{theirs}` |")
        };
        assert_eq!(rows, Vec::from_iter(MUTANTS.iter().map(row)), "docs/mutants.md is stale");
    }

    #[test]
    fn a_client_that_breaks_down_has_noticed_nothing() {
        let judge = |output: &str| judge_flow(output, "python/code-twice");
        let failed = "FAILED python: a code works once [python/code-twice] (0.6 s)\n    ";
        assert_eq!(judge(&format!("{failed}assertion failed")), Ok(()), "it looked and saw");
        assert!(judge(&format!("{failed}it did not end within 90 s")).is_err(), "it hung");
        assert!(judge("ok python: a code works once (0.6 s)").is_err(), "it saw nothing");
        assert!(judge("").is_err(), "it did not run");
    }

    #[test]
    fn only_an_assertion_of_the_test_kills() {
        let failed = "test a::b ... FAILED\n\nfailures:\n\n---- a::b stdout ----\n\nthread 'a::b' (1) panicked at ";
        let said = |rest: &str| judge_test(&format!("{failed}{rest}"), "a::b");
        assert!(said("simulator/tests/strict/a.rs:1:5:\nassertion `left == right` failed").is_ok());
        assert!(said("simulator/tests/strict/a.rs:1:5:\na port is free: Os").is_err());
        assert!(said("simulator/src/server.rs:1:5:\nassertion failed: x").is_err());
        assert!(
            judge_test("test a::b ... ok", "a::b").is_err(),
            "a test that passes kills nothing"
        );
        assert!(judge_test("running 0 tests", "a::b").is_err(), "nor does one that is not there");
    }
}
