//! The page about the connection: every host of the cloud looked at, side by side.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::join_all;
use rustls::pki_types::ServerName;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

use super::look::{Extent, Limits, Look, Shown, Trouble, look};
use super::programs::{self, Vouched};
use super::proxy::{Obstacle, Proxies, Route};
use super::settings::Script;
use super::{Machine, System};
use crate::cloud::{Cloud, Service};
use crate::diagnosis::{self, Connection, Evidence};
use crate::failure::{Action, Failure, Remedy};
use crate::snapshot::Notice;
use crate::snapshot::connectivity::{
    ConnectivityPage, HostCheck, HostPurpose, HostTrust, NetworkStage, ProxyInUse, StageCheck,
    StageOutcome,
};
use crate::words;

/// `subscriptions.list` (Azure Resource Manager, stable).
const SUBSCRIPTIONS_VERSION: &str = "2022-12-01";

/// A host to look at.
#[derive(Clone, Debug)]
pub struct Target {
    /// What it is needed for.
    pub purpose: HostPurpose,
    /// What is asked of it, without a token.
    pub url: Url,
}

/// Where the look begins.
pub struct Setting<'a> {
    /// The computer.
    pub machine: &'a Machine,
    /// Its proxies.
    pub proxies: &'a Proxies,
    /// Where a file of certificates would be written.
    pub data_folder: &'a Path,
    /// The present, for the report.
    pub now: OffsetDateTime,
    /// Whether this is practice Azure, which uses neither proxy nor TLS.
    pub practice: bool,
}

/// The hosts of a cloud: for the sign-in, for management, and the resource at this endpoint.
///
/// Each is asked something that it answers without a token, were it only that one is missing.
pub fn targets(cloud: &Cloud, endpoint: Option<&str>) -> Vec<Target> {
    let configuration = "organizations/v2.0/.well-known/openid-configuration";
    let mut targets = vec![
        Target { purpose: HostPurpose::SignIn, url: cloud.entra(configuration) },
        Target {
            purpose: HostPurpose::Management,
            url: cloud.resource_manager("subscriptions", SUBSCRIPTIONS_VERSION),
        },
    ];
    let models = endpoint.and_then(|endpoint| {
        Url::parse(&format!("{}/openai/v1/models", endpoint.trim_end_matches('/'))).ok()
    });
    let models = models.filter(|url| cloud.owns(Service::Inference, url));
    targets.extend(models.map(|url| Target { purpose: HostPurpose::Resource, url }));
    targets
}

/// Looks at every host; `on_change` is told whenever more is known. The result is the whole page.
pub async fn check_network(
    setting: &Setting<'_>,
    targets: &[Target],
    on_change: impl Fn(ConnectivityPage) + Send + Sync,
) -> ConnectivityPage {
    let page = Mutex::new(blank(setting, targets));
    on_change(lock(&page).clone());
    let looks = targets.iter().enumerate().map(|(index, target)| {
        let (page, on_change) = (&page, &on_change);
        async move {
            let look = look_at(setting, target, |stages| {
                lock(page).hosts[index].stages = stages.to_vec();
                let seen = lock(page).clone();
                on_change(seen);
            });
            let (look, host) = look.await;
            lock(page).hosts[index] = host;
            let seen = lock(page).clone();
            on_change(seen);
            look
        }
    });
    let looks = join_all(looks).await;
    let mut page = lock(&page).clone();
    page.programs = programs::find_needs(setting, vouched(targets, &page, &looks), &page).await;
    page.findings = findings(setting, &page);
    page.checking = false;
    page.report = report(setting, &page);
    page
}

/// What a trouble on this way means. Where no direct way leads out and a proxy is named that
/// cannot be used, that is it.
pub fn evidence_of(
    machine: &Machine,
    trouble: &Trouble,
    route: &Route,
    proxies: &Proxies,
) -> Evidence {
    // Each fills the blank of the one command that this system has for it.
    let sets = match machine.system {
        System::Windows => "setx",
        System::MacOs => "setenv",
        System::Linux => "export",
    };
    let gives_way = matches!(
        trouble.connection,
        Connection::NameNotFound
            | Connection::Refused
            | Connection::TimedOut
            | Connection::Lost
            | Connection::Page
    );
    let evidence = match (route, proxies.obstacle()) {
        (Route::Direct, Some(obstacle)) if gives_way => obstacle_evidence(obstacle),
        _ => trouble.evidence(),
    };
    evidence.given(sets, sets)
}

