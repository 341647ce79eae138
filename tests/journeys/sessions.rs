//! Sessions that change, or are revoked, while the person is at work: what Entra renews silently
//! is told nobody, what takes a new sign-in opens the browser once, and the work goes on from there.

use std::time::Duration;

use keyless::failure::{Action, Code, Failure, Remedy};
use keyless::session::Command;
use keyless::snapshot::{ProofReason, Snapshot, Step};
use serde_json::json;
use simulator::{Act, Fault, Scenario};

use crate::browser::Habit;
use crate::failures::names_of;
use crate::proof::is_proved;
use crate::stage::{ADA, RESOURCE, Stage, choose, shown};

/// When it happens in the scenarios of sessions.
const EVENT: Duration = Duration::from_secs(3600);
/// Longer than any token lives.
const DAY: Duration = Duration::from_secs(25 * 60 * 60);

impl Stage {
    /// How often a service asked for a newer token, chats aside: those are refused for a role, too.
    fn challenged(&self) -> usize {
        let history = self.history();
        let others = history.iter().filter(|one| one.operation != "chat.create");
        others.filter(|one| one.status == 401).count()
    }

    async fn cancel_proof(&mut self) -> Failure {
        self.until("the browser is open for the proof", |s| {
            s.proof.as_ref().is_some_and(|proof| proof.address.is_some())
        })
        .await;
        self.send(Command::Cancel).await;
        self.until_failure(Code::ProofNeeded).await
    }

    async fn until_asked(&self, operation: &str, count: usize) {
        let asked = || self.history().iter().filter(|one| one.operation == operation).count();
        while asked() < count {
            tokio::task::yield_now().await;
        }
    }
}

fn deployments(snapshot: &Snapshot) -> Vec<&str> {
    let page = choose(snapshot).expect("the resources are shown");
    page.deployments.iter().map(|one| one.name.as_str()).collect()
}

#[tokio::test]
async fn a_session_that_changes_on_the_way_is_told_nobody() {
    let mut stage = Stage::new("session-changed").await;
    stage.sign_in().await;
    stage.pass(EVENT);
    stage.choose(RESOURCE).await;
    assert!(stage.challenged() > 0, "every service wants newer tokens");
    stage.get_role().await;
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty());
    assert_eq!(stage.opened(), 1, "only the first sign-in opened the browser");
    let told = stage.told.iter().filter(|told| told.contains("\"failure\":{")).count();
    assert_eq!(told, 0, "no page failed on the way");
    assert_eq!(stage.statuses("roleAssignments.create"), [201], "the token is new by then");
}

#[tokio::test]
async fn a_session_that_changes_is_renewed_where_something_is_written() {
    let mut stage = Stage::new("session-changed").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.pass(EVENT);
    stage.get_role().await;
    assert_eq!(stage.statuses("roleAssignments.create"), [401, 201], "sent again with a new token");
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty(), "the data plane's token is new, too");
    assert_eq!(stage.opened(), 1, "only the first sign-in opened the browser");
}

#[tokio::test]
async fn a_session_that_is_revoked_opens_the_browser_once_for_everything() {
    let mut stage = Stage::new("session-revoked").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.pass(EVENT);
    let confirms = stage.confirmation();
    is_proved(&mut stage, confirms, "roleAssignments.create", &[401, 201]).await;
    let opened = stage.opened();
    stage.see_change().await;
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty());
    assert_eq!(stage.opened(), opened, "the new sign-in counts for the data plane, too");
}

#[tokio::test]
async fn a_borrowed_token_that_cannot_be_challenged_lives_on() {
    let mut stage = crate::proof::borrowed("session-revoked").await;
    stage.pass(EVENT);
    stage.get_role().await;
    assert_eq!(stage.challenged(), 0, "the tool did not say that it can answer");
}

