//! Everything the wizard knows how to do, without a window.
//!
//! The window sends a command, [`session`] hands it to [`wizard`], which decides; the effects
//! call the nouns of this crate, and a [`snapshot`] goes back to the window.

pub mod access;
pub mod challenge;
pub mod changes;
pub mod chat;
pub mod clock;
pub mod cloud;
pub mod contract;
pub mod developer_tools;
pub mod device_code;
pub mod diagnosis;
pub mod directory;
pub mod env_file;
pub mod failure;
pub mod http;
pub mod identity;
pub mod instance;
pub mod journal;
pub mod kept_sign_in;
pub mod loopback;
pub mod names;
pub mod network;
pub mod resources;
pub mod secrets;
pub mod session;
pub mod settings;
pub mod shell;
pub mod sign_in;
pub mod snapshot;
pub mod tenants;
pub mod waiting;
pub mod wizard;
pub mod words;
