//! Diagnosis: what a failure means, why it happens, and what to do next, as data.
//!
//! `diagnosis/rows.json` lists what can go wrong; one matcher compares the evidence with it: an
//! answer in any of Azure's envelopes, a refusal in a redirect, a connection that failed, or what
//! the wizard saw by looking. The more a condition says, the more it counts: specific beats
//! general. Which sentences belong to a code stands in `words/en.json`.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use http::HeaderMap;
use serde::Deserialize;

use crate::failure::{Action, Code, CommandKind, Failure, Link, Parameters, TextKind};
use crate::http::AzureError;
use crate::words;

mod pattern;
#[cfg(test)]
mod tests;

use pattern::{Pattern, plain};

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("diagnosis/rows.json"))
        .expect("the rows are a file of this crate; a test reads it")
});

/// The sentence of an error stands at the beginning, whatever page follows it.
const TEXT_LIMIT: usize = 20_000;

/// What the wizard had asked for when it went wrong; decides what "again" means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// A sign-in in the browser, up to the token for its code: it cannot be repeated silently.
    Code,
    /// A sign-in with a code that is typed in elsewhere.
    DeviceCode,
    /// A token for a refresh token.
    Refresh,
    /// Something to read of Azure Resource Manager.
    Read,
    /// A role assignment.
    Assignment,
    /// That a role assignment is taken away.
    Undo,
    /// A custom subdomain.
    Subdomain,
    /// A chat.
    Chat,
    /// A token of a developer's tool.
    Tool,
}

/// How a connection failed, as far as the operating system tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// The name of the host is not known.
    NameNotFound,
    /// The host takes no connection at the port.
    Refused,
    /// Nothing came within the time limit.
    TimedOut,
    /// The handshake of TLS failed.
    Tls,
    /// The certificate of the host comes from an authority that is not trusted here.
    CertificateUntrusted,
    /// The certificate of the host is not valid at the time that this computer's clock shows.
    CertificateDate,
    /// The connection broke, or there is no way to the host.
    Lost,
    /// The name of the proxy is not known, or the proxy takes no connection.
    ProxyRefused,
    /// The proxy takes the connection and says nothing.
    ProxySilent,
    /// The proxy ends the connection.
    ProxyClosed,
    /// The proxy does not make the way, and says so.
    ProxyBlocked,
    /// The proxy wants a name and a password (407 with Basic).
    ProxyNeedsPassword,
    /// The proxy wants the sign-in of the operating system (407 with NTLM or Negotiate).
    ProxyNeedsSystemSignIn,
    /// There is no direct way, and the proxy that is named cannot be used.
    ProxyUnsupported,
    /// There is no direct way, and a script would choose the proxy.
    ProxyScript,
    /// A page came where a service answers in JSON.
    Page,
}

/// What is seen by looking, without an error text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The list of subscriptions is empty.
    NoSubscription,
    /// The same, for a guest of the directory.
    GuestWithoutSubscription,
    /// The account is a personal one.
    PersonalAccount,
    /// The lists of accounts are empty.
    NoAccount,
    /// No deployment of the account can chat.
    NoChatDeployment,
    /// The account has no custom subdomain.
    NoCustomSubdomain,
    /// The browser did not come back before the deadline.
    NoCallback,
    /// The code was not typed in before its time was over.
    CodeExpired,
    /// The token of a developer's tool names an application, or nobody.
    ToolNamesNobody,
    /// The token of a developer's tool is one of another cloud.
    ToolInAnotherCloud,
    /// The role still does not work after the longest wait that Microsoft names.
    RoleNotEffective,
    /// The answer of the model ended in the content filter before it began.
    AnswerFiltered,
    /// Azure asks again for what a stronger sign-in has just been made for.
    ProofNotEnough,
}

/// What is known about something that went wrong.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    asked: Option<Asked>,
    borrowed: bool,
    status: Option<u16>,
    headers: HeaderMap,
    host: String,
    error: AzureError,
    text: String,
    connection: Option<Connection>,
    state: Option<State>,
    given: Parameters,
}

