//! Drives the built desktop app as a person would: the window by WebDriver, the sign-in in a real
//! Chromium, everything with folders of its own that end with the test.
//!
//! The app to drive is `target/debug/keyless-desktop`, or the one that `KEYLESS_APP` names.

mod attempts;
mod azure;
mod browser;
mod display;
mod driver;
mod filter;
mod home;
mod keyring;
mod listener;
mod opened;
mod process;
mod road;
mod screen;
pub mod search;
mod wizard;
mod words;

pub use attempts::{ATTEMPTS, Attempt};
pub use azure::Azure;
pub use browser::Browser;
pub use filter::{Answer, Answers, measure_filter};
pub use home::Home;
pub use keyring::Keyring;
pub use listener::CountingListener;
pub use opened::OpenedAddresses;
pub use process::Program;
pub use road::{ADA, Road};
pub use screen::Screen;
pub use wizard::{Key, Wizard, program};
pub use words::say;

use std::time::Duration;

/// What a person would not wait longer for. On a busy machine most of it is the web view's start.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often something is looked at that does not tell of itself.
const LOOK: Duration = Duration::from_millis(20);
