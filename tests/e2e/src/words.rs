//! The sentences of the window, so that the journeys look for what a person reads.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The sentence of this key, its placeholders filled.
///
/// # Panics
/// When `words/en.json` has no such key.
pub fn say(key: &str, parameters: &[(&str, &str)]) -> String {
    static WORDS: OnceLock<HashMap<String, String>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        serde_json::from_str(include_str!("../../../words/en.json")).expect("the words are JSON")
    });
    let sentence = words.get(key).unwrap_or_else(|| panic!("there are no words for {key}"));
    parameters
        .iter()
        .fold(sentence.clone(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}
