//! The bench itself: what it prints and writes, on a journey without latency.

use std::process::Command;

use serde_json::Value;

#[test]
fn a_journey_is_measured_and_told_to_people_and_machines() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("bench.json");
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["journey", "--runs", "1", "--latency-ms", "0", "--json"])
        .arg(&file)
        .output()
        .expect("the bench starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the journey reaches its answer: {errors}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("chat.create"), "every request is named: {told}");
    assert!(told.contains("no later request needed"), "idle requests are named: {told}");

    let report = std::fs::read_to_string(file).expect("the report is written");
    let report: Value = serde_json::from_str(&report).expect("the report is JSON");
    let journey = &report["journey"][0];
    assert_eq!(journey["latency_ms"], 0);
    let number = |name: &str| journey[name].as_f64().unwrap_or_else(|| panic!("no {name}"));
    assert!(number("depth") <= 8.0, "the journey is at most eight requests deep: {told}");
    assert!(number("depth") >= 6.0, "a journey of five steps counts too little: {told}");
    assert!(number("requests") >= number("depth"), "a path is made of requests: {told}");
    assert!(number("wall_ms") > 0.0, "a journey takes time");
    assert!(report.get("window").is_none(), "what was not measured is not told");
}

#[cfg(target_os = "linux")]
#[test]
fn the_core_takes_less_than_80_megabytes_for_ten_thousand_accounts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("bench.json");
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["list", "--json"])
        .arg(&file)
        .output()
        .expect("the bench starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the list becomes whole: {errors}");
    let report = std::fs::read_to_string(file).expect("the report is written");
    let report: Value = serde_json::from_str(&report).expect("the report is JSON");
    let number = |name: &str| report["list"][name].as_f64().expect("a figure");
    assert_eq!(number("resources"), 8000.0, "four of five accounts are listed");
    assert_eq!(number("subscriptions"), 2000.0, "every subscription is read");
    assert!(number("before_mib") > 1.0, "a core without a list has memory too: {report}");
    let more = number("more_mib") * 1_048_576.0;
    assert!(more > 1e6, "a list of eight thousand takes more than nothing: {report}");
    assert!(more < 80e6, "the core keeps what the wizard needs, and no more: {report}");
}

#[test]
fn an_option_that_is_not_known_measures_nothing() {
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["journey", "--latency", "0"])
        .output()
        .expect("the bench starts");
    assert!(!output.status.success(), "a misspelled option must not pass for its default");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("--latency-ms"), "the person sees what there is: {errors}");
}
