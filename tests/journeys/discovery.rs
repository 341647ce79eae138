//! The list of resources: by one query where Azure serves it, by the subscriptions where it does
//! not, and never slower for one of them.

use std::time::Duration;

use keyless::failure::Action;
use keyless::session::Command;
use keyless::snapshot::{ChooseResourcePage, Snapshot, Step};
use serde_json::{Value, json};
use simulator::{Act, Entry, Fault, Scenario};

use crate::stage::{RESOURCE, Setup, Stage, choose};
use crate::tenants::most_at_once;

/// An Azure like a built-in one, but for these members.
async fn stage_of(base: &str, members: Value) -> Stage {
    let mut scenario = json!({ "based_on": base, "name": "another", "about": "Another Azure." });
    let members = members.as_object().expect("members").clone();
    scenario.as_object_mut().expect("an object").extend(members);
    let scenario = Scenario::from_json(&scenario.to_string()).expect("a scenario");
    Stage::in_scenario(scenario, Setup::default()).await
}

async fn read_all(stage: &mut Stage) -> ChooseResourcePage {
    stage.send(Command::SignInWithBrowser).await;
    stage.go_on().await;
    let read = |s: &Snapshot| choose(s).is_some_and(|page| !page.reading && page.total > 0);
    let snapshot = stage.until("all is read", read).await;
    choose(&snapshot).expect("the list is shown").clone()
}

fn of<'a>(history: &'a [Entry], operation: &str) -> Vec<&'a Entry> {
    history.iter().filter(|entry| entry.operation == operation).collect()
}

fn names(stage: &Stage) -> Vec<(String, String)> {
    let items = stage.session.list_resources("", 0, 100).items;
    items.into_iter().map(|it| (it.name, it.subscription)).collect()
}

#[tokio::test]
async fn one_query_finds_what_all_subscriptions_list() {
    let mut stage = Stage::new("default").await;
    read_all(&mut stage).await;
    let by_query = stage.session.list_resources("", 0, 100).items;
    let history = stage.history();
    assert!(of(&history, "accounts.list").is_empty(), "nothing else was asked");
    assert!(!of(&history, "resourceGraph.query").is_empty());
    stage.send(Command::GoToStep { step: Step::SignIn }).await;
    stage.send(Command::SignOut).await;
    stage.simulator.add_fault(Fault::on("resourceGraph.query", refusal()));
    read_all(&mut stage).await;
    assert!(!of(&stage.history(), "accounts.list").is_empty(), "the subscriptions were read");
    assert_eq!(by_query, stage.session.list_resources("", 0, 100).items, "to the last letter");
}

fn refusal() -> Act {
    Act::Answer {
        status: 403,
        headers: [].into(),
        body: json!({ "error": { "code": "AccessDenied", "message": "Access is denied." } }),
    }
}

#[tokio::test]
async fn resources_are_there_before_their_subscriptions_are_listed() {
    let mut stage = Stage::new("default").await;
    let held = Act::Delay { milliseconds: 5_000 };
    stage.simulator.add_fault(Fault::on("subscriptions.list", held));
    stage.send(Command::SignInWithBrowser).await;
    stage.go_on().await;
    let first = |s: &Snapshot| choose(s).is_some_and(|page| page.total > 0);
    let snapshot = stage.until("the first ones are shown", first).await;
    assert!(choose(&snapshot).is_some_and(|page| page.reading), "more may come");
    assert!(
        names(&stage).iter().all(|(_, subscription)| uuid::Uuid::try_parse(subscription).is_ok()),
        "what has no name yet is told by its id: {:?}",
        names(&stage)
    );
    stage.select(RESOURCE).await;
    stage.pass(Duration::from_secs(5));
    let read = |s: &Snapshot| choose(s).is_some_and(|page| !page.reading);
    let snapshot = stage.until("the subscriptions are listed", read).await;
    let page = choose(&snapshot).expect("the list is shown");
    let selected = page.selected.as_ref().expect("what was chosen meanwhile stays chosen");
    assert_eq!(selected.subscription, "Contoso Development", "and gets its name");
    assert!(!page.deployments.is_empty() && page.deployment.is_some(), "nothing is read anew");
    assert_eq!(of(&stage.history(), "deployments.list").len(), 1);
    assert!(names(&stage).iter().any(|(_, it)| it == "Contoso Development"), "{:?}", names(&stage));
}

#[tokio::test]
async fn where_resource_graph_refuses_the_subscriptions_are_read_side_by_side() {
    let latency = Duration::from_millis(20);
    let mut stage = Stage::with(Setup { latency, ..Setup::default() }).await;
    stage.simulator.add_fault(Fault::on("resourceGraph.query", refusal()));
    stage.sign_in().await;
    let history = stage.history();
    let queries = of(&history, "resourceGraph.query");
    assert!(queries.iter().all(|entry| entry.status == 403), "{queries:#?}");
    let lists = of(&history, "accounts.list");
    assert!(lists.len() >= 2, "two subscriptions are read");
    assert!(lists[0].overlaps(lists[1]), "side by side");
}

#[tokio::test]
async fn an_index_that_knows_nothing_is_not_believed() {
    // Every role is new, and the index learns of them in an hour.
    let late = json!({ "resource_graph": { "role_known_after_seconds": 3_600 } });
    let mut stage = stage_of("default", late).await;
    read_all(&mut stage).await;
    assert!(names(&stage).iter().any(|(name, _)| name == RESOURCE), "{:?}", names(&stage));
    let history = stage.history();
    let queries = of(&history, "resourceGraph.query");
    assert!(!queries.is_empty() && queries.iter().all(|entry| entry.status == 200));
}

