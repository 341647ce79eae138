//! What management clients ask for besides accounts and roles: groups, identities, providers, regions.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{
    ACCOUNT, ADA, ADA_ID, Bench, GRACE, GROUP, MARY, OPENAI_USER, Reply, SUBSCRIPTION,
    assignment_body,
};

fn identities(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities")
}

async fn put_identity(bench: &Bench, name: &str, body: Value) -> Reply {
    let path = format!("{}/{name}?api-version=2023-01-31", identities(GROUP));
    bench.arm(Method::PUT, &path, &bench.arm_token(GRACE), Some(body)).await
}

#[tokio::test]
async fn an_identity_is_created_once_and_then_there() {
    let bench = Bench::start().await;
    let body = json!({"location": "swedencentral", "tags": {"team": "chat"}});
    let reply = put_identity(&bench, "id-app", body.clone()).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let made = reply.json();
    let id = identities(GROUP).replace("resourceGroups", "resourcegroups") + "/id-app";
    assert_eq!(made["id"], id, "its id has resourcegroups in lower case");
    assert_eq!(reply.header("location"), id, "a relative address");
    assert_eq!(made["tags"], json!({"team": "chat"}));
    assert_eq!(put_identity(&bench, "id-app", body).await.status, 200, "the same again");
    let read = bench.get(GRACE, &format!("{id}?api-version=2024-11-30")).await.json();
    assert_eq!(read, made, "the same ids, also after it was written again");
    for scope in [GROUP, SUBSCRIPTION] {
        let list = bench
            .get(GRACE, &format!("{}?api-version=2025-05-31-preview", identities(scope)))
            .await
            .json();
        assert_eq!(list["value"], json!([made]), "{scope}");
    }
    let other = identities(&GROUP.replace("rg-chat", "rg-other"));
    let list = bench.get(GRACE, &format!("{other}?api-version=2024-11-30")).await.json();
    assert_eq!(list, json!({"value": []}));
}

#[tokio::test]
async fn an_identity_can_be_assigned_a_role_and_goes_with_its_principal() {
    let bench = Bench::start_with(json!({"identity_known_after_seconds": 30})).await;
    let made = put_identity(&bench, "id-app", json!({"location": "eastus"})).await.json();
    let principal = made["properties"]["principalId"].as_str().expect("a principal").to_owned();
    let name = "8a137a61-3f9a-4c30-a23e-be8927b0cfa1";
    let reply = bench.assign(GRACE, ACCOUNT, name, OPENAI_USER, &principal).await;
    assert_eq!(reply.refusal(), (400, "PrincipalNotFound".into()), "not yet replicated");
    let mut body = assignment_body(OPENAI_USER, &principal);
    body["properties"]["principalType"] = json!("ServicePrincipal");
    let path = format!(
        "{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
    );
    let token = bench.arm_token(GRACE);
    let reply = bench.arm(Method::PUT, &path, &token, Some(body)).await;
    assert_eq!(reply.status, 201, "who says what it is does not wait: {}", reply.text);
    assert_eq!(reply.json()["properties"]["principalType"], "ServicePrincipal");
    bench.pass(30);
    let other = "8cc44f65-c00d-4c01-949a-33cd6868b7cc";
    assert_eq!(bench.assign(GRACE, GROUP, other, OPENAI_USER, &principal).await.status, 201);
    let path = format!("{}/ID-APP?api-version=2024-11-30", identities(GROUP));
    let delete = async || bench.arm(Method::DELETE, &path, &token, None).await;
    let reply = delete().await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, ""));
    assert_eq!(delete().await.status, 204, "there is nothing left");
    assert_eq!(bench.get(GRACE, &path).await.refusal(), (404, "ResourceNotFound".into()));
    let name = "1f3bd6f5-3a4b-4a57-b9e0-ff8bd6a5cb3e";
    let reply = bench.assign(GRACE, SUBSCRIPTION, name, OPENAI_USER, &principal).await;
    assert_eq!(reply.refusal(), (400, "PrincipalNotFound".into()), "its principal is gone too");
}

