//! What Keyless changed: one page with every write, and undoing from there.

use std::time::{Duration, Instant};

use keyless::failure::Code;
use keyless::session::Command;
use keyless::snapshot::changes::{
    ChangeDeed, ChangeItem, ChangeState, ChangeUndo, NoUndo, UndoEffect,
};
use keyless::snapshot::{ChangesPage, ProjectPhase, Snapshot, Step};
use serde_json::{Value, json};
use simulator::{Act, Fault, Scenario};

use crate::browser::Habit;
use crate::fixtures::show;
use crate::stage::{ADA, RESOURCE, Setup, Stage, access, changes, project, shown};
use crate::tenants::most_at_once;

/// Whether nothing on the page is still being found out.
pub fn is_settled(page: &ChangesPage) -> bool {
    let waits = |item: &ChangeItem| {
        item.state == ChangeState::UnderWay
            || item.undo == ChangeUndo::UnderWay
            || item.undo == ChangeUndo::No { reason: NoUndo::Looking }
    };
    !page.reading && !page.items.iter().any(waits)
}

impl Stage {
    /// The page about the changes, opened anew.
    pub async fn open_changes(&mut self) -> ChangesPage {
        self.send(Command::ShowChanges).await;
        self.until_changes("the changes are shown", is_settled).await
    }

    async fn until_changes(
        &mut self,
        what: &str,
        wanted: impl Fn(&ChangesPage) -> bool,
    ) -> ChangesPage {
        let wanted = |s: &Snapshot| changes(s).is_some_and(&wanted);
        let page = self.until(what, wanted).await;
        changes(&page).expect("it was just seen").clone()
    }

    /// Undoes a change, and sees what comes of it.
    pub async fn undo(&mut self, number: u32) -> ChangesPage {
        let before = changes(self.page()).map(|page| item(page, number).undo.clone());
        self.send(Command::UndoChange { number }).await;
        self.until_changes("the undo ends", |page| {
            let is_other = Some(&item(page, number).undo) != before.as_ref();
            (is_settled(page) && is_other) || page.failure.is_some()
        })
        .await
    }
}

fn item(page: &ChangesPage, number: u32) -> &ChangeItem {
    page.items.iter().find(|item| item.number == number).expect("it is on the page")
}

fn why_not(page: &ChangesPage, number: u32) -> NoUndo {
    match item(page, number).undo {
        ChangeUndo::No { reason } => reason,
        ref other => panic!("it can be undone, or was: {other:?}"),
    }
}

/// Deeds and outcomes, newest first.
pub fn listed(page: &ChangesPage) -> Vec<(ChangeDeed, ChangeState)> {
    page.items.iter().map(|item| (item.deed, item.state)).collect()
}

#[tokio::test]
async fn every_write_is_listed_with_what_where_and_as_whom() {
    let mut stage = Stage::new("default").await;
    let page = stage.open_changes().await;
    assert!(page.items.is_empty() && page.troubles.is_empty());
    show("changes-empty", &stage);
    stage.send(Command::CloseAside).await;
    std::fs::write(stage.project().join(".env"), "OTHER=1\n").expect("a file");
    stage.walk().await;
    let page = stage.open_changes().await;
    show("changes", &stage);
    let writes = [
        (ChangeDeed::EnvWritten, ChangeState::Done),
        (ChangeDeed::RoleAssigned, ChangeState::Done),
    ];
    assert_eq!(listed(&page), writes);
    let person = stage.page().person.clone().expect("somebody is signed in");
    let role = item(&page, 1);
    assert_eq!(role.what, "Cognitive Services OpenAI User");
    assert!(role.place.ends_with(RESOURCE), "{}", role.place);
    assert_eq!(role.account.as_deref(), Some(ADA));
    assert_eq!(role.object_id, Some(person.object_id));
    assert_eq!(role.directory.as_deref(), Some("Contoso"));
    assert_eq!(role.undo, ChangeUndo::Offered { effect: UndoEffect::TakeAway });
    let made = stage.history().into_iter().find(|it| it.operation == "roleAssignments.create");
    let name = role.assignment.clone().expect("an assignment has a name");
    assert!(made.expect("it was assigned").path.ends_with(&name), "the id of what was made");
    let file = item(&page, 2);
    assert_eq!(file.what, ".env");
    assert!(file.place.ends_with("project/.env"), "{}", file.place);
    assert_eq!(file.undo, ChangeUndo::Offered { effect: UndoEffect::Restore });
}

