//! The page "Choose a resource": what the deployments of a resource are for, how much they take and
//! how long they last; what keeps a resource from being used without keys, and what helps.

use std::time::Duration;

use keyless::failure::{Code, Remedy};
use keyless::session::Command;
use keyless::snapshot::{
    Capacity, ChooseResourcePage, Deployment, DeploymentState, ModelPurpose, Obstacle, Retirement,
    Step, SubdomainForm, SubdomainState,
};
use serde_json::json;
use simulator::{Act, Fault, Scenario};

use crate::changes::listed;
use crate::failures::names_of;
use crate::fixtures::show;
use crate::stage::{ADA, RESOURCE, Setup, Stage, access, choose, shown};
use keyless::snapshot::changes::{ChangeDeed, ChangeState, ChangeUndo, NoUndo};

/// The deployments that the page shows.
fn deployments(stage: &Stage) -> &[Deployment] {
    &choose(stage.page()).expect("the resources are shown").deployments
}

fn deployment<'a>(stage: &'a Stage, name: &str) -> &'a Deployment {
    deployments(stage).iter().find(|it| it.name == name).expect("the deployment is listed")
}

fn chosen(stage: &Stage) -> Option<&str> {
    choose(stage.page()).expect("the resources are shown").deployment.as_deref()
}

#[tokio::test]
async fn a_deployment_says_what_it_is_for_how_much_it_takes_and_how_long_it_lasts() {
    let mut stage = Stage::new("models").await;
    stage.sign_in().await;
    stage.select(RESOURCE).await;
    show("resource-models", &stage);
    let chat = deployment(&stage, "chat");
    assert_eq!((&*chat.model, &*chat.version), ("gpt-4.1-mini", "2025-04-14"));
    assert_eq!(chat.purpose, ModelPurpose::Chat);
    let capacity = Capacity {
        sku: "GlobalStandard".to_owned(),
        units: 50,
        tokens_per_minute: Some(50_000),
        requests_per_minute: Some(300),
    };
    assert_eq!(chat.capacity, Some(capacity), "50 requests in ten seconds are 300 a minute");
    assert_eq!(chat.retirement, Retirement::Later { date: "2029-10-14".to_owned() });
    let vectors = deployment(&stage, "vectors");
    assert_eq!((vectors.purpose, vectors.can_chat), (ModelPurpose::Embeddings, false));
    let reserved = deployment(&stage, "reserved").capacity.clone().expect("a capacity");
    assert_eq!((reserved.units, reserved.tokens_per_minute), (50, None), "no limit is made up");
    stage.history();
}

#[tokio::test]
async fn a_model_that_ends_is_told_and_not_chosen_for_the_person() {
    let mut stage = Stage::new("models").await;
    stage.sign_in().await;
    stage.select(RESOURCE).await;
    let ends = |name: &str| deployment(&stage, name).retirement.clone();
    assert_eq!(ends("assistant"), Retirement::Soon { date: "2027-01-15".to_owned() });
    assert_eq!(ends("brought-along"), Retirement::Past { date: "2026-10-01".to_owned() });
    assert_eq!(deployment(&stage, "brand-new").state, DeploymentState::Changing);
    assert_eq!(chosen(&stage), Some("chat"), "the first in the list that lasts and answers");
    stage.send(Command::SelectDeployment { name: "assistant".to_owned() }).await;
    assert_eq!(chosen(&stage), Some("assistant"), "it is the person's to choose");
    // 60 days later the same model has ended.
    stage.pass(Duration::from_secs(60 * 24 * 60 * 60));
    stage.relaunch().await;
    stage.until("the resources are listed", |s| choose(s).is_some_and(|p| p.total > 0)).await;
    stage.select(RESOURCE).await;
    let ends = deployment(&stage, "assistant").retirement.clone();
    assert_eq!(ends, Retirement::Past { date: "2027-01-15".to_owned() }, "by the clock");
}