#[tokio::test]
async fn an_identity_needs_a_role_a_place_and_a_name() {
    let bench = Bench::start().await;
    let path = format!("{}/id-app?api-version=2023-01-31", identities(GROUP));
    let body = || Some(json!({"location": "eastus"}));
    let reply = bench.arm(Method::PUT, &path, &bench.arm_token(ADA), body()).await;
    assert_eq!(reply.refusal(), (403, "AuthorizationFailed".into()), "Reader may not");
    assert!(reply.message().contains("Microsoft.ManagedIdentity/userAssignedIdentities/write"));
    let reply = put_identity(&bench, "id-app", json!({})).await;
    assert_eq!(reply.refusal(), (400, "LocationRequired".into()));
    let reply = put_identity(&bench, "-x", json!({"location": "eastus"})).await;
    assert_eq!(reply.refusal(), (400, "InvalidResourceName".into()));
    let path = path.replace("rg-chat", "rg-nowhere");
    let reply = bench.arm(Method::PUT, &path, &bench.arm_token(GRACE), body()).await;
    assert_eq!(reply.refusal(), (404, "ResourceGroupNotFound".into()));
    assert_eq!(bench.get(ADA, &path.replace("rg-nowhere", "rg-chat")).await.status, 404);
}

#[tokio::test]
async fn a_provider_is_registered_before_it_is_used() {
    let mut scenario: Value = serde_json::from_str(include_str!("scenario.json")).expect("JSON");
    scenario["subscriptions"][0]["unregistered_providers"] = json!(["Microsoft.ManagedIdentity"]);
    scenario["provider_registered_after_seconds"] = json!(20);
    let bench = Bench::start_with(scenario).await;
    let provider = format!("{SUBSCRIPTION}/providers/microsoft.managedidentity");
    let state = async || {
        let reply = bench.get(GRACE, &format!("{provider}?api-version=2021-04-01")).await.json();
        reply["registrationState"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(state().await, "NotRegistered");
    let reply = put_identity(&bench, "id-app", json!({"location": "eastus"})).await;
    assert_eq!(reply.refusal(), (409, "MissingSubscriptionRegistration".into()));
    assert_eq!(reply.json()["error"]["details"][0]["target"], "Microsoft.ManagedIdentity");
    let register = format!("{provider}/register?api-version=2021-04-01");
    let reply = bench.arm(Method::POST, &register, &bench.arm_token(ADA), None).await;
    assert_eq!(reply.refusal(), (403, "AuthorizationFailed".into()));
    let reply = bench.arm(Method::POST, &register, &bench.arm_token(GRACE), None).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.json()["registrationState"]),
        (200, &"Registering".into())
    );
    assert_eq!(state().await, "Registering");
    bench.pass(20);
    assert_eq!(state().await, "Registered");
    let reply = put_identity(&bench, "id-app", json!({"location": "eastus"})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let path = format!("{SUBSCRIPTION}/providers/Microsoft.Nothing?api-version=2021-04-01");
    assert_eq!(bench.get(GRACE, &path).await.refusal(), (404, "InvalidResourceNamespace".into()));
}

#[tokio::test]
async fn a_group_is_checked_without_a_body() {
    let bench = Bench::start().await;
    let head = async |user: &str, name: &str| {
        let path = format!(
            "{}?api-version=2021-04-01",
            GROUP.replace("rg-chat", name).replace("resourceGroups", "resourcegroups")
        );
        bench.arm(Method::HEAD, &path, &bench.arm_token(user), None).await
    };
    let reply = head(ADA, "RG-CHAT").await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (204, ""));
    assert_eq!(head(GRACE, "rg-none").await.status, 404);
    assert_eq!(head(MARY, "rg-chat").await.status, 403, "looking needs a role");
}

#[tokio::test]
async fn regions_are_told_with_the_subscription_in_their_ids() {
    let bench = Bench::start().await;
    let path = format!("{SUBSCRIPTION}/locations?api-version=2022-12-01");
    let list = bench.get(ADA, &path).await.json();
    let sweden = list["value"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["name"] == "swedencentral"))
        .expect("Sweden Central is a region")
        .clone();
    assert_eq!(sweden["id"], format!("{SUBSCRIPTION}/locations/swedencentral"));
    assert_eq!(sweden["regionalDisplayName"], "(Europe) Sweden Central");
    assert_eq!(sweden["metadata"]["regionType"], "Physical");
    assert_eq!(bench.get(MARY, &path).await.status, 403);
}

