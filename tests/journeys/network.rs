//! The network is gone at any one request of the road: each in turn.

use std::sync::atomic::Ordering;

use keyless::failure::{Action, Code, Remedy};
use keyless::session::Command;
use keyless::snapshot::{ProjectPhase, Snapshot, Step, TestPhase};
use simulator::{Act, Fault, Match};

use crate::fixtures::show;
use crate::stage::{
    RESOURCE, Stage, access, choose, is_signed_in, is_waiting_for_browser, project, shown, test,
};

/// Cuts the `nth` request that arrives from now on, and all that repeat it by themselves.
fn cut(nth: u64, times: u64) -> Vec<Fault> {
    (nth..nth + times)
        .map(|nth| Fault {
            when: Match { nth: Some(nth), ..Match::default() },
            act: Act::Cut,
            times: None,
        })
        .collect()
}

#[tokio::test]
async fn one_lost_answer_is_not_noticed_where_the_request_may_be_repeated() {
    let mut stage = Stage::new("default").await;
    for operation in ["tenants.list", "subscriptions.list", "accounts.list", "deployments.list"] {
        stage.simulator.add_fault(Fault::on(operation, Act::Cut).times(1));
    }
    stage.simulator.add_fault(Fault::on("permissions.list", Act::CutMidBody).times(1));
    stage.simulator.add_fault(Fault::on("roleAssignments.create", Act::CutMidBody).times(1));
    stage.walk().await;
    let creations: Vec<u16> = stage
        .history()
        .iter()
        .filter(|entry| entry.operation == "roleAssignments.create")
        .map(|entry| entry.status)
        .collect();
    assert_eq!(creations.len(), 2, "the write was repeated under the same name");
}

#[tokio::test]
async fn the_network_may_go_at_every_request_of_the_road() {
    let mut stage = Stage::new("default").await;
    let before = stage.history().len();
    stage.walk().await;
    let length = stage.history().len() - before;
    assert!(length > 10, "a road of {length} requests");
    for nth in 1..=length as u64 {
        let mut stage = Stage::new("default").await;
        // Three cuts: as many as the client tries by itself.
        for fault in cut(nth, 3) {
            stage.simulator.add_fault(fault);
        }
        let met = walk_over_trouble(&mut stage).await;
        println!("request {nth}: {met:?}");
        for code in met {
            assert!(
                [Code::NetworkFailed, Code::SignInTimedOut].contains(&code),
                "request {nth} was lost and {code:?} was told"
            );
        }
        assert!(stage.page().steps.iter().all(|step| step.done), "the road ends well all the same");
        assert_eq!(
            assignments(&stage),
            1,
            "one role is assigned, however often the request was sent"
        );
        stage.history();
    }
}

#[tokio::test]
async fn a_lost_network_names_the_host_and_how_hard_it_was_tried() {
    let mut stage = Stage::new("default").await;
    stage.simulator.add_fault(Fault::on("tenants.list", Act::Cut));
    stage.simulator.add_fault(Fault::on("subscriptions.list", Act::Cut));
    stage.send(Command::SignInWithBrowser).await;
    let failure = stage.until_failure(Code::NetworkFailed).await;
    show("network-failed", &stage);
    assert_eq!(failure.parameters["attempts"], "3");
    assert_eq!(failure.parameters["host"], "127.0.0.1");
    assert_eq!(shown(stage.page()), Step::SignIn, "that is about the directories: page one");
    stage.simulator.clear_faults();
    stage.send(Command::PressRemedy { index: 0 }).await;
    stage.until("nothing is in the way any more", |s| s.failure.is_none()).await;
    stage.go_on().await;
    stage.until("the resources are listed", |s| choose(s).is_some_and(|p| p.total > 0)).await;
    stage.back_works().await;
}

#[tokio::test]
async fn an_answer_that_is_noise_is_told_as_such() {
    let mut stage = Stage::new("default").await;
    stage.simulator.add_fault(Fault::on("resourceGraph.query", Act::Garble).times(1));
    stage.simulator.add_fault(Fault::on("accounts.list", Act::Garble).times(3));
    stage.send(Command::SignInWithBrowser).await;
    stage.go_on().await;
    stage.until_failure(Code::UnexpectedAnswer).await;
    stage.simulator.clear_faults();
    stage.send(Command::PressRemedy { index: 0 }).await;
    stage.until("the resources are listed", |s| choose(s).is_some_and(|p| p.total > 0)).await;
}

