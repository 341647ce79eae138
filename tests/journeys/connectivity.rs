//! Networks of real companies: what lies between this machine and Azure is passed, or named with
//! what helps.

use std::ffi::OsStr;
use std::process::Output;
use std::sync::Arc;

use async_trait::async_trait;
use azure_identity::Executor;
use keyless::failure::{Code, Failure};
use keyless::network::System;
use keyless::session::Command;
use keyless::snapshot::changes::{ChangeDeed, ChangeUndo, UndoEffect};
use keyless::snapshot::connectivity::{
    ConnectivityPage, HostTrust, NetworkStage, StageOutcome, VariableHolds,
};
use keyless::snapshot::{Aside, Snapshot};

use crate::failures::names_of;
use crate::fixtures::show;
use crate::proxy::{COMPANY, Manner, dead};
use crate::stage::{RESOURCE, Stage};
use crate::wire::Wire;

const SIGN_IN: &str = "login.microsoftonline.com";

fn page(snapshot: &Snapshot) -> Option<&ConnectivityPage> {
    match &snapshot.aside {
        Some(Aside::Connectivity(page)) => Some(page),
        Some(Aside::Changes(_)) | None => None,
    }
}

/// Opens the page about the connection and waits until it is whole.
async fn look(stage: &mut Stage) -> ConnectivityPage {
    stage.send(Command::CheckNetwork).await;
    let whole = |s: &Snapshot| page(s).is_some_and(|page| !page.checking);
    let snapshot = stage.until("the connection is looked at", whole).await;
    page(&snapshot).expect("it was just seen").clone()
}

fn outcomes(page: &ConnectivityPage, host: &str) -> Vec<StageOutcome> {
    let host = page.hosts.iter().find(|it| it.host == host).expect("the host is on the page");
    host.stages.iter().map(|stage| stage.outcome).collect()
}

fn codes(page: &ConnectivityPage) -> Vec<&str> {
    page.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// A sign-in that fails on the way to its token.
async fn fail(wire: Wire, code: Code) -> (Stage, Failure) {
    let (mut stage, _folder) = wire.stage().await;
    stage.send(Command::SignInWithBrowser).await;
    let failure = stage.until_failure(code).await;
    (stage, failure)
}

const PASSED: StageOutcome = StageOutcome::Passed;
const FAILED: StageOutcome = StageOutcome::Failed;
const SKIPPED: StageOutcome = StageOutcome::Skipped;

#[tokio::test]
async fn a_direct_way_is_seen_stage_by_stage() {
    let (mut stage, _folder) = Wire::new().await.with_names().stage().await;
    stage.walk().await;
    let page = look(&mut stage).await;
    show("connectivity-fine", &stage);
    assert_eq!(codes(&page), ["all_passed"]);
    assert_eq!(page.proxy, None);
    let hosts: Vec<&str> = page.hosts.iter().map(|host| host.host.as_str()).collect();
    let resource = format!("{RESOURCE}.openai.azure.com");
    assert_eq!(hosts, [SIGN_IN, "management.azure.com", resource.as_str()]);
    for host in &page.hosts {
        assert_eq!(outcomes(&page, &host.host), [PASSED; 4], "{host:?}");
        assert_eq!(host.trust, Some(HostTrust::Everybody));
        assert_eq!(host.failure, None);
    }
    let programs = page.programs.expect("all is known");
    assert_eq!((programs.authority, programs.file, programs.commands), (None, None, Vec::new()));
    stage.history();
}

#[tokio::test]
async fn the_whole_road_leads_through_a_proxy_where_one_is_named() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::Forwards).await;
    let (mut stage, _folder) = wire.set("HTTPS_PROXY", &proxy.url()).stage().await;
    assert!(!stage.walk().await.is_empty(), "every host was reached through the proxy");
    let resource = format!("{RESOURCE}.openai.azure.com");
    assert_eq!(proxy.hosts(), [resource.as_str(), SIGN_IN, "management.azure.com"]);
    let page = look(&mut stage).await;
    show("connectivity-proxy", &stage);
    let used = page.proxy.expect("a proxy is used");
    assert_eq!(used.address, proxy.host_and_port());
    assert_eq!(used.variable.as_deref(), Some("HTTPS_PROXY"));
    assert_eq!(page.hosts[0].stages[1].seen.as_deref(), Some(proxy.host_and_port().as_str()));
    stage.history();
}

