//! What all services of one simulator share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::address::Addresses;
use crate::clock::Clock;
use crate::fault::Faults;
use crate::history::Ledger;
use crate::scenario::Scenario;
use crate::world::World;

/// One simulator, seen from inside.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) addresses: Addresses,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    /// Hosts by which a request may address the simulator.
    pub(crate) hosts: Vec<String>,
    /// How long a client may take for the head of a request, and for its body.
    pub(crate) patience: Duration,
    #[cfg(feature = "hosts")]
    pub(crate) hosts_files: Option<crate::hosts::HostsFiles>,
    latency: Mutex<Duration>,
    world: Mutex<World>,
}

impl Site {
    pub(crate) fn new(
        addresses: Addresses,
        hosts: Vec<String>,
        clock: Clock,
        latency: Duration,
        patience: Duration,
        scenario: Scenario,
    ) -> Self {
        clock.set_off(scenario.clock_off());
        let faults = Faults::default();
        faults.replace(scenario.faults.clone());
        let world = World::new(scenario, clock.now());
        Self {
            addresses,
            clock,
            ledger: Ledger::default(),
            faults,
            hosts,
            patience,
            #[cfg(feature = "hosts")]
            hosts_files: None,
            latency: Mutex::new(latency),
            world: Mutex::new(world),
        }
    }

    /// Keeps the hosts file in step with the scenario from now on.
    #[cfg(feature = "hosts")]
    pub(crate) fn with_hosts_files(
        mut self,
        files: crate::hosts::HostsFiles,
    ) -> Result<Self, crate::simulator::StartError> {
        files.write_names(&self.world().scenario)?;
        self.hosts_files = Some(files);
        Ok(self)
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn latency(&self) -> Duration {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner) = latency;
    }

    /// Back to the beginning of the scenario: its state and its faults, and no history. Latency and
    /// clock stay.
    pub(crate) fn reset(&self) {
        let scenario = self.world().scenario.clone();
        self.set_scenario(scenario);
    }

    pub(crate) fn set_scenario(&self, scenario: Scenario) {
        self.clock.set_off(scenario.clock_off());
        let now = self.clock.now();
        self.faults.replace(scenario.faults.clone());
        *self.world() = World::new(scenario, now);
        self.ledger.clear();
    }
}
