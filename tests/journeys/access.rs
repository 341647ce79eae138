//! Access: what the person has, what they may take, and taking it away again.

use std::time::Duration;

use keyless::clock::Clock;
use keyless::failure::Code;
use keyless::session::Command;
use keyless::snapshot::{
    AccessPhase, GetAccessPage, MayAssign, RecipeKind, RecipeStep, RoleScope, Snapshot, Step,
    Usage, Verdict,
};
use serde_json::{Value, json};
use simulator::{Act, Fault, Scenario};

use crate::failures::names_of;
use crate::fixtures::show;
use crate::stage::{RESOURCE, Setup, Stage, access, project, shown};
use crate::tenants::most_at_once;

const ADA_ID: &str = "b2182484-7b2e-4569-b898-f8c2fb1355bd";
const SUBSCRIPTION: &str = "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f";
const GROUP: &str =
    "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f/resourceGroups/rg-openai-dev";
const FOUNDRY_USER: &str = "53ca6127-db72-4b80-b1b0-d745d6d5456d";
const COGNITIVE_SERVICES_USER: &str = "a97b65f3-24c7-4388-baec-2e87135dc908";

fn assignment(number: u8, role: &str, scope: &str) -> Value {
    let name = format!("00000000-0000-4000-8000-0000000000{number:02}");
    json!({"name": name, "principal": ADA_ID, "role": role, "scope": scope})
}

/// Contoso as it is, but for what this says.
async fn stage_where(members: Value) -> Stage {
    let mut whole = json!({"based_on": "default", "name": "access"});
    for (name, value) in members.as_object().expect("members") {
        whole[name] = value.clone();
    }
    let scenario = Scenario::from_json(&whole.to_string()).expect("it is whole");
    Stage::in_scenario(scenario, Setup::default()).await
}

async fn at_access(members: Value) -> Stage {
    let mut stage = stage_where(members).await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage
}

fn page(stage: &Stage) -> GetAccessPage {
    access(stage.page()).expect("step three is shown").clone()
}

/// Whether what Keyless assigned can be taken away here.
fn undo(stage: &Stage) -> Option<MayAssign> {
    page(stage).undo.map(|undo| undo.may)
}

fn is_known(snapshot: &Snapshot) -> bool {
    access(snapshot).is_some_and(|page| page.phase == AccessPhase::Known)
}

#[tokio::test]
async fn what_keyless_assigned_it_takes_away_again() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    assert_eq!(page(&stage).undo, None, "there is nothing of Keyless's yet");
    stage.get_role().await;
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    let before = page(&stage);
    assert_eq!((before.phase, undo(&stage)), (AccessPhase::Works, Some(MayAssign::Yes)));
    show("access-undoable", &stage);
    stage.send(Command::UndoRole).await;
    stage.until("what is left is known", is_known).await;
    let after = page(&stage);
    assert_eq!((after.verdict, after.undo), (Some(Verdict::MayNotChat), None));
    assert!(stage.page().notices.iter().any(|notice| notice.code == "role_undone"));
    show("access-undone", &stage);
    assert_eq!(stage.statuses("roleAssignments.delete"), [200]);
    stage.get_role().await;
    let made = stage.statuses("roleAssignments.create");
    assert_eq!(made.first(), Some(&201));
    assert!(made.len() <= 3 && made.last() == Some(&201), "it can be taken again: {made:?}");
}

#[tokio::test]
async fn the_role_that_was_there_under_another_name_is_not_keyless_to_take() {
    let chat = "Cognitive Services OpenAI User";
    let at_account = format!("{GROUP}/providers/Microsoft.CognitiveServices/accounts/{RESOURCE}");
    let mut stage = at_access(json!({
        "assignments": [
            assignment(1, "Owner", SUBSCRIPTION),
            assignment(2, chat, &at_account),
        ],
    }))
    .await;
    let page = page(&stage);
    assert_eq!((page.verdict, page.phase), (Some(Verdict::MayChat), AccessPhase::Works));
    assert_eq!(page.undo, None);
    stage.send(Command::UndoRole).await;
    assert!(stage.statuses("roleAssignments.delete").is_empty(), "nothing is taken away");
}

