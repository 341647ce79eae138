//! The pages that journeys pass, written down for the tests of the web interface.
//!
//! Each is compared with `ui/fixtures/<name>.json`; `cargo xtask types` writes them anew. What
//! differs from run to run (ports, ids, folders) is replaced by something that does not.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::stage::{Stage, choose};

/// Every page that is written down: no file lies about that no journey shows.
pub const NAMES: &[&str] = &[
    "access-cannot-tell",
    "access-denied",
    "access-files",
    "access-known-by-endpoint",
    "access-may-not",
    "access-only-foundry-user",
    "access-paused",
    "access-refused",
    "access-through-group",
    "role-gone",
    "role-not-effective-cause",
    "access-undoable",
    "access-undone",
    "access-waiting",
    "access-waiting-unanswered",
    "account-not-in-directory",
    "another-account",
    "api-version-refused",
    "application-lacks-permission",
    "application-unknown",
    "assignment-limit",
    "assignment-name-taken",
    "azd-signed-in",
    "azd-signed-out",
    "borrowed-proof-needed",
    "browser-blocked-offers-code",
    "certificate-date",
    "certificate-untrusted",
    "changes",
    "changes-cannot-tell",
    "changes-empty",
    "changes-not-undone",
    "changes-subdomain",
    "changes-trouble",
    "changes-undone",
    "chat-not-found",
    "chat-not-permitted",
    "chat-tenant-mismatch",
    "chat-throttled",
    "chat-token-refused",
    "conditional-access-blocked",
    "connectivity-fine",
    "connectivity-one-blocked",
    "connectivity-page",
    "connectivity-proxy",
    "connectivity-proxy-dead",
    "connectivity-resigned",
    "connectivity-script",
    "connectivity-settings",
    "connectivity-untrusted",
    "consent-needed",
    "content-filtered",
    "deny-assignment",
    "device-code",
    "device-code-blocked",
    "device-code-expired",
    "device-code-polls-lost",
    "device-not-compliant",
    "endpoint-chat-not-permitted",
    "endpoint-form",
    "endpoint-not-found",
    "env-folder",
    "env-not-utf8",
    "gateway-refused",
    "guest",
    "guest-without-subscription",
    "key-refused",
    "keys-disabled",
    "may-not-assign",
    "may-not-assign-this-role",
    "may-not-undo",
    "model-cannot-chat",
    "network-endpoint",
    "network-failed",
    "network-rules",
    "no-account",
    "no-chat-deployment",
    "no-custom-subdomain",
    "no-subscription",
    "parameter-refused",
    "path-not-found",
    "personal-account",
    "policy-refused",
    "principal-not-found",
    "private-endpoint-refused",
    "private-network",
    "project-ready",
    "proof-again-refused",
    "proof-another-account",
    "proof-by-code",
    "proof-change-waiting",
    "proof-declined",
    "proof-needed",
    "proof-no-browser",
    "proof-offered",
    "proof-renewal-waiting",
    "proxy-blocked",
    "proxy-closed",
    "proxy-needs-sign-in",
    "proxy-needs-system-sign-in",
    "proxy-pac",
    "proxy-refused",
    "proxy-silent",
    "proxy-unknown",
    "proxy-unsupported",
    "read-refused",
    "resource-blocked",
    "resource-chosen",
    "resource-directory-blocked",
    "resource-fenced",
    "resource-models",
    "resources",
    "resources-refused",
    "resume-expired",
    "resume-frequency",
    "resume-offline",
    "resume-revoked",
    "role-not-effective",
    "scope-locked",
    "second-factor-missing",
    "second-factor-needed",
    "service-failed",
    "service-unknown-to-directory",
    "settings-not-used",
    "sign-in",
    "sign-in-azure-cli",
    "sign-in-declined",
    "sign-in-expired",
    "sign-in-own-application",
    "sign-in-timed-out",
    "sign-in-tools",
    "sign-in-waiting",
    "signed-out",
    "still-kept",
    "store-absent",
    "store-locked",
    "store-opening",
    "store-slow",
    "stranger-ignored",
    "subdomain-free",
    "subdomain-request",
    "subdomain-set",
    "subdomain-setting",
    "subdomain-taken",
    "subdomain-unchecked",
    "tenant-known",
    "tenant-needs-sign-in",
    "tenant-unknown",
    "tenants-blocked",
    "tenants-checking",
    "tenants-mixed",
    "tenants-ready",
    "test-answered",
    "test-ready",
    "tls-failed",
    "token-protection",
    "tool-blocked",
    "tool-changed-person",
    "tool-failed",
    "who-am-i",
    "wrong-directory",
];