#[tokio::test]
async fn what_an_earlier_run_changed_is_undone_from_the_page() {
    let mut stage = Stage::new("default").await;
    std::fs::write(stage.project().join(".env"), "OTHER=1\n").expect("a file");
    stage.walk().await;
    stage.relaunch().await;
    let on = |s: &Snapshot| s.person.is_some() && s.busy.is_none();
    stage.until("it goes on by itself", on).await;
    stage.open_changes().await;
    let page = stage.undo(1).await;
    assert!(matches!(item(&page, 1).undo, ChangeUndo::Undone { when: Some(_) }));
    assert_eq!(stage.statuses("roleAssignments.delete"), [200]);
    let page = stage.undo(2).await;
    assert!(matches!(item(&page, 2).undo, ChangeUndo::Undone { when: Some(_) }));
    assert_eq!(stage.env(), "OTHER=1\n", "as it was before");
    show("changes-undone", &stage);
    let undone = [
        (ChangeDeed::EnvRestored, ChangeState::Done),
        (ChangeDeed::RoleRemoved, ChangeState::Done),
        (ChangeDeed::EnvWritten, ChangeState::Done),
        (ChangeDeed::RoleAssigned, ChangeState::Done),
    ];
    assert_eq!(listed(&page), undone, "an undo is a write, too");
    stage.send(Command::UndoChange { number: 1 }).await;
    stage.send(Command::UndoChange { number: 3 }).await;
    assert_eq!(stage.statuses("roleAssignments.delete"), [200], "once");
}

#[tokio::test]
async fn the_steps_follow_what_the_page_undoes() {
    let mut stage = Stage::new("default").await;
    stage.walk().await;
    stage.open_changes().await;
    stage.undo(2).await;
    assert!(!stage.project().join(".env").exists(), "it was not there before");
    stage.undo(1).await;
    let looked = |s: &Snapshot| s.steps.iter().all(|it| it.step != Step::GetAccess || !it.done);
    stage.until("the access is looked at", looked).await;
    stage.send(Command::CloseAside).await;
    stage
        .until("the change is shown anew", |s| {
            project(s).is_some_and(|page| page.phase == ProjectPhase::Ready)
        })
        .await;
    assert!(!stage.page().steps.iter().any(|it| it.step == Step::ConnectProject && it.done));
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    stage.until("it is known", |s| access(s).is_some_and(|p| p.plan.is_some())).await;
    assert_eq!(
        access(stage.page()).and_then(|page| page.undo.clone()),
        None,
        "there is nothing to undo"
    );
    stage.get_role().await;
    stage.write_env().await;
}

#[tokio::test]
async fn what_the_page_offers_is_also_taken_away_by_step_three() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    stage.send(Command::UndoRole).await;
    stage.until("it is gone", |s| s.notices.iter().any(|it| it.code == "role_undone")).await;
    let page = stage.open_changes().await;
    assert!(matches!(item(&page, 1).undo, ChangeUndo::Undone { .. }));
    assert_eq!(why_not(&page, 2), NoUndo::IsUndo);
}

#[tokio::test]
async fn what_somebody_else_has_taken_away_already_is_undone() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.simulator.set_scenario(Scenario::named("default").expect("it is built in"));
    stage.open_changes().await;
    let page = stage.undo(1).await;
    assert!(matches!(item(&page, 1).undo, ChangeUndo::Undone { .. }));
    assert_eq!(stage.statuses("roleAssignments.delete"), [204], "there was nothing");
}

