//! The requests of a journey as a graph: each with the answers that it needed.

use std::collections::HashSet;
use std::fmt::Write as _;

use simulator::{Entry, critical_path};

/// The requests that no later one needed, but for the last, which is what the journey is for.
pub fn leaves(entries: &[Entry]) -> Vec<&Entry> {
    let causes: HashSet<&String> = entries.iter().flat_map(|entry| &entry.caused_by).collect();
    let before_last = &entries[..entries.len().saturating_sub(1)];
    let is_needed =
        |entry: &&Entry| entry.client_request_id.as_ref().is_some_and(|id| causes.contains(id));
    before_last.iter().filter(|entry| !is_needed(entry)).collect()
}

/// One line a request: its number, how deep it is, what it asked, what it was answered, and the
/// numbers of the requests that it needed; a star marks the longest path. Then the leaves.
pub fn describe(entries: &[Entry]) -> String {
    let longest: HashSet<u64> = critical_path(entries).iter().map(|entry| entry.sequence).collect();
    let mut text = String::from("     #  depth  request                     status  needed\n");
    for (index, entry) in entries.iter().enumerate() {
        let needed: Vec<String> =
            causes(entries, index).map(|cause| (cause + 1).to_string()).collect();
        let star = if longest.contains(&entry.sequence) { '*' } else { ' ' };
        // Nothing fails when a text grows.
        let _ = writeln!(
            text,
            "   {star}{:>2}  {:>5}  {:<26}  {:>6}  {}",
            index + 1,
            depth_of(entries, index),
            entry.operation,
            entry.status,
            if needed.is_empty() { "-".to_owned() } else { needed.join(" ") },
        );
    }
    let leaves: Vec<&str> = leaves(entries).iter().map(|entry| entry.operation.as_str()).collect();
    let _ = match leaves.as_slice() {
        [] => writeln!(text, "   a later request needed each of them"),
        leaves => writeln!(text, "   no later request needed: {}", leaves.join(", ")),
    };
    text
}

fn causes(entries: &[Entry], index: usize) -> impl Iterator<Item = usize> {
    let caused_by = &entries[index].caused_by;
    (0..index).filter(move |earlier| {
        entries[*earlier].client_request_id.as_ref().is_some_and(|id| caused_by.contains(id))
    })
}

fn depth_of(entries: &[Entry], index: usize) -> usize {
    1 + causes(entries, index).map(|cause| depth_of(entries, cause)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(sequence: u64, operation: &str, caused_by: &[&str]) -> Entry {
        serde_json::from_value(json!({
            "sequence": sequence, "connection": 1, "method": "GET", "path": "/", "query": "", "fields": [],
            "operation": operation, "status": 200, "client_request_id": operation,
            "caused_by": caused_by, "began": sequence, "ended": sequence,
            "user": null, "tenant": null, "unknown": false,
        }))
        .expect("an entry of the history")
    }

    #[test]
    fn the_graph_tells_what_each_request_needed() {
        let entries = [
            entry(1, "token", &[]),
            entry(2, "tenants", &["token"]),
            entry(3, "aside", &["token"]),
            entry(4, "chat", &["token", "tenants"]),
        ];
        let text = describe(&entries);
        let lines: Vec<Vec<&str>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["*", "1", "1", "token", "200", "-"]);
        assert_eq!(lines[3], ["3", "2", "aside", "200", "1"], "it is not on the longest path");
        assert_eq!(lines[4], ["*", "4", "3", "chat", "200", "1", "2"]);
        assert!(text.ends_with("no later request needed: aside\n"), "{text}");
    }

    #[test]
    fn the_last_request_is_what_the_journey_is_for() {
        assert!(leaves(&[entry(1, "token", &[]), entry(2, "chat", &["token"])]).is_empty());
        assert!(leaves(&[]).is_empty(), "a journey without a request has no leaf");
    }
}
