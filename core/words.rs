//! The sentences of `words/en.json`, for the few texts that leave the window: the page that the
//! browser ends on, and the message to whoever can assign a role.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static ENGLISH: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../words/en.json"))
        .expect("words/en.json maps keys to sentences; a test reads it")
});

/// The keys that the core says itself; every other sentence is the window's.
pub const KEYS: &[&str] = &[
    "action.try_again",
    "ask_administrator.content",
    "browser.declined.body",
    "browser.declined.heading",
    "browser.done.body",
    "browser.done.heading",
    "browser.late.body",
    "browser.late.heading",
    "browser.stranger.body",
    "browser.stranger.heading",
    "button.cancel",
    "network.settings",
    "open_hosts.content",
    "register_application.content",
    "request_access.content",
    "request_endpoint_access.content",
    "request_invitation.content",
    "request_network.content",
    "request_subdomain.content",
    "request_subscription.content",
    "second_start.stuck.body",
    "second_start.stuck.body_unknown",
    "second_start.stuck.heading",
    "test.question",
];

/// The sentence of `key` with its placeholders as they are; a key without one stands for itself.
pub fn sentence(key: &str) -> &str {
    ENGLISH.get(key).map_or(key, String::as_str)
}

/// The sentence of `key` with its placeholders filled.
pub fn say(key: &str, parameters: &[(&str, &str)]) -> String {
    parameters.iter().fold(sentence(key).to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

/// Every key with its sentence.
pub fn all() -> &'static BTreeMap<String, String> {
    &ENGLISH
}