#[tokio::test]
async fn whoever_may_give_foundry_user_only_is_offered_that_and_it_works() {
    let mut stage = at_access(json!({
        "assignments": [
            assignment(1, "Reader", SUBSCRIPTION),
            assignment(2, "Foundry Account Owner", GROUP),
        ],
    }))
    .await;
    let known = page(&stage);
    let plan = known.plan.expect("what would be assigned is shown");
    assert_eq!((plan.role_id.as_str(), plan.may_assign), (FOUNDRY_USER, MayAssign::Yes));
    assert_eq!((plan.reason.code.as_str(), plan.lists_keys), ("only_this", true));
    show("access-only-foundry-user", &stage);
    stage.get_role().await;
    assert_eq!(stage.statuses("roleAssignments.create"), [201], "the first try is the right one");
}

#[tokio::test]
async fn a_condition_of_ones_own_assignment_is_read_before_trying() {
    let clause = |source: &str| {
        format!(
            "{source}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] \
             ForAnyOfAnyValues:GuidEquals {{{COGNITIVE_SERVICES_USER}}}"
        )
    };
    let condition = format!(
        "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/write'}})) OR ({})) AND \
         ((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/delete'}})) OR ({}))",
        clause("@Request"),
        clause("@Resource"),
    );
    let mut limited = assignment(2, "Role Based Access Control Administrator", GROUP);
    limited["condition"] = condition.into();
    let reader = assignment(1, "Reader", SUBSCRIPTION);
    let mut stage = at_access(json!({ "assignments": [reader, limited] })).await;
    let plan = page(&stage).plan.expect("what would be assigned is shown");
    assert_eq!(plan.role_id, COGNITIVE_SERVICES_USER);
    assert_eq!((plan.may_assign, plan.may_undo), (MayAssign::Yes, MayAssign::Yes));
    stage.get_role().await;
    assert_eq!(stage.statuses("roleAssignments.create"), [201]);
}

#[tokio::test]
async fn the_role_can_be_assigned_at_the_resource_group_as_in_the_article() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let at_account = page(&stage).plan.expect("a plan");
    stage.send(Command::ChooseRoleScope { scope: RoleScope::ResourceGroup }).await;
    let plan = page(&stage).plan.expect("a plan");
    assert!(plan.scope.eq_ignore_ascii_case(GROUP), "{}", plan.scope);
    assert_ne!(plan.name, at_account.name, "another assignment");
    let recipes = page(&stage).recipes;
    let bash = recipes.iter().find(|it| it.kind == RecipeKind::AzureCli).expect("there is one");
    let line = bash.texts.iter().find(|text| text.step == RecipeStep::Assign).expect("a line");
    assert!(line.text.contains(&plan.scope) && line.text.contains(&plan.name), "{}", line.text);
    stage.get_role().await;
    let history = stage.history();
    let made = history.iter().find(|entry| entry.operation == "roleAssignments.create");
    let path = &made.expect("it was assigned").path;
    assert!(path.contains("rg-openai-dev/providers/Microsoft.Authorization"), "{path}");
}

#[tokio::test]
async fn files_take_another_role_than_a_chat() {
    let mut stage = Stage::new("already-has-access").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    assert_eq!(page(&stage).phase, AccessPhase::Works);
    stage.send(Command::ChooseUsage { usage: Usage::Files }).await;
    let files = page(&stage);
    assert_eq!((files.phase, files.verdict), (AccessPhase::Known, Some(Verdict::MayNotChat)));
    assert_eq!(files.findings[0].code, "role_for_chat_only");
    let plan = files.plan.expect("a plan");
    assert_eq!(plan.role, "Cognitive Services OpenAI Contributor");
    show("access-files", &stage);
    stage.send(Command::ChooseUsage { usage: Usage::Chat }).await;
    assert_eq!(page(&stage).phase, AccessPhase::Works, "nothing was changed by asking");
}

#[tokio::test]
async fn a_role_of_ones_own_company_counts_by_its_definition_two_requests_deep() {
    let chat = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/*";
    let mut stage = stage_where(json!({
        "role_definitions": [{
            "id": "5b7d0c1e-93f8-4f4f-8c7e-1f9d0b6a2c11",
            "name": "Contoso Chatters",
            "description": "Made by Contoso.",
            "actions": ["*/read"],
            "data_actions": [chat],
        }],
        "assignments": [
            assignment(1, "Reader", SUBSCRIPTION),
            assignment(2, "Contoso Chatters", GROUP),
        ],
    }))
    .await;
    stage.sign_in().await;
    let before = stage.history().len();
    stage.choose(RESOURCE).await;
    let page = page(&stage);
    assert_eq!(page.verdict, Some(Verdict::MayChat));
    assert_eq!(page.findings[0].parameters["role"], "Contoso Chatters");
    let history = stage.history()[before..].to_vec();
    let path = simulator::critical_path(&history);
    let names: Vec<_> = path.iter().map(|entry| entry.operation.as_str()).collect();
    assert!(path.len() <= 2, "resource to verdict: {names:?}");
}

