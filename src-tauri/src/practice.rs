//! Practice Azure inside this process, with a project folder of its own.

use std::path::Path;
use std::sync::Arc;

use keyless::clock::SystemClock;
use keyless::cloud::{Cloud, DEVELOPER_CLIENT};
use keyless::developer_tools::NoTools;
use keyless::secrets::SessionStore;
use keyless::session::{Desktop, Session, Surroundings};
use simulator::{Options, Scenario, Simulator};

use crate::sessions::Trouble;

/// A running practice Azure; it ends when this is dropped.
pub struct Practice {
    _simulator: Simulator,
}

impl Practice {
    /// Starts a practice Azure, the default one without a name, and a session that knows no other.
    ///
    /// The folder that it offers is new and stays when practice ends: what a person puts there
    /// is theirs. Fails when no scenario has this name, no port is free or no folder can be made.
    pub async fn start(
        scenario: Option<&str>,
        desktop: Arc<dyn Desktop>,
        data_folder: &Path,
    ) -> Result<(Self, Session), Trouble> {
        let mut options = Options::default();
        if let Some(name) = scenario {
            options.scenario = Scenario::named(name)?;
        }
        let simulator = Simulator::start(options).await?;
        let addresses = simulator.addresses();
        let project = tempfile::Builder::new()
            .prefix("keyless-practice-")
            .tempdir()?
            .keep();
        let session = Session::start(Surroundings {
            cloud: Cloud::practice(&addresses.authority, &addresses.arm, &addresses.openai)?,
            clock: Arc::new(SystemClock),
            desktop,
            store: Arc::new(SessionStore::default()),
            tools: Arc::new(NoTools),
            client_id: DEVELOPER_CLIENT.to_owned(),
            data_folder: data_folder.join("practice"),
            project_folder: Some(project),
            can_practice: false,
        })?;
        Ok((
            Self {
                _simulator: simulator,
            },
            session,
        ))
    }
}
