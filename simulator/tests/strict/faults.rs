//! Faults hit what they say, as often as they say.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Act, FailureError, Fault, Match, Scenario};

use crate::bench::{
    ACCOUNT, ADA, ADA_ID, Bench, CONTOSO, GRACE, GROUP, INFERENCE, OPENAI_USER, assignment_body,
};

const TENANTS: &str = "/tenants?api-version=2022-12-01";
const SUBSCRIPTIONS: &str = "/subscriptions?api-version=2022-12-01";

impl Bench {
    /// Whether a GET gets a whole answer.
    async fn arrives(&self, path: &str) -> bool {
        let url = format!("{}{path}", self.simulator.addresses().arm);
        match self.client.get(url).bearer_auth(self.arm_token(ADA)).send().await {
            Ok(response) => response.bytes().await.is_ok(),
            Err(_) => false,
        }
    }
}

#[tokio::test]
async fn a_cut_ends_the_connection_without_answer_and_without_effect() {
    let bench = Bench::start().await;
    bench.simulator.add_fault(Fault::on("roleAssignments.create", Act::Cut).times(1));
    let name = "3d8bb512-30b9-41de-b1d8-72978be0bef0";
    let path = format!(
        "{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
    );
    let url = format!("{}{path}", bench.simulator.addresses().arm);
    let request = bench
        .client
        .put(url)
        .bearer_auth(bench.arm_token(GRACE))
        .json(&assignment_body(OPENAI_USER, ADA_ID));
    let error = request.send().await.expect_err("the connection ends");
    assert!(
        !error.is_timeout() && !error.is_connect(),
        "it ended after the request was sent: {error:?}"
    );
    let entry = bench.simulator.history().pop().expect("it arrived");
    assert_eq!(
        (entry.operation.as_str(), entry.status),
        ("roleAssignments.create", 0),
        "and had no answer"
    );
    assert!(entry.ended.is_some(), "but it did end");
    assert_eq!(
        bench.assign(GRACE, ACCOUNT, name, OPENAI_USER, ADA_ID).await.status,
        201,
        "it had no effect"
    );
}

#[tokio::test]
async fn every_answer_is_dated_by_azures_clock_the_prepared_ones_too() {
    let bench = Bench::start().await;
    let prepared = |headers| Act::Answer { status: 429, headers, body: json!({}) };
    bench.simulator.add_fault(Fault::on("tenants.list", prepared(BTreeMap::new())).times(1));
    let own = BTreeMap::from([("date".to_owned(), "Sat, 21 Nov 2026 08:00:00 GMT".to_owned())]);
    bench.simulator.add_fault(Fault::on("tenants.list", prepared(own)).nth(2));
    bench.pass(60);
    for (status, date) in [
        (429, "Sat, 21 Nov 2026 09:01:00 GMT"),
        (429, "Sat, 21 Nov 2026 08:00:00 GMT"),
        (200, "Sat, 21 Nov 2026 09:01:00 GMT"),
    ] {
        let reply = bench.get(ADA, TENANTS).await;
        assert_eq!((reply.status.as_u16(), reply.header("date")), (status, date));
    }
}

#[tokio::test]
async fn the_nth_request_is_hit_and_no_other() {
    let bench = Bench::start().await;
    assert!(bench.arrives(TENANTS).await, "before the fault was added");
    bench.simulator.add_fault(Fault::on_every(Act::Cut).nth(3));
    let mut arrived = Vec::new();
    for path in [TENANTS, SUBSCRIPTIONS, TENANTS, SUBSCRIPTIONS] {
        arrived.push(bench.arrives(path).await);
    }
    assert_eq!(arrived, [true, true, false, true]);
    bench.simulator.clear_faults();
    bench.simulator.add_fault(Fault::on("tenants.list", Act::Cut).nth(2));
    let mut arrived = Vec::new();
    for path in [TENANTS, SUBSCRIPTIONS, TENANTS, TENANTS] {
        arrived.push(bench.arrives(path).await);
    }
    assert_eq!(arrived, [true, true, false, true], "counted among those that match");
}

