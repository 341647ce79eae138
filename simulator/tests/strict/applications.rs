//! Applications that sign in by themselves.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{ADA, ARM, Bench, CONTOSO, FABRIKAM, GROUP, Reply};
use crate::sign_in::{CLI, claims, refusal};

const APP: &str = "5a1f6a5e-0e8f-4c0b-9d43-0f5e6f1b7c11";
const OBJECT: &str = "9c0d3c53-5b5c-4e4a-9a0b-7d0c8f0e1a22";
const SECRET: &str = "practice~secret";

async fn start() -> Bench {
    start_under(json!([])).await
}

/// With rules for sign-ins in Contoso.
async fn start_under(rules: Value) -> Bench {
    Bench::start_with(json!({
        "tenants": [
            { "id": CONTOSO, "name": "Contoso", "domains": ["contoso.example"], "policies": { "sign_in": rules } },
            { "id": FABRIKAM, "name": "Fabrikam", "domains": ["fabrikam.example"] }
        ],
        "service_principals": [
            { "id": OBJECT, "app_id": APP, "tenant": CONTOSO, "name": "contoso-deploy", "secrets": ["older~secret", SECRET] }
        ],
        "assignments": [
            { "name": "0b7cf3a4-0d4e-4dd0-8a5f-3c6cf0a1d7e1", "principal": OBJECT, "role": "Reader", "scope": GROUP }
        ]
    }))
    .await
}

impl Bench {
    async fn enter(&self, tenant: &str, client: &str, secret: &str, scope: &str) -> Reply {
        let mut form =
            vec![("client_id", client), ("grant_type", "client_credentials"), ("scope", scope)];
        if !secret.is_empty() {
            form.push(("client_secret", secret));
        }
        self.token(tenant, &form).await
    }
}

#[tokio::test]
async fn an_application_gets_a_token_of_its_own_and_nothing_else() {
    let bench = start().await;
    for secret in [SECRET, "older~secret"] {
        let reply = bench
            .enter(CONTOSO, APP, secret, "https://management.core.windows.net//.default")
            .await;
        let tokens = reply.json();
        let members: Vec<&String> = tokens.as_object().expect("an object").keys().collect();
        assert_eq!(
            members,
            ["access_token", "expires_in", "ext_expires_in", "token_type"],
            "no refresh token, no id token, no scope"
        );
        assert_eq!(tokens["expires_in"], 3599);
        let access = claims(&tokens["access_token"]);
        let expected = json!({
            "aud": "https://management.core.windows.net/", "appid": APP, "appidacr": "1",
            "idtyp": "app", "oid": OBJECT, "sub": OBJECT, "tid": CONTOSO,
            "iss": format!("https://sts.windows.net/{CONTOSO}/"),
        });
        for (name, value) in expected.as_object().expect("an object") {
            assert_eq!(&access[name], value, "{name}");
        }
        for name in ["scp", "upn", "name", "groups"] {
            assert!(access[name].is_null(), "{name} is for people");
        }
    }
}

