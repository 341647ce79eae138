//! MSAL in single steps, some of them wrong, and what PyJWT says of the tokens.

use serde_json::{Value, json};
use url::Url;

use super::{CONTOSO, FABRIKAM, GRACE};
use crate::flow::{Client, Flow, flow};
use crate::stage::{ADA, Stage};

/// The public client of Azure CLI and of the SDKs.
const CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const ARM_SCOPE: &str = "https://management.azure.com/.default";
const METADATA: &str = "https://login.microsoftonline.com/4d083c51-407b-49e4-b919-9b6615eb8a8e/v2.0/.well-known/openid-configuration";
/// Nobody listens there: the browser's address bar is read.
const REDIRECT: &str = "http://localhost:61234";

pub(super) fn flows() -> Vec<Flow> {
    const PY: Client = Client::Python;
    vec![
        flow!(PY, "msal-signs-in", "signs in, and finds state and nonce again", ["msal"], sign_in),
        flow!(
            PY,
            "wrong-verifier",
            "a code is refused with another verifier",
            ["msal"],
            wrong_verifier
        ),
        flow!(PY, "code-twice", "a code is refused the second time", ["msal"], code_twice),
        flow!(
            PY,
            "redirect-with-another-path",
            "a redirect with another path is refused",
            ["msal"],
            another_redirect
        ),
        flow!(
            PY,
            "refresh-token-elsewhere",
            "a refresh token is refused where the person is unknown",
            ["msal"],
            refresh_elsewhere
        ),
        flow!(
            PY,
            "id-token-verifies",
            "PyJWT verifies the id token",
            ["msal", "PyJWT"],
            verify_id_token
        ),
        flow!(
            PY,
            "access-token-verifies",
            "PyJWT verifies the access token",
            ["msal", "PyJWT"],
            verify_access_token
        ),
    ]
}

/// Begins a sign-in and returns what MSAL knows of it.
async fn begin(stage: &mut Stage, client: Client, tenant: &str) -> Value {
    let order = json!({
        "action": "sign-in", "step": "begin", "flow": "one", "tenant": tenant,
        "scopes": [ARM_SCOPE], "redirect_uri": REDIRECT,
    });
    stage.obey(client, order).await["result"].clone()
}