fn obstacle_evidence(obstacle: &Obstacle) -> Evidence {
    match obstacle {
        Obstacle::Unsupported { variable, scheme } => {
            let settings = || words::say("network.settings", &[]);
            Evidence::connection(Connection::ProxyUnsupported)
                .given("setting", variable.clone().unwrap_or_else(settings))
                .given("scheme", scheme)
        }
        Obstacle::Script(script) => {
            Evidence::connection(Connection::ProxyScript).given("script", name_of(script))
        }
    }
}

/// Where the script lies, without a name, a password and a query: these may be secret.
fn name_of(script: &Script) -> String {
    let Script::Pac(address) = script else { return "WPAD".to_owned() };
    match Url::parse(address) {
        // What has no host may be anything, but for a file.
        Ok(mut url) if url.has_host() || url.scheme() == "file" => {
            // That of a file has neither.
            let _ = url.set_username("").and_then(|()| url.set_password(None));
            url.set_query(None);
            url.set_fragment(None);
            url.to_string()
        }
        _ => "PAC".to_owned(),
    }
}

async fn look_at(
    setting: &Setting<'_>,
    target: &Target,
    on_stage: impl FnMut(&[StageCheck]) + Send,
) -> (Look, HostCheck) {
    let Setting { machine, proxies, .. } = setting;
    let route = route_of(setting, &target.url);
    let limit = machine.connect_limit;
    let limits = Limits::of_stage(limit);
    let look = look(machine, &route, &target.url, Extent::Answer, limits, on_stage).await;
    let host = target.url.host_str().unwrap_or_default();
    let failure = look.trouble.as_ref().map(|trouble| {
        let evidence = evidence_of(machine, trouble, &route, proxies).at(host);
        let evidence = evidence.given("attempts", 1).given("seconds", limit.as_secs().max(1));
        beside_the_steps(diagnosis::explain(&evidence, &[]))
    });
    let check = HostCheck {
        stages: look.stages.clone(),
        issuer: look.shown.as_ref().map(|shown| shown.issuer.clone()),
        trust: look.shown.as_ref().and_then(|shown| trust_of(machine, shown, &look, host)),
        failure,
        ..waiting(target)
    };
    (look, check)
}

fn route_of(setting: &Setting<'_>, url: &Url) -> Route {
    match setting.practice {
        true => Route::Direct,
        false => setting.proxies.route(url),
    }
}

/// There is no step to repeat: looking again is what can be done here.
fn beside_the_steps(mut failure: Failure) -> Failure {
    failure.remedies.retain(|remedy| match remedy {
        Remedy::Action { action } => *action == Action::CheckNetwork,
        _ => true,
    });
    failure
}

fn trust_of(machine: &Machine, shown: &Shown, look: &Look, host: &str) -> Option<HostTrust> {
    let name = ServerName::try_from(host.to_owned()).ok()?;
    let trouble = look.trouble.as_ref().map(|trouble| trouble.connection);
    match shown.accepted {
        true if machine.authorities.everybody_accepts(&shown.chain, &name) => {
            Some(HostTrust::Everybody)
        }
        true => Some(HostTrust::ThisComputer),
        false => (trouble == Some(Connection::CertificateUntrusted)).then_some(HostTrust::Nobody),
    }
}

/// The first connection that only this computer's own store vouches for.
fn vouched(targets: &[Target], page: &ConnectivityPage, looks: &[Look]) -> Option<Vouched> {
    let found = targets.iter().zip(&page.hosts).zip(looks);
    let mut own = found.filter(|((_, host), _)| host.trust == Some(HostTrust::ThisComputer));
    let ((target, host), look) = own.next()?;
    Some(Vouched {
        host: target.url.host_str()?.to_owned(),
        issuer: host.issuer.clone()?,
        chain: look.shown.as_ref()?.chain.clone(),
    })
}

fn blank(setting: &Setting<'_>, targets: &[Target]) -> ConnectivityPage {
    let proxy = targets.iter().find_map(|target| match route_of(setting, &target.url) {
        Route::Through(proxy) => Some(ProxyInUse {
            address: proxy.address(),
            variable: setting.proxies.variable().map(str::to_owned),
        }),
        Route::Direct => None,
    });
    ConnectivityPage {
        checking: true,
        proxy,
        hosts: targets.iter().map(waiting).collect(),
        ..ConnectivityPage::default()
    }
}