#[tokio::test]
async fn a_deny_assignment_is_named_before_anybody_tries() {
    let everybody = "00000000-0000-0000-0000-000000000000";
    let stage = at_access(json!({
        "assignments": [
            assignment(1, "Owner", SUBSCRIPTION),
            assignment(2, "Cognitive Services OpenAI User", GROUP),
        ],
        "deny_assignments": [{
            "id": "cd9ae1d4-1234-4c0f-9b4e-6d7f7f0e2a11",
            "name": "Locked by the platform team",
            "scope": GROUP,
            "principals": [everybody],
            "actions": ["Microsoft.Authorization/roleAssignments/write"],
            "data_actions": ["Microsoft.CognitiveServices/*"],
        }],
    }))
    .await;
    let page = page(&stage);
    assert_eq!(page.verdict, Some(Verdict::MayNotChat), "the role alone does not decide");
    assert_eq!(page.findings[0].code, "denied");
    assert_eq!(page.findings[0].parameters["name"], "Locked by the platform team");
    assert_eq!(page.plan.map(|plan| plan.may_assign), Some(MayAssign::No));
    show("access-denied", &stage);
}

#[tokio::test]
async fn an_undo_that_is_refused_says_so_and_changes_nothing() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    let body = json!({"error": {"code": "ScopeLocked", "message": "The scope is locked."}});
    let act = simulator::Act::Answer { status: 409, headers: [].into(), body };
    stage.simulator.add_fault(simulator::Fault::on("roleAssignments.delete", act));
    stage.send(Command::UndoRole).await;
    stage.until_failure(Code::ScopeLocked).await;
    let page = page(&stage);
    assert_eq!((page.phase, undo(&stage)), (AccessPhase::Works, Some(MayAssign::Yes)));
    stage.send(Command::ConfirmAccess).await;
    stage.until("the road is open all the same", |s| project(s).is_some()).await;
}

#[tokio::test]
async fn whoever_lost_the_right_to_undo_is_told_who_has_it() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    stage.simulator.set_scenario(Scenario::named("R1").expect("it is built in"));
    stage.send(Command::UndoRole).await;
    let failure = stage.until_failure(Code::MayNotUndo).await;
    assert_eq!(failure.parameters["resource"], RESOURCE);
    assert_eq!(names_of(&failure.remedies), ["action:check_access", "link:portal"]);
    assert_eq!(stage.statuses("roleAssignments.delete"), [403], "practice Azure refused by itself");
    assert_eq!(undo(&stage), Some(MayAssign::Yes), "nothing was changed");
    show("may-not-undo", &stage);
}

#[tokio::test]
async fn an_undo_that_azure_refuses_for_its_own_reason_is_not_called_an_assignment() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    let said = "The request was incorrectly formatted.";
    let body = json!({"error": {"code": "BadRequestFormat", "message": said}});
    let act = simulator::Act::Answer { status: 400, headers: [].into(), body };
    stage.simulator.add_fault(simulator::Fault::on("roleAssignments.delete", act).times(1));
    stage.send(Command::UndoRole).await;
    let failure = stage.until_failure(Code::UndoRefused).await;
    assert_eq!(failure.parameters["reason"], said);
    assert_eq!(names_of(&failure.remedies), ["action:try_again", "link:portal"]);
    stage.send(Command::PressRemedy { index: 0 }).await;
    stage.until("it is gone", |s| s.notices.iter().any(|it| it.code == "role_undone")).await;
}

/// The paths of what was taken away, in order.
fn taken(stage: &Stage) -> Vec<String> {
    let history = stage.history();
    let deletes = history.iter().filter(|entry| entry.operation == "roleAssignments.delete");
    deletes.map(|entry| entry.path.to_lowercase()).collect()
}

