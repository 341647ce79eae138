//! How soon the window answers a key in the filter of ten thousand accounts.

use std::path::Path;

use e2e::{Answers, Home, Wizard, measure_filter, say};

use crate::Trouble;
use crate::figures::round;
use crate::person::sign_in;
use crate::priority::Priority;
use crate::report;

/// How many keys that change what matches are typed.
const KEYS: usize = 50;
/// In which frame after the key the rows of the new filter may be there at the latest, of half of
/// the keys.
const FRAMES: u32 = 2;
/// What all but the slowest twentieth of the keys stay within.
const NEARLY_ALL: f64 = 0.95;

/// The answers to the keys.
pub struct Filter(Answers);

/// Starts this build of the app where there are ten thousand accounts, and types.
pub async fn measure(app: &Path) -> Result<Filter, Trouble> {
    let _priority = Priority::take();
    let home = Home::new();
    let opened = home.catch_addresses();
    let arguments = ["--practice", "--scenario", "ten-thousand"];
    let wizard = Wizard::start_program(app, &home, &arguments).await;
    wizard.press(&say("button.sign_in_with_browser", &[])).await;
    sign_in(opened.next().await.as_str(), |_| ()).await?;
    wizard.press(&say("button.continue", &[])).await;
    wizard.arrives_at("choose_resource", &[]).await;
    Ok(Filter(measure_filter(&wizard, KEYS).await))
}

impl Filter {
    /// For the machine.
    pub fn report(&self) -> report::Filter {
        report::Filter {
            keys: self.0.all.len(),
            median_frame: self.0.median_frame(),
            late_frame: self.0.frame_at(NEARLY_ALL),
            median_ms: round(self.0.milliseconds_at(0.5)),
            late_ms: round(self.0.milliseconds_at(NEARLY_ALL)),
            frame_ms: round(self.0.frame_ms),
        }
    }

    /// For the person.
    pub fn print(&self) {
        let report = self.report();
        println!(
            "Filter of ten thousand accounts, {} keys: answered in frame {} (95 of 100 by frame {}), \
             at most {FRAMES} allowed; {:.0} ms (95 of 100 by {:.0} ms), {:.1} ms a frame",
            report.keys,
            report.median_frame,
            report.late_frame,
            report.median_ms,
            report.late_ms,
            report.frame_ms,
        );
    }
}