/// Compares the page that is shown with the one that is written down.
pub fn show(name: &str, stage: &Stage) {
    assert!(NAMES.contains(&name), "{name} is missing in the list of fixtures");
    let snapshot = stage.page();
    let resources = choose(snapshot).map(|_| stage.session.list_resources("", 0, 100));
    let mut fixture = json!({ "name": name, "snapshot": snapshot, "resources": resources });
    let home = stage.home.path().display().to_string();
    steady(&mut fixture, &home);
    fixture["snapshot"]["revision"] = json!(1);
    compare(&folder().join(format!("{name}.json")), &fixture);
}

#[test]
fn the_command_names_and_the_words_of_the_core_are_written_down_for_the_window() {
    compare(&folder().join("commands.json"), &json!(keyless::contract::COMMANDS));
    compare(&folder().join("core-words.json"), &json!(keyless::words::KEYS));
}

#[test]
fn no_page_is_written_down_that_no_journey_shows() {
    let mut expected: Vec<String> = NAMES.iter().map(|name| format!("{name}.json")).collect();
    expected.extend(["commands.json".to_owned(), "core-words.json".to_owned()]);
    expected.sort();
    let mut found: Vec<String> = std::fs::read_dir(folder())
        .expect("the fixtures are checked in")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    if std::env::var_os("KEYLESS_WRITE").is_none() {
        assert_eq!(found, expected);
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/fixtures")
}

fn compare(path: &Path, fixture: &Value) {
    let text = format!("{}\n", serde_json::to_string_pretty(fixture).expect("JSON is text"));
    if std::env::var_os("KEYLESS_WRITE").is_some() {
        std::fs::create_dir_all(folder()).expect("the folder is made");
        std::fs::write(path, &text).expect("the fixture is written");
    }
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(checked_in, text, "{} is stale: run `cargo xtask types`", path.display());
}

fn steady(value: &mut Value, home: &str) {
    match value {
        Value::String(text) => *text = steady_text(text, home),
        Value::Array(items) => items.iter_mut().for_each(|item| steady(item, home)),
        Value::Object(fields) => {
            if let Some(name) = fields.get("name").and_then(Value::as_str)
                && (name.ends_with("_id") || name.ends_with("-id"))
                && fields.contains_key("value")
            {
                fields.insert("value".to_owned(), json!("00000000-0000-4000-8000-000000000000"));
            }
            if fields.contains_key("lasts_seconds") {
                fields.insert("code".to_owned(), json!("FXDLWKKMF"));
            }
            // How often a long wait looks depends on how busy the machine is.
            let is_attempts = fields.get("name").is_some_and(|name| name == "attempts");
            if is_attempts && fields["value"].as_str().is_some_and(|value| value.len() > 2) {
                fields.insert("value".to_owned(), json!("100"));
            }
            if fields.get("attempts").and_then(Value::as_u64).is_some_and(|times| times > 99) {
                fields.insert("attempts".to_owned(), json!(100));
            }
            // How often the list grew depends on which answer came first.
            if let Some(revision) = fields.get_mut("list_revision").filter(|it| **it != json!(0)) {
                *revision = json!(3);
            }
            if let Some(time) = fields.get_mut("milliseconds").filter(|time| time.is_u64()) {
                *time = json!(12);
            }
            // Certificates are made anew, and the clock of TLS is the system's; how long a
            // journey waits depends on how busy the machine is.
            for name in ["from", "until", "now", "began", "when"] {
                if let Some(date) = fields.get_mut(name).filter(|date| date.is_string()) {
                    *date = json!("2026-01-01T00:00:00Z");
                }
            }
            fields.values_mut().for_each(|field| steady(field, home));
        }
        _ => {}
    }
}

fn steady_text(text: &str, home: &str) -> String {
    let mut text = text.replace(home, "/home/ada");
    for before in ["127.0.0.1:", "localhost:", "localhost%3A"] {
        text = replace_after(&text, before, "50000", |c| c.is_ascii_digit());
    }
    for before in ["state=", "nonce=", "code_challenge="] {
        text = replace_after(&text, before, "fresh", |c| {
            c.is_ascii_alphanumeric() || "-_".contains(c)
        });
    }
    for before in ["Trace ID: ", "Correlation ID: "] {
        text = replace_after(&text, before, "fresh", |c| c.is_ascii_hexdigit() || c == '-');
    }
    for before in ["ms: ", "verification time ", "not valid after "] {
        text = replace_after(&text, before, "12", |c| c.is_ascii_digit());
    }
    for before in ["from: ", "until: ", "now: "] {
        text = replace_after(&text, before, "2026-01-01T00:00:00Z", |c| {
            c.is_ascii_digit() || "-:.TZ".contains(c)
        });
    }
    replace_after(&text, "Timestamp: ", "fresh", |c| c.is_ascii_digit() || "-: Z".contains(c))
}

fn replace_after(text: &str, before: &str, with: &str, is_part: impl Fn(char) -> bool) -> String {
    let mut parts = text.split(before);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(&is_part);
        let replaced = if rest.len() == part.len() { "" } else { with };
        out.push_str(&format!("{before}{replaced}{rest}"));
    }
    out
}