#[tokio::test]
async fn half_an_index_is_not_taken_for_the_whole() {
    let mut stage = stage_of("default", json!({ "resource_graph": { "page_size": 1 } })).await;
    stage.simulator.add_fault(Fault::on("resourceGraph.query", refusal()).nth(3));
    read_all(&mut stage).await;
    let found = names(&stage);
    let mut whole = Stage::new("default").await;
    read_all(&mut whole).await;
    assert_eq!(found, names(&whole), "the subscriptions tell the rest");
}

#[tokio::test]
async fn a_quota_that_comes_back_in_an_hour_is_not_waited_for() {
    let mut stage = Stage::new("default").await;
    let headers = [
        ("x-ms-user-quota-remaining".to_owned(), "0".to_owned()),
        ("x-ms-user-quota-resets-after".to_owned(), "01:00:00".to_owned()),
    ];
    let body = json!({
        "totalRecords": 1_000, "count": 0, "data": [], "facets": [],
        "resultTruncated": "false", "$skipToken": "more",
    });
    let act = Act::Answer { status: 200, headers: headers.into(), body };
    stage.simulator.add_fault(Fault::on("resourceGraph.query", act));
    read_all(&mut stage).await;
    assert!(names(&stage).iter().any(|(name, _)| name == RESOURCE), "the subscriptions know");
}

#[tokio::test]
async fn what_keyless_has_assigned_is_looked_for_where_it_is_known_at_once() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    let before = stage.history().len();
    stage.send(Command::GoToStep { step: Step::SignIn }).await;
    stage.send(Command::SignOut).await;
    read_all(&mut stage).await;
    let since = stage.history()[before..].to_vec();
    assert!(of(&since, "resourceGraph.query").is_empty(), "its index may not know yet");
    assert!(!of(&since, "accounts.list").is_empty());
}

#[tokio::test]
async fn whoever_misses_a_resource_and_asks_again_is_told_what_is_there_now() {
    let mut stage = Stage::new("no-account").await;
    stage.send(Command::SignInWithBrowser).await;
    stage.go_on().await;
    stage.until("nothing is there", |s| s.failure.is_some()).await;
    let before = stage.history().len();
    stage.press(Action::ReadResources).await;
    stage.until("it was looked again", |s| s.failure.is_some() && s.busy.is_none()).await;
    let since = stage.history()[before..].to_vec();
    assert!(of(&since, "resourceGraph.query").is_empty(), "an index learns late");
    assert!(!of(&since, "accounts.list").is_empty(), "the subscriptions know");
}

#[tokio::test]
async fn ten_thousand_accounts_come_by_the_thousand() {
    let mut stage = Stage::new("ten-thousand").await;
    let page = read_all(&mut stage).await;
    assert_eq!((page.total, page.subscriptions), (8_000, 2_000), "four of five are for chat");
    let history = stage.history();
    let pages = of(&history, "resourceGraph.query").len();
    // Three of the twelve directories have more than a thousand.
    assert_eq!(pages, 12 + 3, "a thousand on a page");
    assert!(of(&history, "accounts.list").is_empty());
    let window = stage.session.list_resources("ai-09", 0, 100);
    assert!(window.matching > 100 && window.items.len() == 100, "{} match", window.matching);
    let named = |it: &keyless::snapshot::Resource| it.subscription.starts_with("Project ");
    assert!(window.items.iter().all(named), "{:#?}", window.items[0]);
}

/// Pages so small that every directory needs more of them than the quota of 15 in 5 s allows.
#[tokio::test]
async fn pages_by_the_dozen_stay_within_the_quota_and_eight_at_a_time() {
    let small = json!({ "resource_graph": { "page_size": 60 } });
    let mut stage = stage_of("ten-thousand", small).await;
    let page = read_all(&mut stage).await;
    assert_eq!(page.total, 8_000);
    let history = stage.history();
    let queries: Vec<Entry> = of(&history, "resourceGraph.query").into_iter().cloned().collect();
    assert!(queries.iter().all(|entry| entry.status == 200), "none was one too many");
    assert!(most_at_once(&queries) <= 8, "{} at once", most_at_once(&queries));
    // Each page names the one before it, so that the longest chain is the largest directory.
    let largest = simulator::critical_path(&queries).len();
    assert!(largest > 15, "its quota was spent: {largest}");
    assert!(queries.len() > 2 * largest, "there are others: {}", queries.len());
    let path = simulator::critical_path(&history);
    println!("{} requests, {} deep, {largest} of them pages", history.len(), path.len());
    assert!(path.len() <= largest + 3, "code, tenants, the directory's token: {}", path.len());
}

#[tokio::test]
async fn subscriptions_are_read_eight_at_a_time() {
    let denied = json!({ "resource_graph": { "denied": true } });
    let mut stage = stage_of("ten-thousand", denied).await;
    let page = read_all(&mut stage).await;
    assert_eq!((page.total, page.subscriptions), (8_000, 2_000));
    let history = stage.history();
    let lists: Vec<Entry> = of(&history, "accounts.list").into_iter().cloned().collect();
    assert!(most_at_once(&lists) <= 8, "{} lists at once", most_at_once(&lists));
    let throttled = lists.iter().filter(|entry| entry.status == 429).count();
    assert_eq!(throttled, 0, "and none was too many");
}
