//! What goes wrong on the straight road: each a code, its parameters, a next step; nothing is
//! lost, and Back works.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyless::failure::{Action, Code, Failure, Remedy};
use keyless::secrets::{Secret, SecretStore, StoreTrouble};
use keyless::session::Command;
use keyless::snapshot::{AccessPhase, SignInPhase, Snapshot, Step, TestPhase, Verdict};
use serde_json::{Value, json};
use simulator::{Act, Fault};

use crate::browser::Habit;
use crate::fixtures::show;
use crate::stage::{
    ADA, RESOURCE, Setup, Stage, access, choose, is_waiting_for_browser, shown, sign_in,
};

fn offers(failure: &Failure, action: Action) -> bool {
    failure.remedies.contains(&Remedy::Action { action })
}

async fn press(stage: &mut Stage, action: Action) {
    let position =
        stage.failure().remedies.iter().position(|remedy| *remedy == Remedy::Action { action });
    let index = position.unwrap_or_else(|| panic!("{action:?} is offered: {:?}", stage.failure()));
    stage.send(Command::PressRemedy { index: u32::try_from(index).expect("a few remedies") }).await;
}

fn answer(status: u16, body: Value) -> Act {
    Act::Answer { status, headers: BTreeMap::new(), body }
}

#[tokio::test]
async fn a_declined_sign_in_is_told_and_can_be_repeated() {
    let mut stage = Stage::with(Setup { habit: Habit::Decline, ..Setup::default() }).await;
    stage.send(Command::SignInWithBrowser).await;
    let failure = stage.until_failure(Code::SignInDeclined).await;
    show("sign-in-declined", &stage);
    assert!(offers(&failure, Action::SignIn));
    *stage.desktop.habit.lock().expect("a lock") = Habit::ContinueAs(ADA);
    press(&mut stage, Action::SignIn).await;
    stage.go_on().await;
    stage.until("the resources are listed", |s| choose(s).is_some_and(|p| p.total > 0)).await;
    assert!(stage.page().failure.is_none(), "what was mended is not told any more");
}

#[tokio::test]
async fn a_callback_with_a_wrong_state_is_ignored_and_said() {
    let mut stage = Stage::with(Setup { habit: Habit::Nothing, ..Setup::default() }).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the browser is open", is_waiting_for_browser).await;
    let callback = crate::browser::callback_of(&stage.desktop.last_opened());
    let stranger = format!("{callback}/?code=stolen&state=guessed");
    let status = reqwest::get(stranger).await.expect("the listener answers").status();
    assert_eq!(status, 400);
    let notice =
        |s: &keyless::snapshot::Snapshot| s.notices.iter().any(|n| n.code == "answer_ignored");
    stage.until("it is said", notice).await;
    show("stranger-ignored", &stage);
    assert!(is_waiting_for_browser(stage.page()), "the sign-in goes on");
    let redeemed = stage.history().iter().any(|entry| entry.operation == "entra.token");
    assert!(!redeemed, "a stolen code is not redeemed");
}

#[tokio::test]
async fn a_sign_in_survives_strangers_and_ends_after_ten_of_them() {
    let few = Setup { habit: Habit::StrangersFirst(5), ..Setup::default() };
    let mut stage = Stage::with(few).await;
    stage.sign_in().await;
    let many = Setup { habit: Habit::StrangersFirst(10), ..Setup::default() };
    let mut stage = Stage::with(many).await;
    stage.send(Command::SignInWithBrowser).await;
    let failure = stage.until_failure(Code::SignInDisturbed).await;
    assert!(offers(&failure, Action::SignIn));
}

#[tokio::test]
async fn a_sign_in_that_nobody_finishes_ends_and_can_be_cancelled() {
    let mut stage = Stage::with(Setup { habit: Habit::Nothing, ..Setup::default() }).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the browser is open", is_waiting_for_browser).await;
    show("sign-in-waiting", &stage);
    stage.send(Command::Cancel).await;
    let out = |s: &keyless::snapshot::Snapshot| {
        sign_in(s)
            .is_some_and(|page| page.phase == SignInPhase::SignedOut && page.address.is_none())
    };
    stage.until("nobody is signed in", out).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the browser is open", is_waiting_for_browser).await;
    stage.pass(Duration::from_secs(15 * 60));
    let failure = stage.until_failure(Code::SignInTimedOut).await;
    assert_eq!(failure.parameters["minutes"], "15");
}