#[tokio::test]
async fn a_model_of_another_maker_says_so_and_cannot_be_chosen() {
    let mut stage = Stage::new("models").await;
    stage.sign_in().await;
    stage.select(RESOURCE).await;
    let other = deployment(&stage, "deepseek");
    assert_eq!((other.purpose, other.can_chat), (ModelPurpose::Chat, false));
    assert_eq!(other.maker.as_deref(), Some("DeepSeek"));
    assert!(deployments(&stage).iter().filter(|it| it.maker.is_some()).count() == 1);
    stage.send(Command::SelectDeployment { name: "deepseek".to_owned() }).await;
    assert_eq!(chosen(&stage), Some("chat"));
}

#[tokio::test]
async fn dates_that_cannot_be_read_are_unknown_and_hold_nobody_up() {
    let refusal = Act::Answer {
        status: 403,
        headers: [].into(),
        body: json!({ "error": { "code": "AuthorizationFailed", "message": "The client 'ada' with object id '1' does not have authorization to perform action 'Microsoft.CognitiveServices/accounts/models/read' over scope '/x' or the scope is invalid." } }),
    };
    for act in [refusal, Act::Garble, Act::Cut] {
        let mut stage = Stage::new("models").await;
        stage.simulator.add_fault(Fault::on("accounts.listModels", act));
        stage.sign_in().await;
        stage.select(RESOURCE).await;
        assert!(stage.page().failure.is_none(), "the dates are a courtesy");
        assert!(deployments(&stage).len() > 5, "the deployments are there all the same");
        assert!(deployments(&stage).iter().all(|it| it.retirement == Retirement::Unknown));
    }
}

#[tokio::test]
async fn the_dates_of_the_models_are_read_beside_the_deployments() {
    let latency = Duration::from_millis(20);
    let mut stage = Stage::with(Setup { scenario: "models", latency, ..Setup::default() }).await;
    stage.sign_in().await;
    stage.select(RESOURCE).await;
    let history = stage.history();
    let one = |operation: &str| {
        history.iter().find(|entry| entry.operation == operation).expect("it was asked for")
    };
    assert!(
        one("accounts.listModels").overlaps(one("deployments.list")),
        "neither needs the other, yet one waited for the other"
    );
}

/// The resource that takes keys only.
const UNNAMED: &str = "contoso-first-try";

fn page(stage: &Stage) -> &ChooseResourcePage {
    choose(stage.page()).expect("the resources are shown")
}

fn form(stage: &Stage) -> &SubdomainForm {
    page(stage).subdomain.as_ref().expect("the subdomain is being written down")
}

fn remedies(stage: &Stage, obstacle: Obstacle) -> Vec<String> {
    let mut all = page(stage).advice.iter();
    let advice = all.find(|advice| advice.obstacle == obstacle).expect("it is in the way");
    names_of(&advice.remedies)
}

fn count(stage: &Stage, operation: &str) -> usize {
    stage.history().iter().filter(|entry| entry.operation == operation).count()
}

/// Waits until this is known of the name.
async fn until_known(stage: &mut Stage, state: SubdomainState) {
    stage
        .until("the name is looked at", |s| {
            choose(s).and_then(|page| page.subdomain.as_ref()).is_some_and(|it| it.state == state)
        })
        .await;
}

/// Waits until this is what helps first: what the person may do is looked at meanwhile.
pub async fn until_advised(stage: &mut Stage, remedy: &str) {
    stage
        .until("it is known what Ada may do", |s| {
            let advice = choose(s).and_then(|page| page.advice.first());
            advice.is_some_and(|it| names_of(&it.remedies)[0] == remedy)
        })
        .await;
}

/// Presses "Set a custom subdomain…" and waits for what Azure says of the name that is offered.
async fn open_form(stage: &mut Stage, state: SubdomainState) {
    stage.sign_in().await;
    stage.select(UNNAMED).await;
    until_advised(stage, "action:set_subdomain").await;
    stage.send(Command::PressAdvice { obstacle: Obstacle::NoCustomSubdomain, index: 0 }).await;
    until_known(stage, state).await;
}

async fn set(stage: &mut Stage, name: &str) {
    stage.send(Command::SetSubdomain { name: name.to_owned() }).await;
}

