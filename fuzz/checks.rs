//! What must hold for every input of seven parsers that read what somebody else wrote.
//!
//! The fuzz targets and the replay of the corpus (`tests/journeys/corpus.rs`) call the same
//! functions; each panics when its promise is broken.

#[path = "checks/callback.rs"]
mod callback;
#[path = "checks/challenge.rs"]
mod challenge;
#[path = "checks/condition.rs"]
mod condition;
#[path = "checks/env_file.rs"]
mod env_file;
#[path = "checks/envelope.rs"]
mod envelope;
#[path = "checks/filter.rs"]
mod filter;
#[path = "checks/sse.rs"]
mod sse;

pub use callback::check_callback;
pub use challenge::check_challenge;
pub use condition::check_condition;
pub use env_file::check_env_file;
pub use envelope::check_envelope;
pub use filter::check_filter;
pub use sse::check_sse;