#[tokio::test]
async fn without_a_browser_the_address_is_shown() {
    let mut stage = Stage::with(Setup { habit: Habit::NoBrowser, ..Setup::default() }).await;
    stage.send(Command::SignInWithBrowser).await;
    let unopened = |s: &Snapshot| sign_in(s).is_some_and(|page| !page.browser_opened);
    stage.until("the address is shown", |s| is_waiting_for_browser(s) && unopened(s)).await;
    let page = sign_in(stage.page()).expect("the first page").clone();
    assert!(page.address.expect("an address").contains("/oauth2/v2.0/authorize?"));
    let told = |s: &Snapshot| s.notices.iter().any(|notice| notice.code == "browser_not_opened");
    assert!(told(stage.page()), "the person is asked to open it");

    // A browser that was installed meanwhile opens; one that was removed again is told again.
    *stage.desktop.habit.lock().expect("no test panics with the lock") = Habit::Nothing;
    stage.send(Command::OpenBrowserAgain).await;
    stage.until("the browser is asked again", |s| !unopened(s) && !told(s)).await;
    *stage.desktop.habit.lock().expect("no test panics with the lock") = Habit::NoBrowser;
    stage.send(Command::OpenBrowserAgain).await;
    stage.until("no browser opens again", |s| unopened(s) && told(s)).await;
}

#[tokio::test]
async fn somebody_without_a_subscription_is_told_what_to_do() {
    let mut stage = Stage::new("no-access").await;
    stage.send(Command::SignInWithBrowser).await;
    stage.go_on().await;
    let failure = stage.until_failure(Code::NoSubscription).await;
    stage.until("the sign-in is kept", |s| s.person.as_ref().is_some_and(|p| p.kept)).await;
    show("no-subscription", &stage);
    assert_eq!(failure.parameters["account"], ADA);
    assert_eq!(failure.parameters["tenant"], "Contoso");
    assert!(offers(&failure, Action::ReadResources) && offers(&failure, Action::SwitchAccount));
    stage.back_works().await;
}

#[tokio::test]
async fn a_subscription_without_a_resource_is_told() {
    let mut stage = Stage::new("no-account").await;
    stage.send(Command::SignInWithBrowser).await;
    stage.go_on().await;
    let failure = stage.until_failure(Code::NoAccount).await;
    show("no-account", &stage);
    assert_ne!(failure.parameters["subscriptions"], "0");
    let Some(Remedy::Text { content, .. }) = failure.remedies.first() else {
        panic!("whoever owns nothing has a message to send: {:?}", failure.remedies)
    };
    assert!(content.contains(ADA) && !content.contains('{'), "{content}");
    press(&mut stage, Action::ReadResources).await;
    stage.until_failure(Code::NoAccount).await;
    stage.back_works().await;
}

#[tokio::test]
async fn a_resource_that_cannot_chat_is_told_before_it_is_used() {
    let mut stage = Stage::new("no-chat-deployment").await;
    stage.sign_in().await;
    let name = stage.session.list_resources("", 0, 1).items[0].name.clone();
    stage.select(&name).await;
    let failure = stage.until_failure(Code::NoChatDeployment).await;
    show("no-chat-deployment", &stage);
    assert_eq!(failure.parameters["resource"], name);
    stage.send(Command::ConfirmResource).await;
    stage.back_works().await;
    assert_eq!(shown(stage.page()), Step::ChooseResource, "there is nothing to go on with");
}