#[tokio::test]
async fn an_application_that_declares_cp1_gets_a_token_for_a_day() {
    let bench = start().await;
    let form = [
        ("client_id", APP),
        ("grant_type", "client_credentials"),
        ("scope", "https://management.azure.com/.default"),
        ("client_secret", SECRET),
        ("claims", r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#),
    ];
    let tokens = bench.token(CONTOSO, &form).await.json();
    assert_eq!((&tokens["expires_in"], &tokens["refresh_in"]), (&json!(86399), &json!(43199)));
    assert_eq!(claims(&tokens["access_token"])["xms_cc"], json!(["CP1"]));
}

#[tokio::test]
async fn an_application_acts_with_its_own_roles() {
    let bench = start().await;
    let token = token_of(&bench, ARM).await;
    let inside = format!("{GROUP}?api-version=2021-04-01");
    assert_eq!(bench.arm(Method::GET, &inside, &token, None).await.status, 200, "Reader");
    let write = format!(
        "{GROUP}/providers/Microsoft.Authorization/roleAssignments/7d6f4a0e-6f1f-4a53-b6c7-52a2a4ff3b0e?api-version=2022-04-01"
    );
    let body = crate::bench::assignment_body(crate::bench::OPENAI_USER, OBJECT);
    let refused = bench.arm(Method::PUT, &write, &token, Some(body)).await;
    assert_eq!(refused.refusal(), (403, "AuthorizationFailed".into()));
    assert!(
        refused.message().starts_with(&format!("The client '{APP}' with object id '{OBJECT}'")),
        "{}",
        refused.message()
    );
}

#[tokio::test]
async fn a_wrong_secret_is_the_clients_fault_and_a_wrong_tenant_the_requests() {
    let bench = start().await;
    let scope = "https://management.azure.com/.default";
    for (tenant, client, secret, expected) in [
        (CONTOSO, APP, "wrong", ("invalid_client", 7_000_215)),
        (CONTOSO, APP, "", ("invalid_client", 7_000_218)),
        (CONTOSO, CLI, "", ("invalid_client", 7_000_218)),
        (CONTOSO, "00000000-1111-2222-3333-444444444444", SECRET, ("unauthorized_client", 700_016)),
        (FABRIKAM, APP, SECRET, ("unauthorized_client", 700_016)),
        ("organizations", APP, SECRET, ("invalid_request", 50059)),
        ("nowhere.example", APP, SECRET, ("invalid_request", 90002)),
    ] {
        let reply = bench.enter(tenant, client, secret, scope).await;
        let status = if expected.0 == "invalid_client" { 401 } else { 400 };
        assert_eq!(reply.status, status, "{tenant} {client} {secret}");
        let (error, number) = refusal(&reply);
        assert_eq!((error.as_str(), number), expected, "{tenant} {client} {secret}");
    }
    let reply = bench.enter(CONTOSO, APP, "wrong", scope).await;
    assert!(reply.text.contains(&format!("for a secret added to app '{APP}'.")), "{}", reply.text);
}

#[tokio::test]
async fn an_application_may_show_its_secret_in_a_header() {
    let bench = start().await;
    let url = format!("{}/{CONTOSO}/oauth2/v2.0/token", bench.simulator.addresses().authority);
    let form =
        [("grant_type", "client_credentials"), ("scope", "https://management.azure.com/.default")];
    for (secret, status) in [("practice%7Esecret", 200), (SECRET, 200), ("wrong", 401), ("", 401)] {
        let request = bench.client.post(&url).basic_auth(APP, Some(secret)).form(&form);
        let reply = crate::bench::read(request.send().await.expect("an answer")).await;
        assert_eq!(reply.status, status, "{secret}: {}", reply.text);
    }
    assert!(bench.simulator.secrets().iter().any(|one| one == SECRET), "it is kept out of logs");
    let people = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("scope", "openid")];
    let request = bench.client.post(&url).basic_auth(CLI, Some("x")).form(&people);
    let reply = crate::bench::read(request.send().await.expect("an answer")).await;
    assert_eq!(refusal(&reply).1, 700_025, "a public client has none to show");
}

#[tokio::test]
async fn an_application_asks_for_the_default_scope_of_one_resource() {
    let bench = start().await;
    for scope in ["https://management.azure.com/user_impersonation", "openid"] {
        let reply = bench.enter(CONTOSO, APP, SECRET, scope).await;
        assert_eq!(refusal(&reply), ("invalid_scope".into(), 1_002_012), "{scope}");
    }
}

#[tokio::test]
async fn a_public_client_shows_no_secret() {
    let bench = start().await;
    let token = bench.refresh_token(ADA).await;
    let form = [
        ("client_id", CLI),
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
        ("scope", "https://management.azure.com/.default"),
        ("client_secret", "something"),
    ];
    let reply = bench.token("organizations", &form).await;
    assert_eq!(refusal(&reply), ("invalid_client".into(), 700_025));
}

#[tokio::test]
async fn graph_has_no_me_for_an_application_and_shows_it_nothing() {
    let bench = start().await;
    let token = token_of(&bench, "https://graph.microsoft.com").await;
    let graph = bench.simulator.addresses().graph;
    let me = bench.send(Method::GET, &format!("{graph}/v1.0/me"), Some(&token), None).await;
    assert_eq!(me.refusal(), (400, "BadRequest".into()));
    assert_eq!(me.message(), "/me request is only valid with delegated authentication flow.");
    let users = bench.send(Method::GET, &format!("{graph}/v1.0/users"), Some(&token), None).await;
    assert_eq!(users.refusal(), (403, "Authorization_RequestDenied".into()));
}

#[tokio::test]
async fn rules_for_people_leave_applications_alone_and_blocks_do_not() {
    let scope = "https://management.azure.com/.default";
    let people = json!([{ "demand": "mfa" }, { "demand": "consent" }, { "demand": "enrolment" }]);
    let bench = start_under(people).await;
    assert_eq!(bench.enter(CONTOSO, APP, SECRET, scope).await.status, 200);
    for (rule, number) in [
        (json!({ "demand": "block", "flow": "client_credentials" }), 53003),
        (json!({ "demand": "no_application", "client": APP }), 700_016),
    ] {
        let bench = start_under(json!([rule])).await;
        let reply = bench.enter(CONTOSO, APP, SECRET, scope).await;
        assert_eq!(refusal(&reply).1, number);
        bench.refresh_token(ADA).await;
    }
}

async fn token_of(bench: &Bench, resource: &str) -> String {
    let reply = bench.enter(CONTOSO, APP, SECRET, &format!("{resource}/.default")).await;
    let tokens: Value = reply.json();
    tokens["access_token"].as_str().expect("the application signs in").to_owned()
}
