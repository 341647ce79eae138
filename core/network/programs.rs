//! What the developer's own programs need, where a company's proxy signs connections anew.
//!
//! Keyless asks the operating system whom to trust. Python's `requests` brings certifi and reads
//! `REQUESTS_CA_BUNDLE`; httpx (and with it `openai`), Go and OpenSSL read `SSL_CERT_FILE`; Node
//! adds what `NODE_EXTRA_CA_CERTS` names to its own list; Java has a trust store of its own. The
//! first two replace the public authorities, so that their file must hold these too.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};

use super::authorities::{Authorities, accept};
use super::check::Setting;
use super::machine::{Machine, System};
use crate::shell::{bash_text, cmd_text, powershell_text};
use crate::snapshot::connectivity::{
    CertificateFile, ConnectivityPage, ProgramNeeds, Shell, ShellCommand, VariableHolds,
    VariableState,
};

/// The file of certificates in Keyless's own data folder.
pub const FILE: &str = "certificates.pem";

const FILE_VARIABLES: &[&str] = &["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];
const JAVA: &str = "JAVA_TOOL_OPTIONS";
const PROXY: &str = "HTTPS_PROXY";

/// A connection that this computer accepts and the public authorities do not vouch for.
#[derive(Clone, Debug)]
pub struct Vouched {
    /// Where it leads.
    pub host: String,
    /// Who signed its certificate.
    pub issuer: String,
    /// What was shown.
    pub chain: Vec<CertificateDer<'static>>,
}

/// What programs need; none where nothing was reached, so that nothing is known.
pub(crate) async fn find_needs(
    setting: &Setting<'_>,
    vouched: Option<Vouched>,
    page: &ConnectivityPage,
) -> Option<ProgramNeeds> {
    if setting.practice || page.hosts.iter().all(|host| host.trust.is_none()) {
        return None;
    }
    let machine = setting.machine.clone();
    let own = setting.data_folder.join(FILE);
    // A proxy of the settings is not known to programs that read variables only.
    let proxy = page.proxy.as_ref().filter(|proxy| proxy.variable.is_none());
    let proxy = proxy.map(|proxy| format!("http://{}", proxy.address));
    let work = move || needs(&machine, &own, vouched.as_ref(), proxy.as_deref());
    tokio::task::spawn_blocking(work).await.ok()
}

/// Every certificate that this computer and everybody trusts, in PEM: public ones, nothing secret.
/// Blocks.
pub fn certificates(authorities: &Authorities) -> Vec<u8> {
    authorities.certificates().iter().map(to_pem).collect::<String>().into_bytes()
}

/// Writes a file of certificates. Blocks.
pub fn save_certificates(certificates: &[u8], path: &Path) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(certificates)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn needs(
    machine: &Machine,
    own: &Path,
    vouched: Option<&Vouched>,
    proxy: Option<&str>,
) -> ProgramNeeds {
    let file = vouched.map(|vouched| file_for(machine, own, vouched));
    let mut variables = Vec::new();
    if let Some(vouched) = vouched {
        variables.extend(FILE_VARIABLES.iter().map(|name| state_of(machine, name, vouched)));
        variables.push(java_state(machine));
    }
    if proxy.is_some() {
        let (name, state) = (PROXY.to_owned(), VariableHolds::Nothing);
        variables.push(VariableState { name, state, path: None });
    }
    let path = file.as_ref().map(|file| file.path.as_str());
    let settings: Vec<(&str, String)> = variables
        .iter()
        .filter(|variable| variable.state != VariableHolds::WhatIsNeeded)
        .filter_map(|variable| {
            let value = match variable.name.as_str() {
                PROXY => proxy?.to_owned(),
                JAVA => java_options(machine)?,
                _ => path?.to_owned(),
            };
            Some((variable.name.as_str(), value))
        })
        .collect();
    ProgramNeeds {
        authority: vouched.map(|vouched| vouched.issuer.clone()),
        commands: commands(&settings),
        variables,
        file,
    }
}

/// The file to name: the system's own where it vouches for the connection, else Keyless's.
fn file_for(machine: &Machine, own: &Path, vouched: &Vouched) -> CertificateFile {
    let system = machine.bundles.iter().find(|path| vouches(path, vouched));
    let path = system.map_or(own, PathBuf::as_path);
    let exists = system.is_some() || vouches(own, vouched);
    CertificateFile { path: path.display().to_string(), exists }
}

fn state_of(machine: &Machine, name: &str, vouched: &Vouched) -> VariableState {
    let path = machine.variable(&[name]).map(|(_, value)| value.to_owned());
    let state = match &path {
        None => VariableHolds::Nothing,
        Some(path) if std::fs::File::open(path).is_err() => VariableHolds::NoFile,
        Some(path) if vouches(Path::new(path), vouched) => VariableHolds::WhatIsNeeded,
        Some(_) => VariableHolds::OtherAuthorities,
    };
    VariableState { name: name.to_owned(), state, path }
}

fn java_state(machine: &Machine) -> VariableState {
    let options = machine.variable(&[JAVA]).map_or("", |found| found.1);
    let state = match options.contains("javax.net.ssl.trustStore") {
        true => VariableHolds::WhatIsNeeded,
        false => VariableHolds::Nothing,
    };
    VariableState { name: JAVA.to_owned(), state, path: None }
}

/// How Java reads the system's own store; Linux has none that every Java reads.
fn java_options(machine: &Machine) -> Option<String> {
    let kind = match machine.system {
        System::Windows => "Windows-ROOT",
        System::MacOs => "KeychainStore",
        System::Linux => return None,
    };
    Some(format!("-Djavax.net.ssl.trustStoreType={kind}"))
}

/// Whether a program that trusts this file accepts the connection.
fn vouches(path: &Path, vouched: &Vouched) -> bool {
    let Ok(read) = CertificateDer::pem_file_iter(path) else { return false };
    let authorities: Vec<CertificateDer<'static>> = read.filter_map(Result::ok).collect();
    let Ok(host) = ServerName::try_from(vouched.host.clone()) else { return false };
    accept(&authorities, &vouched.chain, &host)
}

fn commands(settings: &[(&str, String)]) -> Vec<ShellCommand> {
    if settings.is_empty() {
        return Vec::new();
    }
    let lines = |shell: Shell| {
        let set = settings.iter().map(|(name, value)| set_variable(shell, name, value));
        let set: Option<Vec<String>> = set.collect();
        set.map(|set| set.join("\n"))
    };
    let known = Shell::ALL.iter().filter_map(|shell| Some((*shell, lines(*shell)?)));
    known.map(|(shell, lines)| ShellCommand { shell, lines }).collect()
}

/// The line that sets a variable, quoted so that the shell reads the value as it stands; `None`
/// where it cannot be.
fn set_variable(shell: Shell, name: &str, value: &str) -> Option<String> {
    match shell {
        Shell::Bash => Some(format!("export {name}={}", bash_text(value))),
        Shell::PowerShell => Some(format!("$env:{name} = {}", powershell_text(value))),
        Shell::Cmd => cmd_text(&format!("{name}={value}")).map(|text| format!("set {text}")),
    }
}

/// RFC 7468, section 2.
fn to_pem(certificate: &CertificateDer<'_>) -> String {
    let encoded = STANDARD.encode(certificate);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, further) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = further;
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_that_would_read_more_than_the_value_is_left_out() {
        let lines = |value: &str| -> Vec<(Shell, String)> {
            let commands = commands(&[("SSL_CERT_FILE", value.to_owned())]);
            commands.into_iter().map(|it| (it.shell, it.lines)).collect()
        };
        let path = "C:\\Users\\O\u{2019}Neil & it's\\c.pem";
        let set = format!("set \"SSL_CERT_FILE={path}\"");
        let doubled = "'C:\\Users\\O\u{2019}\u{2019}Neil & it''s\\c.pem'";
        let found = lines(path);
        assert_eq!(found[1].1, format!("$env:SSL_CERT_FILE = {doubled}"));
        assert_eq!(found[2], (Shell::Cmd, set));
        let shells: Vec<Shell> = lines("C:\\%x%").into_iter().map(|(shell, _)| shell).collect();
        assert_eq!(shells, [Shell::Bash, Shell::PowerShell], "cmd would fill it in");
    }
}