#[tokio::test]
async fn a_resource_without_a_custom_subdomain_is_told_before_it_is_used() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.select("contoso-first-try").await;
    stage.send(Command::ConfirmResource).await;
    let failure = stage.until_failure(Code::NoCustomSubdomain).await;
    let is_link = |remedy: &Remedy| matches!(remedy, Remedy::Link { .. });
    assert!(failure.remedies.iter().any(is_link), "how to give it one is a click away");
    stage.select(RESOURCE).await;
    assert!(stage.page().failure.is_none(), "another resource is another story");
}

#[tokio::test]
async fn whoever_may_not_assign_gets_a_text_to_send() {
    let mut stage = Stage::new("may-not-assign").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.assign_role().await;
    let failure = stage.until_failure(Code::MayNotAssign).await;
    show("may-not-assign", &stage);
    let text = failure.remedies.iter().find_map(|remedy| match remedy {
        Remedy::Text { content, .. } => Some(content.as_str()),
        _ => None,
    });
    let text = text.expect("a text to send");
    let person = stage.page().person.clone().expect("somebody");
    for part in [person.object_id.as_str(), ADA, "Cognitive Services OpenAI User", RESOURCE] {
        assert!(text.contains(part), "the text names {part}: {text}");
    }
    assert!(!text.contains('{'), "every placeholder is filled: {text}");
    assert!(stage.page().steps.iter().any(|step| step.step == Step::GetAccess && step.current));
    stage.back_works().await;
    let granted = json!({ "value": [{ "actions": [], "notActions": [], "notDataActions": [],
        "dataActions": ["Microsoft.CognitiveServices/accounts/OpenAI/*"] }] });
    stage.simulator.add_fault(Fault::on("permissions.list", answer(200, granted)));
    press(&mut stage, Action::CheckAccess).await;
    stage
        .until("somebody gave the role", |s| {
            access(s).is_some_and(|p| p.phase == AccessPhase::Works)
        })
        .await;
    stage.confirm_access().await;
}

#[tokio::test]
async fn a_refused_assignment_is_told_with_azures_reason() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let body = json!({ "error": { "code": "InvalidRequestFormat", "message": "No more." } });
    stage.simulator.add_fault(Fault::on("roleAssignments.create", answer(400, body)).times(1));
    stage.assign_role().await;
    let failure = stage.until_failure(Code::AssignmentRefused).await;
    assert_eq!(failure.parameters["reason"], "No more.");
    press(&mut stage, Action::TryAgain).await;
    stage.until("the road goes on", |s| shown(s) == Step::ConnectProject).await;
}

#[tokio::test]
async fn an_assignment_that_exists_is_success() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let body = json!({ "error": { "code": "RoleAssignmentExists", "message": "The role assignment already exists." } });
    let exists = Fault::on("roleAssignments.create", answer(409, body)).times(1);
    stage.simulator.add_fault(exists);
    stage.assign_role().await;
    let said = |s: &keyless::snapshot::Snapshot| {
        access(s)
            .is_some_and(|page| page.findings.iter().any(|finding| finding.code == "role_existed"))
    };
    stage.until("it is said that the role was there", said).await;
    assert!(stage.page().failure.is_none());
}

#[tokio::test]
async fn a_taken_name_is_replaced_once() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let body = json!({ "error": { "code": "BadRequest",
        "message": "A hash conflict was encountered for the role Assignment ID. Please use a new Guid." } });
    stage.simulator.add_fault(Fault::on("roleAssignments.create", answer(400, body)).times(1));
    stage.get_role().await;
    let history = stage.history();
    let names: Vec<_> = history
        .iter()
        .filter(|entry| entry.operation == "roleAssignments.create")
        .map(|entry| entry.path.rsplit('/').next().unwrap_or_default())
        .collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1], "the second request brings another name");
}

/// A role is assigned, and the resource does not learn of it.
async fn wait_in_vain() -> Stage {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let body = json!({ "error": { "code": "PermissionDenied",
        "message": "Principal does not have access to API/Operation." } });
    stage.simulator.add_fault(Fault::on("chat.create", answer(401, body)));
    stage.assign_role().await;
    stage
}

