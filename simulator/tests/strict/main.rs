//! The simulator refuses what Azure refuses: each rule over real HTTP, by a client of no library of ours.

mod accounts;
mod applications;
mod assignments;
mod bench;
mod challenge;
mod clouds;
mod companies;
mod control;
mod device;
mod directory;
mod domains;
mod faults;
mod history;
#[cfg(feature = "hosts")]
mod hosts;
mod inference;
mod load;
mod management;
mod models;
mod policies;
mod rbac;
mod resource_graph;
mod scale;
mod scenarios;
mod sessions;
mod sign_in;
mod tokens;