#[tokio::test]
async fn the_password_of_a_proxy_is_used_and_told_nobody() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::WantsPassword).await;
    let address = proxy.url_with("ada:hunter2");
    let (mut stage, _folder) = wire.set("HTTPS_PROXY", &address).stage().await;
    stage.sign_in().await;
    let page = look(&mut stage).await;
    assert_eq!(codes(&page), ["all_passed"], "{page:?}");
    for told in &stage.told {
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[tokio::test]
async fn a_socks_proxy_is_used_too() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::Socks).await;
    let address = proxy.url().replace("http://", "socks5h://");
    let (mut stage, _folder) = wire.set("ALL_PROXY", &address).stage().await;
    stage.sign_in().await;
    let page = look(&mut stage).await;
    assert_eq!(outcomes(&page, SIGN_IN), [PASSED; 4], "{page:?}");
    assert!(proxy.hosts().contains(&SIGN_IN.to_owned()), "the proxy resolves the names");
}

/// What a network is and what is told of it: the code, what it names, what it offers.
struct Expected<'a> {
    code: Code,
    parameters: &'a [(&'a str, &'a str)],
    remedies: &'a [&'a str],
    fixture: &'a str,
}

/// The failure of a sign-in, and the stages of the page about the connection.
async fn is_named(wire: Wire, expected: Expected<'_>, stages: [StageOutcome; 4]) -> Stage {
    let (mut stage, failure) = fail(wire, expected.code).await;
    for (parameter, value) in expected.parameters {
        assert_eq!(failure.parameters[*parameter], *value, "{parameter} of {failure:?}");
    }
    assert_eq!(names_of(&failure.remedies), expected.remedies, "in order");
    show(expected.fixture, &stage);
    let check = failure
        .remedies
        .iter()
        .position(|remedy| names_of(std::slice::from_ref(remedy)) == ["action:check_network"]);
    let index = u32::try_from(check.expect("the connection can be looked at")).expect("few");
    stage.send(Command::PressRemedy { index }).await;
    let whole = |s: &Snapshot| page(s).is_some_and(|page| !page.checking);
    let snapshot = stage.until("the connection is looked at", whole).await;
    let seen = page(&snapshot).expect("it was just seen");
    assert_eq!(outcomes(seen, SIGN_IN), stages, "{seen:?}");
    let on_page = seen.hosts[0].failure.as_ref().expect("the page names it too");
    assert_eq!(on_page.code, expected.code);
    assert!(names_of(&on_page.remedies).contains(&"action:check_network".to_owned()));
    assert_eq!(codes(seen)[0], "some_failed");
    stage.send(Command::CloseAside).await;
    assert_eq!(stage.page().aside, None);
    stage
}

const SET_PROXY: &str = "command:set_proxy";
const CHECK: &str = "action:check_network";
const AGAIN: &str = "action:sign_in";
const OPEN_HOSTS: &str = "text:open_hosts";

#[tokio::test]
async fn a_proxy_that_is_dead_is_named_as_the_one_that_cannot_be_reached() {
    let proxy = dead().await.to_string();
    let wire = Wire::new().await.set("https_proxy", &proxy);
    let expected = Expected {
        code: Code::ProxyRefused,
        parameters: &[("proxy", &proxy), ("host", SIGN_IN)],
        remedies: &[CHECK, AGAIN, SET_PROXY],
        fixture: "proxy-refused",
    };
    let mut stage = is_named(wire, expected, [PASSED, FAILED, SKIPPED, SKIPPED]).await;
    look(&mut stage).await;
    show("connectivity-proxy-dead", &stage);
}

