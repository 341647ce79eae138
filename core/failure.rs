//! A failure as a value: what happened, by code; what to do next; what to tell support.
//!
//! A code exists only where the page or a test branches on it. The sentences live in
//! `words/en.json` under `failure.<code>.title` and `failure.<code>.body`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::challenge::Challenge;
use crate::snapshot::Way;

/// Named values that fill the placeholders of a sentence.
pub type Parameters = BTreeMap<String, String>;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident ($($parameter:literal),*)),+ $(,)?) => {
        /// What went wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
        #[serde(rename_all = "snake_case")]
        #[ts(export_to = "contract.ts")]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code, for the tests that compare them with the words.
            pub const ALL: &'static [Code] = &[$(Code::$name),+];

            /// The parameters that a failure of this code always carries.
            pub fn parameters(self) -> &'static [&'static str] {
                match self { $(Code::$name => &[$($parameter),*],)+ }
            }
        }
    };
}

codes! {
    /// The person pressed Decline or Cancel in the browser (AADSTS65004).
    SignInDeclined(),
    /// No answer came from the browser before the deadline.
    SignInTimedOut("minutes"),
    /// The code was not typed in before its time was over, or is not known any more.
    DeviceCodeExpired("minutes"),
    /// Ten callbacks that did not belong to this sign-in arrived.
    SignInDisturbed(),
    /// No port of the loopback interface could be bound.
    LoopbackUnavailable(),
    /// Microsoft Entra refused the sign-in for another reason.
    SignInRefused("reason"),
    /// The kept sign-in could not be removed from the system's store.
    SignInStillKept(),
    /// The stored sign-in can no longer be used.
    SignInExpired(),
    /// The directory or the resource wants a second factor (AADSTS50076).
    SecondFactorNeeded(),
    /// The account has no second factor yet (AADSTS50079).
    SecondFactorMissing(),
    /// A Conditional Access policy forbids this way of signing in (AADSTS53003).
    ConditionalAccessBlocked(),
    /// A policy wants a managed device (AADSTS53000).
    DeviceNotCompliant(),
    /// A policy binds tokens to a device (AADSTS530084).
    TokenProtection(),
    /// Nobody approved the application in the directory (AADSTS65001, AADSTS90094).
    ConsentNeeded(),
    /// The directory does not know the application (AADSTS700016).
    ApplicationUnknown("directory"),
    /// The application may not ask for the service (AADSTS650057, AADSTS65002).
    ApplicationLacksPermission("application", "service"),
    /// The application wants a secret, which a desktop cannot keep (AADSTS7000218).
    ApplicationNotPublic(),
    /// The application does not send the browser back to this computer (AADSTS50011).
    RedirectNotRegistered(),
    /// The directory does not know the account (AADSTS50020).
    AccountNotInDirectory("guest", "directory"),
    /// Somebody else signed in to another directory of the person.
    AnotherAccount("account", "known"),
    /// A tool is signed in as somebody else than whom it was offered with.
    ToolChangedPerson("tool", "account", "known"),
    /// A personal Microsoft account, which has no directory with subscriptions.
    PersonalAccount("account"),
    /// The directory shows no subscription to this guest.
    GuestWithoutSubscription("account", "tenant"),
    /// The directory does not know the service of the scope (AADSTS500011).
    ServiceUnknownToDirectory("service", "directory"),
    /// Azure wants a stronger sign-in before it does this (a claims challenge).
    ProofNeeded(),
    /// The same, and the sign-in is borrowed from a tool that cannot answer.
    BorrowedProofNeeded("tool"),
    /// Azure asks again for what the stronger sign-in was to bring.
    ProofNotEnough(),
    /// A tool gave no token.
    ToolFailed("tool", "reason"),
    /// A tool is signed out, or has to sign in again for this resource.
    ToolNeedsSignIn("tool"),
    /// A tool is signed in as an application.
    ToolNamesNobody("tool"),
    /// A tool is signed in to another cloud.
    ToolInAnotherCloud("tool"),
    /// The system's window, through which the Azure CLI signs in on Windows, failed or was closed.
    AzureCliWindowFailed(),
    /// No answer from the host: no route, or the connection broke.
    NetworkFailed("host", "attempts", "seconds"),
    /// The name of the host is not known.
    NameNotFound("host"),
    /// The host takes no connection.
    ConnectionRefused("host"),
    /// The handshake of TLS with the host failed.
    TlsFailed("host"),
    /// The certificate of the host comes from an authority that is not trusted here.
    CertificateUntrusted("host", "issuer"),
    /// The certificate of the host is not valid at the time that this computer's clock shows.
    CertificateDate("host", "from", "until", "now"),
    /// The name of the proxy is not known, or the proxy takes no connection.
    ProxyRefused("proxy", "host"),
    /// The proxy takes the connection and says nothing.
    ProxySilent("proxy", "host", "seconds"),
    /// The proxy ends the connection.
    ProxyClosed("proxy", "host"),
    /// The proxy does not make a way to the host.
    ProxyBlocked("proxy", "host", "status"),
    /// The proxy wants a name and a password (407 with Basic).
    ProxyNeedsSignIn("proxy", "schemes"),
    /// The proxy wants the sign-in of the operating system (407 with NTLM or Negotiate).
    ProxyNeedsSystemSignIn("proxy", "schemes"),
    /// No direct way leads to the host, and the proxy that is named cannot be used.
    ProxyUnsupported("host", "setting", "scheme"),
    /// No direct way leads to the host, and a script would choose the proxy.
    PacFile("host", "script"),
    /// The host took longer than the time limit.
    TimedOut("host", "seconds"),
    /// The host answered something that is not what its documentation says.
    UnexpectedAnswer("host"),
    /// The host answered with a server error (5xx).
    ServiceFailed("host", "status", "attempts"),
    /// Azure asks to slow down, for longer than we wait by ourselves.
    Throttled("host", "seconds"),
    /// An address that Azure named lies outside the cloud of the token.
    ForeignHost("host"),
    /// Azure refused a read and named what is missing (403 AuthorizationFailed).
    ReadRefused("action", "scope"),
    /// Azure refused a read for another reason (403).
    ReadForbidden("reason"),
    /// The token comes from another directory than the subscription's (401).
    WrongDirectory("directory"),
    /// The directory shows no subscription to this person.
    NoSubscription("account", "tenant"),
    /// No Azure OpenAI or Foundry resource in the subscriptions.
    NoAccount("subscriptions"),
    /// The resource has no deployment that can chat.
    NoChatDeployment("resource"),
    /// The resource cannot be used without keys.
    NoCustomSubdomain("resource"),
    /// Somebody has the custom subdomain already (409 CustomDomainInUse).
    SubdomainTaken("subdomain"),
    /// Azure does not take such a name (400 CustomDomainInvalid).
    SubdomainInvalid("subdomain"),
    /// The signed-in person may not change the resource (403).
    MayNotSetSubdomain("resource"),
    /// Azure refused the custom subdomain for another reason.
    SubdomainRefused("resource", "reason"),
    /// The signed-in person may not assign the role (403).
    MayNotAssign("role", "resource"),
    /// The person may assign other roles, but not this one (403, a condition).
    MayNotAssignThisRole("role", "resource"),
    /// The same assignment is there under another name (409): a success, unless pasted.
    AssignmentExists(),
    /// The name of the assignment belongs to another one, perhaps a deleted one.
    AssignmentNameTaken(),
    /// The directory does not know the object id (400 PrincipalNotFound).
    PrincipalNotFound("directory"),
    /// Microsoft Graph refused a look at the person; Keyless never asks it.
    GraphRefused(),
    /// An Azure Policy denies the assignment (403).
    PolicyRefused("reason"),
    /// The subscription is full of role assignments.
    AssignmentLimit(),
    /// A lock forbids changes (409 ScopeLocked).
    ScopeLocked("resource"),
    /// A deny assignment forbids the assignment (403).
    DenyAssignment("role", "resource"),
    /// Azure refused the assignment for another reason.
    AssignmentRefused("reason"),
    /// The signed-in person may not take the role away again (403).
    MayNotUndo("role", "resource"),
    /// Azure refused to take the role away for another reason.
    UndoRefused("role", "reason"),
    /// The role was assigned but is still not effective.
    RoleNotEffective("role", "minutes"),
    /// `.env` is a folder.
    EnvIsFolder("path"),
    /// `.env` or its folder cannot be written.
    EnvNotWritable("path"),
    /// `.env` cannot be read.
    EnvNotReadable("path"),
    /// `.env` has a byte that is not UTF-8.
    EnvNotUtf8("path", "line"),
    /// `.env` has a line that dotenv readers disagree about.
    EnvNotUnderstood("path", "line"),
    /// `.env` changed after the change was shown.
    EnvChanged("path"),
    /// The folder does not exist.
    FolderMissing("path"),
    /// The disk is full, or the write failed in another way.
    EnvWriteFailed("path", "reason"),
    /// Practice Azure never touches a project that uses the real one.
    EnvNamesRealEndpoint("path"),
    /// The data plane says that the role is missing (401 PermissionDenied).
    ChatNotPermitted("resource"),
    /// The data plane refused the token (401 with statusCode).
    ChatTokenRefused("resource"),
    /// The token belongs to another directory than the resource (400).
    ChatTenantMismatch("resource"),
    /// The deployment does not exist (404 DeploymentNotFound).
    DeploymentNotFound("deployment", "resource"),
    /// The endpoint does not lead to the resource (404).
    EndpointNotFound("host"),
    /// The endpoint knows neither the undated nor the dated path (404).
    PathNotFound("host"),
    /// The endpoint refuses the version of the interface (400).
    ApiVersionRefused("host"),
    /// The resource answers in a private network only (403).
    PrivateNetwork("resource"),
    /// The firewall of the resource keeps this machine out (403).
    NetworkRules("resource"),
    /// Network rules need the resource's own host (403).
    NetworkEndpoint("resource"),
    /// The private endpoint in between is not approved (403).
    PrivateEndpointRefused("resource"),
    /// The deployed model does not chat (400 OperationNotSupported).
    ModelCannotChat("deployment", "resource"),
    /// The model refuses a parameter (400 unsupported_parameter).
    ParameterRefused("parameter"),
    /// A key was sent to a resource that takes tokens only (403).
    KeysDisabled("resource"),
    /// A key arrived instead of a token, or nothing did (401).
    KeyRefused("resource"),
    /// A gateway before the resource wants a key of its own (401).
    GatewayRefused("host"),
    /// Microsoft blocked the resource for a while (403).
    ResourceBlocked("resource"),
    /// Too many requests (429): access works.
    ChatThrottled("deployment", "seconds"),
    /// The content filter stopped the test message: access works.
    ContentFiltered("deployment"),
    /// The chat was refused for another reason.
    ChatRefused("reason"),
}

