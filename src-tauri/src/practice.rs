//! Practice Azure inside this process, with a project folder of its own.

use std::path::Path;
use std::sync::Arc;

use keyless::clock::SystemClock;
use keyless::cloud::Cloud;
use keyless::developer_tools::NoTools;
use keyless::network::Machine;
use keyless::secrets::SessionStore;
use keyless::session::{Desktop, Session, Surroundings};
use keyless::settings::Settings;
use simulator::{Options, Scenario, Simulator};

use crate::sessions::{Present, Trouble};

/// Starts a practice Azure, and a session that knows no other.
///
/// The folder that it offers is new and stays when practice ends: what a person puts there is
/// theirs. Fails when no scenario has this name, no port is free or no folder can be made.
pub async fn start(
    scenario: &str,
    desktop: Arc<dyn Desktop>,
    data_folder: &Path,
) -> Result<Present, Trouble> {
    let simulator =
        Simulator::start(Options { scenario: Scenario::named(scenario)?, ..Options::default() })
            .await?;
    let addresses = simulator.addresses();
    let data_folder = data_folder.join("practice");
    // What the last one was told is of an Azure that is gone.
    keyless::changes::forget(&data_folder)?;
    let project = tempfile::Builder::new().prefix("keyless-practice-").tempdir()?;
    let session = Session::start(Surroundings {
        cloud: Cloud::practice(
            &addresses.authority,
            &addresses.arm,
            &addresses.openai,
            &addresses.graph,
        )?,
        clock: Arc::new(SystemClock),
        desktop,
        store: Arc::new(SessionStore::default()),
        tools: Arc::new(NoTools),
        settings: Settings::default(),
        data_folder,
        project_folder: Some(project.keep()),
        can_practice: false,
        machine: Machine::this(),
    })?;
    Ok(Present { session, _azure: Some(Box::new(simulator)) })
}