#[tokio::test]
async fn conditions_all_have_to_hold() {
    let bench = Bench::start().await;
    let when = Match {
        method: Some("get".into()),
        path_contains: Some("/ARM/tenants".into()),
        ..Match::default()
    };
    bench.simulator.add_fault(Fault { when, act: Act::Cut, times: None });
    assert!(!bench.arrives(TENANTS).await, "method and path match");
    assert!(bench.arrives(SUBSCRIPTIONS).await, "the path does not");
    bench.simulator.clear_faults();
    assert!(bench.arrives(TENANTS).await, "no fault is left");
}

#[tokio::test]
async fn a_prepared_answer_takes_the_place_of_the_real_one() {
    let bench = Bench::start().await;
    let answer = Act::Answer {
        status: 429,
        headers: BTreeMap::from([("retry-after".into(), "7".into())]),
        body: json!({"error": {"code": "SubscriptionRequestsThrottled", "message": "later"}}),
    };
    bench.simulator.add_fault(Fault::on("tenants.list", answer).times(2));
    for _ in 0..2 {
        let reply = bench.get(ADA, TENANTS).await;
        assert_eq!(reply.refusal(), (429, "SubscriptionRequestsThrottled".into()));
        assert_eq!(reply.header("retry-after"), "7");
    }
    assert_eq!(bench.get(ADA, TENANTS).await.status, 200, "twice and no more");
    let html = Act::Answer {
        status: 502,
        headers: BTreeMap::from([("content-type".into(), "text/html".into())]),
        body: json!("<html>Bad gateway</html>"),
    };
    bench.simulator.add_fault(Fault::on("tenants.list", html));
    let reply = bench.get(ADA, TENANTS).await;
    assert_eq!(
        (reply.text.as_str(), reply.header("content-type")),
        ("<html>Bad gateway</html>", "text/html")
    );
    bench.simulator.clear_faults();
    bench.simulator.add_fault(Fault::on(
        "tenants.list",
        Act::Answer { status: 503, headers: BTreeMap::new(), body: Value::Null },
    ));
    assert_eq!(bench.get(ADA, TENANTS).await.text, "", "an empty body");
}

#[tokio::test]
async fn a_delayed_request_waits_for_the_simulators_clock() {
    let bench = Bench::start().await;
    bench.simulator.add_fault(Fault::on("tenants.list", Act::Delay { milliseconds: 30_000 }));
    let slow = bench.get(ADA, TENANTS);
    tokio::pin!(slow);
    let arrived = |bench: &Bench| {
        let history = bench.simulator.history();
        history.iter().any(|entry| entry.operation == "tenants.list")
    };
    while !arrived(&bench) {
        tokio::select! {
            () = tokio::task::yield_now() => {}
            _ = &mut slow => panic!("nobody has moved the clock"),
        }
    }
    tokio::select! {
        reply = bench.get(ADA, SUBSCRIPTIONS) => assert_eq!(reply.status, 200, "others do not wait"),
        _ = &mut slow => panic!("nobody has moved the clock"),
    }
    bench.pass(29);
    // One more round trip, in which a request that waits too little would be answered.
    tokio::select! {
        _ = bench.get(ADA, SUBSCRIPTIONS) => {}
        _ = &mut slow => panic!("a second is left"),
    }
    bench.pass(1);
    assert_eq!(slow.await.status, 200, "the delay is over");
    let history = bench.simulator.history();
    let of =
        |name: &str| history.iter().find(|entry| entry.operation == name).expect("it was recorded");
    assert!(of("tenants.list").overlaps(of("subscriptions.list")), "they were under way together");
}

#[tokio::test]
async fn a_garbled_answer_is_whole_and_unreadable() {
    let bench = Bench::start().await;
    bench.simulator.add_fault(Fault::on("tenants.list", Act::Garble));
    let reply = bench.get(ADA, TENANTS).await;
    assert_eq!(reply.status, 200);
    assert!(serde_json::from_str::<Value>(&reply.text).is_err(), "not JSON: {}", reply.text);
    bench.grant(GROUP, OPENAI_USER, ADA_ID).await;
    bench.pass(40);
    bench.simulator.add_fault(Fault::on("chat.create", Act::Garble));
    let token = bench.simulator.issue_token(ADA, CONTOSO, INFERENCE);
    let body = json!({"model": "mini", "stream": true, "messages": [{"role": "user", "content": "Hello"}]});
    let reply = bench.chat_with(&token, "chat-one", body).await;
    assert!(
        reply.text.contains("<%garbled") && reply.text.ends_with("data: [DONE]\n\n"),
        "one event is noise"
    );
}