#[tokio::test]
async fn a_proxy_whose_name_is_not_known_cannot_be_reached_either() {
    let wire = Wire::new().await.set("HTTPS_PROXY", "http://proxy.contoso.example:8080");
    let expected = Expected {
        code: Code::ProxyRefused,
        parameters: &[("proxy", "proxy.contoso.example:8080"), ("host", SIGN_IN)],
        remedies: &[CHECK, AGAIN, SET_PROXY],
        fixture: "proxy-unknown",
    };
    is_named(wire, expected, [FAILED, SKIPPED, SKIPPED, SKIPPED]).await;
}

#[tokio::test]
async fn a_proxy_that_says_nothing_is_not_waited_for_long() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::Silent).await;
    let wire = wire.set("HTTPS_PROXY", &proxy.url());
    let expected = Expected {
        code: Code::ProxySilent,
        parameters: &[("proxy", &proxy.host_and_port()), ("host", SIGN_IN), ("seconds", "1")],
        remedies: &[CHECK, AGAIN, SET_PROXY],
        fixture: "proxy-silent",
    };
    is_named(wire, expected, [PASSED, FAILED, SKIPPED, SKIPPED]).await;
}

#[tokio::test]
async fn a_proxy_that_ends_the_connection_is_named() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::ClosesAfterConnect).await;
    let wire = wire.set("HTTPS_PROXY", &proxy.url());
    let expected = Expected {
        code: Code::ProxyClosed,
        parameters: &[("proxy", &proxy.host_and_port()), ("host", SIGN_IN)],
        remedies: &[CHECK, AGAIN, OPEN_HOSTS],
        fixture: "proxy-closed",
    };
    is_named(wire, expected, [PASSED, PASSED, FAILED, SKIPPED]).await;
}

#[tokio::test]
async fn a_proxy_that_forbids_a_host_is_named_with_what_it_answers() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::Forbids(SIGN_IN)).await;
    let wire = wire.set("HTTPS_PROXY", &proxy.url());
    let expected = Expected {
        code: Code::ProxyBlocked,
        parameters: &[("proxy", &proxy.host_and_port()), ("host", SIGN_IN), ("status", "403")],
        remedies: &[OPEN_HOSTS, CHECK, AGAIN],
        fixture: "proxy-blocked",
    };
    let mut stage = is_named(wire, expected, [PASSED, FAILED, SKIPPED, SKIPPED]).await;
    let page = look(&mut stage).await;
    show("connectivity-one-blocked", &stage);
    assert_eq!(outcomes(&page, "management.azure.com"), [PASSED; 4], "the others are not failed");
}

#[tokio::test]
async fn a_proxy_that_wants_a_password_is_named_with_what_it_asks_for() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::WantsPassword).await;
    let address = proxy.url_with("ada:wrong-password");
    let wire = wire.set("HTTPS_PROXY", &address);
    let expected = Expected {
        code: Code::ProxyNeedsSignIn,
        parameters: &[("proxy", &proxy.host_and_port()), ("schemes", "Basic")],
        remedies: &[CHECK, AGAIN, SET_PROXY],
        fixture: "proxy-needs-sign-in",
    };
    let stage = is_named(wire, expected, [PASSED, FAILED, SKIPPED, SKIPPED]).await;
    for told in &stage.told {
        assert!(!told.contains("wrong-password"), "{told}");
    }
}

#[tokio::test]
async fn a_proxy_that_wants_the_sign_in_of_windows_is_named_with_a_way_around() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::Announces(&["Negotiate", "NTLM"])).await;
    let wire = wire.set("HTTPS_PROXY", &proxy.url());
    let expected = Expected {
        code: Code::ProxyNeedsSystemSignIn,
        parameters: &[("proxy", &proxy.host_and_port()), ("schemes", "Negotiate, NTLM")],
        remedies: &[OPEN_HOSTS, CHECK, AGAIN, SET_PROXY],
        fixture: "proxy-needs-system-sign-in",
    };
    is_named(wire, expected, [PASSED, FAILED, SKIPPED, SKIPPED]).await;
}

