//! Claims challenges: the browser opens again and says why, what met the challenge is repeated
//! once by itself, and nothing is lost where nothing comes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keyless::failure::{Action, Code, Failure, Remedy};
use keyless::session::Command;
use keyless::snapshot::{
    AccessPhase, DeviceCode, ProofReason, SignInPhase, Snapshot, Step, TestPhase, Tool,
};
use serde_json::{Value, json};
use simulator::{Act, Fault};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::browser::{Habit, enter_code};
use crate::fixtures::show;
use crate::road::played_azure_cli;
use crate::stage::{ADA, RESOURCE, Setup, Stage, access, choose, project, shown, test};

const CONTOSO: &str = "4d083c51-407b-49e4-b919-9b6615eb8a8e";
const FABRIKAM: &str = "d1c7c857-c37a-4895-88e8-811f00aa7001";
const GRACE: &str = "grace@contoso.example";
/// Something about the session changed at this moment (continuous access evaluation).
const CHANGED: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1795165200"}}}"#;
/// How long Azure asks to wait.
const WAIT: time::Duration = time::Duration::seconds(5);
/// The form of a date in a header (RFC 9110, section 5.6.7).
const DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);
const SECOND_FACTOR: &str = r#"{"access_token":{"acrs":{"essential":true,"values":["p1"]}}}"#;

impl Stage {
    pub async fn walk_to_test(&mut self) {
        self.sign_in().await;
        self.choose(RESOURCE).await;
        self.confirm_access().await;
        self.see_change().await;
        self.write_env().await;
    }

    pub fn has(&self, habit: Habit) {
        *self.desktop.habit.lock().expect("no test panics with the lock") = habit;
    }

    pub fn opened(&self) -> usize {
        self.desktop.opened.lock().expect("no test panics with the lock").len()
    }

    /// The statuses of every answer to an operation, in order.
    pub fn statuses(&self, operation: &str) -> Vec<u16> {
        let history = self.history();
        history.iter().filter(|one| one.operation == operation).map(|one| one.status).collect()
    }

    pub async fn press(&mut self, action: Action) {
        let remedies = &self.failure().remedies;
        let position = remedies.iter().position(|one| *one == Remedy::Action { action });
        let index = position.unwrap_or_else(|| panic!("{action:?} is offered: {remedies:?}"));
        let index = u32::try_from(index).expect("a few remedies");
        self.send(Command::PressRemedy { index }).await;
    }

    pub async fn see_proof(&mut self, reason: ProofReason) -> Snapshot {
        let snapshot = self
            .until("the browser is open for the proof", |s| {
                s.proof.as_ref().is_some_and(|proof| proof.phase == SignInPhase::Waiting)
            })
            .await;
        let proof = snapshot.proof.as_ref().expect("it was just seen");
        assert_eq!(proof.reason, reason, "the person is told why");
        assert!(snapshot.busy.as_ref().is_some_and(|busy| busy.can_cancel), "it can be cancelled");
        assert!(snapshot.failure.is_none(), "nothing failed yet");
        snapshot
    }
}

/// Does something that meets a challenge, proves it, and sees it done without another click.
pub async fn is_proved(stage: &mut Stage, command: Command, operation: &str, statuses: &[u16]) {
    stage.has(Habit::Nothing);
    let (before, opened, step) =
        (stage.statuses(operation).len(), stage.opened(), shown(stage.page()));
    stage.send(command).await;
    let waiting = stage
        .until("the browser is open", |s| s.proof.as_ref().is_some_and(|p| p.address.is_some()))
        .await;
    assert_eq!(shown(&waiting), step, "the page stays");
    assert_eq!(stage.opened(), opened + 1, "the browser opened by itself, once");
    let address = stage.desktop.last_opened();
    let query = parameters(&address);
    assert_eq!(query["login_hint"], ADA, "the name is filled in");
    assert!(query["claims"].contains("cp1"), "the next challenge can be answered too");
    stage.has(Habit::ContinueAs(ADA));
    stage.send(Command::OpenBrowserAgain).await;
    stage.until("it is done", |s| s.proof.is_none() && s.busy.is_none()).await;
    assert!(stage.page().failure.is_none(), "{:?}", stage.page().failure);
    assert_eq!(stage.statuses(operation)[before..], *statuses, "the request is repeated once");
}