/// What a person can do about a failure, in order of likelihood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Remedy {
    /// A button that the wizard presses itself; its label is `action.<action>`.
    Action {
        /// Which button.
        action: Action,
    },
    /// A page to open in the browser; its label is `link.<link>`.
    Link {
        /// Which page.
        link: Link,
        /// Where it is, always https.
        url: String,
    },
    /// A command to copy and run in a terminal; its label is `command.<command>`. It holds nothing
    /// that bash, PowerShell or cmd would read differently.
    Command {
        /// Which command.
        command: CommandKind,
        /// What is copied.
        line: String,
    },
    /// A text to copy and send to somebody; its label is `text.<text>`.
    Text {
        /// Which text.
        text: TextKind,
        /// What is copied.
        content: String,
    },
}

/// The buttons that a failure may offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Action {
    /// Repeat what failed.
    TryAgain,
    /// Sign in with the browser.
    SignIn,
    /// Sign in with a code that is typed in on any device.
    SignInWithDeviceCode,
    /// Go on as whoever the Azure CLI is signed in as.
    BorrowAzureCli,
    /// Go on as whoever the Azure Developer CLI is signed in as.
    BorrowAzureDeveloperCli,
    /// Sign out and sign in as somebody else.
    SwitchAccount,
    /// Sign out and choose the directory to sign in to.
    ChooseTenant,
    /// Go back to the list of resources.
    ChooseResource,
    /// Read the list of resources again.
    ReadResources,
    /// Show what a custom subdomain of the chosen resource would be; it is set by another button.
    SetSubdomain,
    /// Look again at what the person may do.
    CheckAccess,
    /// Keep waiting for the role.
    KeepWaiting,
    /// Choose another folder.
    ChooseFolder,
    /// Look at the `.env` again.
    ReadEnv,
    /// Send the test message again.
    SendTestMessage,
    /// Look at what lies between this machine and Azure.
    CheckNetwork,
}

