//! The app is ended, by SIGKILL, right before and right after each of its writes to Azure.
//!
//! The app that is ended is this test program once more, over the same practice Azure and the same
//! data folder; it walks as far as the write and is killed by its number.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyless::cloud::Cloud;
use keyless::network::Machine;
use keyless::session::Command;
use keyless::snapshot::changes::{ChangeDeed, ChangeState, ChangeUndo, NoUndo};
use keyless::snapshot::{AccessPhase, Snapshot, Step};
use serde_json::{Value, json};
use simulator::{Act, Entry, Fault, Options, Simulator};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command as Program};

use crate::browser::{Habit, PlayedDesktop};
use crate::changes::listed;
use crate::stage::{ADA, RESOURCE, Setup, Stage, access, choose};

/// Tells the ended app what to do: `{authority, arm, openai, home, write}`.
const ERRAND: &str = "KEYLESS_TEST_ERRAND";
const WALKED: &str = "the write was asked for";
/// By the real clock; a child that takes longer is broken.
const STUCK: Duration = Duration::from_secs(60);

/// The writes of the road, as the page lists them and as Azure does.
const ROAD: [(ChangeDeed, &str); 3] = [
    (ChangeDeed::RoleAssigned, "roleAssignments.create"),
    (ChangeDeed::RoleRemoved, "roleAssignments.delete"),
    (ChangeDeed::RoleAssigned, "roleAssignments.create"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The request is on its way and has no effect yet.
    Before,
    /// Azure has done it; the answer was not read.
    After,
}

/// Does the errand of another test, and is ended by it.
#[tokio::test]
async fn the_app_that_is_ended() {
    let Ok(errand) = std::env::var(ERRAND) else { return };
    let errand: Value = serde_json::from_str(&errand).expect("an errand");
    let text = |name: &str| errand[name].as_str().expect("it is told").to_owned();
    let cloud = Cloud::practice(&text("authority"), &text("arm"), &text("openai"), &text("graph"));
    let desktop = Arc::new(PlayedDesktop::new(Habit::ContinueAs(ADA)));
    // The stage wants an Azure of its own; this one is never asked for anything.
    let unused = Simulator::start(Options::default()).await.expect("a port of loopback is free");
    let cloud = cloud.expect("it lives on loopback");
    let mut stage =
        Stage::prepared(unused, cloud, Machine::this(), desktop, Setup::default(), |own| {
            let home = text("home");
            for folder in ["data", "project"] {
                symlink(Path::new(&home).join(folder), own.join(folder)).expect("a link");
            }
        })
        .await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    match text("write").as_str() {
        "roleAssignments.create" => stage.assign_role().await,
        _ => {
            let page = stage.open_changes().await;
            let number = page.items[0].number;
            stage.send(Command::UndoChange { number }).await;
        }
    }
    println!("{WALKED}");
    // Nobody turns the clock any more: a lost answer is not asked for again.
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn the_app_may_end_before_and_after_each_write_to_azure() {
    let mut writes = 0;
    for at in 0..ROAD.len() {
        for moment in [Moment::Before, Moment::After] {
            writes = writes.max(end_at(at, moment).await);
        }
    }
    println!("N = {writes} writes to Azure, ended before and after each");
    assert_eq!(writes, ROAD.len(), "the history lists no other");
}

/// Walks to this write of the road, has the app ended there, and goes on. How many writes the whole
/// road has by Azure's history, those that had no effect left out.
async fn end_at(at: usize, moment: Moment) -> usize {
    let (deed, operation) = ROAD[at];
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    for (done, _) in &ROAD[..at] {
        carry_out(&mut stage, *done).await;
    }
    let (before, assigned) = (writes(&stage).len(), assignments(&stage));
    // The first app is closed in an orderly way: it is the second that is ended.
    stage.session.end().await;
    end_the_app(&stage, operation, moment).await;

    let has_effect = moment == Moment::After;
    let makes = deed == ChangeDeed::RoleAssigned;
    let expected = if has_effect == makes { 1 } else { 0 };
    assert_eq!(assignments(&stage), expected, "{deed:?} {moment:?}: Azure, from {assigned}");
    relaunch(&mut stage).await;
    let is_told = |s: &Snapshot| s.notices.iter().any(|it| it.code == "changes_unfinished");
    stage.until("the relaunch says so", is_told).await;
    let page = stage.open_changes().await;
    assert_eq!(page.items.len(), at + 1, "{deed:?} {moment:?}: no entry is lost or doubled");
    assert!(!is_told(stage.page()), "who has looked knows");
    let told = if has_effect { ChangeState::Done } else { ChangeState::CannotTell };
    assert_eq!(listed(&page)[0], (deed, told), "{moment:?}");
    if !has_effect {
        assert_eq!(page.items[0].undo, ChangeUndo::No { reason: NoUndo::NotYet });
        stage.pass(Duration::from_secs(360));
        let page = stage.open_changes().await;
        assert_eq!(listed(&page)[0], (deed, ChangeState::NotDone), "nothing arrived");
    }
    assert_eq!(assignments(&stage), expected, "a look changes nothing");
    assert_eq!(writes(&stage).len(), before + usize::from(has_effect), "nor does a relaunch");
    go_on(&mut stage, at, has_effect).await;
    writes(&stage).len()
}

/// The rest of the road: what the ended write was to do is there once in the end.
async fn go_on(stage: &mut Stage, at: usize, is_done: bool) {
    stage.send(Command::CloseAside).await;
    stage.choose(RESOURCE).await;
    let rest = if is_done { &ROAD[at + 1..] } else { &ROAD[at..] };
    for (deed, _) in rest {
        carry_out(stage, *deed).await;
    }
    assert_eq!(assignments(stage), 1, "exactly one assignment");
    let page = stage.open_changes().await;
    let done = page.items.iter().filter(|item| item.state == ChangeState::Done).count();
    assert_eq!(done, ROAD.len(), "every write that was done is listed, and none twice");
}

async fn carry_out(stage: &mut Stage, deed: ChangeDeed) {
    if deed == ChangeDeed::RoleAssigned {
        stage.get_role().await;
        stage.send(Command::GoToStep { step: Step::GetAccess }).await;
    } else {
        let page = stage.open_changes().await;
        let number = page.items.iter().find(|it| it.deed == ChangeDeed::RoleAssigned);
        let number = number.expect("a role was assigned").number;
        stage.undo(number).await;
        stage.send(Command::CloseAside).await;
    }
    let is_known = |s: &Snapshot| {
        access(s).is_some_and(|p| matches!(p.phase, AccessPhase::Known | AccessPhase::Works))
    };
    stage.until("the access is known", is_known).await;
}

async fn relaunch(stage: &mut Stage) {
    stage.relaunch().await;
    let listed = |s: &Snapshot| choose(s).is_some_and(|p| !p.reading && p.total > 0);
    stage.until("the sign-in goes on by itself", listed).await;
}

/// Starts the app, lets it come to the write, and kills it there.
async fn end_the_app(stage: &Stage, operation: &str, moment: Moment) {
    let hour = 3_600_000;
    let act = match moment {
        Moment::Before => Act::Delay { milliseconds: hour },
        Moment::After => Act::CutMidBody,
    };
    stage.simulator.add_fault(Fault::on(operation, act));
    let number = stage.simulator.history().len();
    let mut app = start_app(stage, operation);
    let mut lines = BufReader::new(app.stdout.take().expect("it is piped")).lines();
    while let Some(line) = lines.next_line().await.expect("text") {
        if line.contains(WALKED) {
            break;
        }
    }
    let write = |entry: &Entry| entry.operation == operation;
    let arrived = |history: &[Entry]| match moment {
        Moment::Before => history.iter().any(write),
        Moment::After => history.iter().any(|it| write(it) && it.status != 0),
    };
    until_history(stage, number, arrived).await;
    app.kill().await.expect("SIGKILL");
    // Azure notices that nobody is there any more: what waited has no effect.
    until_history(stage, number, |history| history.iter().all(|it| it.ended.is_some())).await;
    stage.simulator.clear_faults();
}

fn start_app(stage: &Stage, write: &str) -> Child {
    std::fs::create_dir_all(stage.home.path().join("data")).expect("a folder");
    let addresses = stage.simulator.addresses();
    let errand = json!({
        "authority": addresses.authority,
        "arm": addresses.arm,
        "openai": addresses.openai,
        "graph": addresses.graph,
        "home": stage.home.path(),
        "write": write,
    });
    let own = std::env::current_exe().expect("this program");
    Program::new(own)
        .args(["--exact", "crash::the_app_that_is_ended", "--nocapture"])
        .env(ERRAND, errand.to_string())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts once more")
}

/// What came after the first `from` requests is as wanted.
async fn until_history(stage: &Stage, from: usize, wanted: impl Fn(&[Entry]) -> bool) {
    let began = Instant::now();
    while !wanted(&stage.simulator.history()[from..]) {
        assert!(began.elapsed() < STUCK, "{:#?}", &stage.simulator.history()[from..]);
        tokio::task::yield_now().await;
    }
}

/// The writes that had an effect, and the one that was only looked at: a 2xx each.
fn writes(stage: &Stage) -> Vec<Entry> {
    let names = ["roleAssignments.create", "roleAssignments.delete"];
    let all = stage.history().into_iter().filter(|it| names.contains(&it.operation.as_str()));
    all.filter(|entry| (200..300).contains(&entry.status)).collect()
}

/// How many assignments of the role the person has.
fn assignments(stage: &Stage) -> usize {
    let role = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
    let state = stage.simulator.state();
    let all = state["assignments"].as_array().expect("the state lists the assignments");
    let person = "b2182484-7b2e-4569-b898-f8c2fb1355bd";
    let is_one = |it: &&Value| {
        let text = it.to_string();
        text.contains(person) && text.contains(role)
    };
    all.iter().filter(is_one).count()
}