#[tokio::test]
async fn a_cut_in_the_middle_of_the_body_comes_after_the_effect() {
    let bench = Bench::start().await;
    bench.simulator.add_fault(Fault::on("roleAssignments.create", Act::CutMidBody).times(1));
    let name = "1e3d87b6-a33c-453c-96d5-712bf8b75bb9";
    let path = format!(
        "{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
    );
    let url = format!("{}{path}", bench.simulator.addresses().arm);
    let request = bench
        .client
        .put(url)
        .bearer_auth(bench.arm_token(GRACE))
        .json(&assignment_body(OPENAI_USER, ADA_ID));
    let response = request.send().await.expect("the head arrives");
    assert_eq!(response.status(), 201);
    assert!(response.text().await.is_err(), "the body does not");
    assert_eq!(
        bench.assign(GRACE, ACCOUNT, name, OPENAI_USER, ADA_ID).await.status,
        200,
        "it was assigned all the same"
    );
    bench.pass(40);
    bench.simulator.add_fault(Fault::on("chat.create", Act::CutMidBody));
    let url = format!("{}/chat-one/openai/v1/chat/completions", bench.simulator.addresses().openai);
    let body = json!({"model": "mini", "stream": true, "messages": [{"role": "user", "content": "Hello"}]});
    let token = bench.simulator.issue_token(ADA, CONTOSO, INFERENCE);
    let mut response = bench
        .client
        .post(url)
        .bearer_auth(token)
        .json(&body)
        .send()
        .await
        .expect("the head arrives");
    let mut received = Vec::new();
    let cut = loop {
        match response.chunk().await {
            Ok(Some(bytes)) => received.extend_from_slice(&bytes),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    let received = String::from_utf8_lossy(&received);
    assert!(
        cut && received.contains("Hello!") && !received.contains("[DONE]"),
        "half a stream: {received}"
    );
}

#[tokio::test]
async fn latency_is_spent_by_every_request() {
    let bench = Bench::start().await;
    let latency = Duration::from_millis(40);
    bench.simulator.set_latency(latency);
    let before = std::time::Instant::now();
    bench.get(ADA, TENANTS).await;
    assert!(before.elapsed() >= latency, "real time, also on a clock that stands still");
    let url = |path: &str| format!("{}{path}", bench.simulator.addresses().arm);
    let token = bench.arm_token(ADA);
    let (tenants, subscriptions) = (url(TENANTS), url(SUBSCRIPTIONS));
    bench.simulator.reset();
    tokio::join!(
        bench.send(Method::GET, &tenants, Some(&token), None),
        bench.send(Method::GET, &subscriptions, Some(&token), None)
    );
    let history = bench.simulator.history();
    assert!(history[0].overlaps(&history[1]), "two requests side by side are seen to overlap");
}

#[tokio::test]
async fn the_faults_of_a_scenario_are_there_from_the_beginning_and_after_a_reset() {
    let faults = json!([{ "when": { "operation": "tenants.list" }, "act": "cut", "times": 1 }]);
    let bench = Bench::start_with(json!({ "faults": faults })).await;
    assert!(!bench.arrives(TENANTS).await, "the scenario begins with its fault");
    assert!(bench.arrives(TENANTS).await, "which is used up");
    bench.simulator.reset();
    assert!(!bench.arrives(TENANTS).await, "a reset is the beginning again");
}

#[test]
fn every_failure_is_a_scenario_and_a_fault_or_a_state() {
    let names = Fault::names();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        let scenario = Scenario::named(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(scenario.name(), name);
        assert!(!scenario.about().is_empty(), "{name} says what is special about it");
        match Fault::named(name) {
            Ok(fault) => assert!(fault.when.operation.is_some(), "{name} hits one operation"),
            Err(FailureError::State(_)) => {}
            Err(error) => panic!("{name}: {error}"),
        }
    }
    assert!(matches!(Fault::named("C99"), Err(FailureError::Unknown(_))));
    assert!(matches!(Fault::named("C7"), Err(FailureError::State(_))), "a network is a state");
}

#[test]
fn a_fault_can_be_written_by_name() {
    let read = |value: Value| serde_json::from_value::<Fault>(value);
    let whole = Fault::named("C3").expect("a fault");
    assert_eq!(read(json!("C3")).expect("a name"), whole);
    let twice = read(json!({"fault": "C3", "times": 2})).expect("a name with a number");
    assert_eq!(twice, whole.clone().times(2));
    let second = read(json!({"fault": "C3", "when": {"nth": 2}})).expect("a name with a condition");
    assert_eq!(second, whole.nth(2), "what is not said stays as it is");
    for wrong in [
        json!("C99"),
        json!({"when": {"operation": "tenants.lists"}, "act": "cut"}),
        json!({"fault": "C3", "when": {"operation": "chat.creat"}}),
        json!("C7"),
        json!({"fault": "C3", "act": "cut"}),
        json!({"act": "cut", "time": 2}),
        json!({"act": "burn"}),
    ] {
        assert!(read(wrong.clone()).is_err(), "{wrong} is refused");
    }
    let error = read(json!("C99")).expect_err("there is no such failure").to_string();
    assert!(error.contains("C99") && error.contains("C3"), "the names are told: {error}");
}

#[test]
fn a_scenario_may_begin_with_named_faults() {
    let scenario = |faults: Value| {
        let text = json!({"based_on": "default", "name": "n", "about": "a", "faults": faults});
        Scenario::from_json(&text.to_string())
    };
    assert!(scenario(json!(["C3", {"fault": "R4", "times": 1}, {"act": "cut"}])).is_ok());
    assert!(scenario(json!(["C99"])).is_err(), "an unknown name is refused");
}

#[tokio::test]
async fn a_named_fault_speaks_of_the_request_that_it_hits() {
    let bench = Bench::start().await;
    for name in ["C1", "R6", "D2"] {
        bench.simulator.add_fault(Fault::named(name).expect("a fault"));
    }
    let reply = bench.chat(ADA, "chat-one", "gpt-4.1").await;
    assert_eq!(reply.refusal(), (401, "PermissionDenied".to_owned()));
    let told = format!("The principal `{ADA_ID}` lacks the required data action");
    assert!(reply.message().starts_with(&told), "{}", reply.text);
    assert!(reply.message().contains("{deployment-id}"), "Azure's own braces stay");

    let name = "3d8bb512-30b9-41de-b1d8-72978be0bef0";
    let reply = bench.assign(GRACE, ACCOUNT, name, OPENAI_USER, ADA_ID).await;
    assert_eq!(reply.refusal(), (400, "PrincipalNotFound".to_owned()));
    assert!(reply.message().contains(&format!("in the directory {CONTOSO}.")), "{}", reply.text);

    let path =
        format!("{GROUP}/providers/Microsoft.CognitiveServices/accounts?api-version=2025-06-01");
    let reply = bench.get(ADA, &path).await;
    assert!(reply.message().contains(&format!("over scope '{GROUP}'")), "{}", reply.text);
}

#[test]
fn the_page_lists_every_failure() {
    let line = |name: &str| {
        let scenario = Scenario::named(name).expect("each failure is a scenario");
        let kind = if Fault::named(name).is_ok() { "fault" } else { "state" };
        format!("| `{name}` | {} | {kind} |", scenario.about())
    };
    let head = "| name | what is wrong | brought about by |\n|---|---|---|\n";
    is_listed(head, &Fault::names().into_iter().map(line).collect::<Vec<_>>());
}

#[test]
fn the_page_lists_every_scenario() {
    let line = |name: &str| {
        let scenario = Scenario::named(name).expect("it is built in");
        format!("| `{name}` | {} |", scenario.about())
    };
    let head = "| scenario | what is special about it |\n|---|---|\n";
    is_listed(head, &Scenario::names().into_iter().map(line).collect::<Vec<_>>());
}

/// The page on practice holds a table of this head and these lines.
fn is_listed(head: &str, lines: &[String]) {
    // Both tables are written by tests of one process.
    static PAGE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _alone = PAGE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/practice.md");
    let page = std::fs::read_to_string(path).expect("the page is checked in");
    let (before, rest) = page.split_once(head).expect("the page has the table");
    let (_, after) = rest.split_once("\n\n").expect("the table ends");
    let wanted = format!("{before}{head}{}\n\n{after}", lines.join("\n"));
    if std::env::var_os("KEYLESS_WRITE").is_some() {
        std::fs::write(path, &wanted).expect("the page is written");
        return;
    }
    assert_eq!(page, wanted, "the table is stale: run with KEYLESS_WRITE=1");
}