#[tokio::test]
async fn a_role_at_a_resource_that_was_deleted_is_undone() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.open_changes().await;
    let message = "The Resource 'Microsoft.CognitiveServices/accounts/contoso-chat-dev' under \
                   resource group 'rg-openai-dev' was not found.";
    let body = json!({"error": {"code": "ResourceNotFound", "message": message}});
    let act = Act::Answer { status: 404, headers: [].into(), body };
    stage.simulator.add_fault(Fault::on("roleAssignments.delete", act));
    let page = stage.undo(1).await;
    assert!(page.failure.is_none(), "{:?}", page.failure);
    assert!(matches!(item(&page, 1).undo, ChangeUndo::Undone { .. }));
}

#[tokio::test]
async fn what_somebody_else_has_taken_away_since_is_said_to_be_gone() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.simulator.set_scenario(Scenario::named("default").expect("it is built in"));
    stage.pass(Duration::from_secs(360));
    stage.send(Command::ShowChanges).await;
    let gone =
        |page: &ChangesPage| page.items.first().is_some_and(|item| item.state == ChangeState::Gone);
    let page = stage.until_changes("it is looked for", gone).await;
    assert_eq!(why_not(&page, 1), NoUndo::Gone);
    stage.send(Command::UndoChange { number: 1 }).await;
    assert!(stage.statuses("roleAssignments.delete").is_empty());
}

/// Contoso after somebody took Keyless's assignment away, and an owner ran the recipe that the page
/// shows: it has the same name.
fn made_by_an_owner(name: &str) -> Scenario {
    let subscription = "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f";
    let scope = format!(
        "{subscription}/resourceGroups/rg-openai-dev/providers/Microsoft.CognitiveServices/accounts/{RESOURCE}"
    );
    let ada = "b2182484-7b2e-4569-b898-f8c2fb1355bd";
    let whole = json!({ "based_on": "default", "name": "by-an-owner", "assignments": [
        { "name": "00000000-0000-4000-8000-000000000001", "principal": ada, "role": "Owner",
          "scope": subscription },
        { "name": name, "principal": ada, "role": "Cognitive Services OpenAI User", "scope": scope,
          "description": "Made by Keyless for Azure OpenAI",
          "created_by": "11111111-1111-4111-8111-111111111111" },
    ]});
    Scenario::from_json(&whole.to_string()).expect("a scenario")
}

async fn at_an_assignment() -> (Stage, String) {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let plan = access(stage.page()).and_then(|page| page.plan.clone()).expect("a plan");
    stage.get_role().await;
    (stage, plan.name)
}

#[tokio::test]
async fn what_somebody_else_made_of_the_same_name_since_is_not_offered_to_be_undone() {
    let (mut stage, name) = at_an_assignment().await;
    stage.simulator.set_scenario(made_by_an_owner(&name));
    stage.send(Command::ShowChanges).await;
    let gone =
        |page: &ChangesPage| page.items.first().is_some_and(|item| item.state == ChangeState::Gone);
    let page = stage.until_changes("it is looked at", gone).await;
    assert_eq!(why_not(&page, 1), NoUndo::Gone);
    stage.send(Command::UndoChange { number: 1 }).await;
    assert!(stage.statuses("roleAssignments.delete").is_empty());
}