async fn until_set(stage: &mut Stage) {
    stage.until("the subdomain is set", |s| choose(s).is_some_and(|p| p.advice.is_empty())).await;
}

#[tokio::test]
async fn a_resource_that_takes_keys_only_gets_its_subdomain_and_is_used_without_keys() {
    let mut stage = Stage::new("keys-only").await;
    open_form(&mut stage, SubdomainState::Free).await;
    show("subdomain-free", &stage);
    assert_eq!(form(&stage).name, UNNAMED, "the name of the resource is offered");
    assert_eq!(form(&stage).account, ADA, "as whom is said before");
    assert_eq!(count(&stage, "accounts.update"), 0, "nothing is set before the button says so");
    set(&mut stage, UNNAMED).await;
    assert!(form(&stage).writing && stage.page().busy.as_ref().is_some_and(|it| !it.can_cancel));
    show("subdomain-setting", &stage);
    until_set(&mut stage).await;
    show("subdomain-set", &stage);
    let selected = page(&stage).selected.as_ref().expect("a resource");
    assert!(selected.endpoint.ends_with("/openai/contoso-first-try"), "{}", selected.endpoint);
    let listed = stage.session.list_resources(UNNAMED, 0, 10).items;
    assert_eq!(listed, std::slice::from_ref(selected), "the list knows it, too");
    assert!(count(&stage, "operationResults.get") > 2, "six seconds are several looks");
    assert_eq!(count(&stage, "accounts.update"), 1);
    stage.send(Command::ConfirmResource).await;
    stage.until("the access is known", |s| access(s).is_some_and(|p| p.plan.is_some())).await;
    stage.get_role().await;
    stage.write_env().await;
    stage.test_connection().await;
    assert!(stage.env().contains("/openai/contoso-first-try\n"), "{}", stage.env());
}

#[tokio::test]
async fn a_change_that_is_done_at_once_is_not_waited_for() {
    let scenario = json!({ "based_on": "keys-only", "account_changed_after_seconds": 0 });
    let scenario = Scenario::from_json(&scenario.to_string()).expect("a scenario");
    let mut stage = Stage::in_scenario(scenario, Setup::default()).await;
    open_form(&mut stage, SubdomainState::Free).await;
    set(&mut stage, "contoso-second-try").await;
    until_set(&mut stage).await;
    assert_eq!(count(&stage, "operationResults.get"), 0);
    let selected = page(&stage).selected.as_ref().expect("a resource");
    assert!(selected.endpoint.ends_with("/openai/contoso-second-try"));
}

#[tokio::test]
async fn a_name_that_is_taken_or_none_says_so_in_its_field() {
    let mut stage = Stage::new("keys-only").await;
    open_form(&mut stage, SubdomainState::Free).await;
    let check = |name: &str| Command::CheckSubdomain { name: name.to_owned() };
    stage.send(check("contoso-finance")).await;
    until_known(&mut stage, SubdomainState::Taken).await;
    show("subdomain-taken", &stage);
    set(&mut stage, "contoso-finance").await;
    assert!(!form(&stage).writing, "what is known to be taken is not tried");
    stage.send(check("not_one")).await;
    assert_eq!(form(&stage).state, SubdomainState::Malformed);
    let before = stage.history().len();
    set(&mut stage, "not_one").await;
    assert_eq!(stage.history().len(), before, "Azure is not bothered with it");
    // The look said nothing of this one: the write itself is refused.
    set(&mut stage, "contoso-chat-dev").await;
    until_known(&mut stage, SubdomainState::Taken).await;
    assert!(stage.page().failure.is_none(), "the field says it");
    assert_eq!(count(&stage, "accounts.update"), 1);
    stage.send(Command::CloseSubdomain).await;
    assert_eq!(page(&stage).subdomain, None);
}