#[tokio::test]
async fn a_role_that_never_works_is_told_after_ten_minutes() {
    let mut stage = wait_in_vain().await;
    let failure = stage.until_failure(Code::RoleNotEffective).await;
    assert_eq!(failure.parameters["minutes"], "10");
    assert!(offers(&failure, Action::KeepWaiting) && offers(&failure, Action::CheckAccess));
    let looked = |s: &Snapshot| findings(s).last().is_some_and(|it| it == "cause_none");
    stage.until("it was looked for another cause", looked).await;
    show("role-not-effective-cause", &stage);
    press(&mut stage, Action::CheckAccess).await;
    let known = |s: &Snapshot| access(s).is_some_and(|page| page.plan.is_some());
    let snapshot = stage.until("the roles are read again", known).await;
    let page = access(&snapshot).expect("the access is shown");
    assert_eq!(page.phase, AccessPhase::Paused, "what the list promises was refused for minutes");
    stage.simulator.clear_faults();
    stage.send(stage.confirmation()).await;
    stage.until("the road goes on", |s| shown(s) == Step::ConnectProject).await;
}

fn findings(snapshot: &Snapshot) -> Vec<String> {
    let findings = access(snapshot).map(|page| page.findings.as_slice()).unwrap_or_default();
    findings.iter().map(|it| it.code.clone()).collect()
}

#[tokio::test]
async fn a_role_that_was_taken_away_while_one_waited_is_not_waited_for() {
    let mut stage = wait_in_vain().await;
    let waits = |s: &Snapshot| access(s).is_some_and(|page| page.phase == AccessPhase::Waiting);
    stage.until("the wait begins", waits).await;
    let nothing = answer(200, json!({ "value": [] }));
    stage.simulator.add_fault(Fault::on("roleAssignments.list", nothing.clone()));
    stage.simulator.add_fault(Fault::on("permissions.list", nothing));
    let gone = |s: &Snapshot| findings(s).last().is_some_and(|it| it == "cause_gone");
    let snapshot = stage.until("it is told", gone).await;
    assert!(snapshot.failure.is_none(), "there is nothing to wait for");
    let page = access(&snapshot).expect("the access is shown");
    assert_eq!((page.phase, &page.undo), (AccessPhase::Known, &None), "the role is offered anew");
    show("role-gone", &stage);
    stage.simulator.clear_faults();
    stage.assign_role().await;
    stage.until("the road goes on", |s| shown(s) == Step::ConnectProject).await;
}

async fn ready_for_env(stage: &mut Stage) {
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
}

#[tokio::test]
async fn an_env_that_is_a_folder_is_left_alone() {
    let mut stage = Stage::new("already-has-access").await;
    std::fs::create_dir(stage.project().join(".env")).expect("a new folder");
    ready_for_env(&mut stage).await;
    stage.send(Command::ConfirmAccess).await;
    let failure = stage.until_failure(Code::EnvIsFolder).await;
    show("env-folder", &stage);
    assert!(offers(&failure, Action::ChooseFolder));
    assert!(stage.project().join(".env").is_dir());
    let other = stage.home.path().join("other");
    std::fs::create_dir(&other).expect("a new folder");
    *stage.desktop.folder.lock().expect("a lock") = Some(other.clone());
    press(&mut stage, Action::ChooseFolder).await;
    stage.see_change().await;
    stage.write_env().await;
    assert!(other.join(".env").is_file());
    stage.back_works().await;
}

#[tokio::test]
async fn an_env_with_a_byte_that_is_not_utf8_is_refused_untouched() {
    let mut stage = Stage::new("already-has-access").await;
    let before = b"A=1\nNAME=J\xf6rg\n".to_vec();
    std::fs::write(stage.project().join(".env"), &before).expect("a new file");
    ready_for_env(&mut stage).await;
    stage.send(Command::ConfirmAccess).await;
    let failure = stage.until_failure(Code::EnvNotUtf8).await;
    show("env-not-utf8", &stage);
    assert_eq!(failure.parameters["line"], "2");
    let after = std::fs::read(stage.project().join(".env")).expect("the file is there");
    assert_eq!(after, before, "not a byte was changed");
    std::fs::write(stage.project().join(".env"), "A=1\n").expect("the person mends it");
    press(&mut stage, Action::ReadEnv).await;
    stage.see_change().await;
    stage.write_env().await;
    assert!(stage.env().starts_with("A=1\n"), "the line of somebody else stays");
}