/// Signs in by the browser, and returns the members of the answer.
async fn answer(stage: &mut Stage, flow: &Value, upn: &str) -> Value {
    let address: Url = flow["address"].as_str().and_then(|text| text.parse().ok()).expect("one");
    let landed = stage.browser().await.sign_in_for_answer(&address, upn).await;
    landed
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn redeem(answer: &Value, change: Value) -> Value {
    json!({"action": "sign-in", "step": "redeem", "flow": "one", "answer": answer, "change": change})
}

/// A whole sign-in by MSAL, which checks state and nonce.
async fn sign_in_as(stage: &mut Stage, client: Client, upn: &str) -> (Value, Value) {
    let flow = begin(stage, client, CONTOSO).await;
    let answer = answer(stage, &flow, upn).await;
    let result = stage.obey(client, redeem(&answer, json!({}))).await["result"].clone();
    assert!(result["error"].is_null(), "{result}");
    (flow, result)
}

async fn sign_in(stage: &mut Stage, client: Client) {
    let flow = begin(stage, client, "organizations").await;
    let answer = answer(stage, &flow, ADA).await;
    assert_eq!(answer["state"], flow["state"], "the state comes back");
    let result = stage.obey(client, redeem(&answer, json!({}))).await["result"].clone();
    assert!(result["access_token"].is_string(), "{result}");
    // MSAL itself compares the hash of its nonce.
    assert!(result["id_token_claims"]["nonce"].is_string(), "{result}");
    let mut other = answer.clone();
    other["state"] = json!("another");
    let failure = stage.fail(client, redeem(&other, json!({}))).await;
    assert!(failure.message.contains("state mismatch"), "{failure:?}");
}

async fn wrong_verifier(stage: &mut Stage, client: Client) {
    let flow = begin(stage, client, CONTOSO).await;
    let answer = answer(stage, &flow, ADA).await;
    let wrong = json!({"code_verifier": "w".repeat(43)});
    let result = stage.obey(client, redeem(&answer, wrong)).await["result"].clone();
    assert_refused(&result, "invalid_grant", "AADSTS501481");
}

async fn code_twice(stage: &mut Stage, client: Client) {
    let flow = begin(stage, client, CONTOSO).await;
    let answer = answer(stage, &flow, ADA).await;
    let first = stage.obey(client, redeem(&answer, json!({}))).await["result"].clone();
    assert!(first["error"].is_null(), "{first}");
    let second = stage.obey(client, redeem(&answer, json!({}))).await["result"].clone();
    assert_refused(&second, "invalid_grant", "AADSTS54005");
}

async fn another_redirect(stage: &mut Stage, client: Client) {
    let order = json!({
        "action": "sign-in", "step": "begin", "flow": "one", "tenant": CONTOSO,
        "scopes": [ARM_SCOPE], "redirect_uri": format!("{REDIRECT}/elsewhere"),
    });
    let flow = stage.obey(client, order).await["result"].clone();
    let address: Url = flow["address"].as_str().and_then(|text| text.parse().ok()).expect("one");
    let browser = stage.browser().await;
    browser.open(&address).await;
    browser.says("AADSTS50011").await;
    let flow = begin(stage, client, CONTOSO).await;
    let answer = answer(stage, &flow, ADA).await;
    let wrong = json!({"redirect_uri": format!("{REDIRECT}/elsewhere")});
    let result = stage.obey(client, redeem(&answer, wrong)).await["result"].clone();
    assert_eq!(result["error"], "invalid_grant", "{result}");
}

async fn refresh_elsewhere(stage: &mut Stage, client: Client) {
    // Grace is no guest of Fabrikam; Ada is.
    for (upn, error) in [(ADA, None), (GRACE, Some("invalid_grant"))] {
        let (_, result) = sign_in_as(stage, client, upn).await;
        let order = json!({
            "action": "sign-in", "step": "refresh", "tenant": FABRIKAM,
            "scopes": [ARM_SCOPE], "refresh_token": result["refresh_token"],
        });
        let there = stage.obey(client, order).await["result"].clone();
        assert_eq!(there["error"].as_str(), error, "{upn}: {there}");
        if error.is_some() {
            assert_refused(&there, "invalid_grant", "AADSTS50020");
        }
    }
}

async fn verify_id_token(stage: &mut Stage, client: Client) {
    let (_, result) = sign_in_as(stage, client, ADA).await;
    let nonce = &result["id_token_claims"]["nonce"];
    let order = json!({
        "action": "verify", "token": result["id_token"], "metadata": METADATA,
        "audience": CLIENT, "nonce": nonce,
    });
    let verified = stage.obey(client, order.clone()).await["result"].clone();
    assert_eq!(verified["claims"]["tid"], CONTOSO);
    assert_eq!(verified["claims"]["preferred_username"], ADA);
    assert_eq!(verified["claims"]["ver"], "2.0");
    assert_wrong_audience(stage, client, order).await;
    let mut other = json!({
        "action": "verify", "token": result["id_token"], "metadata": METADATA,
        "audience": CLIENT, "nonce": "another",
    });
    let failure = stage.fail(client, other.clone()).await;
    assert!(failure.message.contains("nonce"), "{failure:?}");
    other["issuer"] = json!("https://login.microsoftonline.com/another/v2.0");
    let failure = stage.fail(client, other).await;
    assert_eq!(failure.kind, "InvalidIssuerError", "{failure:?}");
}

async fn verify_access_token(stage: &mut Stage, client: Client) {
    let (_, result) = sign_in_as(stage, client, ADA).await;
    let order = json!({
        "action": "verify", "token": result["access_token"], "metadata": METADATA,
        "audience": "https://management.azure.com",
        "issuer": format!("https://sts.windows.net/{CONTOSO}/"),
    });
    let verified = stage.obey(client, order.clone()).await["result"].clone();
    assert_eq!(
        (&verified["claims"]["ver"], &verified["claims"]["appid"]),
        (&json!("1.0"), &json!(CLIENT))
    );
    assert_eq!(verified["claims"]["scp"], "user_impersonation");
    assert_wrong_audience(stage, client, order).await;
}

async fn assert_wrong_audience(stage: &mut Stage, client: Client, mut order: Value) {
    order["audience"] = json!("https://cognitiveservices.azure.com");
    let failure = stage.fail(client, order).await;
    assert_eq!(failure.kind, "InvalidAudienceError", "{failure:?}");
}

fn assert_refused(result: &Value, error: &str, code: &str) {
    assert_eq!(result["error"], error, "{result}");
    let description = result["error_description"].as_str().unwrap_or_default();
    assert!(description.starts_with(code), "{result}");
}