fn parameters(address: &str) -> BTreeMap<String, String> {
    let url = url::Url::parse(address).expect("an absolute address");
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// An answer of Azure Resource Manager or of the data plane that asks for claims.
fn challenge(claims: &str) -> Act {
    let header = format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", error=\"insufficient_claims\", claims=\"{}\"",
        STANDARD.encode(claims)
    );
    let body = json!({ "error": { "code": "InvalidAuthenticationToken", "message": "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp" } });
    let headers = BTreeMap::from([("www-authenticate".to_owned(), header)]);
    Act::Answer { status: 401, headers, body }
}

/// What Entra answers to a refresh token whose sign-in does not count any more.
fn revoked() -> Act {
    let body = json!({
        "error": "invalid_grant",
        "error_description": "AADSTS50173: The provided grant has expired due to it being revoked, a fresh auth token is needed.",
        "error_codes": [50173],
        "suberror": "bad_token",
    });
    Act::Answer { status: 400, headers: BTreeMap::new(), body }
}

fn names_of(failure: &Failure) -> Vec<String> {
    let name = |remedy: &Remedy| {
        let json: Value = serde_json::to_value(remedy).expect("a remedy is JSON");
        let kind = json["kind"].as_str().expect("a kind").to_owned();
        format!("{kind}:{}", json[&kind].as_str().expect("a name"))
    };
    failure.remedies.iter().map(name).collect()
}

async fn at_assignment(scenario: &'static str) -> Stage {
    let mut stage = Stage::new(scenario).await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage
}

#[tokio::test]
async fn the_browser_opens_for_the_tenant_and_the_scope_that_were_challenged() {
    let mut stage = at_assignment("mfa-for-writes").await;
    stage.has(Habit::Nothing);
    stage.assign_role().await;
    stage.see_proof(ProofReason::Change).await;
    show("proof-change-waiting", &stage);
    let address = stage.desktop.last_opened();
    assert!(address.contains(&format!("/{CONTOSO}/oauth2/v2.0/authorize")), "{address}");
    let query = parameters(&address);
    assert!(query["scope"].starts_with("https://management."), "{}", query["scope"]);
    let claims: Value = serde_json::from_str(&query["claims"]).expect("claims are JSON");
    assert_eq!(claims["access_token"]["acrs"], json!({ "essential": true, "values": ["p1"] }));
    assert_eq!(claims["access_token"]["xms_cc"]["values"], json!(["cp1"]));
    let told = stage.told.join("\n");
    let shown_claims = told.replace(&urlencoded(&address), "");
    assert!(!shown_claims.contains("\"claims\""), "the claims are no detail of a failure");
    stage.has(Habit::ContinueAs(ADA));
    stage.send(Command::OpenBrowserAgain).await;
    stage.see_change().await;
    assert_eq!(stage.statuses("roleAssignments.create"), [401, 201]);
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty(), "the sign-in goes on as before");
}

fn urlencoded(address: &str) -> String {
    serde_json::to_string(address).expect("text is JSON")
}

#[tokio::test]
async fn a_declined_proof_leaves_the_page_as_it_was_and_can_be_made_up_for() {
    let mut stage = at_assignment("mfa-for-writes").await;
    stage.has(Habit::Decline);
    stage.assign_role().await;
    let failure = stage.until_failure(Code::SignInDeclined).await;
    show("proof-declined", &stage);
    assert!(stage.page().proof.is_none());
    assert!(access(stage.page()).is_some_and(|page| page.phase == AccessPhase::Known));
    assert!(stage.page().person.is_some(), "nobody is signed out");
    assert_eq!(names_of(&failure)[0], "action:sign_in");
    assert_eq!(stage.statuses("roleAssignments.create"), [401], "nothing was repeated");
    stage.has(Habit::ContinueAs(ADA));
    stage.press(Action::SignIn).await;
    stage.see_change().await;
    assert_eq!(stage.statuses("roleAssignments.create"), [401, 201]);
}