#[tokio::test]
async fn a_cloud_tells_its_endpoints_to_everyone() {
    let bench = Bench::start().await;
    let read = async |version: &str| {
        let url =
            format!("{}/metadata/endpoints?api-version={version}", bench.simulator.addresses().arm);
        bench.send(Method::GET, &url, None, None).await
    };
    let one = read("2022-09-01").await.json();
    assert_eq!(one["authentication"]["loginEndpoint"], bench.simulator.addresses().authority);
    assert_eq!(one["authentication"]["audiences"][0], "https://management.core.windows.net/");
    assert!(one["suffixes"].is_object() && one["microsoftGraphResourceId"].is_string());
    assert_eq!(read("2019-05-01").await.json(), json!([one]), "a list in the older version");
    assert_eq!(read("yesterday").await.refusal(), (400, "InvalidApiVersionParameter".into()));
}

#[tokio::test]
async fn an_account_lists_the_models_that_it_can_deploy() {
    let bench = Bench::start_with(json!({"page_size": 100})).await;
    let list = bench.get(ADA, &format!("{ACCOUNT}/models?api-version=2025-09-01")).await.json();
    let mini = list["value"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["name"] == "gpt-4o-mini"))
        .expect("gpt-4o-mini can be deployed")
        .clone();
    assert_eq!((&mini["format"], &mini["version"]), (&"OpenAI".into(), &"2024-07-18".into()));
    assert_eq!(mini["capabilities"]["chatCompletion"], "true");
}

#[tokio::test]
async fn pages_are_cut_by_top_and_their_tokens_are_good_for_one_list_only() {
    let bench = Bench::start_with(json!({"page_size": 50})).await;
    let path = format!("{SUBSCRIPTION}/resourcegroups?api-version=2024-11-01&$top=1");
    let first = bench.get(GRACE, &path).await.json();
    assert_eq!(first["value"].as_array().map(Vec::len), Some(1), "$top makes a page smaller");
    let next = first["nextLink"].as_str().expect("there is more").to_owned();
    let token = bench.arm_token(GRACE);
    let second = bench.send(Method::GET, &next, Some(&token), None).await.json();
    assert_eq!(second["value"][0]["name"], "rg-other");
    assert!(second.get("nextLink").is_none(), "and then no more: {second}");
    let (_, token_of_groups) = next.split_once("skiptoken=").expect("a token");
    let accounts = format!(
        "{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/accounts?api-version=2025-06-01"
    );
    for wrong in [
        format!("{path}&$skiptoken=x{token_of_groups}"),
        format!("{path}&$skiptoken=1"),
        format!("{accounts}&$skiptoken={token_of_groups}"),
    ] {
        assert_eq!(bench.get(GRACE, &wrong).await.refusal(), (400, "InvalidSkipToken".into()));
    }
    let shouted = format!("{path}&$skipToken={token_of_groups}");
    assert_eq!(bench.get(GRACE, &shouted).await.status, 200, "names are compared without case");
}

#[tokio::test]
async fn what_does_not_exist_is_refused_like_what_does() {
    let bench = Bench::start().await;
    let account = "providers/Microsoft.CognitiveServices/accounts";
    let item =
        "providers/Microsoft.Authorization/roleAssignments/8a137a61-3f9a-4c30-a23e-be8927b0cfa1";
    for (path, version, missing) in [
        (format!("{SUBSCRIPTION}/resourceGroups/rg-none"), "2021-04-01", "ResourceGroupNotFound"),
        (format!("{GROUP}/{account}/none"), "2025-06-01", "ResourceNotFound"),
        (format!("{GROUP}/{account}/none/deployments"), "2025-06-01", "ResourceNotFound"),
        (format!("{}/none", identities(GROUP)), "2024-11-30", "ResourceNotFound"),
        (format!("{GROUP}/{account}/none/{item}"), "2022-04-01", "ResourceNotFound"),
    ] {
        let path = format!("{path}?api-version={version}");
        assert_eq!(bench.get(GRACE, &path).await.refusal(), (404, missing.into()), "{path}");
        assert_eq!(bench.get(MARY, &path).await.refusal(), (403, "AuthorizationFailed".into()));
        if path.contains(item) {
            let body = || Some(assignment_body(OPENAI_USER, ADA_ID));
            let put = async |user: &str| {
                bench.arm(Method::PUT, &path, &bench.arm_token(user), body()).await.status
            };
            assert_eq!((put(GRACE).await.as_u16(), put(ADA).await.as_u16()), (404, 403));
        }
    }
    let nowhere = "/subscriptions/00000000-0000-4000-8000-000000000000?api-version=2022-12-01";
    assert_eq!(bench.get(MARY, nowhere).await.refusal(), (404, "SubscriptionNotFound".into()));
}