#[tokio::test]
async fn a_sign_in_that_is_revoked_between_two_pages_of_a_list_leaves_it_whole() {
    let mut stage = Stage::new("session-revoked").await;
    let small = json!({ "based_on": "session-revoked", "name": "small", "about": "Pages are small.", "page_size": 1 });
    stage.simulator.set_scenario(Scenario::from_json(&small.to_string()).expect("a scenario"));
    stage.sign_in().await;
    stage.pass(EVENT - Duration::from_secs(5));
    let held = Fault::on("deployments.list", Act::Delay { milliseconds: 5000 }).nth(2);
    stage.simulator.add_fault(held);
    stage.has(Habit::Nothing);
    let id = stage.session.list_resources(RESOURCE, 0, 1).items[0].id.clone();
    stage.send(Command::SelectResource { id }).await;
    stage.until_asked("deployments.list", 2).await;
    stage.pass(Duration::from_secs(5));
    stage.see_proof(ProofReason::Renewal).await;
    let failure = stage.cancel_proof().await;
    assert!(failure.parameters.is_empty(), "{:?}", failure.parameters);
    assert_eq!(names_of(&failure.remedies), ["action:sign_in", "action:choose_resource"]);
    assert_eq!(stage.statuses("deployments.list"), [200, 401]);
    stage.has(Habit::ContinueAs(ADA));
    stage.press(Action::SignIn).await;
    let listed = |s: &Snapshot| choose(s).is_some_and(|page| !page.deployments.is_empty());
    let page = stage.until("the deployments are listed", listed).await;
    assert_eq!(deployments(&page), ["gpt-4.1", "gpt-4o-mini", "text-embedding-3-small"]);
    assert_eq!(shown(&page), Step::ChooseResource, "the page is the one that was left");
    assert!(page.failure.is_none() && page.proof.is_none());
    let statuses = stage.statuses("deployments.list");
    assert_eq!(statuses, [200, 401, 200, 200, 200], "the list is read again from its first page");
}

#[tokio::test]
async fn a_sign_in_that_ended_is_told_before_a_list_and_the_list_is_there_after_the_next() {
    let mut stage = Stage::new("revoked").await;
    stage.sign_in().await;
    stage.pass(DAY);
    let id = stage.session.list_resources(RESOURCE, 0, 1).items[0].id.clone();
    stage.send(Command::SelectResource { id }).await;
    let failure = stage.until_failure(Code::SignInExpired).await;
    says_50173(&failure);
    assert!(stage.statuses("deployments.list").is_empty(), "no ended token was sent");
    assert_eq!(stage.opened(), 1, "the person decides");
    stage.press(Action::SignIn).await;
    let listed = |s: &Snapshot| choose(s).is_some_and(|page| !page.deployments.is_empty());
    let page = stage.until("the deployments are listed", listed).await;
    assert_eq!(deployments(&page), ["gpt-4.1", "gpt-4o-mini", "text-embedding-3-small"]);
    assert_eq!(shown(&page), Step::ChooseResource, "the page is the one that was left");
    assert_eq!(stage.statuses("deployments.list"), [200], "one list was read");
    assert_eq!(stage.opened(), 2);
}

#[tokio::test]
async fn a_sign_in_that_ended_is_told_before_a_write_and_the_next_writes_once() {
    let mut stage = Stage::new("revoked").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.pass(DAY);
    stage.assign_role().await;
    let failure = stage.until_failure(Code::SignInExpired).await;
    says_50173(&failure);
    assert_eq!(shown(stage.page()), Step::GetAccess);
    assert!(stage.statuses("roleAssignments.create").is_empty(), "nothing is written as nobody");
    stage.press(Action::SignIn).await;
    stage.see_change().await;
    assert_eq!(stage.statuses("roleAssignments.create"), [201], "the role is assigned once");
    let state = stage.simulator.state();
    let written = state["assignments"].as_array().expect("a list");
    assert_eq!(written.iter().filter(|one| one["given"] == false).count(), 1);
    assert_eq!(stage.opened(), 2);
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty(), "the new sign-in serves the data plane");
}

/// What the page tells of it: by the code, with Entra's number for support, and one way on.
fn says_50173(failure: &Failure) {
    assert!(failure.parameters.is_empty(), "{:?}", failure.parameters);
    let number = failure.details.iter().find(|detail| detail.name == "entra_number");
    assert_eq!(number.map(|detail| detail.value.as_str()), Some("50173"));
    assert_eq!(
        failure.remedies,
        [Remedy::Action { action: Action::SignIn }],
        "a new sign-in is what helps"
    );
}
