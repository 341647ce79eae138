//! The figures for a machine.

use std::path::Path;

use serde::Serialize;

use crate::Trouble;

/// What was measured; a part that was not is left out.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// One entry a latency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub journey: Vec<Journey>,
    /// The app's window beside an empty one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// What is shipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// One entry a latency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peer: Vec<Peer>,
}

/// The journey at one latency.
#[derive(Debug, Serialize)]
pub struct Journey {
    /// What every request spends on the wire.
    pub latency_ms: u64,
    /// The median of the runs, without the time in the browser.
    pub wall_ms: f64,
    /// How many requests Keyless sent.
    pub requests: usize,
    /// The length of the longest chain of requests that needed each other.
    pub depth: usize,
}

/// Medians over the pairs.
#[derive(Debug, Serialize)]
pub struct Window {
    /// From exec to the first page.
    pub app_painted_ms: f64,
    /// The same for the empty window.
    pub empty_painted_ms: f64,
    /// Memory of all processes of the app.
    pub app_pss_mib: f64,
    /// The same for the empty window.
    pub empty_pss_mib: f64,
}

/// Sizes of the release.
#[derive(Debug, Serialize)]
pub struct Size {
    /// The program.
    pub binary_bytes: u64,
    /// The installer.
    pub deb_bytes: u64,
}

/// The article's way beside ours.
#[derive(Debug, Serialize)]
pub struct Peer {
    /// What every request spends on the wire.
    pub latency_ms: u64,
    /// Ours.
    pub keyless: Way,
    /// Azure CLI and the article's sample.
    pub azure_cli: Way,
}

/// One way from nothing to a chat answer.
#[derive(Debug, Serialize)]
pub struct Way {
    /// The median of the runs, without the time in the browser.
    pub wall_ms: f64,
    /// How many requests were sent, but for the browser's.
    pub requests: usize,
    /// Over how many connections.
    pub connections: usize,
    /// How many characters are typed or pasted.
    pub typed: usize,
    /// How many buttons are pressed, in the browser too.
    pub clicks: usize,
}

impl Report {
    /// Writes the report as JSON.
    pub fn write(&self, file: &Path) -> Result<(), Trouble> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()).into())
    }
}