/// The page, after Azure has answered the look at the one entry.
async fn open_looked_at(stage: &mut Stage) {
    stage.open_changes().await;
    let began = Instant::now();
    while stage.statuses("roleAssignments.get") != [200] {
        assert!(began.elapsed() < Duration::from_secs(10), "nobody looks");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_undo_looks_again_whose_it_is() {
    let (mut stage, name) = at_an_assignment().await;
    open_looked_at(&mut stage).await;
    stage.simulator.set_scenario(made_by_an_owner(&name));
    let page = stage.undo(1).await;
    assert_eq!(item(&page, 1).state, ChangeState::Gone);
    assert_eq!(page.items.len(), 1, "nothing was written");
    assert!(stage.statuses("roleAssignments.delete").is_empty());
}

#[tokio::test]
async fn what_cannot_be_looked_at_is_not_deleted() {
    let (mut stage, _) = at_an_assignment().await;
    open_looked_at(&mut stage).await;
    let message = "The client 'ada' with object id '1' does not have authorization to perform \
                   action 'Microsoft.Authorization/roleAssignments/read' over scope '/x' or the \
                   scope is invalid.";
    let body = json!({"error": {"code": "AuthorizationFailed", "message": message}});
    let act = Act::Answer { status: 403, headers: [].into(), body };
    stage.simulator.add_fault(Fault::on("roleAssignments.get", act).times(1));
    let page = stage.undo(1).await;
    let failure = page.failure.expect("it is told");
    assert_eq!(failure.code, Code::ReadRefused);
    assert!(stage.statuses("roleAssignments.delete").is_empty());
    stage.send(Command::PressRemedy { index: 0 }).await;
    let undone = |page: &ChangesPage| matches!(item(page, 1).undo, ChangeUndo::Undone { .. });
    stage.until_changes("it is undone after all", undone).await;
}

#[tokio::test]
async fn step_three_looks_again_whose_it_is() {
    let (mut stage, name) = at_an_assignment().await;
    stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    stage.simulator.set_scenario(made_by_an_owner(&name));
    stage.send(Command::UndoRole).await;
    stage.until("it is told", |s| s.notices.iter().any(|it| it.code == "role_not_own")).await;
    assert!(stage.statuses("roleAssignments.delete").is_empty());
}

#[tokio::test]
async fn only_whoever_assigned_it_may_undo_it() {
    let mut stage = Stage::new("two-people").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.send(Command::SignOut).await;
    let page = stage.open_changes().await;
    assert_eq!(why_not(&page, 1), NoUndo::SignedOut);
    stage.send(Command::CloseAside).await;
    let other = "grace@contoso.example";
    *stage.desktop.habit.lock().expect("a lock") = Habit::ContinueAs(other);
    stage.send(Command::SignInWithBrowser).await;
    stage.until("somebody is signed in", |s| s.person.is_some()).await;
    let page = stage.open_changes().await;
    assert_eq!(why_not(&page, 1), NoUndo::SomebodyElse);
    stage.send(Command::UndoChange { number: 1 }).await;
    assert!(
        stage.statuses("roleAssignments.delete").is_empty(),
        "nothing is sent for somebody else"
    );
}

#[tokio::test]
async fn an_undo_that_is_refused_is_told_on_the_page_and_changes_nothing() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.open_changes().await;
    stage.simulator.set_scenario(Scenario::named("R1").expect("it is built in"));
    let page = stage.undo(1).await;
    assert_eq!(page.failure.as_ref().map(|failure| failure.code), Some(Code::MayNotUndo));
    let refused = |page: &ChangesPage| page.items[0].state == ChangeState::Refused;
    let page = stage.until_changes("the refusal is listed", refused).await;
    show("changes-not-undone", &stage);
    assert_eq!(item(&page, 2).refusal, Some(Code::MayNotUndo));
    assert_eq!(listed(&page)[1], (ChangeDeed::RoleAssigned, ChangeState::Done));
    assert_eq!(item(&page, 1).undo, ChangeUndo::Offered { effect: UndoEffect::TakeAway });
    stage.send(Command::PressRemedy { index: 0 }).await;
    stage.until("it leads to the step", |s| s.aside.is_none()).await;
    assert_eq!(shown(stage.page()), Step::GetAccess);
}

#[tokio::test]
async fn an_undo_that_has_to_be_proved_goes_on_by_itself_after_the_proof() {
    let mut stage = Stage::new("mfa-for-writes").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.relaunch().await;
    stage.until("it goes on by itself", |s| s.person.is_some() && s.busy.is_none()).await;
    stage.open_changes().await;
    let assigned = changes(stage.page()).expect("it is shown").items[0].number;
    stage.send(Command::UndoChange { number: assigned }).await;
    let page = stage
        .until_changes("it is undone", |page| {
            matches!(item(page, assigned).undo, ChangeUndo::Undone { .. })
        })
        .await;
    assert_eq!(stage.statuses("roleAssignments.delete").last(), Some(&200));
    assert!(page.failure.is_none());
}

#[tokio::test]
async fn a_file_that_was_changed_since_is_left_alone() {
    let mut stage = Stage::new("default").await;
    stage.walk().await;
    let env = stage.project().join(".env");
    let text = stage.env() + "MINE=1\n";
    std::fs::write(&env, &text).expect("a file");
    let page = stage.open_changes().await;
    assert_eq!(why_not(&page, 2), NoUndo::FileChanged);
    stage.send(Command::UndoChange { number: 2 }).await;
    assert_eq!(stage.env(), text);
    std::fs::remove_file(&env).expect("removed");
    let page = stage.open_changes().await;
    assert_eq!(why_not(&page, 2), NoUndo::FileGone);
}

#[tokio::test]
async fn without_the_copy_of_the_former_file_it_says_so() {
    let mut stage = Stage::new("default").await;
    std::fs::write(stage.project().join(".env"), "OTHER=1\n").expect("a file");
    stage.walk().await;
    std::fs::remove_dir_all(stage.home.path().join("data/backups")).expect("removed");
    let page = stage.open_changes().await;
    assert_eq!(why_not(&page, 2), NoUndo::NoCopy);
}

#[tokio::test]
async fn a_change_between_the_look_and_the_click_is_noticed() {
    let mut stage = Stage::new("default").await;
    stage.walk().await;
    stage.open_changes().await;
    std::fs::write(stage.project().join(".env"), "MINE=1\n").expect("a file");
    stage.send(Command::UndoChange { number: 2 }).await;
    let told = |page: &ChangesPage| page.items[0].state == ChangeState::NotDone;
    let page = stage.until_changes("it is told", |page| told(page) && is_settled(page)).await;
    assert_eq!(why_not(&page, 2), NoUndo::FileChanged);
    assert_eq!(item(&page, 3).state, ChangeState::NotDone);
    assert_eq!(stage.env(), "MINE=1\n");
}

#[tokio::test]
async fn another_plan_than_the_one_that_was_seen_is_not_carried_out() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let seen = stage.confirmation();
    let scope = keyless::snapshot::RoleScope::ResourceGroup;
    stage.send(Command::ChooseRoleScope { scope }).await;
    stage.send(seen).await;
    let told = |s: &Snapshot| s.notices.iter().any(|notice| notice.code == "plan_changed");
    stage.until("it is told", told).await;
    assert!(stage.page().busy.is_none());
    assert!(stage.statuses("roleAssignments.create").is_empty());
    stage.get_role().await;
    assert_eq!(stage.statuses("roleAssignments.create"), [201], "the one that is shown is");
}

