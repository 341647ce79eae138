//! The rules that keep the house habitable.

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &str, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), endings, &mut found);
    assert!(!found.is_empty(), "{folder} has files to look at");
    found
}

fn gather(folder: &Path, endings: &[&str], found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry").path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if path.is_dir() {
            gather(&path, endings, found);
        } else if endings.contains(&ending) {
            let text = fs::read_to_string(&path).expect("source is text");
            found.push((path, text));
        }
    }
}

#[test]
fn the_core_knows_neither_the_window_nor_the_simulator() {
    for (path, text) in files("core", &["rs"]) {
        let text = text.to_lowercase();
        assert!(!text.contains("tauri"), "{} names the shell's framework", path.display());
        assert!(!text.contains("simulator::"), "{} uses the simulator", path.display());
    }
}

#[test]
fn the_simulator_shares_no_type_with_the_core() {
    for (path, text) in files("simulator/src", &["rs"]) {
        assert!(!text.contains("keyless::"), "{} uses the core", path.display());
    }
}

#[test]
fn the_shell_stays_thin() {
    let own = |text: &str| text.lines().take_while(|line| *line != "#[cfg(test)]").count();
    let lines: usize = files("src-tauri/src", &["rs"]).iter().map(|(_, text)| own(text)).sum();
    // Besides forwarding: one window for all starts, and a page of its own for what goes wrong there.
    assert!(lines < 600, "the shell has {lines} lines: what it decides belongs into the core");
}

#[test]
fn one_module_of_the_window_talks_to_rust() {
    for (path, text) in files("ui/src", &["ts", "tsx"]) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !name.starts_with("backend.") {
            assert!(!text.contains("@tauri-apps/"), "{} goes around backend.ts", path.display());
        }
    }
}

#[test]
fn no_source_of_the_content_security_policy_is_unsafe() {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/tauri.conf.json"))
            .expect("the shell has a configuration");
    let config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let policy = config["app"]["security"]["csp"].to_string();
    for part in
        ["default-src", "connect-src", "object-src", "base-uri", "form-action", "frame-ancestors"]
    {
        assert!(policy.contains(part), "the policy says nothing about {part}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!policy.contains('*'), "{policy}");
}

#[test]
fn the_shipped_app_holds_neither_control_routes_nor_certificates() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/Cargo.toml");
    let text = fs::read_to_string(manifest).expect("the shell has a manifest");
    let line = text.lines().find(|line| line.starts_with("simulator = ")).expect("practice mode");
    assert!(line.contains("default-features = false"), "{line}");
    assert!(!line.contains(" features = "), "{line}");
}

#[test]
fn no_shipped_build_can_break_its_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| fs::read_to_string(root.join(file)).expect("a file of the repository");
    for manifest in ["Cargo.toml", "src-tauri/Cargo.toml", "tests/e2e/Cargo.toml"] {
        assert!(!read(manifest).contains("mutants"), "{manifest} turns the mutants on");
    }
    let own = read("simulator/Cargo.toml");
    let named = own.lines().filter(|line| line.contains("\"mutants\"")).count();
    assert_eq!(named, 0, "no other feature of the simulator turns the mutants on");
    assert!(own.lines().any(|line| line == "mutants = []"), "the feature turns nothing else on");
    for command in ["bundle", "demo"] {
        let text = read(&format!("xtask/src/{command}.rs"));
        assert!(!text.contains("simulator/mutants"), "{command} builds with mutants");
    }
}

#[test]
fn every_promise_of_security_names_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/security.md")).expect("the threat model");
    let promises: Vec<&str> = page
        .lines()
        .skip_while(|line| *line != "| promise | kept by |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert!(promises.len() >= 15, "the table of promises: {promises:#?}");
    for promise in promises {
        let tests = tests_in(promise);
        assert!(!tests.is_empty(), "no test keeps it: {promise}");
        tests.into_iter().for_each(|(test, path)| assert_is_a_test(test, path));
    }
}

#[test]
fn what_security_does_not_protect_names_only_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/security.md")).expect("the threat model");
    let (_, open) = page.split_once("## What is not protected").expect("it says so");
    let tests = tests_in(open);
    assert!(!tests.is_empty(), "what a test shows is named with it");
    tests.into_iter().for_each(|(test, path)| assert_is_a_test(test, path));
}

/// The tests that a text links to, each by its name and the path of its file.
fn tests_in(text: &str) -> Vec<(&str, &str)> {
    text.split("[`")
        .skip(1)
        .filter_map(|link| {
            let (name, rest) = link.split_once("`](../")?;
            Some((name, rest.split_once(')')?.0))
        })
        .collect()
}

fn assert_is_a_test(test: &str, path: &str) {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    let text = text.unwrap_or_else(|_| panic!("{path} is gone, which has {test}"));
    let at = text.find(&format!("fn {test}("));
    let at = at.unwrap_or_else(|| panic!("{path} has no {test}"));
    let before = &text[..at];
    let attributes = &before[before.rfind("\n\n").unwrap_or_default()..];
    let is_test = attributes.contains("#[test]") || attributes.contains("#[tokio::test");
    assert!(is_test, "{test} of {path} is no test");
    assert!(!attributes.contains("#[ignore"), "{test} of {path} does not run");
}
