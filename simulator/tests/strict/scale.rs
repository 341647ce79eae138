//! Ten thousand accounts: everything is found, and no page costs more than its size explains.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::bench::{ADA, ARM, Bench, Reply};

/// How much longer than the serialisation of its body an answer may take.
const LIMIT: f64 = 3.0;
/// Pairs of measurements in a round, whose medians are compared.
const PAIRS: usize = 7;
/// Rounds: a machine that is busy with something else is given another chance.
const ROUNDS: usize = 5;

const GRAPH: &str = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";
const QUERY: &str = "resources | where type =~ 'microsoft.cognitiveservices/accounts' | project id, name, kind, location, properties";

async fn start() -> (Bench, Vec<String>) {
    let bench = Bench::start_named("ten-thousand").await;
    let own = bench.simulator.issue_token(ADA, "contoso.example", ARM);
    let tenants = list(&bench, "/tenants?api-version=2022-12-01", &own).await;
    let id = |tenant: &Value| tenant["tenantId"].as_str().expect("an id").to_owned();
    let tenants: Vec<String> = tenants.iter().map(id).collect();
    let tokens = tenants.iter().map(|tenant| bench.simulator.issue_token(ADA, tenant, ARM));
    let tokens = tokens.collect();
    (bench, tokens)
}

/// All pages of a list.
async fn list(bench: &Bench, path: &str, token: &str) -> Vec<Value> {
    let mut next = Some(format!("{}{path}", bench.simulator.addresses().arm));
    let mut found = Vec::new();
    while let Some(url) = next {
        let mut page = bench.send(Method::GET, &url, Some(token), None).await.json();
        found.append(page["value"].as_array_mut().expect("a list"));
        next = page["nextLink"].as_str().map(str::to_owned);
    }
    found
}

/// One page of what Resource Graph knows of all accounts of a tenant.
async fn ask_graph(bench: &Bench, token: &str, skip: Option<&str>) -> Reply {
    let mut body = json!({"query": QUERY});
    if let Some(skip) = skip {
        body["options"] = json!({"$skipToken": skip});
    }
    bench.arm(Method::POST, GRAPH, token, Some(body)).await
}

fn accounts_path(subscription: &Value) -> String {
    let id = subscription["id"].as_str().expect("an id");
    format!("{id}/providers/Microsoft.CognitiveServices/accounts?api-version=2025-06-01")
}

#[tokio::test]
async fn twelve_tenants_hold_two_thousand_subscriptions() {
    let (bench, tokens) = start().await;
    assert_eq!(tokens.len(), 12, "home and eleven where she is a guest");
    let mut subscriptions = BTreeSet::new();
    for token in &tokens {
        let all = list(&bench, "/subscriptions?api-version=2022-12-01", token).await;
        subscriptions.extend(all.iter().map(|one| one["id"].to_string()));
    }
    assert_eq!(subscriptions.len(), 2_000, "each once");
}

#[tokio::test]
async fn lists_and_resource_graph_find_the_same_accounts() {
    let (bench, tokens) = start().await;
    let token = tokens.last().expect("twelve");
    let mut listed = BTreeSet::new();
    for subscription in list(&bench, "/subscriptions?api-version=2022-12-01", token).await {
        let accounts = list(&bench, &accounts_path(&subscription), token).await;
        listed.extend(accounts.iter().map(|account| account["id"].to_string()));
    }
    let page = ask_graph(&bench, token, None).await.json();
    let rows = page["data"].as_array().expect("rows").iter();
    assert_eq!(rows.map(|row| row["id"].to_string()).collect::<BTreeSet<_>>(), listed);
}

