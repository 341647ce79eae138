//! Which tokens a service takes.

use reqwest::Method;
use serde_json::json;

use crate::bench::{
    ADA, ARM, Bench, CONTOSO, FABRIKAM, GRACE, GROUP, INFERENCE, OPENAI_USER, SUBSCRIPTION,
};

const TENANTS: &str = "/tenants?api-version=2022-12-01";

#[tokio::test]
async fn resource_manager_takes_its_own_audiences_only() {
    let bench = Bench::start().await;
    for audience in [ARM, "https://management.azure.com/", "https://management.core.windows.net/"] {
        let token = bench.simulator.issue_token(ADA, CONTOSO, audience);
        assert_eq!(bench.arm(Method::GET, TENANTS, &token, None).await.status, 200, "{audience}");
    }
    for audience in [INFERENCE, "https://ai.azure.com", "https://graph.microsoft.com"] {
        let token = bench.simulator.issue_token(ADA, CONTOSO, audience);
        let reply = bench.arm(Method::GET, TENANTS, &token, None).await;
        assert_eq!(
            reply.refusal(),
            (401, "InvalidAuthenticationTokenAudience".into()),
            "{audience}"
        );
        let challenge = reply.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer authorization_uri=\"http://127.0.0.1:"),
            "{challenge}"
        );
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
}

#[tokio::test]
async fn inference_takes_its_own_audiences_only() {
    let bench = Bench::start().await;
    bench.grant(GROUP, OPENAI_USER, crate::bench::ADA_ID).await;
    bench.pass(40);
    let body = json!({"model": "mini", "messages": [{"role": "user", "content": "Hello"}]});
    for (subdomain, audience, expected) in [
        ("chat-one", INFERENCE, 200),
        ("chat-one", "https://ai.azure.com", 200),
        ("chat-one", ARM, 401),
        ("chat-one", "https://graph.microsoft.com", 401),
        ("keyless", "https://ai.azure.com", 401),
    ] {
        let token = bench.simulator.issue_token(ADA, CONTOSO, audience);
        let reply = bench.chat_with(&token, subdomain, body.clone()).await;
        assert_eq!(reply.status, expected, "{audience} at {subdomain}: {}", reply.text);
        if expected == 401 {
            let body = reply.json();
            assert_eq!(body["statusCode"], 401, "the envelope without `error`");
            let text = body["message"].as_str().unwrap_or_default();
            assert!(
                text.contains("audience is incorrect (https://cognitiveservices.azure.com"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn a_token_of_another_tenant_is_refused_by_both_services() {
    let bench = Bench::start().await;
    let foreign = bench.simulator.issue_token(ADA, FABRIKAM, ARM);
    let path = format!("{SUBSCRIPTION}?api-version=2022-12-01");
    let reply = bench.arm(Method::GET, &path, &foreign, None).await;
    assert_eq!(reply.refusal(), (401, "InvalidAuthenticationTokenTenant".into()));
    for issuer in [CONTOSO, FABRIKAM] {
        assert!(
            reply.message().contains(&format!("'https://sts.windows.net/{issuer}/'")),
            "both issuers are named"
        );
    }
    let foreign = bench.simulator.issue_token(ADA, FABRIKAM, INFERENCE);
    let reply =
        bench.chat_with(&foreign, "chat-one", json!({"model": "mini", "messages": []})).await;
    assert_eq!(
        reply.refusal(),
        (400, "Tenant provided in token does not match resource token".into())
    );
    assert_eq!(reply.message(), format!("Token tenant {FABRIKAM} does not match resource tenant."));
}

#[tokio::test]
async fn tokens_end_by_the_clock() {
    let bench = Bench::start().await;
    let arm = bench.arm_token(GRACE);
    let inference = bench.simulator.issue_token(GRACE, CONTOSO, INFERENCE);
    bench.pass(3599);
    assert_eq!(
        bench.arm(Method::GET, TENANTS, &arm, None).await.status,
        200,
        "no token lives under an hour"
    );
    bench.pass(1801);
    let reply = bench.arm(Method::GET, TENANTS, &arm, None).await;
    assert_eq!(reply.refusal(), (401, "ExpiredAuthenticationToken".into()));
    assert!(reply.header("www-authenticate").contains("invalid_token"));
    let reply =
        bench.chat_with(&inference, "chat-one", json!({"model": "mini", "messages": []})).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["statusCode"]), (401, &401.into()));
}

#[tokio::test]
async fn a_token_of_the_future_is_not_valid_yet() {
    let bench = Bench::start().await;
    let ahead = Bench::start().await;
    ahead.pass(299);
    let reply = bench.arm(Method::GET, TENANTS, &ahead.arm_token(ADA), None).await;
    assert_eq!(reply.status, 200, "tokens are dated back by five minutes");
    ahead.pass(2);
    let reply = bench.arm(Method::GET, TENANTS, &ahead.arm_token(ADA), None).await;
    assert_eq!(reply.refusal(), (401, "InvalidAuthenticationToken".into()));
}

#[tokio::test]
async fn what_is_not_a_token_is_refused() {
    let bench = Bench::start().await;
    let url = format!("{}{TENANTS}", bench.simulator.addresses().arm);
    let reply = bench.send(Method::GET, &url, None, None).await;
    assert_eq!(reply.refusal(), (401, "AuthenticationFailed".into()), "no header at all");
    let good = bench.arm_token(ADA);
    let (signed, _) = good.rsplit_once('.').expect("three parts");
    for token in ["nonsense", "a.b.c", &format!("{signed}.AAAA"), &format!("{signed}.")] {
        let reply = bench.arm(Method::GET, TENANTS, token, None).await;
        assert_eq!(reply.refusal(), (401, "InvalidAuthenticationToken".into()), "{token}");
        assert!(
            reply
                .header("www-authenticate")
                .contains("error_description=\"The access token is invalid.\"")
        );
    }
}

#[tokio::test]
async fn graph_names_people_and_groups_to_its_own_audience() {
    let bench = Bench::start().await;
    let me = format!("{}/v1.0/me", bench.simulator.addresses().graph);
    let token = bench.simulator.issue_token(ADA, CONTOSO, "https://graph.microsoft.com");
    let reply = bench.send(Method::GET, &me, Some(&token), None).await.json();
    assert_eq!(
        (&reply["displayName"], &reply["id"]),
        (&"Ada Lovelace".into(), &crate::bench::ADA_ID.into())
    );
    let reply = bench.send(Method::GET, &me, Some(&bench.arm_token(ADA)), None).await;
    assert_eq!(reply.refusal(), (401, "InvalidAuthenticationToken".into()));
    let by_ids = format!("{}/v1.0/directoryObjects/getByIds", bench.simulator.addresses().graph);
    let ids = json!({"ids": [crate::bench::OUTER_GROUP, "00000000-0000-4000-8000-000000000000"]});
    let reply = bench.send(Method::POST, &by_ids, Some(&token), Some(ids)).await.json();
    assert_eq!(reply["value"].as_array().map(Vec::len), Some(1), "what is not there is left out");
    assert_eq!(reply["value"][0]["@odata.type"], "#microsoft.graph.group");
}