#[tokio::test]
async fn a_cancelled_proof_leaves_its_reason_and_its_button() {
    let mut stage = at_assignment("mfa-for-writes").await;
    stage.has(Habit::Nothing);
    stage.assign_role().await;
    stage.see_proof(ProofReason::Change).await;
    stage.send(Command::Cancel).await;
    let failure = stage.until_failure(Code::ProofNeeded).await;
    assert_eq!(names_of(&failure), ["action:sign_in", "action:choose_resource"]);
    stage.back_works().await;
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    stage.has(Habit::ContinueAs(ADA));
    stage.press(Action::SignIn).await;
    stage.see_change().await;
    assert_eq!(stage.statuses("roleAssignments.create"), [401, 201]);
}

#[tokio::test]
async fn a_proof_that_nobody_gives_ends_after_its_time() {
    let mut stage = at_assignment("mfa-for-writes").await;
    stage.has(Habit::Nothing);
    stage.assign_role().await;
    stage.see_proof(ProofReason::Change).await;
    stage.pass(Duration::from_secs(15 * 60));
    let failure = stage.until_failure(Code::SignInTimedOut).await;
    assert_eq!(names_of(&failure)[0], "action:sign_in");
    assert_eq!(shown(stage.page()), Step::GetAccess);
}

#[tokio::test]
async fn where_no_browser_opens_the_address_is_shown() {
    let mut stage = at_assignment("mfa-for-writes").await;
    stage.has(Habit::NoBrowser);
    stage.assign_role().await;
    stage
        .until("no browser opened", |s| {
            s.proof.as_ref().is_some_and(|p| !p.browser_opened && p.address.is_some())
        })
        .await;
    show("proof-no-browser", &stage);
}

fn code_of_proof(snapshot: &Snapshot) -> Option<&DeviceCode> {
    snapshot.proof.as_ref()?.device_code.as_ref()
}