impl Code {
    /// Whether a policy stopped the way of signing in: the same way meets it again, another may
    /// pass.
    pub fn is_policy_of_way(self) -> bool {
        matches!(
            self,
            Code::ConditionalAccessBlocked | Code::DeviceNotCompliant | Code::TokenProtection
        )
    }
}

impl Action {
    /// The way of signing in that the button begins.
    pub fn way(self) -> Option<Way> {
        match self {
            Action::SignIn => Some(Way::Browser),
            Action::SignInWithDeviceCode => Some(Way::DeviceCode),
            Action::BorrowAzureCli => Some(Way::AzureCli),
            Action::BorrowAzureDeveloperCli => Some(Way::AzureDeveloperCli),
            _ => None,
        }
    }

    /// Every action, for the tests that compare them with the words.
    pub const ALL: &'static [Action] = &[
        Action::TryAgain,
        Action::SignIn,
        Action::SignInWithDeviceCode,
        Action::BorrowAzureCli,
        Action::BorrowAzureDeveloperCli,
        Action::SwitchAccount,
        Action::ChooseTenant,
        Action::ChooseResource,
        Action::ReadResources,
        Action::SetSubdomain,
        Action::CheckAccess,
        Action::KeepWaiting,
        Action::ChooseFolder,
        Action::ReadEnv,
        Action::SendTestMessage,
        Action::CheckNetwork,
    ];
}

