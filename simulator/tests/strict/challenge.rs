//! Where a tenant demands more than one factor for writes, Resource Manager challenges people.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{
    ACCOUNT, ADA_ID, ARM, Bench, CONTOSO, GRACE, GROUP, OPENAI_USER, Reply, assignment_body,
};

const NAME: &str = "8a137a61-3f9a-4c30-a23e-be8927b0cfa1";
const PIPELINE: &str = "5c0de2a7-91b5-4d0a-8f6e-7f6c3f2b1a90";
const PIPELINE_APP: &str = "c1f5a0f4-2f7d-4f0e-9a1b-0f5b6d7e8c9a";

/// Contoso demands a second factor for writes, and has an application that owns the group.
async fn start() -> Bench {
    let scenario: Value = serde_json::from_str(include_str!("scenario.json")).expect("JSON");
    let mut tenants = scenario["tenants"].clone();
    tenants[0]["policies"] = json!({"mfa_for_writes": true});
    let mut assignments = scenario["assignments"].clone();
    assignments.as_array_mut().expect("a list").push(json!({
        "name": "2d3a4b5c-0f1e-4a2b-8c3d-4e5f60718293",
        "principal": PIPELINE, "role": "Owner", "scope": GROUP,
    }));
    Bench::start_with(json!({
        "tenants": tenants,
        "assignments": assignments,
        "service_principals": [{
            "id": PIPELINE, "app_id": PIPELINE_APP, "tenant": CONTOSO, "name": "pipeline",
            "secrets": ["a-secret"],
        }],
    }))
    .await
}

fn path() -> String {
    format!(
        "{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{NAME}?api-version=2022-04-01"
    )
}

async fn put(bench: &Bench, token: &str) -> Reply {
    let body = assignment_body(OPENAI_USER, ADA_ID);
    bench.arm(Method::PUT, &path(), token, Some(body)).await
}

#[tokio::test]
async fn a_write_by_a_person_with_one_factor_is_challenged_in_azures_form() {
    let bench = start().await;
    let reply = put(&bench, &bench.arm_token(GRACE)).await;
    assert_eq!(reply.refusal(), (401, "RequestDisallowedByPolicy".into()), "{}", reply.text);
    let authorize = format!("{}/common/oauth2/authorize", bench.simulator.addresses().authority);
    assert_eq!(
        reply.header("www-authenticate"),
        format!(
            "Bearer realm=\"\", authorization_uri=\"{authorize}\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlcyI6WyJwMSJdfX19\""
        ),
        "the claims are those that were seen"
    );
    let delete = bench.arm(Method::DELETE, &path(), &bench.arm_token(GRACE), None).await;
    assert_eq!(delete.status, 401, "deleting is writing");
    assert_eq!(
        bench.get(GRACE, &path()).await.status,
        404,
        "reading is not, and nothing was written"
    );
}

#[tokio::test]
async fn a_second_factor_opens_the_way() {
    let bench = start().await;
    let token = bench.simulator.issue_token_after_mfa(GRACE, CONTOSO, ARM);
    assert_eq!(put(&bench, &token).await.status, 201);
    assert_eq!(bench.arm(Method::DELETE, &path(), &token, None).await.status, 200);
}

#[tokio::test]
async fn an_application_is_not_challenged() {
    let bench = start().await;
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", PIPELINE_APP),
        ("client_secret", "a-secret"),
        ("scope", "https://management.azure.com/.default"),
    ];
    let reply = bench.token(CONTOSO, &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let token = reply.json()["access_token"].as_str().expect("a token").to_owned();
    let reply = put(&bench, &token).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.json()["properties"]["updatedBy"], PIPELINE);
}

#[tokio::test]
async fn no_tenant_challenges_that_does_not_say_so() {
    let bench = Bench::start().await;
    assert_eq!(put(&bench, &bench.arm_token(GRACE)).await.status, 201);
}
