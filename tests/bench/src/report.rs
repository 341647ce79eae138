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
    /// The core where there are ten thousand accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<List>,
    /// The filter of that list in the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// The app's window beside an empty one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// What is shipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// One entry a latency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peer: Vec<Peer>,
    /// One entry a latency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub late_role: Vec<LateRole>,
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

/// The core with a list of ten thousand accounts.
#[derive(Debug, Serialize)]
pub struct List {
    /// How many of them are of Azure OpenAI or Foundry.
    pub resources: u32,
    /// In how many subscriptions.
    pub subscriptions: u32,
    /// From the button of the first page to the whole list, without the time in the browser.
    pub wall_s: f64,
    /// Memory before the sign-in.
    pub before_mib: f64,
    /// Memory with the whole list.
    pub whole_mib: f64,
    /// How much more that is.
    pub more_mib: f64,
}

/// The filter of ten thousand accounts, from a key to the frame that shows its rows.
#[derive(Debug, Serialize)]
pub struct Filter {
    /// How many keys were typed that changed what matches.
    pub keys: usize,
    /// The middle of the frames; the first is the one that follows the key.
    pub median_frame: u32,
    /// The frame that 95 of 100 keys do not exceed.
    pub late_frame: u32,
    /// The middle of the times.
    pub median_ms: f64,
    /// The time that 95 of 100 keys do not exceed.
    pub late_ms: f64,
    /// The time between two frames of the idle window.
    pub frame_ms: f64,
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

/// Both ways where a role works only some time after it was assigned.
#[derive(Debug, Serialize)]
pub struct LateRole {
    /// What every request spends on the wire.
    pub latency_ms: u64,
    /// How long after its assignment the role works.
    pub works_after_s: u64,
    /// Ours, which ends in an answer.
    pub keyless: Waited,
    /// The article's, which ends in a refusal.
    pub azure_cli: Refused,
}

/// A way that waited for the role.
#[derive(Debug, Serialize)]
pub struct Waited {
    /// From the assignment to the whole answer: the median of the runs.
    pub answered_after_s: f64,
    /// How often the model refused before that, in the last run.
    pub refusals: usize,
}

/// A way that did not.
#[derive(Debug, Serialize)]
pub struct Refused {
    /// From the assignment to the end of the sample: the median of the runs.
    pub refused_after_s: f64,
    /// The status of the model's last answer.
    pub status: u16,
    /// How the sample ended.
    pub exit_code: i32,
    /// Its last line.
    pub message: String,
}

impl Report {
    /// Writes the report as JSON.
    pub fn write(&self, file: &Path) -> Result<(), Trouble> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()).into())
    }
}