#[tokio::test]
async fn a_name_that_somebody_else_takes_meanwhile_says_so_in_its_field() {
    let mut stage = Stage::new("keys-only").await;
    let failed = json!({ "status": "Failed", "error": {
        "code": "CustomDomainInUse",
        "message": "Sub domain name 'contoso-first-try' is already in use. This condition is caused by sub domain name being taken at the same time.",
    }});
    let act = Act::Answer { status: 200, headers: [].into(), body: failed };
    stage.simulator.add_fault(Fault::on("operationResults.get", act));
    stage.simulator.add_fault(Fault::on("accounts.get", without_subdomain()));
    open_form(&mut stage, SubdomainState::Free).await;
    set(&mut stage, UNNAMED).await;
    until_known(&mut stage, SubdomainState::Taken).await;
    assert!(stage.page().failure.is_none());
}

#[tokio::test]
async fn whoever_may_not_change_the_resource_gets_a_text_to_send() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.select(UNNAMED).await;
    until_advised(&mut stage, "text:request_subdomain").await;
    show("subdomain-request", &stage);
    let told = remedies(&stage, Obstacle::NoCustomSubdomain);
    assert_eq!(told, ["text:request_subdomain", "link:custom_subdomain"]);
    let Remedy::Text { content, .. } = &page(&stage).advice[0].remedies[0] else {
        panic!("a text was just seen")
    };
    for part in [UNNAMED, "rg-legacy", ADA, "--custom-domain contoso-first-try"] {
        assert!(content.contains(part), "{part} is missing in {content}");
    }
    set(&mut stage, UNNAMED).await;
    assert_eq!(count(&stage, "accounts.update"), 0);
}

