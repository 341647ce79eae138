//! What a tool says when it gives no token.

use serde::Deserialize;

/// The tool's own words, without those that the credential puts around them and without the
/// envelopes that `azd` writes each of its lines in.
pub(super) fn read(text: &str) -> String {
    let text = text.split_once(" authentication failed.").map_or(text, |(_, said)| said);
    let text = text.split("To troubleshoot, visit").next().unwrap_or_default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(unwrap).collect::<Vec<_>>().join("\n")
}

/// The line that tells most: of a traceback the last one, else the first that is no warning.
pub(super) fn summarise(said: &str) -> &str {
    let mut lines = said.lines().filter(|line| !line.starts_with("WARNING"));
    let line = match said.contains("Traceback (most recent call last)") {
        true => lines.next_back(),
        false => lines.next(),
    };
    line.unwrap_or_default().trim_start_matches("ERROR: ")
}

fn unwrap(line: &str) -> String {
    #[derive(Deserialize)]
    struct Envelope {
        data: Message,
    }
    #[derive(Deserialize)]
    struct Message {
        message: String,
    }
    match serde_json::from_str::<Envelope>(line) {
        Ok(envelope) => envelope.data.message.trim().to_owned(),
        Err(_) => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_tool_are_found_in_what_is_put_around_them() {
        let text = "AzureDeveloperCliCredential authentication failed. \
            {\"type\":\"consoleMessage\",\"data\":{\"message\":\"WARNING: update available\"}}\n\
            {\"type\":\"consoleMessage\",\"data\":{\"message\":\"\\nERROR: not logged in\\n\"}}\n\
            To troubleshoot, visit https://aka.ms/azsdk/rust/identity/troubleshoot#azd";
        assert_eq!(read(text), "WARNING: update available\nERROR: not logged in");
        assert_eq!(summarise(&read(text)), "not logged in");
    }

    #[test]
    fn of_a_traceback_the_last_line_tells_most() {
        let said = "Traceback (most recent call last):\n  File \"az\", line 1\n\
            ModuleNotFoundError: No module named 'azure'";
        assert_eq!(summarise(said), "ModuleNotFoundError: No module named 'azure'");
        assert_eq!(summarise(""), "");
    }
}
