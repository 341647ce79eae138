//! A running simulator, as a program holds it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::address::{Addresses, Entrance};
use crate::clock::Clock;
use crate::entra::{Claims, SignIn};
use crate::fault::Fault;
use crate::history::Entry;
#[cfg(feature = "hosts")]
use crate::hosts::HostsFiles;
use crate::policy::Flow;
use crate::scenario::Scenario;
use crate::server::serve;
#[cfg(feature = "hosts")]
use crate::server::serve_names;
use crate::signature::random_text;
use crate::site::Site;
use crate::token::{Grant, Subject, make_access_token};

/// How to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is true at the beginning.
    pub scenario: Scenario,
    /// The time that the services see.
    pub clock: Clock,
    /// Real time that every request spends on the wire, whatever the clock.
    pub latency: Duration,
    /// An address of loopback; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Real time that a client may take for the head of a request, and for its body.
    pub patience: Duration,
}

impl Default for Options {
    /// Scenario `default`, the system's clock, no latency, a free port of 127.0.0.1, two minutes of
    /// patience.
    fn default() -> Self {
        Self {
            scenario: Scenario::named("default")
                .expect("the default scenario is built in, which a test reads"),
            clock: Clock::system(),
            latency: Duration::ZERO,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            patience: Duration::from_secs(120),
        }
    }
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The simulator serves plain HTTP, and therefore this machine only.
    #[error("{0} is not an address of 127.0.0.1")]
    NotLoopback(SocketAddr),
    /// The port is taken, or the system has none to give.
    #[error("cannot listen on {0}: {1}")]
    CannotListen(SocketAddr, #[source] std::io::Error),
    /// A file that clients need cannot be written.
    #[cfg(feature = "hosts")]
    #[error("cannot write {}: {source}", path.display())]
    CannotWrite {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// A running simulator. Dropping it ends the listener and every connection.
#[derive(Debug)]
pub struct Simulator {
    site: Arc<Site>,
    serving: JoinHandle<()>,
}

impl Simulator {
    /// Starts to listen. Needs a Tokio runtime, which then serves.
    ///
    /// # Errors
    /// When the address is not one of 127.0.0.1 or cannot be listened on.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let (listener, bound) = listen_on(options.listen).await?;
        let site = Arc::new(Site::new(
            Addresses::on_loopback(bound, &random_text(24)),
            vec![bound.to_string(), format!("localhost:{}", bound.port())],
            options.clock,
            options.latency,
            options.patience,
            options.scenario,
        ));
        let serving = tokio::spawn(serve(listener, Arc::clone(&site), Entrance::Paths));
        Ok(Self { site, serving })
    }

    /// Starts to listen under the real names: TLS at the address of `options`, and the control
    /// routes on a free port of 127.0.0.1. Whoever connects must resolve the names of
    /// [`HostsFiles`] to that address and trust the certificate authority, which is made anew.
    ///
    /// # Errors
    /// When an address cannot be listened on or a file cannot be written.
    #[cfg(feature = "hosts")]
    pub async fn start_under_real_names(
        options: Options,
        files: HostsFiles,
    ) -> Result<Self, StartError> {
        let (listener, bound) = listen_on(options.listen).await?;
        Self::serve_real_names(options, files, listener, bound.port()).await
    }

    /// The same behind something that leads port 443 of the real names to the address of
    /// `options`, such as a proxy: the services are announced without a port, as they really are.
    /// The second value is where that is.
    ///
    /// # Errors
    /// As [`Simulator::start_under_real_names`].
    #[cfg(feature = "hosts")]
    pub async fn start_behind_real_names(
        options: Options,
        files: HostsFiles,
    ) -> Result<(Self, SocketAddr), StartError> {
        let (listener, bound) = listen_on(options.listen).await?;
        Ok((Self::serve_real_names(options, files, listener, 443).await?, bound))
    }

    #[cfg(feature = "hosts")]
    async fn serve_real_names(
        options: Options,
        files: HostsFiles,
        listener: TcpListener,
        port: u16,
    ) -> Result<Self, StartError> {
        let (control, control_bound) = listen_on(([127, 0, 0, 1], 0).into()).await?;
        let acceptor = files.write_authority()?;
        let site = Site::new(
            Addresses::under_real_names(
                options.scenario.cloud,
                port,
                control_bound,
                &random_text(24),
            ),
            vec![control_bound.to_string()],
            options.clock,
            options.latency,
            options.patience,
            options.scenario,
        );
        let site = Arc::new(site.with_hosts_files(files)?);
        let names = serve_names(listener, acceptor, Arc::clone(&site));
        let control = serve(control, Arc::clone(&site), Entrance::Control);
        let serving = tokio::spawn(async {
            tokio::join!(names, control);
        });
        Ok(Self { site, serving })
    }

    /// The names that lead to this simulator, as long as its scenario stays.
    #[cfg(feature = "hosts")]
    pub fn names(&self) -> Vec<String> {
        crate::hosts::list_names(&self.site.world().scenario)
    }

    /// Ends the listener and every connection, and returns when the port is free.
    pub async fn stop(mut self) {
        self.serving.abort();
        // The task ends by the abort, which is an error only by name.
        let _ = (&mut self.serving).await;
    }

    /// Where the services answer.
    pub fn addresses(&self) -> Addresses {
        self.site.addresses.clone()
    }

    /// The last part of the control address.
    #[cfg(feature = "control")]
    pub fn control_key(&self) -> &str {
        self.site.addresses.control_key()
    }

    /// Every request since the start or the last reset, in order of arrival.
    pub fn history(&self) -> Vec<Entry> {
        self.site.ledger.entries()
    }

    /// Assignments and counts of what was given out, without secrets.
    pub fn state(&self) -> Value {
        self.site.world().describe(self.site.clock.now())
    }

    /// Back to the beginning of the scenario: no history, no faults, no tokens. Latency and clock
    /// stay as they are, and so do [`Simulator::secrets`].
    pub fn reset(&self) {
        self.site.reset();
    }

    /// Starts another scenario from its beginning.
    pub fn set_scenario(&self, scenario: Scenario) {
        self.site.set_scenario(scenario);
    }

    /// Changes the real time that every request spends on the wire.
    pub fn set_latency(&self, latency: Duration) {
        self.site.set_latency(latency);
    }

    /// Moves the simulator's clock forward, also a clock that runs.
    pub fn advance(&self, by: Duration) {
        self.site.clock.advance(by);
    }

    /// Adds a fault; requests that arrive from now on may meet it.
    pub fn add_fault(&self, fault: Fault) {
        self.site.faults.add(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.site.faults.clear();
    }

    /// An access token as a command-line tool would get it for a signed-in user.
    ///
    /// `tenant` is an id or a verified domain; `audience` is a resource or its `/.default` scope.
    ///
    /// # Panics
    /// When the scenario has no such user in no such tenant, or no such resource exists.
    pub fn issue_token(&self, user: &str, tenant: &str, audience: &str) -> String {
        self.issue(user, tenant, audience, false)
    }

    /// The same for a user who has signed in with a second factor (`acrs` carries `p1`).
    ///
    /// # Panics
    /// As [`Simulator::issue_token`].
    pub fn issue_token_after_mfa(&self, user: &str, tenant: &str, audience: &str) -> String {
        self.issue(user, tenant, audience, true)
    }

    fn issue(&self, user: &str, tenant: &str, audience: &str, mfa: bool) -> String {
        let mut world = self.site.world();
        let resource = audience.strip_suffix("/.default").unwrap_or(audience);
        assert!(
            world.scenario.cloud.has_resource(resource),
            "there is no resource {audience} in this cloud"
        );
        let tenant = world.scenario.tenant(tenant).map(|one| one.id.clone());
        let user = world.scenario.user(user).cloned();
        let (Some(tenant), Some(user)) = (tenant, user) else {
            panic!("the scenario has no such tenant or no such user");
        };
        assert!(user.object_id(&tenant).is_some(), "{} is not in {tenant}", user.upn);
        let sign_in =
            SignIn { upn: user.upn.clone(), at: self.site.clock.now(), mfa, flow: Flow::Browser };
        let grant = Grant {
            subject: Subject::Person(&user, &sign_in),
            tenant: &tenant,
            client: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
            resource,
            claims: &Claims::default(),
        };
        make_access_token(&mut world, &self.site, &grant).0
    }

    /// Every code, verifier and token that was ever given out or received, for a search for leaks.
    pub fn secrets(&self) -> Vec<String> {
        self.site.ledger.secrets()
    }
}

async fn listen_on(listen: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    if listen.ip() != std::net::Ipv4Addr::LOCALHOST {
        return Err(StartError::NotLoopback(listen));
    }
    let cannot = |error| StartError::CannotListen(listen, error);
    let listener = TcpListener::bind(listen).await.map_err(cannot)?;
    let bound = listener.local_addr().map_err(cannot)?;
    Ok((listener, bound))
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
