//! The real names of the services, and what a client must be given to believe them: a hosts file
//! and the certificate of an authority that exists for one run only.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::address::{InferenceHost, Service};
use crate::cloud::Cloud;
use crate::scenario::Scenario;
use crate::simulator::StartError;

const EXAMPLE: &str = "www.example.com";

/// A day, by which certificates are older than the simulator: clocks of clients may be slow.
const BACKDATED: Duration = Duration::from_secs(24 * 60 * 60);
/// How long certificates are good for.
const LIFETIME: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Where clients find what they need.
#[derive(Clone, Debug)]
pub struct HostsFiles {
    /// The folder that gets `ca.pem`. The key of the authority is written nowhere.
    pub authority: PathBuf,
    /// A hosts file, written at the start and with every scenario that the control route sets.
    pub hosts: Option<PathBuf>,
}

impl HostsFiles {
    /// The authority's certificate.
    pub fn certificate(&self) -> PathBuf {
        self.authority.join("ca.pem")
    }

    /// Makes an authority and a certificate of all names signed by it.
    pub(crate) fn write_authority(&self) -> Result<TlsAcceptor, StartError> {
        let file = self.certificate();
        let cannot = |error| StartError::CannotWrite { path: file.clone(), source: error };
        let (certificate, config) = make_certificates().map_err(cannot)?;
        fs::create_dir_all(&self.authority).map_err(cannot)?;
        fs::write(&file, certificate).map_err(cannot)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Writes the hosts file, where there is one, in place: it may be mounted.
    pub(crate) fn write_names(&self, scenario: &Scenario) -> Result<(), StartError> {
        let Some(file) = &self.hosts else {
            return Ok(());
        };
        write_hosts(file, scenario)
            .map_err(|error| StartError::CannotWrite { path: file.clone(), source: error })
    }
}

/// The service behind a Host header; a port does not matter, letters have no case.
pub(crate) fn find_service(host: &str) -> Option<Service> {
    let name = host.split_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    if name == EXAMPLE {
        return Some(Service::Example);
    }
    Cloud::ALL.into_iter().find_map(|cloud| find_service_of(cloud, &name))
}

fn find_service_of(cloud: Cloud, name: &str) -> Option<Service> {
    let names = cloud.names();
    if names.entra.contains(&name) {
        return Some(Service::Entra);
    }
    match name {
        _ if name == names.arm => return Some(Service::Arm),
        _ if name == names.graph => return Some(Service::Graph),
        _ => {}
    }
    InferenceHost::ALL.into_iter().find_map(|host| {
        let label = name.strip_suffix(host.domain(cloud))?;
        (!label.is_empty() && !label.contains('.'))
            .then(|| Service::Inference(label.to_owned(), host))
    })
}

/// Every name that a client of this scenario may ask for.
pub(crate) fn list_names(scenario: &Scenario) -> Vec<String> {
    let mut names = fixed_names(scenario.cloud);
    let groups = scenario.subscriptions.iter().flat_map(|one| &one.resource_groups);
    for account in groups.flat_map(|group| &group.accounts) {
        let region = account.region();
        let region = (region.as_str(), InferenceHost::Region);
        let own = account.subdomain.as_deref().into_iter().flat_map(|label| {
            InferenceHost::ALL
                .into_iter()
                .filter(|host| *host != InferenceHost::Region)
                .map(move |host| (label, host))
        });
        names.extend(own.chain([region]).map(|(label, host)| {
            format!("{}{}", label.to_lowercase(), host.domain(scenario.cloud))
        }));
    }
    names.sort();
    names.dedup();
    names
}

/// The names that no account has part in.
fn fixed_names(cloud: Cloud) -> Vec<String> {
    let names = cloud.names();
    let others = [names.arm, names.graph, EXAMPLE];
    names.entra.iter().chain(&others).map(|&name| name.to_owned()).collect()
}

fn write_hosts(file: &Path, scenario: &Scenario) -> io::Result<()> {
    let mut text = String::from("127.0.0.1 localhost\n::1 localhost\n");
    for name in list_names(scenario) {
        text.push_str(&format!("127.0.0.1 {name}\n"));
    }
    fs::write(file, text)
}

/// The authority's certificate (PEM), and what the server shows.
fn make_certificates() -> io::Result<(String, ServerConfig)> {
    let failed = |error: rcgen::Error| io::Error::other(error);
    let authority = CertifiedIssuer::self_signed(
        describe_authority().map_err(failed)?,
        KeyPair::generate().map_err(failed)?,
    )
    .map_err(failed)?;
    let key = KeyPair::generate().map_err(failed)?;
    let leaf = describe_server().and_then(|leaf| leaf.signed_by(&key, &authority));
    let chain = vec![leaf.map_err(failed)?.der().clone()];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = configure(chain, key).map_err(io::Error::other)?;
    Ok((authority.pem(), config))
}

fn configure(
    chain: Vec<rustls::pki_types::CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Basic constraints, key usage and key identifiers are what strict verifiers ask for
/// (RFC 5280, section 4.2.1).
fn describe_authority() -> Result<CertificateParams, rcgen::Error> {
    let mut authority = describe("Practice Azure, trusted nowhere else", Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(authority)
}

fn describe_server() -> Result<CertificateParams, rcgen::Error> {
    let inference =
        |cloud: Cloud| InferenceHost::ALL.map(|host| format!("*{}", host.domain(cloud)));
    let names = Cloud::ALL.into_iter().flat_map(fixed_names);
    let names = names.chain(Cloud::ALL.into_iter().flat_map(inference)).collect();
    let mut server = describe("Practice Azure", names)?;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(server)
}

fn describe(name: &str, names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut certificate = CertificateParams::new(names)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    certificate.distinguished_name = subject;
    certificate.use_authority_key_identifier_extension = true;
    let now = SystemTime::now();
    certificate.not_before = (now - BACKDATED).into();
    certificate.not_after = (now + LIFETIME).into();
    Ok(certificate)
}

#[cfg(test)]
mod tests {
    use super::{find_service, list_names};
    use crate::Scenario;
    use crate::address::{Addresses, InferenceHost, Service};
    use crate::cloud::Cloud;

    #[test]
    fn every_name_of_a_scenario_leads_to_a_service() {
        let scenario = Scenario::named("default").expect("it is built in");
        let names = list_names(&scenario);
        assert!(names.contains(&"contoso-chat-dev.openai.azure.com".to_owned()), "{names:?}");
        assert!(
            names.contains(&"eastus.api.cognitive.microsoft.com".to_owned()),
            "an account without a subdomain is reached by its region: {names:?}"
        );
        for name in names {
            assert!(find_service(&name).is_some(), "nobody lives at {name}");
        }
    }

    #[test]
    fn an_inference_address_leads_back_to_its_account() {
        for cloud in Cloud::ALL {
            let control = ([127, 0, 0, 1], 4321).into();
            let addresses = Addresses::under_real_names(cloud, 443, control, "key");
            for host in InferenceHost::ALL {
                let base = addresses.inference("Contoso-Chat", host);
                let name = base.strip_prefix("https://").and_then(|rest| rest.strip_suffix('/'));
                assert_eq!(
                    find_service(name.expect("TLS, and a slash at the end")),
                    Some(Service::Inference("contoso-chat".into(), host)),
                    "{base} names one account and one of its hosts"
                );
            }
        }
    }

    #[test]
    fn a_foreign_name_is_nobodys() {
        for host in
            ["azure.com", "openai.azure.us", "a.b.openai.azure.com", "management.azure.us", ""]
        {
            assert_eq!(find_service(host), None, "{host} is not served");
        }
    }
}