#[tokio::test]
async fn the_button_takes_away_the_role_that_the_page_names() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let chat = page(&stage).plan.expect("a plan").name;
    stage.get_role().await;
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    stage.send(Command::ChooseUsage { usage: Usage::Files }).await;
    let files = page(&stage).plan.expect("a plan").name;
    stage.get_role().await;
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    let told: Vec<String> = page(&stage).findings.into_iter().map(|it| it.code).collect();
    assert_eq!(told, ["role_assigned", "not_proved"], "a chat does not prove that files work");
    stage.send(Command::ChooseUsage { usage: Usage::Chat }).await;
    assert_eq!(undo(&stage), Some(MayAssign::Yes));
    stage.send(Command::UndoRole).await;
    stage.until("it is gone", |s| s.notices.iter().any(|it| it.code == "role_undone")).await;
    let taken = taken(&stage);
    assert!(taken.len() == 1 && taken[0].ends_with(&chat), "{taken:?}");
    assert!(!taken[0].ends_with(&files), "the other one stays");
}

#[tokio::test]
async fn a_role_that_another_need_would_not_have_chosen_can_still_be_taken_away() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.send(Command::ChooseRole { role_id: FOUNDRY_USER.to_owned() }).await;
    let foundry = page(&stage).plan.expect("a plan");
    stage.get_role().await;
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    stage.send(Command::ChooseUsage { usage: Usage::Files }).await;
    stage.send(Command::ChooseUsage { usage: Usage::Chat }).await;
    let offered = page(&stage).undo.expect("it is Keyless's own, whatever a chat alone would take");
    assert_eq!(offered.role, foundry.role);
    stage.send(Command::UndoRole).await;
    stage.until("it is gone", |s| s.notices.iter().any(|it| it.code == "role_undone")).await;
    assert!(taken(&stage)[0].ends_with(&foundry.name), "{:?}", taken(&stage));
}

#[tokio::test]
async fn an_answer_from_before_the_role_was_taken_away_is_no_answer_any_more() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.write_env().await;
    stage.test_connection().await;
    let tested = |stage: &Stage| {
        stage.page().steps.iter().any(|it| it.step == Step::TestConnection && it.done)
    };
    assert!(tested(&stage));
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    stage.send(Command::UndoRole).await;
    stage.until("it is gone", |s| s.notices.iter().any(|it| it.code == "role_undone")).await;
    assert!(!tested(&stage), "the connection has to be tested anew");
}

/// Waits for a role while each look is answered like this so many times.
async fn wait_through(act: Act, times: u64) -> Stage {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.simulator.add_fault(Fault::on("chat.create", act).times(times));
    stage.assign_role().await;
    stage
}

#[tokio::test]
async fn a_network_that_comes_back_does_not_end_the_wait() {
    let mut stage = wait_through(Act::Cut, 20).await;
    let lost = |s: &Snapshot| {
        access(s).and_then(|page| page.waiting.as_ref()).is_some_and(|waiting| waiting.unanswered)
    };
    stage.until("the page says so", lost).await;
    show("access-waiting-unanswered", &stage);
    stage.see_change().await;
}

#[tokio::test]
async fn an_endpoint_that_is_new_is_waited_for() {
    let unmapped = json!({ "error": { "code": "404", "message": "Resource not found" } });
    for body in [
        json!({ "error": { "code": "ResourceNotFound", "message": "Subdomain does not map to a resource" } }),
        json!({ "error": { "code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again." } }),
    ] {
        let act = Act::Answer { status: 404, headers: [].into(), body };
        let mut stage = wait_through(act, 45).await;
        stage.see_change().await;
    }
    let act = Act::Answer { status: 404, headers: [].into(), body: unmapped };
    let mut stage = wait_through(act, 45).await;
    stage.until_failure(Code::PathNotFound).await;
}

#[tokio::test]
async fn a_network_that_stays_away_ends_the_wait_after_two_minutes() {
    let mut stage = wait_through(Act::Cut, 10_000).await;
    let failure = stage.until_failure(Code::NetworkFailed).await;
    assert_eq!(names_of(&failure.remedies)[0], "action:keep_waiting");
    let looks = stage.history().iter().filter(|entry| entry.operation == "chat.create").count();
    assert!((30..=60).contains(&looks), "every two and every five seconds, twice a look: {looks}");
}

#[tokio::test]
async fn another_resource_in_between_costs_nobody_the_way_back() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.send(Command::GoToStep { step: Step::ChooseResource }).await;
    let others = stage.session.list_resources("", 0, 10).items;
    let other = others.iter().find(|it| it.name != RESOURCE && it.obstacles.is_empty());
    let other = other.expect("there is another one").name.clone();
    stage.select(&other).await;
    stage.choose(RESOURCE).await;
    assert_eq!(undo(&stage), Some(MayAssign::Yes), "it is still Keyless's own");
}

