//! The simulator refuses what Azure refuses: each rule over real HTTP, by a client of no library of ours.

mod accounts;
mod assignments;
mod bench;
mod challenge;
mod control;
mod faults;
mod history;
#[cfg(feature = "hosts")]
mod hosts;
mod inference;
mod management;
mod rbac;
mod scenarios;
mod sign_in;
mod tokens;
