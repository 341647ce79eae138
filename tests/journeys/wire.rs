//! The real names over loopback: practice Azure in TLS, and a machine that gets there directly or
//! through a proxy. Nothing asks a name server.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_identity::Executor;
use keyless::cloud::Cloud;
use keyless::developer_tools::NoTools;
use keyless::network::authorities::Authorities;
use keyless::network::machine::{Machine, Names, System};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use simulator::{Clock, HostsFiles, Options, Scenario, Simulator};
use tempfile::TempDir;

use crate::browser::{PlayedDesktop, direct};
use crate::hand_clock::START;
use crate::proxy::{Manner, Proxy};
use crate::stage::{Setup, Stage};

/// Longer than anything on loopback takes, and short enough to wait for a proxy that is silent.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Practice Azure under its real names, before anybody uses it.
pub struct Wire {
    simulator: Simulator,
    /// Where every real name lives.
    pub home: SocketAddr,
    /// Who signed its certificate.
    pub authority: CertificateDer<'static>,
    folder: TempDir,
    variables: BTreeMap<String, String>,
    names: Arc<dyn Names>,
    own: Vec<CertificateDer<'static>>,
    public: Vec<CertificateDer<'static>>,
    tools: Arc<dyn Executor>,
    system: System,
}

impl Wire {
    /// A machine that gets nowhere yet, and that trusts what everybody trusts: whoever signed the
    /// certificate of practice Azure.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = HostsFiles { authority: folder.path().to_owned(), hosts: None };
        let certificate = files.certificate();
        let options = Options {
            scenario: Scenario::named("default").expect("the scenario exists"),
            clock: Clock::manual(START),
            ..Options::default()
        };
        let (simulator, home) = Simulator::start_behind_real_names(options, files)
            .await
            .expect("a port of loopback is free");
        let authority = CertificateDer::from_pem_file(certificate).expect("a certificate");
        Wire {
            simulator,
            home,
            folder,
            variables: BTreeMap::new(),
            names: Arc::new(NoNames),
            own: vec![authority.clone()],
            public: vec![authority.clone()],
            authority,
            tools: Arc::new(NoTools),
            system: System::Linux,
        }
    }

    /// Every name is known, and leads to practice Azure.
    pub fn with_names(self) -> Self {
        let names = Arc::new(AllNames(self.home));
        Wire { names, ..self }
    }

    pub fn set(mut self, variable: &str, value: &str) -> Self {
        self.variables.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// The machine trusts this authority too; nobody else does.
    pub fn trusting(mut self, authority: &CertificateDer<'static>) -> Self {
        self.own.push(authority.clone());
        self
    }

    /// The system's settings are those that this command prints.
    pub fn with_settings(self, system: System, tools: Arc<dyn Executor>) -> Self {
        Wire { system, tools, ..self }
    }

    /// A file in a folder that lasts as long as the journey.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("the file is written");
        path.display().to_string()
    }

    /// A proxy before practice Azure.
    pub async fn proxy(&self, manner: Manner) -> Proxy {
        Proxy::start(manner, self.home, &self.authority).await
    }

    /// The person sits down. The browser has its own way to Microsoft.
    pub async fn stage(self) -> (Stage, TempDir) {
        let setup = Setup::default();
        let certificate = reqwest::Certificate::from_der(&self.authority).expect("a certificate");
        let browser = direct()
            .tls_certs_only([certificate])
            .dns_resolver(Arc::new(Browsing(self.home)))
            .build()
            .expect("a client");
        let desktop = PlayedDesktop::new(setup.habit.clone()).with_browser(browser);
        let machine = Machine {
            system: self.system,
            variables: self.variables,
            names: self.names,
            authorities: Authorities::only(self.own, self.public),
            bundles: Vec::new(),
            tools: self.tools,
            connect_limit: PATIENCE,
        };
        let stage =
            Stage::over(self.simulator, Cloud::public(), machine, Arc::new(desktop), setup).await;
        (stage, self.folder)
    }
}

/// No name is known: whoever gets anywhere went through a proxy.
struct NoNames;

#[async_trait]
impl Names for NoNames {
    async fn look_up(&self, _: &str) -> io::Result<Vec<SocketAddr>> {
        Err(io::Error::new(io::ErrorKind::NotFound, "no such host is known"))
    }
}

/// Every name is known, but no network offers a script.
struct AllNames(SocketAddr);

#[async_trait]
impl Names for AllNames {
    async fn look_up(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        match host {
            "wpad" => NoNames.look_up(host).await,
            _ => Ok(vec![self.0]),
        }
    }
}

/// The names of the browser: its own machine, and Microsoft.
struct Browsing(SocketAddr);

impl reqwest::dns::Resolve for Browsing {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let address = match name.as_str() {
            "localhost" => SocketAddr::from(([127, 0, 0, 1], 0)),
            _ => self.0,
        };
        let addresses: reqwest::dns::Addrs = Box::new(std::iter::once(address));
        Box::pin(std::future::ready(Ok(addresses)))
    }
}