#[tokio::test]
async fn a_proxy_that_signs_anew_and_is_not_trusted_is_named_by_its_authority() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::SignsAnew(1)).await;
    let wire = wire.set("HTTPS_PROXY", &proxy.url());
    let expected = Expected {
        code: Code::CertificateUntrusted,
        parameters: &[("host", SIGN_IN), ("issuer", COMPANY)],
        remedies: &[CHECK, AGAIN],
        fixture: "certificate-untrusted",
    };
    let mut stage = is_named(wire, expected, [PASSED, PASSED, FAILED, SKIPPED]).await;
    let page = look(&mut stage).await;
    show("connectivity-untrusted", &stage);
    assert_eq!(page.hosts[0].trust, Some(HostTrust::Nobody));
    assert_eq!(page.hosts[0].issuer.as_deref(), Some(COMPANY));
}

#[tokio::test]
async fn a_certificate_that_the_clock_does_not_agree_with_is_named_as_that() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::SignsAnew(30)).await;
    let wire = wire.set("HTTPS_PROXY", &proxy.url()).trusting(&proxy.authority);
    let expected = Expected {
        code: Code::CertificateDate,
        parameters: &[("host", SIGN_IN)],
        remedies: &[AGAIN, CHECK],
        fixture: "certificate-date",
    };
    is_named(wire, expected, [PASSED, PASSED, FAILED, SKIPPED]).await;
}

#[tokio::test]
async fn what_is_no_tls_is_named_as_that() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::SpeaksPlain).await;
    let wire = wire.set("HTTPS_PROXY", &proxy.url());
    let expected = Expected {
        code: Code::TlsFailed,
        parameters: &[("host", SIGN_IN)],
        remedies: &[AGAIN, CHECK],
        fixture: "tls-failed",
    };
    is_named(wire, expected, [PASSED, PASSED, FAILED, SKIPPED]).await;
}

#[tokio::test]
async fn a_proxy_of_an_unknown_scheme_is_named_with_what_to_set() {
    let wire = Wire::new().await.set("HTTPS_PROXY", "quic://ada:hunter2@proxy.contoso.example");
    let expected = Expected {
        code: Code::ProxyUnsupported,
        parameters: &[("setting", "HTTPS_PROXY"), ("scheme", "quic"), ("host", SIGN_IN)],
        remedies: &[SET_PROXY, CHECK, AGAIN],
        fixture: "proxy-unsupported",
    };
    let stage = is_named(wire, expected, [FAILED, SKIPPED, SKIPPED, SKIPPED]).await;
    for told in &stage.told {
        assert!(!told.contains("hunter2"), "{told}");
    }
}

/// A system that prints these settings.
#[derive(Debug)]
struct Prints(&'static str, String);

#[async_trait]
impl Executor for Prints {
    async fn run(&self, program: &OsStr, _: &[&OsStr]) -> std::io::Result<Output> {
        assert_eq!(program, self.0, "nothing else is asked");
        Ok(Output { status: Default::default(), stdout: self.1.clone().into(), stderr: Vec::new() })
    }
}

fn gnome(mode: &str, script: &str, host: &str, port: u16) -> Arc<dyn Executor> {
    let schema = "org.gnome.system.proxy";
    Arc::new(Prints(
        "gsettings",
        format!(
            "{schema} autoconfig-url '{script}'\n{schema} mode '{mode}'\n\
             {schema}.https host '{host}'\n{schema}.https port {port}\n"
        ),
    ))
}

#[tokio::test]
async fn a_pac_file_is_named_with_what_to_set() {
    let script = "http://pac.contoso.example/proxy.pac";
    let wire = Wire::new().await.with_settings(System::Linux, gnome("auto", script, "", 0));
    let expected = Expected {
        code: Code::PacFile,
        parameters: &[("script", script), ("host", SIGN_IN)],
        remedies: &[SET_PROXY, CHECK, AGAIN],
        fixture: "proxy-pac",
    };
    is_named(wire, expected, [FAILED, SKIPPED, SKIPPED, SKIPPED]).await;
}

#[tokio::test]
async fn a_script_is_no_trouble_where_the_direct_way_leads_out() {
    let script = "http://pac.contoso.example/proxy.pac";
    let settings = gnome("auto", script, "", 0);
    let wire = Wire::new().await.with_names().with_settings(System::Linux, settings);
    let (mut stage, _folder) = wire.stage().await;
    stage.sign_in().await;
    let page = look(&mut stage).await;
    show("connectivity-script", &stage);
    assert_eq!(codes(&page), ["all_passed", "script_ignored"]);
}

#[tokio::test]
async fn a_script_that_no_network_offers_is_not_blamed() {
    let settings = Prints(
        "reg",
        "    DefaultConnectionSettings    REG_BINARY    460000000200000009".to_owned(),
    );
    let wire = Wire::new().await.with_settings(System::Windows, Arc::new(settings));
    fail(wire, Code::NameNotFound).await;
}

#[tokio::test]
async fn the_proxy_of_the_settings_is_used_and_told_to_other_programs() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::Forwards).await;
    let (host, port) = proxy.host_and_port().rsplit_once(':').map_or_else(
        || panic!("an address has a port"),
        |(host, port)| (host.to_owned(), port.parse().expect("a port")),
    );
    let (mut stage, _folder) =
        wire.with_settings(System::Linux, gnome("manual", "", &host, port)).stage().await;
    stage.sign_in().await;
    let page = look(&mut stage).await;
    show("connectivity-settings", &stage);
    assert_eq!(page.proxy.expect("a proxy is used").variable, None);
    let programs = page.programs.expect("all is known");
    assert_eq!(programs.authority, None);
    let bash = &programs.commands[0].lines;
    assert_eq!(*bash, format!("export HTTPS_PROXY='{}'", proxy.url()));
}

