//! Practice Azure: a stateful, strict stand-in for Microsoft Entra ID, Azure Resource Manager,
//! Microsoft Graph and Azure OpenAI, on one port of loopback or under their real names.
//!
//! It refuses what Azure refuses, with Azure's bodies and headers, and records every request. A
//! request that it does not know is answered as Azure would and marked [`Entry::unknown`].
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let simulator = simulator::Simulator::start(simulator::Options::default()).await?;
//! println!("{}", simulator.addresses().arm);
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! What Azure does is written down from recordings and documents; comments name them. No type here
//! is shared with the wizard: a wrong field name must not be wrong in both places at once.

mod address;
mod answer;
mod arm;
mod assignment;
mod call;
mod clock;
mod cloud;
mod condition;
#[cfg(feature = "control")]
mod control;
mod deny;
mod entra;
mod facts;
mod failure;
mod fault;
mod graph;
mod history;
#[cfg(feature = "hosts")]
mod hosts;
mod index;
mod inference;
mod kusto;
mod model;
mod mutant;
mod policy;
mod quota;
mod rbac;
mod reply;
mod roles;
mod route;
mod scenario;
mod server;
mod signature;
mod simulator;
mod site;
mod ten_thousand;
mod token;
mod world;

pub use address::Addresses;
#[doc(hidden)]
pub use arm::spell_filter;
pub use clock::Clock;
pub use failure::FailureError;
pub use fault::{Act, Fault, Match};
pub use history::{Entry, critical_path, depth};
#[cfg(feature = "hosts")]
pub use hosts::HostsFiles;
pub use route::operations;
pub use scenario::{Scenario, ScenarioError};
pub use simulator::{Options, Simulator, StartError};