#[tokio::test]
async fn what_was_there_before_is_not_claimed() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let body = json!({"error": {"code": "RoleAssignmentExists",
        "message": "The role assignment already exists."}});
    let act = Act::Answer { status: 409, headers: [].into(), body };
    stage.simulator.add_fault(Fault::on("roleAssignments.create", act).times(1));
    stage.assign_role().await;
    let page = stage.open_changes().await;
    assert_eq!(listed(&page), [(ChangeDeed::RoleAssigned, ChangeState::Existed)]);
    assert_eq!(why_not(&page, 1), NoUndo::Existed);
}

#[tokio::test]
async fn a_write_without_an_answer_is_looked_for() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.simulator.add_fault(Fault::on("roleAssignments.create", Act::Cut));
    stage.assign_role().await;
    stage.until_failure(Code::NetworkFailed).await;
    stage.simulator.clear_faults();
    let page = stage.open_changes().await;
    assert_eq!(listed(&page), [(ChangeDeed::RoleAssigned, ChangeState::CannotTell)]);
    assert_eq!(why_not(&page, 1), NoUndo::NotYet, "a late request may still arrive");
    show("changes-cannot-tell", &stage);
    let act = Act::Answer { status: 503, headers: [].into(), body: json!({}) };
    stage.simulator.add_fault(Fault::on("roleAssignments.get", act).times(3));
    let page = stage.open_changes().await;
    assert_eq!(why_not(&page, 1), NoUndo::NotRead);
    stage.pass(Duration::from_secs(360));
    let page = stage.open_changes().await;
    assert_eq!(listed(&page), [(ChangeDeed::RoleAssigned, ChangeState::NotDone)]);
    let writes = stage.statuses("roleAssignments.create");
    assert_eq!(writes, [0, 0, 0], "nothing was repeated because of it");
}