#[tokio::test]
async fn azure_that_asks_to_slow_down_is_obeyed() {
    let mut stage = Stage::new("default").await;
    let act = |seconds: &str| Act::Answer {
        status: 429,
        headers: [("retry-after".to_owned(), seconds.to_owned())].into(),
        body: serde_json::json!({ "error": { "code": "SubscriptionRequestsThrottled", "message": "Slow down." } }),
    };
    stage.simulator.add_fault(Fault::on("subscriptions.list", act("7")).times(1));
    stage.sign_in().await;
    let mut stage = Stage::new("default").await;
    stage.simulator.add_fault(Fault::on("subscriptions.list", act("600")).times(1));
    stage.send(Command::SignInWithBrowser).await;
    stage.go_on().await;
    let failure = stage.until_failure(Code::Throttled).await;
    assert_eq!(failure.parameters["seconds"], "600", "a wait that long is the person's choice");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_called_complete() {
    let mut stage = Stage::new("already-has-access").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.confirm_access().await;
    stage.write_env().await;
    stage.simulator.add_fault(Fault::on("chat.create", Act::CutMidBody).times(1));
    stage.send(Command::SendTestMessage).await;
    let failed = |s: &Snapshot| s.failure.is_some();
    let snapshot = stage.until("it is told", failed).await;
    let failure = snapshot.failure.expect("it was just seen");
    assert!([Code::NetworkFailed, Code::UnexpectedAnswer].contains(&failure.code), "{failure:?}");
    assert!(failure.remedies.contains(&Remedy::Action { action: Action::SendTestMessage }));
    stage.test_connection().await;
}

/// The road, pressing the first remedy whenever a failure is told; which ones were.
async fn walk_over_trouble(stage: &mut Stage) -> Vec<Code> {
    let mut met = Vec::new();
    stage.send(Command::SignInWithBrowser).await;
    overcome(stage, &mut met, is_signed_in).await;
    stage.go_on().await;
    overcome(stage, &mut met, |s| choose(s).is_some_and(|p| !p.reading && p.total > 0)).await;
    let window = stage.session.list_resources(RESOURCE, 0, 1);
    let id = window.items[0].id.clone();
    stage.send(Command::SelectResource { id: id.clone() }).await;
    let listed = move |s: &Snapshot| {
        choose(s).is_some_and(|p| {
            !p.reading_deployments
                && p.deployment.is_some()
                && p.selected.as_ref().is_some_and(|r| r.id == id)
        })
    };
    overcome(stage, &mut met, listed).await;
    stage.send(Command::ConfirmResource).await;
    overcome(stage, &mut met, |s| access(s).is_some_and(|p| p.plan.is_some() && s.busy.is_none()))
        .await;
    stage.assign_role().await;
    overcome(stage, &mut met, |s| project(s).is_some_and(|p| p.phase == ProjectPhase::Ready)).await;
    stage.send(Command::WriteEnv).await;
    overcome(stage, &mut met, |s| shown(s) == Step::TestConnection).await;
    stage.send(Command::SendTestMessage).await;
    overcome(stage, &mut met, |s| test(s).is_some_and(|p| p.phase == TestPhase::Answered)).await;
    met
}

async fn overcome(stage: &mut Stage, met: &mut Vec<Code>, wanted: impl Fn(&Snapshot) -> bool) {
    let lost = stage.desktop.lost.clone();
    let mut overcome = 0;
    loop {
        let snapshot = stage
            .until("the road goes on or something is in the way", |s| {
                let browser_is_lost = lost.load(Ordering::SeqCst) > overcome;
                s.failure.is_some() || wanted(s) || (browser_is_lost && is_waiting_for_browser(s))
            })
            .await;
        if let Some(failure) = snapshot.failure {
            met.push(failure.code);
            stage.send(Command::PressRemedy { index: 0 }).await;
        } else if wanted(&snapshot) {
            return;
        } else {
            // The browser never reached Entra: the person opens the page once more.
            overcome = lost.load(Ordering::SeqCst);
            stage.send(Command::OpenBrowserAgain).await;
        }
    }
}

fn assignments(stage: &Stage) -> usize {
    let person = stage.page().person.as_ref().expect("somebody is signed in").object_id.clone();
    stage.simulator.state()["assignments"]
        .as_array()
        .expect("the state lists the assignments")
        .iter()
        .filter(|assignment| {
            let text = assignment.to_string();
            text.contains(&person) && text.contains("5e0bd9bd-7b93-4f28-af87-19fc36ad61bd")
        })
        .count()
}

#[tokio::test]
async fn a_link_that_leads_out_of_the_cloud_is_not_followed() {
    let mut stage = Stage::new("default").await;
    let act = |link: &str| Act::Answer {
        status: 200,
        headers: [].into(),
        body: serde_json::json!({ "value": [], "nextLink": link }),
    };
    let foreign = "http://127.0.0.1:9/arm/subscriptions?api-version=2022-12-01";
    stage.simulator.add_fault(Fault::on("subscriptions.list", act(foreign)));
    stage.send(Command::SignInWithBrowser).await;
    stage.go_on().await;
    stage.until_failure(Code::ForeignHost).await;
    assert_eq!(stage.page().person.as_ref().map(|person| person.kept), Some(false));
}