/// The pages that a failure may open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum Link {
    /// The resource's page in the Azure portal.
    Portal,
    /// The health of Azure's services.
    ServiceHealth,
    /// What the AADSTS code means.
    EntraError,
    /// How to give a resource a custom subdomain.
    CustomSubdomain,
    /// Where a person sets up the second factor.
    SecurityInfo,
    /// Where an administrator approves the application.
    AdminConsent,
    /// Where a request to Microsoft's support begins.
    Support,
}

impl Link {
    /// Every link, for the tests that compare them with the words.
    pub const ALL: &'static [Link] = &[
        Link::Portal,
        Link::ServiceHealth,
        Link::EntraError,
        Link::CustomSubdomain,
        Link::SecurityInfo,
        Link::AdminConsent,
        Link::Support,
    ];
}

/// The commands that a failure may offer to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum CommandKind {
    /// Sign the Azure CLI in.
    AzLogin,
    /// `az cloud set`, before it.
    AzCloud,
    /// Sign the Azure Developer CLI in.
    AzdLogin,
    /// Set the Azure Developer CLI to another cloud.
    AzdCloud,
    /// Let the Azure CLI sign in without the system's window.
    AzBroker,
    /// Name the proxy to this and to other programs; the address is to be filled in.
    SetProxy,
}

impl CommandKind {
    /// Every command, for the tests that compare them with the words.
    pub const ALL: &'static [CommandKind] = &[
        CommandKind::AzLogin,
        CommandKind::AzCloud,
        CommandKind::AzdLogin,
        CommandKind::AzdCloud,
        CommandKind::AzBroker,
        CommandKind::SetProxy,
    ];
}

/// The texts that a failure may offer to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export_to = "contract.ts")]
pub enum TextKind {
    /// A message to whoever can assign the role.
    RequestAccess,
    /// The same, about a resource of which only the endpoint is known.
    RequestEndpointAccess,
    /// A message to the administrator of the directory.
    AskAdministrator,
    /// A message to whoever owns a subscription.
    RequestSubscription,
    /// A message to whoever can invite a guest.
    RequestInvitation,
    /// A message to whoever may change the resource, about its subdomain.
    RequestSubdomain,
    /// A message to whoever may change the resource, about its network.
    RequestNetwork,
    /// What the organization's own application has to be registered with.
    RegisterApplication,
    /// A message to whoever runs the proxy.
    OpenHosts,
}