#[tokio::test]
async fn where_no_browser_opens_whoever_signed_in_by_code_proves_it_by_code() {
    let setup = Setup { scenario: "mfa-for-writes", habit: Habit::NoBrowser, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    stage.send(Command::SignInWithDeviceCode).await;
    let first = |s: &Snapshot| crate::stage::sign_in(s).and_then(|page| page.device_code.clone());
    let page = stage.until("a code is shown", |s| first(s).is_some()).await;
    let first = first(&page).expect("it was just seen");
    enter_code(&first, ADA).await;
    stage.go_on().await;
    stage.until("the list", |s| choose(s).is_some_and(|p| !p.reading && p.total > 0)).await;
    stage.choose(RESOURCE).await;
    stage.assign_role().await;
    let page = stage.until("a code is shown", |s| code_of_proof(s).is_some()).await;
    let proof = page.proof.as_ref().expect("it was just seen");
    assert_eq!((proof.reason, proof.phase), (ProofReason::Change, SignInPhase::Waiting));
    let second = code_of_proof(&page).expect("it was just seen");
    assert_ne!(second.code, first.code);
    assert_eq!((second.lasts_seconds, shown(&page)), (900, Step::GetAccess), "the page stays");
    show("proof-by-code", &stage);
    enter_code(second, ADA).await;
    stage.see_change().await;
    assert!(stage.page().proof.is_none());
    assert_eq!(stage.statuses("roleAssignments.create"), [401, 201], "repeated by itself, once");
}

async fn at_assignment_abroad() -> Stage {
    let mut stage = Stage::new("guest-mfa-for-writes").await;
    stage.sign_in().await;
    stage.choose("fabrikam-joint-chat").await;
    stage
}

#[tokio::test]
async fn a_guest_proves_it_to_the_tenant_that_asked() {
    let mut stage = at_assignment_abroad().await;
    let confirms = stage.confirmation();
    is_proved(&mut stage, confirms, "roleAssignments.create", &[401, 201]).await;
    let address = stage.desktop.last_opened();
    assert!(address.contains(&format!("/{FABRIKAM}/oauth2/v2.0/authorize")), "{address}");
    assert_eq!(stage.page().person.as_ref().expect("Ada").tenant_id, CONTOSO, "still at home");
    let written = stage.history();
    let write = written.iter().rfind(|one| one.operation == "roleAssignments.create");
    assert_eq!(write.and_then(|one| one.tenant.as_deref()), Some(FABRIKAM));
}

#[tokio::test]
async fn another_account_in_the_proof_is_told_and_changes_nothing() {
    let mut stage = at_assignment_abroad().await;
    stage.has(Habit::ContinueAs(GRACE));
    stage.assign_role().await;
    let failure = stage.until_failure(Code::AnotherAccount).await;
    show("proof-another-account", &stage);
    assert_eq!((&*failure.parameters["known"], &*failure.parameters["account"]), (ADA, GRACE));
    assert_eq!(stage.page().person.as_ref().expect("still Ada").account, ADA);
    assert_eq!(stage.statuses("roleAssignments.create"), [401], "nothing is written as another");
    stage.has(Habit::ContinueAs(ADA));
    stage.press(Action::TryAgain).await;
    stage.see_change().await;
    assert_eq!(stage.statuses("roleAssignments.create"), [401, 201]);
}

#[tokio::test]
async fn a_challenge_after_the_proof_is_a_failure_and_no_loop() {
    let mut stage = at_assignment("default").await;
    let fault = Fault::on("roleAssignments.create", challenge(SECOND_FACTOR));
    stage.simulator.add_fault(fault);
    let opened = stage.opened();
    stage.assign_role().await;
    let failure = stage.until_failure(Code::ProofNotEnough).await;
    show("proof-again-refused", &stage);
    assert_eq!(
        names_of(&failure),
        ["action:sign_in", "action:switch_account", "action:choose_resource"]
    );
    assert_eq!(stage.opened(), opened + 1, "the browser opened once");
    assert_eq!(stage.statuses("roleAssignments.create"), [401, 401], "and once more it was tried");
    stage.simulator.clear_faults();
    stage.press(Action::SignIn).await;
    stage.see_change().await;
}

#[tokio::test]
async fn a_challenge_that_entra_answers_silently_opens_no_browser() {
    let mut stage = Stage::new("already-has-access").await;
    stage.walk_to_test().await;
    stage.simulator.add_fault(Fault::on("chat.create", challenge(CHANGED)).times(1));
    let (opened, tokens) = (stage.opened(), stage.statuses("entra.token").len());
    assert!(!stage.test_connection().await.is_empty());
    assert_eq!(stage.opened(), opened, "the person notices nothing");
    assert_eq!(stage.statuses("chat.create"), [401, 200]);
    assert_eq!(stage.statuses("entra.token").len(), tokens + 1, "one token more");
}

#[tokio::test]
async fn a_session_that_changed_is_renewed_in_the_browser_and_the_message_sent_again() {
    let mut stage = Stage::new("already-has-access").await;
    stage.walk_to_test().await;
    stage.simulator.add_fault(Fault::on("chat.create", challenge(CHANGED)).times(1));
    stage.simulator.add_fault(Fault::on("entra.token", revoked()).times(1));
    stage.has(Habit::Nothing);
    stage.send(Command::SendTestMessage).await;
    stage.see_proof(ProofReason::Renewal).await;
    show("proof-renewal-waiting", &stage);
    let query = parameters(&stage.desktop.last_opened());
    assert!(query["scope"].starts_with("https://cognitiveservices."), "{}", query["scope"]);
    assert!(query["claims"].contains("1795165200"), "{}", query["claims"]);
    stage.has(Habit::ContinueAs(ADA));
    stage.send(Command::OpenBrowserAgain).await;
    let answered = |s: &Snapshot| test(s).is_some_and(|page| page.phase == TestPhase::Answered);
    stage.until("the message was sent again", answered).await;
    assert_eq!(stage.statuses("chat.create"), [401, 200]);
}

#[tokio::test]
async fn no_browser_opens_for_what_goes_on_in_the_background() {
    let mut stage = at_assignment("role-after-40-s").await;
    let before = stage.opened();
    stage.simulator.add_fault(Fault::on("chat.create", challenge(CHANGED)).nth(3));
    stage.simulator.add_fault(Fault::on("entra.token", revoked()).times(1));
    stage.assign_role().await;
    let failure = stage.until_failure(Code::ProofNeeded).await;
    show("proof-offered", &stage);
    let offered = ["action:sign_in", "action:choose_resource", "action:keep_waiting"];
    assert_eq!(names_of(&failure), offered);
    assert!(access(stage.page()).is_some_and(|page| page.phase == AccessPhase::Paused));
    assert_eq!(stage.opened(), before, "nobody had just pressed a button for it");
    stage.press(Action::SignIn).await;
    stage.see_change().await;
    assert_eq!(stage.opened(), before + 1);
    assert_eq!(stage.statuses("roleAssignments.create"), [201], "the role is assigned once");
}

#[tokio::test]
async fn a_challenge_in_the_message_of_an_error_is_read_too() {
    let mut stage = at_assignment("default").await;
    let body = json!({ "error": { "code": "RoleAssignmentRequestAcrsValidationFailed", "message": "&claims=%7B%22access_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3Atrue%2C%20%22value%22%3A%22c1%22%7D%7D%7D" } });
    let act = Act::Answer { status: 400, headers: BTreeMap::new(), body };
    stage.simulator.add_fault(Fault::on("roleAssignments.create", act).times(1));
    stage.has(Habit::Nothing);
    stage.assign_role().await;
    stage.see_proof(ProofReason::Change).await;
    let query = parameters(&stage.desktop.last_opened());
    assert!(query["claims"].contains("\"c1\""), "{}", query["claims"]);
    stage.has(Habit::ContinueAs(ADA));
    stage.send(Command::OpenBrowserAgain).await;
    stage.see_change().await;
}

pub async fn borrowed(scenario: &'static str) -> Stage {
    let setup = Setup { scenario, tools: played_azure_cli, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    stage
        .until("the sign-in is offered", |s| {
            crate::stage::sign_in(s).is_some_and(|page| !page.tools.is_empty())
        })
        .await;
    stage.send(Command::BorrowSignIn { tool: Tool::AzureCli }).await;
    stage.go_on().await;
    stage
        .until("the resources are listed", |s| choose(s).is_some_and(|p| !p.reading && p.total > 0))
        .await;
    stage.choose(RESOURCE).await;
    stage
}

#[tokio::test]
async fn l17_a_borrowed_sign_in_offers_the_browser_for_one_step_or_the_exact_command() {
    let mut stage = borrowed("mfa-for-writes").await;
    stage.assign_role().await;
    let failure = stage.until_failure(Code::BorrowedProofNeeded).await;
    show("borrowed-proof-needed", &stage);
    assert_eq!(failure.parameters["tool"], "Azure CLI");
    assert_eq!(names_of(&failure), ["action:sign_in", "command:az_login", "action:try_again"]);
    let command = failure.remedies.iter().find_map(|remedy| match remedy {
        Remedy::Command { line, .. } => Some(line.as_str()),
        _ => None,
    });
    let challenge = STANDARD.encode(SECOND_FACTOR);
    let expected = format!(
        "az login --tenant {CONTOSO} --scope https://management.azure.com/.default --claims-challenge {challenge}"
    );
    assert_eq!(command, Some(expected.as_str()));
    assert_eq!(stage.opened(), 0, "no browser opens unasked");
    stage.has(Habit::ContinueAs(ADA));
    stage.press(Action::SignIn).await;
    stage.see_change().await;
    assert_eq!(parameters(&stage.desktop.last_opened())["login_hint"], ADA);
    assert_eq!(stage.statuses("roleAssignments.create"), [401, 201]);
    assert!(stage.store.read().await.expect("it reads").is_none(), "nothing is kept");
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty(), "the rest is still borrowed");
}

#[tokio::test]
async fn a_borrowed_sign_in_that_was_made_stronger_in_the_terminal_is_asked_for_anew() {
    let mut stage = borrowed("mfa-for-writes").await;
    stage
        .simulator
        .add_fault(Fault::on("roleAssignments.create", challenge(SECOND_FACTOR)).times(1));
    stage.assign_role().await;
    stage.until_failure(Code::BorrowedProofNeeded).await;
    stage.press(Action::TryAgain).await;
    // The played tool is not signed in any stronger: the same is told again.
    stage.until_failure(Code::BorrowedProofNeeded).await;
    assert_eq!(stage.statuses("roleAssignments.create"), [401, 401]);
    assert!(project(stage.page()).is_none());
}

#[tokio::test]
async fn an_hour_too_fast_or_too_slow_is_nothing_that_anybody_notices() {
    for scenario in ["clock-fast", "clock-slow"] {
        let mut stage = Stage::new(scenario).await;
        assert!(!stage.walk().await.is_empty(), "{scenario}");
        let told = stage.told.iter().filter(|told| told.contains("\"failure\":{")).count();
        assert_eq!(told, 0, "{scenario}: no page failed on the way");
    }
}

/// An answer that asks to wait until a moment of Azure's clock, five seconds ahead of it.
fn throttled(scenario: &str, stage: &Stage) -> Act {
    let off = time::Duration::hours(if scenario == "clock-slow" { 1 } else { -1 });
    let azure = keyless::clock::Clock::now(&*stage.clock) + off;
    let until = (azure + WAIT).format(&DATE).expect("a date");
    let headers = BTreeMap::from([("retry-after".to_owned(), until)]);
    let body = json!({ "error": { "code": "TooManyRequests", "message": "Slow down." } });
    Act::Answer { status: 429, headers, body }
}

#[tokio::test]
async fn a_wait_until_a_moment_of_azures_clock_is_as_long_as_azure_means_it() {
    for scenario in ["clock-fast", "clock-slow"] {
        let mut stage = Stage::new(scenario).await;
        stage.sign_in().await;
        let fault = Fault::on("deployments.list", throttled(scenario, &stage)).times(1);
        stage.simulator.add_fault(fault);
        let began = keyless::clock::Clock::now(&*stage.clock);
        stage.select(RESOURCE).await;
        let waited = keyless::clock::Clock::now(&*stage.clock) - began;
        assert!((waited - WAIT).abs() <= time::Duration::SECOND, "{scenario}: {waited}");
        assert_eq!(stage.statuses("deployments.list"), [429, 200], "{scenario}");
        let told = stage.told.iter().filter(|told| told.contains("\"failure\":{")).count();
        assert_eq!(told, 0, "{scenario}: no page failed on the way");
    }
}

#[tokio::test]
async fn a_borrowed_token_is_used_as_long_as_azure_takes_it_whatever_this_clock_says() {
    for scenario in ["clock-fast", "clock-slow"] {
        let setup = Setup { scenario, tools: played_azure_cli, ..Setup::default() };
        let mut stage = Stage::with(setup).await;
        stage
            .until("the sign-in is offered", |s| {
                crate::stage::sign_in(s).is_some_and(|page| !page.tools.is_empty())
            })
            .await;
        stage.send(Command::BorrowSignIn { tool: Tool::AzureCli }).await;
        stage.go_on().await;
        stage
            .until("the resources are listed", |s| {
                choose(s).is_some_and(|page| !page.reading && page.total > 0)
            })
            .await;
        let history = stage.history();
        assert!(history.iter().all(|one| one.status != 401), "{scenario}: {history:#?}");
    }
}

#[tokio::test]
async fn a_token_that_ends_on_the_way_is_renewed_without_a_word() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.pass(Duration::from_secs(25 * 60 * 60));
    stage.choose(RESOURCE).await;
    stage.pass(Duration::from_secs(25 * 60 * 60));
    stage.get_role().await;
    stage.pass(Duration::from_secs(25 * 60 * 60));
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty());
    let history = stage.history();
    // A chat is refused as long as the role does not work.
    let mut others = history.iter().filter(|one| one.operation != "chat.create");
    assert!(others.all(|one| one.status != 401), "no ended token was sent");
    assert_eq!(stage.opened(), 1, "only the first sign-in opened the browser");
}