#[tokio::test]
async fn a_connection_that_is_signed_anew_works_and_says_what_programs_need() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::SignsAnew(1)).await;
    let company = pem(&proxy.authority);
    let public = wire.write("public.pem", &pem(&wire.authority));
    let node = wire.write("company.pem", &company);
    let wire = wire
        .trusting(&proxy.authority)
        .set("HTTPS_PROXY", &proxy.url())
        .set("REQUESTS_CA_BUNDLE", &public)
        .set("SSL_CERT_FILE", "/nowhere/certificates.pem")
        .set("NODE_EXTRA_CA_CERTS", &node);
    let (mut stage, _folder) = wire.stage().await;
    assert!(!stage.walk().await.is_empty(), "the company's own authority is trusted");
    let page = look(&mut stage).await;
    assert_eq!(codes(&page), ["all_passed", "signed_anew"]);
    assert!(page.hosts.iter().all(|host| host.trust == Some(HostTrust::ThisComputer)));
    assert_eq!(page.hosts[0].issuer.as_deref(), Some(COMPANY));
    let encryption = &page.hosts[0].stages[2];
    assert_eq!(encryption.stage, NetworkStage::Encryption);
    assert_eq!(encryption.seen.as_deref(), Some("TLS 1.3"));
    let programs = page.programs.expect("all is known");
    assert_eq!(programs.authority.as_deref(), Some(COMPANY));
    let states: Vec<_> = programs.variables.iter().map(|it| (it.name.as_str(), it.state)).collect();
    assert_eq!(
        states,
        [
            ("REQUESTS_CA_BUNDLE", VariableHolds::OtherAuthorities),
            ("SSL_CERT_FILE", VariableHolds::NoFile),
            ("NODE_EXTRA_CA_CERTS", VariableHolds::WhatIsNeeded),
            ("JAVA_TOOL_OPTIONS", VariableHolds::Nothing),
        ]
    );
    let file = programs.file.expect("a file is named");
    assert!(!file.exists, "nothing is written before the person asks for it");
    let bash = &programs.commands[0].lines;
    let (first, second) = bash.split_once('\n').expect("two variables are to be set");
    assert_eq!(first, format!("export REQUESTS_CA_BUNDLE='{}'", file.path));
    assert_eq!(second, format!("export SSL_CERT_FILE='{}'", file.path));

    stage.send(Command::SaveCertificates).await;
    let saved = |s: &Snapshot| {
        let file = page_file(s);
        file.is_some_and(|file| file.exists)
    };
    stage.until("the file is written", saved).await;
    let text = std::fs::read_to_string(&file.path).expect("the file is there");
    assert!(text.contains(company.trim()), "the company's authority is in it");
    assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 2, "and the public ones");
    assert!(!text.contains("PRIVATE"), "nothing secret is in it");
    let page = look(&mut stage).await;
    assert!(page.programs.and_then(|it| it.file).is_some_and(|file| file.exists));

    let listed = stage.open_changes().await;
    assert_eq!(listed.items[0].deed, ChangeDeed::CertificatesWritten);
    assert_eq!(listed.items[0].undo, ChangeUndo::Offered { effect: UndoEffect::Delete });
    stage.undo(listed.items[0].number).await;
    assert!(!std::path::Path::new(&file.path).exists(), "it can be undone from there");
}