fn waiting(target: &Target) -> HostCheck {
    let host = target.url.host_str().unwrap_or_default();
    let stages = NetworkStage::ALL.iter().map(|stage| StageCheck {
        stage: *stage,
        outcome: StageOutcome::Waiting,
        milliseconds: None,
        seen: None,
    });
    HostCheck {
        purpose: target.purpose,
        host: host.to_owned(),
        stages: stages.collect(),
        issuer: None,
        trust: None,
        failure: None,
    }
}

fn findings(setting: &Setting<'_>, page: &ConnectivityPage) -> Vec<Notice> {
    let failed = page.hosts.iter().filter(|host| host.failure.is_some()).count();
    let mut findings = vec![match failed {
        0 => Notice::new("all_passed", &[]),
        _ => Notice::new("some_failed", &[]),
    }];
    if setting.practice {
        findings.push(Notice::new("practice", &[]));
    }
    if let Some(authority) = page.programs.as_ref().and_then(|it| it.authority.as_deref()) {
        findings.push(Notice::new("signed_anew", &[("issuer", authority)]));
    }
    match setting.proxies.obstacle().filter(|_| !setting.practice) {
        Some(Obstacle::Script(script)) => {
            findings.push(Notice::new("script_ignored", &[("script", &name_of(script))]));
        }
        Some(Obstacle::Unsupported { scheme, .. }) => {
            findings.push(Notice::new("proxy_ignored", &[("scheme", scheme)]));
        }
        None => {}
    }
    if !page.hosts.iter().any(|host| host.purpose == HostPurpose::Resource) {
        findings.push(Notice::new("resource_later", &[]));
    }
    findings
}

/// Everything as `name: value` lines, for support.
fn report(setting: &Setting<'_>, page: &ConnectivityPage) -> String {
    let system = format!("{:?}", setting.machine.system).to_lowercase();
    let mut lines = vec![
        format!("keyless: {}", env!("CARGO_PKG_VERSION")),
        format!("system: {system}"),
        format!("time: {}", setting.now.format(&Rfc3339).unwrap_or_default()),
    ];
    match &page.proxy {
        Some(proxy) => {
            let from = proxy.variable.as_deref().unwrap_or("settings");
            lines.push(format!("proxy: {} (from: {from})", proxy.address));
        }
        None => lines.push("proxy: none".to_owned()),
    }
    match setting.proxies.obstacle() {
        Some(Obstacle::Script(script)) => lines.push(format!("script: {}", name_of(script))),
        Some(Obstacle::Unsupported { scheme, .. }) => lines.push(format!("unsupported: {scheme}")),
        None => {}
    }
    for host in &page.hosts {
        lines.push(format!("host: {}", host.host));
        lines.extend(host.stages.iter().map(report_stage));
        lines.extend(host.issuer.iter().map(|issuer| format!("  issuer: {issuer}")));
        lines.extend(host.trust.iter().map(|trust| format!("  trust: {}", code_of(trust))));
        if let Some(failure) = &host.failure {
            lines.push(format!("  failure: {}", code_of(&failure.code)));
            let values = failure.parameters.iter().filter(|(name, _)| *name != "host");
            lines.extend(values.map(|(name, value)| format!("    {name}: {value}")));
        }
    }
    let variables = page.programs.iter().flat_map(|programs| &programs.variables);
    lines.extend(variables.map(|it| format!("variable: {} ({})", it.name, code_of(&it.state))));
    lines.join("\n")
}

fn report_stage(check: &StageCheck) -> String {
    let mut line = format!("  {}: {}", code_of(&check.stage), code_of(&check.outcome));
    if let Some(milliseconds) = check.milliseconds {
        line.push_str(&format!(", ms: {milliseconds}"));
    }
    if let Some(seen) = &check.seen {
        line.push_str(&format!(", {seen}"));
    }
    line
}

/// The name that the window knows it by.
fn code_of(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_script_is_told_without_what_may_be_secret() {
        let name = |address: &str| name_of(&Script::Pac(address.to_owned()));
        let plain = "http://pac.example/proxy.pac";
        assert_eq!(name(plain), plain);
        assert_eq!(name("http://ada:hunter2@pac.example/proxy.pac?key=hunter2#hunter2"), plain);
        assert_eq!(name("file:///etc/proxy.pac"), "file:///etc/proxy.pac");
        assert_eq!(name("//ada:hunter2@pac.example/p.pac"), "PAC");
        assert_eq!(name("ada:hunter2@pac.example/p.pac"), "PAC");
    }
}