#[tokio::test]
async fn a_role_that_somebody_else_has_taken_away_can_be_assigned_again() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    let fresh = Scenario::named("default").expect("it is built in");
    stage.simulator.set_scenario(fresh);
    stage.send(Command::GoToStep { step: Step::ChooseResource }).await;
    let others = stage.session.list_resources("", 0, 10).items;
    let other = others.iter().find(|it| it.name != RESOURCE && it.obstacles.is_empty());
    stage.select(&other.expect("there is another one").name.clone()).await;
    stage.choose(RESOURCE).await;
    let known = page(&stage);
    assert_eq!((known.verdict, known.undo), (Some(Verdict::MayNotChat), None));
    stage.get_role().await;
    // The history began anew with the scenario.
    assert_eq!(stage.statuses("roleAssignments.create"), [201], "it is really assigned");
}

#[tokio::test]
async fn what_somebody_else_made_under_the_same_name_is_neither_written_over_nor_taken_away() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let plan = page(&stage).plan.expect("a plan");
    let mut theirs = assignment(1, "Cognitive Services OpenAI User", &plan.scope);
    theirs["name"] = plan.name.into();
    theirs["condition"] = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] \
        ForAnyOfAnyValues:GuidEquals {53ca6127-db72-4b80-b1b0-d745d6d5456d}"
        .into();
    let owner = assignment(2, "Owner", SUBSCRIPTION);
    let mut stage = at_access(json!({ "assignments": [owner, theirs] })).await;
    assert_eq!(page(&stage).verdict, Some(Verdict::CannotTell), "its condition may shut out");
    stage.assign_role().await;
    stage.until("it is waited for", |s| access(s).is_none_or(|p| !p.findings.is_empty())).await;
    assert!(stage.statuses("roleAssignments.create").is_empty(), "a condition is not written over");
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    assert_eq!(page(&stage).undo, None, "it is not Keyless's");
}

#[tokio::test]
async fn a_group_that_microsoft_graph_does_not_name_keeps_its_id() {
    let refusal = json!({ "error": { "code": "Authorization_RequestDenied",
        "message": "Insufficient privileges to complete the operation." } });
    for act in [Act::Answer { status: 403, headers: [].into(), body: refusal }, Act::Garble] {
        let mut stage = Stage::new("through-group").await;
        stage.simulator.add_fault(Fault::on("graph.getByIds", act));
        stage.sign_in().await;
        stage.choose(RESOURCE).await;
        while stage.statuses("graph.getByIds").is_empty() {
            tokio::task::yield_now().await;
        }
        stage.send(Command::ConfirmAccess).await;
        stage.send(Command::GoToStep { step: Step::GetAccess }).await;
        let page = access(stage.page()).expect("the access is shown");
        assert_eq!(page.phase, AccessPhase::Works, "nothing depends on a name");
        assert_eq!(page.findings[0].parameters["group"], "af37fde7-894d-4ab4-916d-79a692de5543");
        assert!(stage.page().failure.is_none(), "and nobody is bothered with it");
    }
}

fn own_role(number: u8) -> String {
    format!("10000000-0000-4000-8000-0000000000{number:02}")
}