#[tokio::test]
async fn an_env_that_changed_meanwhile_is_not_overwritten() {
    let mut stage = Stage::new("already-has-access").await;
    ready_for_env(&mut stage).await;
    stage.confirm_access().await;
    std::fs::write(stage.project().join(".env"), "THEIRS=1\n").expect("somebody writes");
    stage.send(Command::WriteEnv).await;
    stage.until_failure(Code::EnvChanged).await;
    assert_eq!(stage.env(), "THEIRS=1\n");
    press(&mut stage, Action::ReadEnv).await;
    stage.see_change().await;
    stage.write_env().await;
    assert!(stage.env().contains("THEIRS=1\n"));
}

#[tokio::test]
async fn practice_never_touches_a_project_that_uses_the_real_azure() {
    let mut stage = Stage::new("already-has-access").await;
    let before = "AZURE_OPENAI_ENDPOINT=https://contoso.openai.azure.com\n";
    std::fs::write(stage.project().join(".env"), before).expect("a new file");
    ready_for_env(&mut stage).await;
    stage.send(Command::ConfirmAccess).await;
    stage.until_failure(Code::EnvNamesRealEndpoint).await;
    stage.send(Command::WriteEnv).await;
    stage.back_works().await;
    assert_eq!(stage.env(), before);
}

/// The chat is refused once like this; then sending again works, and nothing was lost.
async fn refused_chat(
    status: u16,
    headers: &[(&str, &str)],
    body: Value,
    code: Code,
) -> (Stage, Failure) {
    let mut stage = Stage::new("already-has-access").await;
    ready_for_env(&mut stage).await;
    stage.confirm_access().await;
    stage.write_env().await;
    let headers =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let act = Act::Answer { status, headers, body };
    stage.simulator.add_fault(Fault::on("chat.create", act));
    stage.send(Command::SendTestMessage).await;
    let failure = stage.until_failure(code).await;
    stage.simulator.clear_faults();
    (stage, failure)
}

async fn sending_again_works(stage: &mut Stage) {
    stage.back_works().await;
    stage.send(Command::GoToStep { step: Step::TestConnection }).await;
    stage.until("the last page is shown", |s| shown(s) == Step::TestConnection).await;
    let answer = stage.test_connection().await;
    assert!(!answer.is_empty());
}