impl Evidence {
    /// An answer with its body as it came: JSON in any envelope, HTML, text or nothing.
    pub fn answer(status: u16, headers: HeaderMap, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        Evidence { status: Some(status), headers, ..Evidence::text(&text) }.given("status", status)
    }

    /// What Entra wrote into a redirect.
    pub fn redirect(error: &str, description: &str) -> Self {
        let error = AzureError::of_redirect(error, description);
        Evidence { text: plain(&error.message), error, ..Evidence::default() }
    }

    /// What a program printed, or the body of an answer whose status is not known.
    pub fn text(text: &str) -> Self {
        let error = AzureError::read(text.as_bytes());
        let words = if error.message.is_empty() { text } else { &error.message };
        let words: String = words.chars().take(TEXT_LIMIT).collect();
        Evidence { text: plain(&words), error, ..Evidence::default() }
    }

    /// A connection that brought no answer.
    pub fn connection(connection: Connection) -> Self {
        Evidence { connection: Some(connection), ..Evidence::default() }
    }

    /// Something that was seen by looking.
    pub fn state(state: State) -> Self {
        Evidence { state: Some(state), ..Evidence::default() }
    }

    /// The same, when this had been asked for.
    #[must_use]
    pub fn asked(self, asked: Asked) -> Self {
        Evidence { asked: Some(asked), ..self }
    }

    /// The same, with a token that is borrowed from a developer's tool.
    #[must_use]
    pub fn borrowed(self, borrowed: bool) -> Self {
        Evidence { borrowed, ..self }
    }

    /// The same, from this host.
    #[must_use]
    pub fn at(self, host: &str) -> Self {
        Evidence { host: host.to_owned(), ..self }.given("host", host)
    }

    /// The same, with a value that the failure may name.
    #[must_use]
    pub fn given(mut self, name: &str, value: impl ToString) -> Self {
        self.given.insert(name.to_owned(), value.to_string());
        self
    }

    /// What every failure can name of this evidence: the words of the service, its number.
    fn values(&self) -> Parameters {
        let mut values = Parameters::new();
        let error = &self.error;
        let status = self.status.map(|status| status.to_string()).unwrap_or_default();
        let reason = [without_ids(&self.text), error.code.clone(), status];
        values.extend(
            reason.into_iter().find(|text| !text.is_empty()).map(|it| ("reason".to_owned(), it)),
        );
        values.extend(error.numbers.first().map(|it| ("number".to_owned(), it.to_string())));
        if !error.numbers.is_empty() {
            values.insert("entra_message".to_owned(), self.text.clone());
        }
        values
    }
}

/// Entra's words without the code before them and the ids behind them.
fn without_ids(text: &str) -> String {
    let text = match text.split_once(": ") {
        Some((code, rest)) if code.starts_with("AADSTS") => rest,
        _ => text,
    };
    text.split("Trace ID:").next().unwrap_or_default().trim().to_owned()
}

/// One thing that can go wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name, such as `C3`; a small letter behind it tells variants apart.
    pub id: String,
    /// The code of its failure.
    pub code: Code,
    /// Why it happens, for whoever maintains the rows.
    pub cause: String,
    when: Vec<Condition>,
    /// What the sentence names where the evidence does not tell it.
    #[serde(default)]
    otherwise: Parameters,
    remedies: Vec<Offer>,
}

/// What must be true of the evidence; everything that is given must.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Condition {
    asked: Vec<Asked>,
    borrowed: bool,
    /// A status, or the first digit of a class of them.
    status: Vec<u16>,
    /// The code of the envelope, or of an error within.
    code: Vec<String>,
    /// Whether there is a code at all.
    has_code: Option<bool>,
    /// Entra's number: `AADSTS<number>`.
    entra: Vec<u32>,
    text: Option<Pattern>,
    header: Option<HeaderPart>,
    /// How the name of the host ends.
    host: Option<String>,
    connection: Option<Connection>,
    state: Option<State>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderPart {
    name: String,
    has: String,
}

