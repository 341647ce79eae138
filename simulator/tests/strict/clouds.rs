//! Two clouds side by side: each issues for its own resources and takes its own tokens.

use reqwest::Method;
use serde_json::json;

use crate::bench::{ADA, Bench, CONTOSO};
use crate::sign_in::{CLI, answered, change, claims, proper, refusal};

const OFFICIAL: &str = "ada@agency.example";
const AGENCY: &str = "7d0a8f0e-2f6c-4f43-8f53-0a4d7f1f2c55";
const ACCOUNT: &str = "agency-chat";
/// A cloud's person and tenant, and its resources: Resource Manager and the data plane.
const CLOUDS: [(&str, &str, &str, [&str; 2]); 2] = [
    (
        "already-has-access",
        ADA,
        CONTOSO,
        ["https://management.azure.com", "https://cognitiveservices.azure.com"],
    ),
    (
        "us-government",
        OFFICIAL,
        AGENCY,
        ["https://management.usgovcloudapi.net", "https://cognitiveservices.azure.us"],
    ),
];

#[tokio::test]
async fn a_token_of_one_cloud_is_refused_in_the_other() {
    for (own, (scenario, user, tenant, [arm, inference])) in CLOUDS.into_iter().enumerate() {
        let bench = Bench::start_named(scenario).await;
        for (theirs, (scenario, other, home, [manager, plane])) in CLOUDS.into_iter().enumerate() {
            let issuer = Bench::start_named(scenario).await;
            let token = issuer.simulator.issue_token(other, home, manager);
            let reply =
                bench.arm(Method::GET, "/tenants?api-version=2022-12-01", &token, None).await;
            let label = if own == 0 { "contoso-chat-dev" } else { ACCOUNT };
            let body =
                json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]});
            let token = issuer.simulator.issue_token(other, home, plane);
            let chat = bench.chat_with(&token, label, body).await;
            if own == theirs {
                assert_eq!(reply.status, 200, "{scenario}: {}", reply.text);
                assert!(!chat.text.contains("audience is incorrect"), "{scenario}: {}", chat.text);
            } else {
                assert_eq!(reply.refusal(), (401, "InvalidAuthenticationTokenAudience".to_owned()));
                assert!(reply.message().contains(&format!("'{arm}/','{arm}'")), "{}", reply.text);
                assert!(chat.text.contains("audience is incorrect"), "{}", chat.text);
                assert!(chat.text.contains(inference), "its own is named: {}", chat.text);
            }
        }
        assert_eq!(bench.simulator.issue_token(user, tenant, arm).split('.').count(), 3);
    }
}

#[tokio::test]
async fn an_authority_knows_the_resources_of_its_own_cloud_only() {
    let bench = Bench::start_named("us-government").await;
    for foreign in ["https://management.azure.com/.default", "https://ai.azure.com/.default"] {
        let parameters = change(proper(), "scope", Some(foreign));
        let page = bench.press("organizations", &parameters, ("user", OFFICIAL)).await;
        let told = answered(&page, "error_description").unwrap_or_default();
        assert!(told.starts_with("AADSTS500011: "), "{foreign}: {told}");
    }
    let own = "https://management.usgovcloudapi.net/.default offline_access openid";
    let parameters = change(proper(), "scope", Some(own));
    let code = bench.sign_in(OFFICIAL, "organizations", &parameters).await;
    let mut form = crate::sign_in::redemption(&code);
    form[5] = ("scope", own);
    let tokens = bench.token("organizations", &form).await.json();
    assert_eq!(claims(&tokens["access_token"])["aud"], "https://management.usgovcloudapi.net");
    let public = Bench::start_named("already-has-access").await;
    let token = tokens["refresh_token"].as_str().expect("offline_access was asked for");
    let reply = public.refresh(CONTOSO, CLI, token, "https://management.azure.com/.default").await;
    assert_eq!(refusal(&reply).1, 9_002_313, "another authority's refresh token is nothing");
}

#[tokio::test]
async fn a_cloud_names_itself() {
    let bench = Bench::start_named("us-government").await;
    let url =
        format!("{}/metadata/endpoints?api-version=2022-09-01", bench.simulator.addresses().arm);
    let told = bench.send(Method::GET, &url, None, None).await.json();
    assert_eq!(
        (&told["name"], &told["portal"]),
        (&json!("AzureUSGovernment"), &json!("https://portal.azure.us"))
    );
    assert_eq!(told["authentication"]["audiences"][1], "https://management.usgovcloudapi.net/");
    let url = format!(
        "{}/{AGENCY}/v2.0/.well-known/openid-configuration",
        bench.simulator.addresses().authority
    );
    let told = bench.send(Method::GET, &url, None, None).await.json();
    assert_eq!(told["cloud_instance_name"], "microsoftonline.us");
    assert_eq!(told["msgraph_host"], "graph.microsoft.us");
}