#[tokio::test]
async fn a_company_that_signs_anew_is_shown() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::SignsAnew(1)).await;
    let wire = wire.trusting(&proxy.authority).set("HTTPS_PROXY", &proxy.url());
    let (mut stage, _folder) = wire.stage().await;
    stage.sign_in().await;
    let page = look(&mut stage).await;
    show("connectivity-resigned", &stage);
    for line in ["trust: this_computer", "variable: SSL_CERT_FILE (nothing)"] {
        assert!(page.report.contains(line), "{}", page.report);
    }
}

#[tokio::test]
async fn a_page_of_the_network_is_told_apart_from_azure() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::ShowsPage).await;
    let wire = wire.trusting(&proxy.authority).set("HTTPS_PROXY", &proxy.url());
    let (mut stage, _) = fail(wire, Code::UnexpectedAnswer).await;
    let page = look(&mut stage).await;
    show("connectivity-page", &stage);
    assert_eq!(outcomes(&page, SIGN_IN), [PASSED, PASSED, PASSED, FAILED]);
    let failure = page.hosts[0].failure.as_ref().expect("it is named");
    assert_eq!(failure.code, Code::UnexpectedAnswer);
}

/// Settings that change while Keyless is open.
#[derive(Debug)]
struct Changing(std::sync::Mutex<Vec<Arc<dyn Executor>>>);

#[async_trait]
impl Executor for Changing {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> std::io::Result<Output> {
        let now = {
            let mut all = self.0.lock().expect("no test panics with the lock");
            if all.len() > 1 { all.remove(0) } else { all[0].clone() }
        };
        now.run(program, arguments).await
    }
}

#[tokio::test]
async fn settings_that_were_mended_meanwhile_count_after_a_look() {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::Forwards).await;
    let (host, port) = ("127.0.0.1", proxy.host_and_port().replace("127.0.0.1:", ""));
    let mended = gnome("manual", "", host, port.parse().expect("a port"));
    let settings = Changing(std::sync::Mutex::new(vec![gnome("none", "", "", 0), mended]));
    let wire = wire.with_settings(System::Linux, Arc::new(settings));
    let (mut stage, _) = fail(wire, Code::NameNotFound).await;
    let page = look(&mut stage).await;
    assert_eq!(outcomes(&page, SIGN_IN), [PASSED; 4], "the proxy that was set is used at once");
    stage.send(Command::CloseAside).await;
    stage.sign_in().await;
}

#[tokio::test]
async fn practice_azure_is_looked_at_without_proxy_and_encryption() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    let page = look(&mut stage).await;
    assert_eq!(codes(&page), ["all_passed", "practice"]);
    for host in &page.hosts {
        let stages: Vec<_> = host.stages.iter().map(|stage| stage.outcome).collect();
        assert_eq!(stages, [PASSED, PASSED, SKIPPED, PASSED]);
    }
    assert_eq!(page.programs, None, "practice says nothing of the company's network");
    stage.history();
}

fn page_file(snapshot: &Snapshot) -> Option<&keyless::snapshot::connectivity::CertificateFile> {
    page(snapshot)?.programs.as_ref()?.file.as_ref()
}

fn pem(certificate: &[u8]) -> String {
    use base64::Engine;
    let encoded = base64::engine::general_purpose::STANDARD.encode(certificate);
    let lines: Vec<&str> = encoded
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
