//! Which service a request is addressed to, and under which base address each service answers.
//!
//! The services themselves never look at a host or build a base address: to serve them under other
//! names, this file changes and they do not.

use std::net::SocketAddr;

use serde::Serialize;

#[cfg(feature = "hosts")]
use crate::cloud::Cloud;

/// Base addresses, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// Entra: `{authority}/{tenant}/oauth2/v2.0/...`.
    pub authority: String,
    /// Azure Resource Manager.
    pub arm: String,
    /// Microsoft Graph.
    pub graph: String,
    /// Inference: `{openai}/{subdomain}/openai/v1/...`; under the real names, a pattern with
    /// `{account}` in the place of the subdomain.
    pub openai: String,
    /// The control routes, key included; none when they are not built in.
    pub control: Option<String>,
    /// The cloud whose names these are.
    #[serde(skip)]
    #[cfg(feature = "hosts")]
    cloud: Cloud,
}

/// The way by which a request came in, which decides how its service is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// One port of loopback; the first segment of the path names the service.
    Paths,
    /// The real names over TLS; the host names the service.
    #[cfg(feature = "hosts")]
    Names,
    /// Beside the real names: the control routes alone, on a port of loopback.
    #[cfg(feature = "hosts")]
    Control,
}

/// In an address, the place of an account's subdomain.
#[cfg(feature = "hosts")]
const ACCOUNT: &str = "{account}";

/// The host names of an account's inference endpoint, which by paths are labels of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InferenceHost {
    /// `<sub>.openai.azure.com`
    OpenAi,
    /// `<sub>.cognitiveservices.azure.com`
    CognitiveServices,
    /// `<sub>.services.ai.azure.com`
    Foundry,
    /// `<region>.api.cognitive.microsoft.com`, shared by all accounts without a subdomain.
    Region,
}

impl InferenceHost {
    pub(crate) const ALL: [Self; 4] =
        [Self::OpenAi, Self::CognitiveServices, Self::Foundry, Self::Region];

    fn suffix(self) -> &'static str {
        match self {
            Self::OpenAi => "",
            Self::CognitiveServices => ".cognitiveservices",
            Self::Foundry => ".services.ai",
            Self::Region => ".api.cognitive",
        }
    }

    /// What follows the subdomain or the region in the real name.
    #[cfg(feature = "hosts")]
    pub(crate) fn domain(self, cloud: Cloud) -> &'static str {
        let [openai, cognitive_services, foundry, region] = cloud.names().domains;
        match self {
            Self::OpenAi => openai,
            Self::CognitiveServices => cognitive_services,
            Self::Foundry => foundry,
            Self::Region => region,
        }
    }
}

/// The service that a request is for; the rest of its path is the service's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Entra,
    Arm,
    Graph,
    /// A subdomain (or a region) and which of the host names was used.
    Inference(String, InferenceHost),
    Control,
    /// `www.example.com`, which azure-identity for Java asks for nothing
    /// (`AuthenticationUtil.getBearerTokenSupplier`, 1.18.3), with the token that it then hands out.
    #[cfg(feature = "hosts")]
    Example,
}

impl Addresses {
    /// Everything by path on one port of loopback.
    pub(crate) fn on_loopback(bound: SocketAddr, control_key: &str) -> Self {
        let base = format!("http://{bound}");
        Self {
            authority: format!("{base}/entra"),
            arm: format!("{base}/arm"),
            graph: format!("{base}/graph"),
            openai: format!("{base}/openai"),
            control: cfg!(feature = "control").then(|| format!("{base}/control/{control_key}")),
            #[cfg(feature = "hosts")]
            cloud: Cloud::default(),
        }
    }

    /// The real names, with TLS on one port and the control routes on another one.
    #[cfg(feature = "hosts")]
    pub(crate) fn under_real_names(
        cloud: Cloud,
        port: u16,
        control: SocketAddr,
        control_key: &str,
    ) -> Self {
        let names = cloud.names();
        let port = if port == 443 { String::new() } else { format!(":{port}") };
        let base = |host: &str| format!("https://{host}{port}");
        Self {
            authority: base(names.entra[0]),
            arm: base(names.arm),
            graph: base(names.graph),
            openai: base(&format!("{ACCOUNT}{}", InferenceHost::OpenAi.domain(cloud))),
            control: cfg!(feature = "control")
                .then(|| format!("http://{control}/control/{control_key}")),
            cloud,
        }
    }

    /// The last part of the control address, without which the control routes do not answer.
    #[cfg(feature = "control")]
    pub(crate) fn control_key(&self) -> &str {
        let control = self.control.as_deref().unwrap_or_default();
        control.rsplit('/').next().unwrap_or_default()
    }

    /// The base address of an account's endpoint, with the trailing slash that Azure gives it.
    pub(crate) fn inference(&self, label: &str, host: InferenceHost) -> String {
        #[cfg(feature = "hosts")]
        if self.openai.contains(ACCOUNT) {
            let (usual, other) =
                (InferenceHost::OpenAi.domain(self.cloud), host.domain(self.cloud));
            let pattern = self.openai.replace(usual, other);
            return format!("{}/", pattern.replace(ACCOUNT, &label.to_lowercase()));
        }
        format!("{}/{}{}/", self.openai, label.to_lowercase(), host.suffix())
    }
}

/// The service of a request and what is left of its path; none when no service lives there.
#[cfg_attr(not(feature = "hosts"), allow(unused_variables))]
pub(crate) fn locate<'p>(
    entrance: Entrance,
    host: &str,
    path: &'p str,
) -> Option<(Service, &'p str)> {
    match entrance {
        Entrance::Paths => locate_by_path(path),
        #[cfg(feature = "hosts")]
        Entrance::Names => Some((crate::hosts::find_service(host)?, path)),
        #[cfg(feature = "hosts")]
        Entrance::Control => {
            locate_by_path(path).filter(|(service, _)| *service == Service::Control)
        }
    }
}

fn locate_by_path(path: &str) -> Option<(Service, &str)> {
    let (first, rest) = split(path);
    match first {
        "entra" => Some((Service::Entra, rest)),
        "arm" => Some((Service::Arm, rest)),
        "graph" => Some((Service::Graph, rest)),
        "control" => Some((Service::Control, rest)),
        "openai" => {
            let (label, rest) = split(rest);
            let (name, host) = InferenceHost::ALL
                .into_iter()
                .rev()
                .find_map(|host| Some((label.strip_suffix(host.suffix())?, host)))?;
            Some((Service::Inference(name.to_owned(), host), rest))
        }
        _ => None,
    }
}

fn split(path: &str) -> (&str, &str) {
    let path = path.trim_start_matches('/');
    path.split_at(path.find('/').unwrap_or(path.len()))
}

#[cfg(test)]
mod tests {
    use super::{Addresses, InferenceHost, Service, locate_by_path};

    #[test]
    fn an_inference_address_leads_back_to_its_account() {
        let addresses = Addresses::on_loopback(([127, 0, 0, 1], 4321).into(), "key");
        for host in InferenceHost::ALL {
            let base = addresses.inference("Contoso-Chat", host);
            let path =
                base.strip_prefix("http://127.0.0.1:4321").expect("one port serves everything");
            assert_eq!(
                locate_by_path(path),
                Some((Service::Inference("contoso-chat".into(), host), "/")),
                "{base} names one account and one of its hosts"
            );
        }
    }
}
