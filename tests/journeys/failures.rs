//! Every failure of the straight road, met: practice Azure brings it about by its name, the page
//! tells its code, names what it is about, and offers the next steps in their order.

use std::sync::atomic::Ordering;
use std::time::Duration;

use keyless::failure::{Code, Failure, Remedy};
use keyless::session::Command;
use keyless::snapshot::Step;
use serde_json::Value;
use simulator::Fault;

use crate::browser::Habit;
use crate::fixtures::show;
use crate::proof::is_proved;
use crate::resource::until_advised;
use crate::stage::{ADA, RESOURCE, Setup, Stage, access, is_signed_in, shown};

const DEPLOYMENT: &str = "gpt-4.1";
const ROLE: &str = "Cognitive Services OpenAI User";
/// What a chat at the resource that answers nothing useful may offer.
const SEND_AGAIN: &str = "action:send_test_message";

/// Where on the road a failure is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// While the resources are listed.
    List,
    /// When the resource is confirmed.
    Choice,
    /// When the role is assigned.
    Assignment,
    /// When the test message is sent.
    Chat,
}

/// Walks to the failure of this name and returns it.
async fn meet(name: &'static str, place: Place, code: Code) -> (Stage, Failure) {
    let mut stage = Stage::new(name).await;
    if place == Place::List {
        stage.send(Command::SignInWithBrowser).await;
        stage.go_on().await;
        let failure = stage.until_failure(code).await;
        return (stage, failure);
    }
    stage.sign_in().await;
    if name == "S10" {
        // A token lasts a day; only then does the sign-in count again.
        stage.pass(Duration::from_secs(25 * 60 * 60));
    }
    if place == Place::Choice {
        stage.select(RESOURCE).await;
        until_advised(&mut stage, "text:request_subdomain").await;
        stage.send(Command::ConfirmResource).await;
        let failure = stage.until_failure(code).await;
        return (stage, failure);
    }
    stage.choose(RESOURCE).await;
    if place == Place::Assignment {
        stage.assign_role().await;
    } else {
        stage.confirm_access().await;
        stage.write_env().await;
        stage.send(Command::SendTestMessage).await;
    }
    let failure = stage.until_failure(code).await;
    (stage, failure)
}

/// `action:sign_in`, `link:portal`, `command:az_login`, `text:request_access`.
pub fn names_of(remedies: &[Remedy]) -> Vec<String> {
    remedies
        .iter()
        .map(|remedy| {
            let json = serde_json::to_value(remedy).expect("a remedy is JSON");
            let kind = json["kind"].as_str().expect("a kind").to_owned();
            format!("{kind}:{}", json[&kind].as_str().expect("a name"))
        })
        .collect()
}

struct Expected {
    place: Place,
    code: Code,
    parameters: &'static [(&'static str, &'static str)],
    remedies: &'static [&'static str],
}

async fn is_told(name: &'static str, fixture: Option<&str>, expected: Expected) {
    let (mut stage, failure) = meet(name, expected.place, expected.code).await;
    for (parameter, value) in expected.parameters {
        assert_eq!(failure.parameters[*parameter], *value, "{parameter} of {name}");
    }
    assert!(failure.parameters.values().all(|value| !value.is_empty()), "{failure:?}");
    assert_eq!(names_of(&failure.remedies), expected.remedies, "what {name} offers, in order");
    let row = failure.details.iter().find(|detail| detail.name == "diagnosis");
    assert_eq!(row.map(|detail| detail.value.as_str()), Some(name), "support sees the row");
    if let Some(fixture) = fixture {
        show(fixture, &stage);
    }
    stage.back_works().await;
    stage.history();
}

