//! The network that this machine stands in: which proxy leads to a host, whom the machine trusts,
//! and what lies in between.
//!
//! [`Machine`] is everything that the core asks of the computer here, each a seam. [`proxy`] says
//! which way a request goes, [`look`] walks it stage by stage, [`check`] does so for every host of
//! a cloud, and [`programs`] says what the developer's own programs need to pass there too.

pub mod authorities;
pub mod certificate;
pub mod check;
pub mod look;
pub mod machine;
pub mod programs;
pub mod proxy;
pub mod settings;

pub use machine::{Machine, System};