/// A remedy, before its blanks are filled; one whose blank nothing fills is not offered.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Offer {
    Press(Press),
    Link { link: Link, url: String },
    Command { command: CommandKind, line: String },
    Text { text: TextKind },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Press {
    /// Whatever repeats what had been asked for.
    Repeat,
    #[serde(untagged)]
    Action(Action),
}

/// Every row, in the order of the file.
pub fn rows() -> &'static [Row] {
    &ROWS
}

impl Row {
    /// The name that all variants share.
    pub fn listed(&self) -> &str {
        self.id.trim_end_matches(|c: char| c.is_ascii_lowercase())
    }
}

/// What the evidence means.
#[derive(Debug)]
pub struct Diagnosis {
    /// The row that it fits.
    pub row: &'static Row,
    /// What the text of the service names.
    pub values: Parameters,
    given: Parameters,
    asked: Option<Asked>,
}

/// The row that fits best; none where the evidence tells of something else.
pub fn recognise(evidence: &Evidence) -> Option<Diagnosis> {
    // The first of equals: that there are none is a test's business.
    let best = candidates(evidence).into_iter().reduce(|a, b| if b.0 > a.0 { b } else { a });
    let (_, row, values) = best?;
    let read = evidence.values().into_iter();
    Some(Diagnosis {
        row,
        values,
        given: read.chain(evidence.given.clone()).collect(),
        asked: evidence.asked,
    })
}

/// The failure of a host that gave no answer within this time.
pub fn too_slow(host: &str, limit: Duration) -> Failure {
    let evidence = Evidence::connection(Connection::TimedOut).at(host);
    explain(&evidence.given("seconds", limit.as_secs()), &[])
}

/// The failure that the evidence means. `known` are the values that the caller can name.
pub fn explain(evidence: &Evidence, known: &[(&str, &str)]) -> Failure {
    match recognise(evidence) {
        Some(diagnosis) => diagnosis.into_failure(known),
        None => {
            let host = if evidence.host.is_empty() { "Azure" } else { &evidence.host };
            Failure::new(Code::UnexpectedAnswer).with("host", host).offer(Action::TryAgain)
        }
    }
}

/// Every row that fits, once, with how much it says about the evidence and what its text names.
fn candidates(evidence: &Evidence) -> Vec<(usize, &'static Row, Parameters)> {
    let fitting = |row: &'static Row| {
        let found = row.when.iter().filter_map(|condition| condition.weigh(evidence));
        let best = found.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
        Some((best.0, row, best.1))
    };
    rows().iter().filter_map(fitting).collect()
}

impl Condition {
    /// How much the condition says about the evidence and what its text names; none where it is
    /// not met.
    fn weigh(&self, evidence: &Evidence) -> Option<(usize, Parameters)> {
        let error = &evidence.error;
        let mut weight = 0;
        let mut hold = |given: bool, holds: bool, counts: usize| {
            weight += if given { counts } else { 0 };
            (!given || holds).then_some(())
        };
        let asked = evidence.asked.is_some_and(|asked| self.asked.contains(&asked));
        hold(!self.asked.is_empty(), asked, 2)?;
        hold(self.borrowed, evidence.borrowed, 2)?;
        let class = evidence.status.is_some_and(|status| self.status.contains(&(status / 100)));
        let status = evidence.status.is_some_and(|status| self.status.contains(&status));
        // Whoever prints an error often leaves the status out; the text has to do then.
        let silent = evidence.status.is_none() && self.text.is_some();
        hold(!self.status.is_empty(), class || status || silent, if status { 4 } else { 2 })?;
        hold(self.has_code.is_some(), self.has_code == Some(!error.code.is_empty()), 1)?;
        hold(!self.code.is_empty(), self.takes_code(evidence), 16)?;
        hold(self.host.is_some(), self.takes_host(evidence), 16)?;
        let number = error.numbers.iter().any(|number| self.entra.contains(number));
        hold(!self.entra.is_empty(), number, 200)?;
        hold(self.header.is_some(), self.takes_header(evidence), 56)?;
        hold(self.connection.is_some(), self.connection == evidence.connection, 200)?;
        hold(self.state.is_some(), self.state == evidence.state, 200)?;
        let Some(pattern) = &self.text else { return Some((weight, Parameters::new())) };
        let values = pattern.find(&evidence.text)?;
        Some((weight + 8 + pattern.weight(), values))
    }