macro_rules! met {
    ($($(#[$about:meta])* $test:ident: $name:literal $(as $fixture:literal)?, $place:ident, $code:ident
        { $($parameter:ident: $value:expr),* } [$($remedy:expr),* $(,)?];)*) => {
        $($(#[$about])* #[tokio::test] async fn $test() {
            let fixture: Option<&str> = None $(.or(Some($fixture)))?;
            is_told($name, fixture, Expected {
                place: Place::$place,
                code: Code::$code,
                parameters: &[$((stringify!($parameter), $value)),*],
                remedies: &[$($remedy),*],
            }).await;
        })*
    };
}

met! {
    s2_no_second_factor_yet: "S2" as "second-factor-missing", Chat, SecondFactorMissing {}
        ["action:sign_in", "link:security_info", "action:switch_account"];
    s4_conditional_access: "S4" as "conditional-access-blocked", Chat, ConditionalAccessBlocked {}
        ["action:sign_in_with_device_code", "text:ask_administrator", "action:switch_account", "link:entra_error"];
    s5_a_managed_device: "S5" as "device-not-compliant", Chat, DeviceNotCompliant {}
        ["text:ask_administrator", "action:switch_account", "link:entra_error"];
    s6_token_protection: "S6" as "token-protection", Chat, TokenProtection {}
        ["text:ask_administrator", "action:switch_account", "link:entra_error"];
    s7_consent: "S7" as "consent-needed", Chat, ConsentNeeded {}
        ["action:sign_in", "link:admin_consent", "text:ask_administrator", "action:switch_account"];
    s8_an_application_that_the_directory_does_not_know: "S8" as "application-unknown", Chat,
        ApplicationUnknown { directory: "Contoso" }
        ["action:switch_account", "action:sign_in", "text:ask_administrator", "link:entra_error"];
    s9_an_account_that_the_directory_does_not_know: "S9" as "account-not-in-directory", Chat,
        AccountNotInDirectory { guest: ADA, directory: "Contoso" }
        ["action:switch_account", "text:ask_administrator", "link:entra_error"];
    s10_a_sign_in_that_counts_for_an_hour: "S10" as "sign-in-expired", Chat, SignInExpired {}
        ["action:sign_in"];
    s11_a_service_that_the_directory_does_not_know: "S11" as "service-unknown-to-directory", Chat,
        ServiceUnknownToDirectory { service: "https://ai.azure.com", directory: "Contoso" }
        ["action:choose_resource", "action:switch_account", "text:ask_administrator", "link:entra_error"];

    d1_no_subscription: "D1", List, NoSubscription { account: ADA, tenant: "Contoso" }
        ["text:request_subscription", "action:read_resources", "action:choose_tenant", "action:switch_account"];
    d2_a_read_that_is_refused: "D2" as "read-refused", List,
        ReadRefused { action: "Microsoft.CognitiveServices/accounts/read" }
        ["action:try_again", "action:switch_account"];
    d3_a_subscription_of_another_directory: "D3" as "wrong-directory", List,
        WrongDirectory { directory: "7e0c6f6b-95d7-4a0e-8f43-2c1f5b0f6a19" }
        ["action:try_again", "action:switch_account"];
    d4_no_custom_subdomain: "D4" as "no-custom-subdomain", Choice, NoCustomSubdomain { resource: RESOURCE }
        ["text:request_subdomain", "link:custom_subdomain", "action:read_resources"];

    r1_somebody_who_may_not_assign: "R1", Assignment, MayNotAssign { role: ROLE, resource: RESOURCE }
        ["text:request_access", "action:check_access", "action:choose_resource"];
    r2_a_condition_that_leaves_the_role_out: "R2" as "may-not-assign-this-role", Assignment,
        MayNotAssignThisRole { role: ROLE, resource: RESOURCE }
        ["text:request_access", "action:check_access", "action:choose_resource"];
    r5_a_name_of_another_assignment: "R5", Assignment, AssignmentNameTaken {}
        ["action:try_again", "action:check_access"];
    r6_a_principal_that_is_not_found: "R6" as "principal-not-found", Assignment,
        PrincipalNotFound { directory: "Contoso" }
        ["action:try_again", "action:check_access", "action:switch_account"];
    r13_a_role_that_does_not_work_yet: "R13" as "role-not-effective", Assignment,
        RoleNotEffective { role: ROLE, minutes: "10" }
        ["action:keep_waiting", "action:check_access", "action:choose_resource"];
    r14_a_policy: "R14" as "policy-refused", Assignment, PolicyRefused {}
        ["text:request_access", "action:check_access", "action:choose_resource"];
    r15_a_full_subscription: "R15a" as "assignment-limit", Assignment, AssignmentLimit {}
        ["action:try_again", "action:choose_resource", "link:portal"];
    r15_a_lock: "R15b" as "scope-locked", Assignment, ScopeLocked { resource: RESOURCE }
        ["action:try_again", "link:portal", "action:choose_resource"];
    r15_a_deny_assignment: "R15c" as "deny-assignment", Assignment,
        DenyAssignment { role: ROLE, resource: RESOURCE }
        ["text:request_access", "action:check_access", "action:choose_resource"];
    r18_a_name_that_was_used_before: "R18" as "assignment-name-taken", Assignment, AssignmentNameTaken {}
        ["action:try_again", "action:check_access"];

    c1_a_missing_data_action: "C1" as "chat-not-permitted", Chat, ChatNotPermitted { resource: RESOURCE }
        ["action:check_access", SEND_AGAIN];
    c2_a_missing_role: "C2", Chat, ChatNotPermitted { resource: RESOURCE }
        ["action:check_access", SEND_AGAIN];
    c3_a_refused_token: "C3" as "chat-token-refused", Chat, ChatTokenRefused { resource: RESOURCE }
        ["action:sign_in", SEND_AGAIN];
    c4_another_directory: "C4" as "chat-tenant-mismatch", Chat, ChatTenantMismatch { resource: RESOURCE }
        ["action:switch_account", "action:choose_resource", "command:az_login"];
    c5_a_host_for_keys_only: "C5", Chat, NoCustomSubdomain { resource: RESOURCE }
        ["link:custom_subdomain", "action:choose_resource"];
    c6_a_name_that_is_not_routed: "C6" as "endpoint-not-found", Chat, EndpointNotFound {}
        [SEND_AGAIN, "action:read_resources"];
    c7_a_private_network: "C7" as "private-network", Chat, PrivateNetwork { resource: RESOURCE }
        [SEND_AGAIN, "link:portal", "action:choose_resource"];
    c8_a_firewall: "C8" as "network-rules", Chat, NetworkRules { resource: RESOURCE }
        [SEND_AGAIN, "link:portal", "action:choose_resource"];
    c9_network_rules_at_the_host_of_the_region: "C9" as "network-endpoint", Chat,
        NetworkEndpoint { resource: RESOURCE }
        ["action:read_resources", "link:custom_subdomain", "action:choose_resource"];
    c10_a_private_endpoint: "C10" as "private-endpoint-refused", Chat,
        PrivateEndpointRefused { resource: RESOURCE }
        [SEND_AGAIN, "link:portal", "action:choose_resource"];
    c11_a_missing_deployment: "C11", Chat, DeploymentNotFound { deployment: DEPLOYMENT, resource: RESOURCE }
        ["action:choose_resource", SEND_AGAIN];
    c12_an_unknown_path: "C12" as "path-not-found", Chat, PathNotFound {}
        ["action:read_resources", SEND_AGAIN];
    c13_a_refused_version: "C13" as "api-version-refused", Chat, ApiVersionRefused {}
        [SEND_AGAIN, "action:choose_resource"];
    c14_a_model_that_does_not_chat: "C14" as "model-cannot-chat", Chat,
        ModelCannotChat { deployment: DEPLOYMENT, resource: RESOURCE }
        ["action:choose_resource", SEND_AGAIN];
    c15_a_refused_parameter: "C15" as "parameter-refused", Chat, ParameterRefused { parameter: "max_tokens" }
        [SEND_AGAIN, "action:choose_resource"];
    c16_the_content_filter: "C16" as "content-filtered", Chat, ContentFiltered { deployment: DEPLOYMENT }
        [SEND_AGAIN];
    c17_a_used_up_quota: "C17", Chat, ChatThrottled { deployment: DEPLOYMENT, seconds: "86400" }
        [SEND_AGAIN, "action:choose_resource"];
    c18_a_key_where_keys_are_off: "C18" as "keys-disabled", Chat, KeysDisabled { resource: RESOURCE }
        ["action:sign_in", SEND_AGAIN];
    c19_a_blocked_resource: "C19" as "resource-blocked", Chat, ResourceBlocked { resource: RESOURCE }
        ["link:support", SEND_AGAIN, "action:choose_resource"];
    c20_a_key_instead_of_a_sign_in: "C20" as "key-refused", Chat, KeyRefused { resource: RESOURCE }
        ["action:sign_in", SEND_AGAIN, "action:choose_resource"];
    c21_a_gateway: "C21" as "gateway-refused", Chat, GatewayRefused {}
        ["action:choose_resource", SEND_AGAIN];
    c22_a_lost_connection: "C22", Chat, NetworkFailed { attempts: "1" }
        [SEND_AGAIN, "action:check_network"];
    c23_a_service_that_is_down: "C23" as "service-failed", Chat, ServiceFailed { status: "503" }
        [SEND_AGAIN, "link:service_health"];
}

#[tokio::test]
async fn s13_a_browser_that_never_comes_back() {
    let setup = Setup { scenario: "S13", habit: Habit::Nothing, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the browser is open", crate::stage::is_waiting_for_browser).await;
    stage.pass(Duration::from_secs(15 * 60));
    let failure = stage.until_failure(Code::SignInTimedOut).await;
    show("sign-in-timed-out", &stage);
    assert_eq!(failure.parameters["minutes"], "15");
    assert_eq!(names_of(&failure.remedies), ["action:sign_in", "action:sign_in_with_device_code"]);
}

/// Does what meets a challenge, closes the browser, and returns what the page offers instead.
async fn is_offered(stage: &mut Stage, command: Command, code: Code) -> Failure {
    stage.has(Habit::Nothing);
    stage.send(command).await;
    stage.until("the browser is open", |s| s.proof.is_some() && s.busy.is_some()).await;
    stage.send(Command::Cancel).await;
    stage.until_failure(code).await
}

#[tokio::test]
async fn s1_a_second_factor_for_chat() {
    let mut stage = Stage::new("S1").await;
    stage.walk_to_test().await;
    let failure = is_offered(&mut stage, Command::SendTestMessage, Code::SecondFactorNeeded).await;
    show("second-factor-needed", &stage);
    let offered = ["action:sign_in", "action:switch_account", "link:entra_error"];
    assert_eq!(names_of(&failure.remedies), offered);
    is_proved(&mut stage, Command::PressRemedy { index: 0 }, "chat.create", &[200]).await;
    let address = stage.desktop.last_opened();
    assert!(address.contains("cognitiveservices"), "what was refused is asked for: {address}");
    assert!(address.contains("capolids"), "the claims of the refusal go back: {address}");
}

#[tokio::test]
async fn r8_a_second_factor_for_a_write() {
    let mut stage = Stage::new("R8").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let confirms = stage.confirmation();
    let failure = is_offered(&mut stage, confirms, Code::ProofNeeded).await;
    show("proof-needed", &stage);
    assert_eq!(names_of(&failure.remedies), ["action:sign_in", "action:choose_resource"]);
    is_proved(&mut stage, Command::PressRemedy { index: 0 }, "roleAssignments.create", &[201])
        .await;
    assert!(stage.desktop.last_opened().contains("acrs"), "the claims go to Entra");
}

#[tokio::test]
async fn r4_an_assignment_under_another_name_is_success() {
    let mut stage = Stage::new("R4").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.assign_role().await;
    let said = |s: &keyless::snapshot::Snapshot| {
        access(s).is_some_and(|page| page.findings.iter().any(|it| it.code == "role_existed"))
    };
    stage.until("it is said that the role was there", said).await;
    assert!(stage.page().failure.is_none());
}

#[tokio::test]
async fn s16_who_names_the_directory_first_gets_in() {
    let mut stage = Stage::new("S16").await;
    stage.send(Command::SignInWithBrowser).await;
    let lost = stage.desktop.lost.clone();
    stage.until("the page at home leads nowhere", |_| lost.load(Ordering::SeqCst) > 0).await;
    assert!(stage.page().person.is_none(), "home blocks its own people");
    stage.send(Command::Cancel).await;
    stage.send(Command::ChooseTenant { text: "fabrikam.example".to_owned() }).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("somebody is signed in", is_signed_in).await;
    let person = stage.page().person.as_ref().expect("somebody");
    assert_eq!(person.tenant_name.as_deref().unwrap_or("Fabrikam"), "Fabrikam");
    assert_eq!(person.tenant_id, "d1c7c857-c37a-4895-88e8-811f00aa7001");
}

/// The lists of the subscriptions show what the index of Resource Graph does not know yet, and to
/// whom it says nothing.
#[tokio::test]
async fn r5_and_r18_a_taken_name_is_replaced_once() {
    for name in ["R5", "R18"] {
        let mut stage = Stage::new("default").await;
        stage.sign_in().await;
        stage.choose(RESOURCE).await;
        stage.simulator.add_fault(Fault::named(name).expect("a fault").times(1));
        stage.get_role().await;
    }
}

#[tokio::test]
async fn c12_the_dated_path_is_tried_once() {
    let mut stage = Stage::new("already-has-access").await;
    stage.simulator.add_fault(Fault::named("C12").expect("a fault").times(1));
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.confirm_access().await;
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty());
    let history = stage.history();
    let last = history.iter().rfind(|entry| entry.operation == "chat.create").expect("a chat");
    assert!(last.path.contains("/openai/deployments/gpt-4.1/"), "{}", last.path);
}

#[tokio::test]
async fn c16_and_c17_mean_that_access_works() {
    for (name, code) in [("C16", Code::ContentFiltered), ("C17", Code::ChatThrottled)] {
        let mut stage = Stage::new("default").await;
        stage.sign_in().await;
        stage.choose(RESOURCE).await;
        stage.simulator.add_fault(Fault::named(name).expect("a fault"));
        stage.assign_role().await;
        stage.until("the role works", |s| shown(s) == Step::ConnectProject).await;
        stage.see_change().await;
        stage.write_env().await;
        stage.send(Command::SendTestMessage).await;
        stage.until_failure(code).await;
        let steps = &stage.page().steps;
        assert!(steps.iter().any(|step| step.step == Step::GetAccess && step.done), "{name}");
    }
}

#[test]
fn every_named_failure_has_a_journey() {
    let text = include_str!("failures.rs");
    for name in Fault::names() {
        assert!(text.contains(&format!("\"{name}\"")), "no journey meets {name}");
    }
}

#[test]
fn every_named_failure_is_a_row_of_the_diagnosis() {
    let rows: Value =
        serde_json::from_str(include_str!("../../core/diagnosis/rows.json")).expect("rows");
    let ids: Vec<&str> =
        rows.as_array().expect("a list").iter().filter_map(|row| row["id"].as_str()).collect();
    // What Keyless does not run into has no words of its own.
    const AVOIDED: [&str; 2] = ["S16", "D9"];
    for name in Fault::names().into_iter().filter(|name| !AVOIDED.contains(name)) {
        assert!(ids.contains(&name), "{name} is not recognised");
    }
}
