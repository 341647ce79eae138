//! Custom subdomains: who may set one, which names are taken, and that it stays.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{ADA, Bench, CONTOSO, INFERENCE, Reply, SUBSCRIPTION};

/// An account without a subdomain.
const BARE: &str = "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f/resourceGroups/rg-legacy/providers/Microsoft.CognitiveServices/accounts/contoso-first-try";

async fn patch(bench: &Bench, who: &str, properties: Value) -> Reply {
    let token = bench.arm_token(who);
    let body = json!({ "properties": properties });
    let path = format!("{BARE}?api-version=2025-06-01");
    bench.arm(Method::PATCH, &path, &token, Some(body)).await
}

fn named(name: &str) -> Value {
    json!({ "customSubDomainName": name })
}

#[tokio::test]
async fn a_subdomain_is_set_by_whoever_may_write_the_account_and_only_once() {
    let bench = Bench::start_named("keys-only").await;
    let reply = patch(&bench, ADA, named("First-Try")).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    let body = reply.json();
    assert_eq!(body["properties"]["customSubDomainName"], "first-try", "in small letters");
    assert_eq!(body["properties"]["provisioningState"], "Accepted");
    let endpoint = body["properties"]["endpoint"].as_str().expect("an endpoint").to_owned();
    assert!(endpoint.ends_with("/first-try/"), "the endpoint is its own: {endpoint}");
    let operation = reply.header("azure-asyncoperation").to_owned();
    assert!(reply.header("location").starts_with(&operation));
    let token = bench.arm_token(ADA);
    let look = || bench.send(Method::GET, &operation, Some(&token), None);
    assert_eq!(look().await.json()["status"], "Updating", "not InProgress, as elsewhere");
    bench.simulator.advance(Duration::from_secs(6));
    assert_eq!(look().await.json()["status"], "Succeeded");
    let reply = patch(&bench, ADA, named("first-try")).await;
    assert_eq!(reply.status, 200, "the same again changes nothing");
    let reply = patch(&bench, ADA, named("second-try")).await;
    assert_eq!(reply.status, 400, "another one is refused");
    let path = format!("{BARE}?api-version=2025-06-01");
    let account = bench.get(ADA, &path).await.json();
    assert_eq!(account["properties"]["customSubDomainName"], "first-try");
    assert_eq!(account["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test]
async fn a_name_that_is_taken_or_none_is_refused() {
    let bench = Bench::start_named("keys-only").await;
    let reply = patch(&bench, ADA, named("contoso-FINANCE")).await;
    assert_eq!(reply.refusal(), (409, "CustomDomainInUse".into()));
    for name in ["a_b", "-a", "a", ""] {
        let reply = patch(&bench, ADA, named(name)).await;
        assert_eq!(reply.refusal(), (400, "CustomDomainInvalid".into()), "{name}");
    }
    for (name, free) in [("contoso-finance", false), ("a_b", false), ("harbour", true)] {
        let path = format!(
            "{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/checkDomainAvailability?api-version=2025-06-01"
        );
        let body = json!({
            "subdomainName": name, "type": "Microsoft.CognitiveServices/accounts",
        });
        let token = bench.arm_token(ADA);
        let reply = bench.arm(Method::POST, &path, &token, Some(body)).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.json()["isSubdomainAvailable"], free, "{name}");
        assert_eq!(reply.json()["reason"].is_null(), free, "{name}");
    }
}

#[tokio::test]
async fn whoever_only_reads_changes_nothing_and_asks_for_no_name() {
    let bench = Bench::start_named("default").await;
    let reply = patch(&bench, ADA, named("first-try")).await;
    assert_eq!(reply.refusal(), (403, "AuthorizationFailed".into()));
    assert!(reply.message().contains("'Microsoft.CognitiveServices/accounts/write'"));
    let path = format!(
        "{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/checkDomainAvailability?api-version=2025-06-01"
    );
    let token = bench.arm_token(ADA);
    let reply = bench.arm(Method::POST, &path, &token, Some(json!({}))).await;
    assert_eq!(reply.refusal().0, 403);
}

#[tokio::test]
async fn a_subdomain_leads_nowhere_before_the_change_is_done() {
    let bench = Bench::start_named("keys-only").await;
    patch(&bench, ADA, named("first-try")).await;
    let url = format!("{}/first-try/openai/v1/models", bench.simulator.addresses().openai);
    let token = bench.simulator.issue_token(ADA, CONTOSO, INFERENCE);
    let look = || bench.send(Method::GET, &url, Some(&token), None);
    assert_eq!(look().await.refusal(), (404, "ResourceNotFound".into()));
    bench.simulator.advance(Duration::from_secs(6));
    assert_eq!(look().await.refusal(), (401, "PermissionDenied".into()), "Ada has no data role");
}

#[tokio::test]
async fn a_change_wants_a_second_factor_where_the_directory_does() {
    let bench = Bench::start_named("mfa-for-writes").await;
    let reply = patch(&bench, ADA, named("first-try")).await;
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert!(reply.header("www-authenticate").contains("insufficient_claims"));
}