    /// A program that prints an error often prints its code beside it; a number proves nothing.
    fn takes_code(&self, evidence: &Evidence) -> bool {
        let error = &evidence.error;
        let is_text = error.code.is_empty() && error.message.is_empty();
        let mut words = evidence.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        self.code.iter().any(|wanted| {
            error.codes().any(|code| code.eq_ignore_ascii_case(wanted))
                || (is_text && wanted.len() > 8 && words.any(|word| word == wanted))
        })
    }

    fn takes_host(&self, evidence: &Evidence) -> bool {
        self.host.as_ref().is_some_and(|ending| evidence.host.ends_with(ending.as_str()))
    }

    fn takes_header(&self, evidence: &Evidence) -> bool {
        self.header.as_ref().is_some_and(|part| {
            let mut values = evidence.headers.get_all(&part.name).into_iter();
            values.any(|value| value.to_str().is_ok_and(|text| text.contains(&part.has)))
        })
    }
}

impl Diagnosis {
    /// The failure for the page. A value of the evidence's headers goes before one of its text,
    /// and that before one that the caller knows.
    pub fn into_failure(self, known: &[(&str, &str)]) -> Failure {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut values = self.row.otherwise.clone();
        values.extend(known.iter().map(own));
        values.extend(self.values.clone());
        values.extend(self.given.clone());
        let mut failure = Failure::new(self.row.code);
        for name in self.row.code.parameters() {
            failure = failure.with(name, values.get(*name).map_or("", String::as_str));
        }
        failure = failure.detail("diagnosis", &self.row.id);
        let shown: BTreeSet<&str> = self.row.code.parameters().iter().copied().collect();
        for (name, value) in self.values.iter().filter(|(name, _)| !shown.contains(name.as_str())) {
            failure = failure.detail(name, value);
        }
        self.row
            .remedies
            .iter()
            .fold(failure, |failure, offer| offer.make(failure, &values, self.asked))
    }
}

impl Offer {
    fn make(&self, failure: Failure, values: &Parameters, asked: Option<Asked>) -> Failure {
        match self {
            Offer::Press(Press::Repeat) => failure.offer(repeat(asked)),
            Offer::Press(Press::Action(action)) => failure.offer(*action),
            Offer::Link { link, url } => match fill(url, values) {
                Some(url) => failure.link(*link, url),
                None => failure,
            },
            Offer::Command { command, line } => {
                match fill(line, &arguments(values)).filter(|line| is_safe(line)) {
                    Some(line) => failure.command(*command, line),
                    None => failure,
                }
            }
            Offer::Text { text } => match fill(words::sentence(text.content()), values) {
                Some(content) => failure.text(*text, content),
                None => failure,
            },
        }
    }
}

/// A sign-in begins anew, a chat is sent again; everything else is tried again.
fn repeat(asked: Option<Asked>) -> Action {
    match asked {
        Some(Asked::Code) => Action::SignIn,
        Some(Asked::DeviceCode) => Action::SignInWithDeviceCode,
        Some(Asked::Chat) => Action::SendTestMessage,
        _ => Action::TryAgain,
    }
}

/// The template with its blanks filled; none where a value is missing or empty.
fn fill(template: &str, values: &Parameters) -> Option<String> {
    let mut parts = template.split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, literal) = part.split_once('}')?;
        out.push_str(values.get(name).filter(|value| !value.is_empty())?);
        out.push_str(literal);
    }
    Some(out)
}

/// The values that are one argument of a command each: no blank divides them, and no dash makes
/// them an option.
fn arguments(values: &Parameters) -> Parameters {
    let is_one = |value: &str| !value.starts_with('-') && !value.contains(' ');
    let mut arguments = values.clone();
    arguments.retain(|_, value| is_one(value));
    arguments
}

/// Whether bash, PowerShell and cmd all read the line as it stands, without quotes.
fn is_safe(line: &str) -> bool {
    line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -_./:=+".contains(&byte))
}