/// Entries like the one that there is, of requests that were under way, up to this number.
fn forge_entries(stage: &Stage, last: u32) {
    let file = stage.home.path().join("data/changes.jsonl");
    let text = std::fs::read_to_string(&file).expect("there is an entry");
    let mut entry: Value = serde_json::from_str(text.trim()).expect("an entry is JSON");
    entry["state"] = json!({ "kind": "begun" });
    let scope = entry["deed"]["scope"].as_str().expect("a scope").to_owned();
    let lines = (1..=last).map(|number| {
        let name = format!("00000000-0000-4000-8000-0000000000{number:02}");
        entry["number"] = number.into();
        entry["deed"]["id"] =
            format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}").into();
        format!("{entry}\n")
    });
    std::fs::write(&file, lines.collect::<String>()).expect("written");
}

#[tokio::test]
async fn what_became_of_many_changes_is_looked_at_eight_at_a_time() {
    let latency = Duration::from_millis(20);
    let mut stage = Stage::with(Setup { latency, ..Setup::default() }).await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    forge_entries(&stage, 20);
    stage.relaunch().await;
    stage.until("it goes on by itself", |s| s.person.is_some() && s.busy.is_none()).await;
    let page = stage.open_changes().await;
    assert!((1..=20).all(|number| why_not(&page, number) == NoUndo::NotYet));
    let mut looks = stage.history();
    looks.retain(|entry| entry.operation == "roleAssignments.get");
    assert_eq!((looks.len(), most_at_once(&looks)), (20, 8));
}

#[tokio::test]
async fn one_look_that_hangs_keeps_no_other_from_its_end() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    forge_entries(&stage, 3);
    stage.relaunch().await;
    stage.until("it goes on by itself", |s| s.person.is_some() && s.busy.is_none()).await;
    let mut hangs = Fault::on("roleAssignments.get", Act::Delay { milliseconds: 3_600_000 });
    hangs.when.path_contains = Some("000000000003".to_owned());
    stage.simulator.add_fault(hangs);
    stage.send(Command::ShowChanges).await;
    let began = Instant::now();
    while stage.statuses("roleAssignments.get").iter().filter(|it| **it == 404).count() < 2 {
        assert!(began.elapsed() < Duration::from_secs(10), "the others wait for it");
        tokio::task::yield_now().await;
    }
    stage.pass(Duration::from_secs(20));
    let page = stage.until_changes("the looks end", is_settled).await;
    assert!(page.failure.is_none(), "{:?}", page.failure);
    let told = [1, 2, 3].map(|number| why_not(&page, number));
    assert_eq!(told, [NoUndo::NotYet, NoUndo::NotYet, NoUndo::NotRead]);
}

#[tokio::test]
async fn a_record_that_is_damaged_or_cannot_be_written_is_told() {
    let mut stage = Stage::new("default").await;
    stage.walk().await;
    let file = stage.home.path().join("data/changes.jsonl");
    let whole = std::fs::read(&file).expect("it is there");
    std::fs::write(&file, &whole[..whole.len() - 20]).expect("a torn end");
    stage.relaunch().await;
    stage.until("it goes on by itself", |s| s.person.is_some() && s.busy.is_none()).await;
    let page = stage.open_changes().await;
    assert_eq!(page.items.len(), 1, "what can be read is shown");
    assert_eq!(page.troubles.len(), 1);
    assert_eq!(page.troubles[0].code, "kept");
    std::fs::remove_file(&file).expect("removed");
    // A folder in its place cannot be replaced.
    std::fs::create_dir_all(file.join("in-the-way")).expect("a folder");
    let page = stage.undo(1).await;
    assert_eq!(stage.statuses("roleAssignments.delete"), [200], "nothing is held up");
    assert_eq!(page.items.len(), 2, "this window knows it");
    let codes: Vec<_> = page.troubles.iter().map(|notice| notice.code.as_str()).collect();
    show("changes-trouble", &stage);
    assert_eq!(codes, ["gap", "kept"]);
}