#[tokio::test]
async fn resource_graph_finds_all_of_them_as_fast_as_its_quota_allows() {
    let (bench, tokens) = start().await;
    let (mut found, mut asked, mut throttled) = (BTreeSet::new(), 0, 0);
    for token in &tokens {
        let mut skip: Option<String> = None;
        loop {
            let reply = ask_graph(&bench, token, skip.as_deref()).await;
            if reply.status == 429 {
                throttled += 1;
                assert!(throttled <= asked / 10, "a person who waits is answered");
                bench.pass(5);
                continue;
            }
            asked += 1;
            let page = reply.json();
            let rows = page["data"].as_array().expect("rows");
            found.extend(rows.iter().map(|row| row["id"].to_string()));
            skip = page["$skipToken"].as_str().map(str::to_owned);
            if skip.is_none() {
                break;
            }
        }
    }
    assert_eq!(found.len(), 10_000, "each once");
    assert!((12..=30).contains(&asked), "a page holds a thousand: {asked} answers");
}

/// One subscription in forty holds a hundred accounts.
fn is_crowded(subscription: &Value) -> bool {
    let name = subscription["displayName"].as_str().unwrap_or_default();
    let number = name.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok());
    number.is_some_and(|number| number % 40 == 0)
}

#[tokio::test]
async fn a_page_takes_at_most_three_times_its_serialisation() {
    let (bench, tokens) = start().await;
    let token = &tokens[0];
    let subscriptions = list(&bench, "/subscriptions?api-version=2022-12-01", token).await;
    // Connection, headers and token cost the same for every answer, however short.
    let first = subscriptions[0]["id"].as_str().expect("an id");
    let crowded = &subscriptions[subscriptions.iter().position(is_crowded).expect("one in forty")];
    let arm = bench.simulator.addresses().arm;
    let get = |path: &str| bench.client.get(format!("{arm}{path}")).bearer_auth(token);
    let shortest = get(&format!("{first}?api-version=2022-12-01"));
    let graph = format!("{arm}{GRAPH}");
    for (what, request) in [
        ("subscriptions", get("/subscriptions?api-version=2022-12-01")),
        ("accounts", get(&accounts_path(crowded))),
        ("query", bench.client.post(graph).bearer_auth(token).json(&json!({"query": QUERY}))),
    ] {
        let mut ratios = Vec::new();
        while ratios.len() < ROUNDS && ratios.iter().all(|ratio| *ratio > LIMIT) {
            ratios.push(measure(&bench, &request, &shortest).await);
        }
        let best = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(best <= LIMIT, "a page of {what} takes {ratios:?} times its serialisation");
    }
}

/// The time that a page takes beyond the shortest answer, as a multiple of the time that
/// serialising its body takes here.
async fn measure(bench: &Bench, page: &RequestBuilder, shortest: &RequestBuilder) -> f64 {
    let (mut bare, mut answers, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        bare.push(ask(shortest).await.0);
        let (time, bytes) = ask(page).await;
        answers.push(time);
        let body: Value = serde_json::from_slice(&bytes).expect("JSON");
        let rows = body["value"].as_array().or(body["data"].as_array());
        assert!(rows.is_some_and(|rows| rows.len() >= 100), "a full page: {body}");
        let start = spent();
        let text = serde_json::to_string(&body).expect("JSON is text");
        bodies.push(spent() - start);
        assert_eq!(text.len(), bytes.len(), "the same body");
        // Resource Graph answers fifteen times in five seconds.
        bench.pass(1);
    }
    let beyond = median(answers).saturating_sub(median(bare));
    beyond.as_secs_f64() / median(bodies).as_secs_f64()
}

/// An answer, and what it took.
async fn ask(request: &RequestBuilder) -> (Duration, Vec<u8>) {
    let request = request.try_clone().expect("a body that is no stream");
    let start = spent();
    let answer = request.send().await.expect("the simulator answers");
    let bytes = answer.bytes().await.expect("the answer is complete");
    (spent() - start, bytes.to_vec())
}

/// Processor time of this thread, on which client and simulator both run: how often a busy machine
/// interrupts them is not their fault.
fn spent() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("time spent is not negative")
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