impl TextKind {
    /// Every text, for the tests that compare them with the words.
    pub const ALL: &'static [TextKind] = &[
        TextKind::RequestAccess,
        TextKind::RequestEndpointAccess,
        TextKind::AskAdministrator,
        TextKind::RequestSubscription,
        TextKind::RequestInvitation,
        TextKind::RequestSubdomain,
        TextKind::RequestNetwork,
        TextKind::RegisterApplication,
        TextKind::OpenHosts,
    ];

    /// The key of what is copied, in `words/en.json`.
    pub fn content(self) -> &'static str {
        match self {
            TextKind::RequestAccess => "request_access.content",
            TextKind::RequestEndpointAccess => "request_endpoint_access.content",
            TextKind::AskAdministrator => "ask_administrator.content",
            TextKind::RequestSubscription => "request_subscription.content",
            TextKind::RequestInvitation => "request_invitation.content",
            TextKind::RequestSubdomain => "request_subdomain.content",
            TextKind::RequestNetwork => "request_network.content",
            TextKind::RegisterApplication => "register_application.content",
            TextKind::OpenHosts => "open_hosts.content",
        }
    }
}

/// One line of "Copy details": what support asks for, never a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Detail {
    /// A stable name such as `azure_code` or `request_id`.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A failure, ready for the page.
///
/// It is an error too, so that it passes unharmed through a `TokenCredential`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "contract.ts")]
pub struct Failure {
    /// What happened.
    pub code: Code,
    /// The values that the sentence names.
    pub parameters: Parameters,
    /// What to do next; never empty.
    pub remedies: Vec<Remedy>,
    /// What "Copy details" copies.
    pub details: Vec<Detail>,
    /// The sign-in that would mend it; never shown and never copied.
    #[serde(skip)]
    #[ts(skip)]
    challenge: Option<Box<Challenge>>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?}", self.code)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// A failure of this code, with nothing else known yet.
    pub fn new(code: Code) -> Self {
        Failure {
            code,
            parameters: Parameters::new(),
            remedies: Vec::new(),
            details: Vec::new(),
            challenge: None,
        }
    }

    /// Remembers which sign-in would mend it.
    pub fn challenged(mut self, challenge: Challenge) -> Self {
        self.challenge = Some(Box::new(challenge));
        self
    }

    /// The sign-in that would mend it.
    pub fn challenge(&self) -> Option<&Challenge> {
        self.challenge.as_deref()
    }

    /// Whether there was no answer, so that there may be one the next time.
    pub fn is_transient(&self) -> bool {
        [
            Code::NetworkFailed,
            Code::NameNotFound,
            Code::ConnectionRefused,
            Code::TimedOut,
            Code::Throttled,
            Code::ServiceFailed,
            Code::TlsFailed,
            Code::CertificateUntrusted,
            Code::CertificateDate,
            Code::ProxyRefused,
            Code::ProxySilent,
            Code::ProxyClosed,
            Code::ProxyBlocked,
            Code::ProxyNeedsSignIn,
            Code::ProxyNeedsSystemSignIn,
            Code::ProxyUnsupported,
            Code::PacFile,
        ]
        .contains(&self.code)
    }

    /// Adds a value that the sentence names.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.parameters.insert(name.to_owned(), cut(value.to_string()));
        self
    }

    /// Adds a line for support.
    pub fn detail(mut self, name: &str, value: impl ToString) -> Self {
        self.details.push(Detail { name: name.to_owned(), value: cut(value.to_string()) });
        self
    }

    /// Adds a button.
    pub fn offer(mut self, action: Action) -> Self {
        self.remedies.push(Remedy::Action { action });
        self
    }

    /// Adds a page to open.
    pub fn link(mut self, link: Link, url: impl Into<String>) -> Self {
        self.remedies.push(Remedy::Link { link, url: url.into() });
        self
    }

    /// Adds a command to run.
    pub fn command(mut self, command: CommandKind, line: impl Into<String>) -> Self {
        self.remedies.push(Remedy::Command { command, line: line.into() });
        self
    }

    /// Adds a text to send.
    pub fn text(mut self, text: TextKind, content: impl Into<String>) -> Self {
        self.remedies.push(Remedy::Text { text, content: content.into() });
        self
    }
}

/// What somebody else wrote is shown up to here: a message can be as long as a body.
const TEXT_LIMIT: usize = 2_000;

fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(TEXT_LIMIT) {
        text.truncate(at);
        text.push('…');
    }
    text
}