#[tokio::test]
async fn a_chat_without_the_role_leads_back_to_access() {
    let body = json!({ "error": { "code": "PermissionDenied",
        "message": "Principal does not have access to API/Operation." } });
    let (mut stage, failure) = refused_chat(401, &[], body, Code::ChatNotPermitted).await;
    assert!(offers(&failure, Action::CheckAccess));
    press(&mut stage, Action::CheckAccess).await;
    let paused = |s: &Snapshot| access(s).is_some_and(|p| p.phase == AccessPhase::Paused);
    let snapshot = stage.until("the access is shown", paused).await;
    let page = access(&snapshot).expect("the access is shown");
    assert_eq!(page.verdict, Some(Verdict::CannotTell), "the resource has the last word");
    show("access-refused", &stage);
    stage.simulator.clear_faults();
    let before = stage.history().len();
    stage.send(stage.confirmation()).await;
    stage.until("the road goes on", |s| shown(s) == Step::ConnectProject).await;
    let written = stage.history()[before..].iter().any(|it| it.operation.starts_with("roleAssign"));
    assert!(!written, "what is there is waited for, not assigned once more");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_then_told() {
    let body = json!({ "statusCode": 401, "message": "Unauthorized. Access token is missing, invalid, \
        audience is incorrect (https://cognitiveservices.azure.com), or have expired." });
    let (mut stage, failure) = refused_chat(401, &[], body, Code::ChatTokenRefused).await;
    assert!(offers(&failure, Action::SignIn));
    let tries = stage.history().iter().filter(|entry| entry.operation == "chat.create").count();
    assert_eq!(tries, 3, "the token, a new one, and one for the newer audience");
    sending_again_works(&mut stage).await;
}

#[tokio::test]
async fn a_missing_deployment_is_told_by_name() {
    let body = json!({ "error": { "code": "DeploymentNotFound",
        "message": "The API deployment for this resource does not exist." } });
    let (mut stage, failure) = refused_chat(404, &[], body, Code::DeploymentNotFound).await;
    show("chat-not-found", &stage);
    assert_eq!(failure.parameters["deployment"], "gpt-4.1");
    assert!(offers(&failure, Action::ChooseResource));
    sending_again_works(&mut stage).await;
}

#[tokio::test]
async fn an_unknown_path_is_tried_in_its_dated_form_once() {
    let body = json!({ "error": { "code": "404", "message": "Resource not found" } });
    let (stage, _) = refused_chat(404, &[], body, Code::PathNotFound).await;
    let history = stage.history();
    let paths: Vec<_> = history
        .iter()
        .filter(|entry| entry.operation == "chat.create")
        .map(|entry| &entry.path)
        .collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert!(paths[1].contains("/openai/deployments/gpt-4.1/chat/completions"));
}

#[tokio::test]
async fn too_many_requests_mean_that_access_works() {
    let body = json!({ "error": { "code": "429", "message": "Requests have exceeded token rate limit." } });
    let (mut stage, failure) =
        refused_chat(429, &[("retry-after", "86400")], body, Code::ChatThrottled).await;
    show("chat-throttled", &stage);
    assert_eq!(failure.parameters["seconds"], "86400");
    assert!(stage.page().steps.iter().any(|step| step.step == Step::GetAccess && step.done));
    let tries = stage.history().iter().filter(|entry| entry.operation == "chat.create").count();
    assert_eq!(tries, 1, "a chat is never sent twice by itself");
    sending_again_works(&mut stage).await;
}

#[tokio::test]
async fn every_other_refusal_of_the_chat_has_its_own_page() {
    let error =
        |code: &str, message: &str| json!({ "error": { "code": code, "message": message } });
    let cases = [
        (
            400,
            error(
                "BadRequest",
                "Please provide a custom subdomain for token authentication, otherwise API key is required.",
            ),
            Code::NoCustomSubdomain,
        ),
        (
            400,
            error(
                "Tenant provided in token does not match resource token",
                "Token tenant 1 does not match resource tenant.",
            ),
            Code::ChatTenantMismatch,
        ),
        (400, error("content_filter", "The response was filtered."), Code::ContentFiltered),
        (
            403,
            error("403", "Access denied due to Virtual Network/Firewall rules."),
            Code::NetworkRules,
        ),
        (
            403,
            error("AccessDenied", "Public access is disabled. Please configure private endpoint."),
            Code::PrivateNetwork,
        ),
        (
            403,
            json!({ "code": "403", "message": "A Virtual Network is configured for this resource. \
                Please use the correct endpoint for making requests." }),
            Code::NetworkEndpoint,
        ),
        (
            400,
            error(
                "OperationNotSupported",
                "The chatCompletion operation does not work with the specified model.",
            ),
            Code::ModelCannotChat,
        ),
        (422, error("UnprocessableEntity", "No."), Code::ChatRefused),
        (503, json!("<html>Service Unavailable</html>"), Code::ServiceFailed),
        (
            404,
            error("ResourceNotFound", "Subdomain does not map to a resource"),
            Code::EndpointNotFound,
        ),
    ];
    for (status, body, code) in cases {
        let (mut stage, failure) = refused_chat(status, &[], body, code).await;
        assert!(
            failure.details.iter().any(|detail| detail.name == "status"),
            "support sees the status"
        );
        sending_again_works(&mut stage).await;
    }
}

/// A store that cannot be used.
struct NoStore;

#[async_trait]
impl SecretStore for NoStore {
    async fn read(&self) -> Result<Option<Secret>, StoreTrouble> {
        Err(StoreTrouble::Absent)
    }
    async fn write(&self, _: &Secret) -> Result<(), StoreTrouble> {
        Err(StoreTrouble::Absent)
    }
    async fn remove(&self) -> Result<(), StoreTrouble> {
        Err(StoreTrouble::Absent)
    }
}

/// A store that fails only when it is written.
struct FullStore;

#[async_trait]
impl SecretStore for FullStore {
    async fn read(&self) -> Result<Option<Secret>, StoreTrouble> {
        Ok(None)
    }
    async fn write(&self, _: &Secret) -> Result<(), StoreTrouble> {
        Err(StoreTrouble::Failed("full".to_owned()))
    }
    async fn remove(&self) -> Result<(), StoreTrouble> {
        Ok(())
    }
}

#[tokio::test]
async fn without_a_store_the_sign_in_lasts_for_the_session_and_the_page_says_so() {
    let mut stage = Stage::with(Setup { store: Arc::new(NoStore), ..Setup::default() }).await;
    let page = sign_in(stage.page()).expect("the first page").clone();
    assert!(!page.can_stay_signed_in, "the page says so before the sign-in");
    stage.walk().await;
    assert!(!stage.page().person.as_ref().expect("somebody").kept);

    let mut stage = Stage::with(Setup { store: Arc::new(FullStore), ..Setup::default() }).await;
    stage.sign_in().await;
    let said = |s: &keyless::snapshot::Snapshot| s.notices.iter().any(|n| n.code == "session_only");
    stage.until("the page says so", said).await;
    assert!(!stage.page().person.as_ref().expect("somebody").kept);
}

/// A store that keeps and does not let go until it is told to.
#[derive(Default)]
struct StickyStore {
    inner: keyless::secrets::SessionStore,
    lets_go: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl SecretStore for StickyStore {
    async fn read(&self) -> Result<Option<Secret>, StoreTrouble> {
        self.inner.read().await
    }
    async fn write(&self, secret: &Secret) -> Result<(), StoreTrouble> {
        self.inner.write(secret).await
    }
    async fn remove(&self) -> Result<(), StoreTrouble> {
        if self.lets_go.load(std::sync::atomic::Ordering::SeqCst) {
            self.inner.remove().await
        } else {
            Err(StoreTrouble::Locked)
        }
    }
}

#[tokio::test]
async fn a_sign_in_that_could_not_be_removed_is_told_and_removed_on_request() {
    let store = Arc::new(StickyStore::default());
    let mut stage = Stage::with(Setup { store: store.clone(), ..Setup::default() }).await;
    stage.sign_in().await;
    stage.until("the sign-in is kept", |s| s.person.as_ref().is_some_and(|p| p.kept)).await;
    stage.send(Command::SignOut).await;
    stage.until_failure(Code::SignInStillKept).await;
    show("still-kept", &stage);
    assert!(store.read().await.expect("it reads").is_some(), "it is still there, as the page says");
    store.lets_go.store(true, std::sync::atomic::Ordering::SeqCst);
    press(&mut stage, Action::TryAgain).await;
    stage.until("it is done", |s| s.failure.is_none()).await;
    stage.session.end().await;
    assert!(store.read().await.expect("it reads").is_none());
}

#[tokio::test]
async fn whoever_may_not_look_is_not_called_without_access() {
    let mut stage = Stage::new("already-has-access").await;
    stage.sign_in().await;
    let refused = |action: &str| {
        let message = format!(
            "The client 'ada@contoso.example' with object id '1' does not have authorization to perform \
             action '{action}' over scope '/subscriptions/2' or the scope is invalid."
        );
        answer(403, json!({ "error": { "code": "AuthorizationFailed", "message": message } }))
    };
    for (operation, action) in [
        ("permissions.list", "Microsoft.Authorization/permissions/read"),
        ("roleAssignments.list", "Microsoft.Authorization/roleAssignments/read"),
    ] {
        stage.simulator.add_fault(Fault::on(operation, refused(action)));
    }
    stage.choose(RESOURCE).await;
    show("access-cannot-tell", &stage);
    let page = access(stage.page()).expect("the access is shown").clone();
    assert_eq!(page.verdict, Some(keyless::snapshot::Verdict::CannotTell));
    assert!(stage.page().failure.is_none(), "not to be allowed to look is no failure");
    stage.confirm_access().await;
    stage.write_env().await;
    stage.test_connection().await;
    assert!(stage.page().steps.iter().all(|step| step.done), "the answer proves the access");
}

#[tokio::test]
async fn one_odd_subscription_does_not_hide_the_others() {
    let mut stage = Stage::new("default").await;
    let denied = json!({ "error": { "code": "AccessDenied", "message": "Access is denied." } });
    stage.simulator.add_fault(Fault::on("resourceGraph.query", answer(403, denied)));
    let mut odd = Fault::on(
        "accounts.list",
        answer(
            401,
            json!({ "error": {
        "code": "InvalidAuthenticationTokenTenant", "message": "The access token is from the wrong issuer." } }),
        ),
    );
    odd.when.path_contains = Some("4511f468-b02f-4e36-bdac-a837c715b734".to_owned());
    stage.simulator.add_fault(odd);
    stage.sign_in().await;
    let notices = &stage.page().notices;
    let said = notices.iter().find(|notice| notice.code == "subscriptions_unreached");
    assert_eq!(said.expect("it is said").parameters["count"], "1");
    stage.choose(RESOURCE).await;
}

#[tokio::test]
async fn claims_that_entra_asks_for_reach_the_next_sign_in_and_the_new_one_is_kept() {
    let mut stage = Stage::new("already-has-access").await;
    stage.sign_in().await;
    stage.until("the sign-in is kept", |s| s.person.as_ref().is_some_and(|p| p.kept)).await;
    let before = stage.store.read().await.expect("it reads").expect("it is kept");
    let claims = r#"{"access_token":{"capolids":{"essential":true,"values":["policy"]}}}"#;
    let body = json!({ "error": "invalid_grant", "error_codes": [50076], "suberror": "basic_action",
        "error_description": "AADSTS50076: Due to a configuration change made by your administrator, or \
            because you moved to a new location, you must use multi-factor authentication.",
        "claims": claims });
    stage.choose(RESOURCE).await;
    stage.confirm_access().await;
    stage.write_env().await;
    stage.pass(std::time::Duration::from_secs(25 * 60 * 60));
    stage.simulator.add_fault(Fault::on("entra.token", answer(400, body)));
    stage.send(Command::SendTestMessage).await;
    stage.until_failure(Code::SecondFactorNeeded).await;
    stage.simulator.clear_faults();
    press(&mut stage, Action::SignIn).await;
    stage
        .until("the message was sent again", |s| {
            crate::stage::test(s).is_some_and(|page| page.phase == TestPhase::Answered)
        })
        .await;
    assert!(stage.desktop.last_opened().contains("capolids"), "the claims go back to Entra");
    let after = stage.store.read().await.expect("it reads").expect("it is kept");
    assert_ne!(before.expose(), after.expose(), "the dead token is not kept");
}

#[tokio::test]
async fn an_answer_without_text_is_told_by_why_it_ended() {
    let stream = |finish: &str| {
        let event = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": finish }] });
        json!(format!("data: {event}\n\ndata: [DONE]\n\n"))
    };
    let headers = [("content-type", "text/event-stream")];
    let (mut stage, _) =
        refused_chat(200, &headers, stream("content_filter"), Code::ContentFiltered).await;
    sending_again_works(&mut stage).await;
    let empty = json!("data: [DONE]\n\n");
    let (mut stage, _) = refused_chat(200, &headers, empty, Code::UnexpectedAnswer).await;
    sending_again_works(&mut stage).await;
}
