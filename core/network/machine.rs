//! What the core asks of the computer that it runs on, each a seam.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_identity::Executor;

use super::authorities::Authorities;
use crate::developer_tools::HiddenProcess;

/// The variables of the environment that proxies and certificates are read from, by this and by
/// other programs.
const VARIABLES: &[&str] = &[
    "ALL_PROXY",
    "HTTPS_PROXY",
    "JAVA_TOOL_OPTIONS",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "all_proxy",
    "https_proxy",
    "no_proxy",
];

/// Where distributions keep all authorities in one file, which `update-ca-certificates` and
/// `update-ca-trust` write: Debian, Fedora, SUSE, Alpine.
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// How long a connection may take: name, TCP, proxy and TLS together.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The operating system, where it makes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux, and what is like it.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

/// The computer, as far as its network is concerned.
#[derive(Clone)]
pub struct Machine {
    /// Its operating system.
    pub system: System,
    /// The environment variables that proxies and certificates are read from.
    pub variables: BTreeMap<String, String>,
    /// How names become addresses.
    pub names: Arc<dyn Names>,
    /// Whom it trusts.
    pub authorities: Authorities,
    /// Where it keeps all authorities in one file.
    pub bundles: Vec<PathBuf>,
    /// How its settings are asked for.
    pub tools: Arc<dyn Executor>,
    /// How long a connection may take.
    pub connect_limit: Duration,
}

impl Machine {
    /// The computer that this program runs on.
    pub fn this() -> Self {
        let read = |name: &&str| Some(((*name).to_owned(), std::env::var(name).ok()?));
        let system = match std::env::consts::OS {
            "windows" => System::Windows,
            "macos" => System::MacOs,
            _ => System::Linux,
        };
        Machine {
            system,
            variables: VARIABLES.iter().filter_map(read).collect(),
            names: Arc::new(SystemNames),
            authorities: Authorities::of_this_computer(),
            bundles: BUNDLES.iter().map(PathBuf::from).collect(),
            tools: Arc::new(HiddenProcess::default()),
            connect_limit: CONNECT_LIMIT,
        }
    }

    /// The first of these variables that is set to something, with its name.
    pub(crate) fn variable<'a>(&'a self, names: &[&'a str]) -> Option<(&'a str, &'a str)> {
        names.iter().find_map(|name| {
            let value = self.variables.get(*name)?.trim();
            (!value.is_empty()).then_some((*name, value))
        })
    }
}

/// How names become addresses.
#[async_trait]
pub trait Names: Send + Sync {
    /// The addresses of a host; a port of 0 stands for the one that is asked for.
    async fn look_up(&self, host: &str) -> io::Result<Vec<SocketAddr>>;
}

/// The system's own way.
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn look_up(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.collect())
    }
}

/// The same for the HTTP client.
pub(crate) struct NamesOf(pub(crate) Arc<dyn Names>);

impl reqwest::dns::Resolve for NamesOf {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let names = self.0.clone();
        Box::pin(async move {
            let addresses = names.look_up(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}
