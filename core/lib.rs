//! Everything the wizard knows how to do, without a window.
//!
//! The desktop shell sends a command, [`wizard`] decides, effects call the nouns of this crate,
//! and a [`snapshot`] goes back to the window.

pub mod contract;
pub mod failure;
pub mod snapshot;