#[tokio::test]
async fn what_azure_refuses_about_the_resource_is_told_with_a_next_step() {
    let error = |status: u16, code: &str, message: &str| Act::Answer {
        status,
        headers: [("x-ms-failure-cause".to_owned(), "gateway".to_owned())].into(),
        body: json!({ "error": { "code": code, "message": message } }),
    };
    let account = "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f/resourceGroups/rg-legacy/providers/Microsoft.CognitiveServices/accounts/contoso-first-try";
    let forbidden = format!(
        "The client 'ada@contoso.example' with object id 'b2182484-7b2e-4569-b898-f8c2fb1355bd' does not have authorization to perform action 'Microsoft.CognitiveServices/accounts/write' over scope '{account}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    );
    let locked = format!(
        "The scope '{account}' cannot perform write operation because following scope(s) are locked: '{account}'. Please remove the lock and try again."
    );
    let policy = "Resource 'contoso-first-try' was disallowed by policy. Reasons: 'No changes on Fridays.'. See error details for policy resource IDs.";
    let again = "action:try_again";
    let other = "action:choose_resource";
    for (act, code, told) in [
        (
            error(403, "AuthorizationFailed", &forbidden),
            Code::MayNotSetSubdomain,
            vec!["text:request_subdomain", again, other],
        ),
        (error(409, "ScopeLocked", &locked), Code::ScopeLocked, vec![again, "link:portal", other]),
        (
            error(403, "RequestDisallowedByPolicy", policy),
            Code::PolicyRefused,
            vec!["text:request_subdomain", again, other],
        ),
        (
            error(409, "AnotherOperationInProgress", "Another operation is in progress."),
            Code::SubdomainRefused,
            vec![again, "link:portal", other],
        ),
    ] {
        let mut stage = Stage::new("keys-only").await;
        stage.simulator.add_fault(Fault::on("accounts.update", act).times(1));
        open_form(&mut stage, SubdomainState::Free).await;
        set(&mut stage, UNNAMED).await;
        let failure = stage.until_failure(code).await;
        assert_eq!(names_of(&failure.remedies), told, "{code:?}");
        let index = told.iter().position(|it| *it == again).expect("one can try again");
        stage.send(Command::PressRemedy { index: u32::try_from(index).expect("a few") }).await;
        until_set(&mut stage).await;
    }
}

#[tokio::test]
async fn a_name_that_was_refused_is_not_tried_again_in_place_of_a_new_one() {
    let mut stage = Stage::new("keys-only").await;
    let body = json!({ "error": { "code": "ScopeLocked", "message": "The scope '/x' cannot perform write operation because following scope(s) are locked: '/x'. Please remove the lock and try again." } });
    let locked = Act::Answer { status: 409, headers: [].into(), body };
    stage.simulator.add_fault(Fault::on("accounts.update", locked).times(1));
    open_form(&mut stage, SubdomainState::Free).await;
    set(&mut stage, UNNAMED).await;
    stage.until_failure(Code::ScopeLocked).await;
    stage.send(Command::CheckSubdomain { name: "not_one".to_owned() }).await;
    assert!(stage.page().failure.is_none(), "its button would set the old name");
    stage.send(Command::CheckSubdomain { name: "contoso-better".to_owned() }).await;
    until_known(&mut stage, SubdomainState::Free).await;
    set(&mut stage, "contoso-better").await;
    until_set(&mut stage).await;
    let selected = page(&stage).selected.as_ref().expect("a resource");
    assert!(selected.endpoint.ends_with("/openai/contoso-better"), "{}", selected.endpoint);
}

#[tokio::test]
async fn a_change_that_ends_without_a_subdomain_is_not_called_done() {
    let mut stage = Stage::new("keys-only").await;
    let body = json!({ "status": "Succeeded" });
    let act = Act::Answer { status: 200, headers: [].into(), body };
    // Azure says that it is done, and the account has none: the change takes six seconds.
    stage.simulator.add_fault(Fault::on("operationResults.get", act));
    stage.simulator.add_fault(Fault::on("accounts.get", without_subdomain()));
    open_form(&mut stage, SubdomainState::Free).await;
    set(&mut stage, UNNAMED).await;
    let failure = stage.until_failure(Code::UnexpectedAnswer).await;
    assert!(!failure.remedies.is_empty(), "{failure:?}");
    let changes = stage.open_changes().await;
    assert_ne!(changes.items[0].state, ChangeState::Done, "{changes:?}");
    assert_ne!(changes.items[0].state, ChangeState::Refused, "{changes:?}");
}

/// The operation belongs to the subscription, where fewer may look than at the account itself.
#[tokio::test]
async fn an_operation_that_cannot_be_looked_at_is_told_by_the_resource_itself() {
    for (status, code) in [(404, "OperationNotFound"), (403, "AuthorizationFailed")] {
        let mut stage = Stage::new("keys-only").await;
        let body = json!({ "error": { "code": code, "message": "It cannot be read." } });
        let act = Act::Answer { status, headers: [].into(), body };
        stage.simulator.add_fault(Fault::on("operationResults.get", act));
        open_form(&mut stage, SubdomainState::Free).await;
        set(&mut stage, UNNAMED).await;
        until_set(&mut stage).await;
        assert!(stage.page().failure.is_none(), "{code}: it was set");
        assert_eq!(count(&stage, "operationResults.get"), 1, "{code}");
    }
}

#[tokio::test]
async fn an_operation_that_cannot_be_looked_at_is_not_called_refused() {
    let mut stage = Stage::new("keys-only").await;
    let body = json!({ "error": { "code": "OperationNotFound", "message": "It is not there." } });
    let act = Act::Answer { status: 404, headers: [].into(), body };
    stage.simulator.add_fault(Fault::on("operationResults.get", act));
    stage.simulator.add_fault(Fault::on("accounts.get", without_subdomain()));
    open_form(&mut stage, SubdomainState::Free).await;
    set(&mut stage, UNNAMED).await;
    stage.until_failure(Code::UnexpectedAnswer).await;
    let changes = stage.open_changes().await;
    assert_eq!(changes.items[0].state, ChangeState::CannotTell, "it was taken");
}

/// The resource that takes keys only, at rest.
fn without_subdomain() -> Act {
    let body = json!({
        "id": format!("/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f/resourceGroups/rg-legacy/providers/Microsoft.CognitiveServices/accounts/{UNNAMED}"),
        "name": UNNAMED,
        "type": "Microsoft.CognitiveServices/accounts",
        "kind": "OpenAI",
        "location": "swedencentral",
        "properties": { "provisioningState": "Succeeded", "endpoint": "https://swedencentral.api.cognitive.microsoft.com/" },
    });
    Act::Answer { status: 200, headers: [].into(), body }
}

#[tokio::test]
async fn after_a_subdomain_the_list_is_read_where_it_is_known_at_once() {
    let mut stage = Stage::new("keys-only").await;
    open_form(&mut stage, SubdomainState::Free).await;
    set(&mut stage, UNNAMED).await;
    until_set(&mut stage).await;
    let (queries, lists) = (count(&stage, "resourceGraph.query"), count(&stage, "accounts.list"));
    stage.send(Command::GoToStep { step: Step::SignIn }).await;
    stage.send(Command::SignOut).await;
    stage.sign_in().await;
    assert_eq!(count(&stage, "resourceGraph.query"), queries, "the index may know the old one");
    assert!(count(&stage, "accounts.list") > lists);
    stage.select(UNNAMED).await;
    assert!(page(&stage).advice.is_empty(), "it has its subdomain still");
}

#[tokio::test]
async fn an_answer_that_is_lost_does_not_set_a_second_subdomain() {
    let mut stage = Stage::new("keys-only").await;
    stage.simulator.add_fault(Fault::on("accounts.update", Act::CutMidBody).times(1));
    open_form(&mut stage, SubdomainState::Free).await;
    set(&mut stage, UNNAMED).await;
    stage.until_failure(Code::NetworkFailed).await;
    let changes = stage.open_changes().await;
    let done = (ChangeDeed::SubdomainSet, ChangeState::Done);
    assert_eq!(listed(&changes), [done], "what became of it is looked for");
    stage.send(Command::CloseAside).await;
    stage.send(Command::PressRemedy { index: 0 }).await;
    until_set(&mut stage).await;
    assert_eq!(count(&stage, "accounts.update"), 1, "the second try sees that it was done");
    assert_eq!(listed(&stage.open_changes().await), [done], "and writes nothing");
}

#[tokio::test]
async fn a_resource_that_is_gone_has_no_subdomain() {
    let mut stage = Stage::new("keys-only").await;
    stage.simulator.add_fault(Fault::on("accounts.update", Act::Cut).times(1));
    open_form(&mut stage, SubdomainState::Free).await;
    set(&mut stage, UNNAMED).await;
    stage.until_failure(Code::NetworkFailed).await;
    let body = json!({ "error": { "code": "ResourceNotFound", "message": "The Resource 'Microsoft.CognitiveServices/accounts/contoso-first-try' under resource group 'rg-legacy' was not found." } });
    let gone = Act::Answer { status: 404, headers: [].into(), body };
    stage.simulator.add_fault(Fault::on("accounts.get", gone));
    let changes = stage.open_changes().await;
    assert_eq!(changes.items[0].undo, ChangeUndo::No { reason: NoUndo::NotYet });
    stage.pass(std::time::Duration::from_secs(360));
    let changes = stage.open_changes().await;
    assert_eq!(changes.items[0].state, ChangeState::NotDone, "it is settled");
}

#[tokio::test]
async fn a_subdomain_is_among_what_keyless_changed_and_stays() {
    let mut stage = Stage::new("keys-only").await;
    open_form(&mut stage, SubdomainState::Free).await;
    set(&mut stage, UNNAMED).await;
    until_set(&mut stage).await;
    let changes = stage.open_changes().await;
    let item = &changes.items[0];
    assert_eq!((item.what.as_str(), item.account.as_deref()), (UNNAMED, Some(ADA)));
    assert!(item.place.ends_with(UNNAMED), "the resource: {}", item.place);
    assert_eq!(item.undo, ChangeUndo::No { reason: NoUndo::ForEver });
    show("changes-subdomain", &stage);
}

#[tokio::test]
async fn where_the_name_cannot_be_checked_setting_it_shows() {
    let mut stage = Stage::new("keys-only").await;
    let refused = Act::Answer {
        status: 403,
        headers: [].into(),
        body: json!({ "error": { "code": "AuthorizationFailed", "message": "The client 'ada' with object id '1' does not have authorization to perform action 'Microsoft.CognitiveServices/checkDomainAvailability/action' over scope '/x' or the scope is invalid." } }),
    };
    stage.simulator.add_fault(Fault::on("domains.check", refused));
    open_form(&mut stage, SubdomainState::Unchecked).await;
    show("subdomain-unchecked", &stage);
    set(&mut stage, UNNAMED).await;
    until_set(&mut stage).await;
}

#[tokio::test]
async fn every_obstacle_of_a_resource_has_a_next_step() {
    let mut stage = Stage::new("fenced").await;
    stage.sign_in().await;
    for (name, obstacle) in
        [("contoso-private", Obstacle::PrivateNetwork), ("contoso-fenced", Obstacle::NetworkRules)]
    {
        stage.select(name).await;
        assert_eq!(remedies(&stage, obstacle), ["text:request_network", "action:check_network"]);
        let advice = &page(&stage).advice[0];
        let Remedy::Text { content, .. } = &advice.remedies[0] else { panic!("{advice:?}") };
        assert!(content.contains(name) && content.contains(ADA), "{content}");
        stage.send(Command::PressAdvice { obstacle, index: 1 }).await;
        stage.until("the connection is looked at", |s| s.aside.is_some()).await;
        stage.send(Command::CloseAside).await;
    }
    show("resource-fenced", &stage);
    stage.select("contoso-moving").await;
    assert_eq!(remedies(&stage, Obstacle::NotReady), ["action:read_resources"]);
    let before = count(&stage, "accounts.list");
    stage.send(Command::PressAdvice { obstacle: Obstacle::NotReady, index: 0 }).await;
    stage.until("the list is read again", |s| choose(s).is_some_and(|p| !p.reading)).await;
    assert!(count(&stage, "accounts.list") > before);
}

#[tokio::test]
async fn a_directory_that_shows_resources_and_lets_nobody_chat_is_told_with_them() {
    let mut stage = Stage::new("chat-audience-blocked").await;
    stage.sign_in().await;
    stage.select(RESOURCE).await;
    show("resource-directory-blocked", &stage);
    let listed = stage.session.list_resources(RESOURCE, 0, 10).items;
    assert_eq!(listed[0].obstacles, [Obstacle::DirectoryNotReady], "the list says so, too");
    let told = remedies(&stage, Obstacle::DirectoryNotReady);
    assert!(!told.is_empty() && told.iter().any(|it| it.starts_with("action:")), "{told:?}");
    let index = told.iter().position(|it| it == "action:sign_in");
    if let Some(index) = index {
        let index = u32::try_from(index).expect("a few");
        stage.send(Command::PressAdvice { obstacle: Obstacle::DirectoryNotReady, index }).await;
        assert_eq!(shown(stage.page()), Step::SignIn, "its directory is signed in to there");
    }
}

#[tokio::test]
async fn a_resource_says_whether_keys_work_there_too() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    let keys = |name: &str| stage.session.list_resources(name, 0, 10).items[0].takes_keys;
    assert!(keys(RESOURCE), "what was never switched off is on");
    assert!(!keys("contoso-assistant-prod"), "disableLocalAuth");
}

#[tokio::test]
async fn a_subdomain_that_wants_a_stronger_sign_in_is_set_after_it() {
    let subscription = "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f";
    let ada = "b2182484-7b2e-4569-b898-f8c2fb1355bd";
    let scenario = json!({
        "based_on": "mfa-for-writes",
        "assignments": [{
            "name": "027153ef-cb20-4482-8cce-18059bf97872", "principal": ada,
            "role": "Contributor", "scope": subscription,
        }],
    });
    let scenario = Scenario::from_json(&scenario.to_string()).expect("a scenario");
    let mut stage = Stage::in_scenario(scenario, Setup::default()).await;
    open_form(&mut stage, SubdomainState::Free).await;
    set(&mut stage, UNNAMED).await;
    until_set(&mut stage).await;
    let statuses: Vec<u16> = stage
        .history()
        .iter()
        .filter(|entry| entry.operation == "accounts.update")
        .map(|entry| entry.status)
        .collect();
    assert_eq!(statuses, [401, 200], "what was challenged is repeated once");
}
