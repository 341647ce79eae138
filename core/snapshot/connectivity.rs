//! What the page about the connection shows: what lies between this machine and Azure.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Notice;
use crate::failure::Failure;

/// What lies between this machine and Azure, and what the developer's own programs need to pass
/// there too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ConnectivityPage {
    /// Whether it is still being looked at.
    pub checking: bool,
    /// What is true on the whole, the most important first: `connectivity.<code>`.
    pub findings: Vec<Notice>,
    /// The proxy that is used, and who says so; none where the way is direct.
    pub proxy: Option<ProxyInUse>,
    /// The hosts, in the order in which Keyless needs them.
    pub hosts: Vec<HostCheck>,
    /// What the developer's own programs need; none while it is not known.
    pub programs: Option<ProgramNeeds>,
    /// The whole page as text, to be copied for support; empty while it is being looked at.
    pub report: String,
}

/// The proxy that requests go through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ProxyInUse {
    /// Its host and port, never a name or a password: `proxy.contoso.example:8080`.
    pub address: String,
    /// Who says so: the name of the variable, such as `HTTPS_PROXY`; none for the system's settings.
    pub variable: Option<String>,
}

/// One host, looked at from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct HostCheck {
    /// What Keyless needs it for.
    pub purpose: HostPurpose,
    /// Its name.
    pub host: String,
    /// The four stages on the way to it, always all of them and in the same order.
    pub stages: Vec<StageCheck>,
    /// Who signed its certificate, where one was shown.
    pub issuer: Option<String>,
    /// Who trusts the certificate, where one was shown.
    pub trust: Option<HostTrust>,
    /// What is wrong with a next step. Its actions are pressed by their own commands: the one that
    /// occurs is `check_network`.
    pub failure: Option<Failure>,
}

/// What Keyless needs a host for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum HostPurpose {
    /// Microsoft Entra ID.
    SignIn,
    /// Azure Resource Manager.
    Management,
    /// The resource that is chosen, or else the first of the list.
    Resource,
}

impl HostPurpose {
    /// Every purpose, for the tests that compare them with the words: `purpose.<purpose>`.
    pub const ALL: &'static [HostPurpose] =
        &[HostPurpose::SignIn, HostPurpose::Management, HostPurpose::Resource];
}

/// One stage on the way to a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct StageCheck {
    /// Which stage: its title is `stage.<stage>`.
    pub stage: NetworkStage,
    /// How it ended: `outcome.<outcome>`.
    pub outcome: StageOutcome,
    /// How long it took, where it was tried.
    pub milliseconds: Option<u32>,
    /// What was seen: an address, the proxy, the version of the protocol, a status.
    pub seen: Option<String>,
}

/// The stages on the way to a host, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum NetworkStage {
    /// Name resolution: of the host, or of the proxy where one is used.
    Name,
    /// The connection: TCP, and the proxy's CONNECT where one is used.
    Connection,
    /// TLS with the host.
    Encryption,
    /// An answer over HTTP, whatever its status.
    Answer,
}

impl NetworkStage {
    /// In the order in which they are passed.
    pub const ALL: &'static [NetworkStage] = &[
        NetworkStage::Name,
        NetworkStage::Connection,
        NetworkStage::Encryption,
        NetworkStage::Answer,
    ];
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum StageOutcome {
    /// It has not ended yet.
    Waiting,
    /// It was passed.
    Passed,
    /// It was not passed.
    Failed,
    /// It was not tried: an earlier one failed, or it is not needed.
    Skipped,
}

impl StageOutcome {
    /// Every outcome, for the tests that compare them with the words.
    pub const ALL: &'static [StageOutcome] =
        &[StageOutcome::Waiting, StageOutcome::Passed, StageOutcome::Failed, StageOutcome::Skipped];
}

/// Who trusts the certificate of a host: `trust.<trust>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum HostTrust {
    /// Everybody: a public authority signed it.
    Everybody,
    /// This computer: an authority of its own trust store signed it, as a company's proxy does.
    ThisComputer,
    /// Not even this computer.
    Nobody,
}

impl HostTrust {
    /// Every trust, for the tests that compare them with the words.
    pub const ALL: &'static [HostTrust] =
        &[HostTrust::Everybody, HostTrust::ThisComputer, HostTrust::Nobody];
}

/// What the developer's own programs need, which read neither this computer's trust store nor all
/// of its settings. That Keyless passes does not mean that Python passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ProgramNeeds {
    /// The authority of this computer that signs the connections; none where the public ones do,
    /// and no certificates are needed.
    pub authority: Option<String>,
    /// The file of certificates that the commands name.
    pub file: Option<CertificateFile>,
    /// The variables that programs read, with what they hold now. Empty where nothing is needed.
    pub variables: Vec<VariableState>,
    /// What sets them, for each shell; empty where nothing is to be set.
    pub commands: Vec<ShellCommand>,
}

/// A file of public certificates in PEM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct CertificateFile {
    /// Where it is, or would be.
    pub path: String,
    /// Whether it is there: Keyless writes it on `save_certificates`.
    pub exists: bool,
}

/// An environment variable that programs read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct VariableState {
    /// Its name; who reads it is `variable.<name in lower case>`.
    pub name: String,
    /// What it holds: `variable_state.<state>`.
    pub state: VariableHolds,
    /// The file that it names.
    pub path: Option<String>,
}

/// What a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum VariableHolds {
    /// It is not set.
    Nothing,
    /// It names a file that cannot be read.
    NoFile,
    /// It names a file without the authority.
    OtherAuthorities,
    /// It names a file with the authority, or it holds what is needed.
    WhatIsNeeded,
}

impl VariableHolds {
    /// Every state, for the tests that compare them with the words.
    pub const ALL: &'static [VariableHolds] = &[
        VariableHolds::Nothing,
        VariableHolds::NoFile,
        VariableHolds::OtherAuthorities,
        VariableHolds::WhatIsNeeded,
    ];
}

/// Lines to copy into one shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct ShellCommand {
    /// Which shell: `shell.<shell>`.
    pub shell: Shell,
    /// The lines, quoted for it.
    pub lines: String,
}

/// The shells that Keyless writes commands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Shell {
    /// bash and zsh.
    Bash,
    /// PowerShell.
    #[serde(rename = "powershell")]
    PowerShell,
    /// The command prompt of Windows.
    Cmd,
}

impl Shell {
    /// Every shell, for the tests that compare them with the words.
    pub const ALL: &'static [Shell] = &[Shell::Bash, Shell::PowerShell, Shell::Cmd];
}
