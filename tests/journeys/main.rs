//! Whole journeys: the core against practice Azure, over real HTTP, with a clock that the test
//! turns and a browser that the test plays.

mod access;
mod bad_input;
mod browser;
mod canary;
mod changes;
mod clouds;
mod connectivity;
mod corpus;
#[cfg(unix)]
mod crash;
mod device_code;
mod discovery;
mod door;
mod endpoint;
mod failures;
mod fixtures;
mod hand_clock;
mod hostile;
mod house;
mod instance;
#[cfg(target_os = "linux")]
mod keyring;
mod leaks;
mod loopback;
mod network;
mod oracle;
mod proof;
mod proxy;
mod resource;
mod road;
#[cfg(target_os = "linux")]
mod secret_service;
mod sessions;
mod sign_out;
mod situations;
mod stage;
mod tenants;
mod tokens;
#[cfg(target_os = "linux")]
mod tools;
mod trust;
#[cfg(target_os = "linux")]
mod ways;
mod wire;
mod words;