/// Ada has many roles that her company has made; the first one lets her chat.
fn many_roles() -> Value {
    let role = |number: u8| {
        let chat = "Microsoft.CognitiveServices/accounts/OpenAI/*";
        let data: &[&str] = if number == 1 { &[chat] } else { &[] };
        json!({ "id": own_role(number), "name": format!("Own role {number}"),
            "actions": ["*/read"], "data_actions": data })
    };
    let assigned = |number: u8| assignment(number, &own_role(number), SUBSCRIPTION);
    json!({
        "role_definitions": (1..=12).map(role).collect::<Vec<_>>(),
        "assignments": (1..=12).map(assigned).collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn roles_that_are_not_known_are_read_eight_at_a_time() {
    let mut stage = stage_where(many_roles()).await;
    stage.simulator.set_latency(Duration::from_millis(20));
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let mut reads = stage.history();
    reads.retain(|entry| entry.operation == "roleDefinitions.get");
    assert_eq!((reads.len(), most_at_once(&reads)), (12, 8));
}

/// The hand clock is turned by the test, once all else is known.
async fn know_without(stage: &mut Stage, hanging: Fault, answered: impl Fn(&Stage) -> bool) {
    stage.simulator.add_fault(hanging);
    stage.select(RESOURCE).await;
    stage.send(Command::ConfirmResource).await;
    let began = std::time::Instant::now();
    while !answered(stage) {
        assert!(began.elapsed() < Duration::from_secs(10), "{:#?}", stage.history());
        tokio::task::yield_now().await;
    }
    assert!(stage.history().iter().any(|entry| entry.ended.is_none()), "something hangs");
    stage.pass(Duration::from_secs(20));
    let known = |s: &Snapshot| access(s).is_some_and(|page| page.verdict == Some(Verdict::MayChat));
    stage.until("the verdict is known all the same", known).await;
    assert!(began.elapsed() < Duration::from_secs(10), "the connection's own limit came first");
}

fn hanging(operation: &str) -> Fault {
    Fault::on(operation, Act::Delay { milliseconds: 3_600_000 })
}

#[tokio::test]
async fn a_role_that_cannot_be_read_in_time_is_left_out() {
    let mut stage = stage_where(many_roles()).await;
    stage.sign_in().await;
    let mut fault = hanging("roleDefinitions.get");
    fault.when.path_contains = Some(own_role(12));
    let others = |stage: &Stage| {
        let statuses = stage.statuses("roleDefinitions.get");
        statuses.iter().filter(|status| **status == 200).count() == 11
    };
    know_without(&mut stage, fault, others).await;
    assert_eq!(page(&stage).findings[0].parameters["role"], "Own role 1", "the others are known");
}

#[tokio::test]
async fn a_token_for_the_chat_that_hangs_keeps_no_verdict_back() {
    let mut stage = stage_where(many_roles()).await;
    stage.sign_in().await;
    // Every token is over by then.
    stage.pass(Duration::from_secs(30 * 3_600));
    let mut fault = hanging("entra.token");
    fault.when.body_contains = vec!["cognitiveservices.azure.com".to_owned()];
    let others = |stage: &Stage| {
        let lists = ["permissions.list", "roleAssignments.list", "denyAssignments.list"];
        lists.iter().all(|list| stage.statuses(list) == [200])
    };
    know_without(&mut stage, fault, others).await;
}

/// In seconds: every 2 in the first minute, then every 5, after five minutes every 10.
fn interval(after: u64) -> u64 {
    match after {
        0..60 => 2,
        60..300 => 5,
        _ => 10,
    }
}

#[tokio::test]
async fn a_role_is_noticed_within_one_interval_of_its_effect_whenever_that_is() {
    for delay in [0, 1, 2, 3, 31, 59, 60, 61, 64, 121, 298, 299, 300, 303, 421, 588] {
        let late = json!({ "based_on": "default", "name": "late", "about": "A late role.",
            "role_effective_after_seconds": delay });
        let late = Scenario::from_json(&late.to_string()).expect("a scenario");
        let mut stage = Stage::in_scenario(late, Setup::default()).await;
        stage.sign_in().await;
        stage.choose(RESOURCE).await;
        let began = stage.clock.elapsed();
        stage.assign_role().await;
        stage.until("it works", |s| shown(s) == Step::ConnectProject).await;
        let noticed = (stage.clock.elapsed() - began).as_secs();
        let latest = delay + interval(delay);
        assert!((delay..=latest).contains(&noticed), "{delay} s: noticed after {noticed} s");
    }
}

#[tokio::test]
async fn what_somebody_else_made_under_the_same_name_meanwhile_is_not_taken_away() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    // The recipe that the page shows has the same name; an owner ran it in between.
    let body = json!({ "name": "x", "properties": {
        "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
        "scope": "/subscriptions/x", "createdBy": "11111111-1111-4111-8111-111111111111" } });
    let act = Act::Answer { status: 200, headers: [].into(), body };
    stage.simulator.add_fault(Fault::on("roleAssignments.create", act).times(1));
    stage.assign_role().await;
    let told = |s: &Snapshot| access(s).is_some_and(|page| page.phase == AccessPhase::Waiting);
    let snapshot = stage.until("it is waited for", told).await;
    let page = access(&snapshot).expect("the access is shown");
    assert_eq!(page.findings[0].code, "role_existed");
    assert_eq!(page.undo, None, "it is not Keyless's to take away");
}
