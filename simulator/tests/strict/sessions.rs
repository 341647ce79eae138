//! Continuous access evaluation: after an event in a session, services ask for newer tokens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{ADA, ADA_ID, Bench, CONTOSO, FABRIKAM, GRACE, GROUP, OPENAI_USER, Reply};
use crate::sign_in::{CLI, answered, change, claims, proper, redemption, refusal};

const ARM: &str = "https://management.azure.com/.default";
const CHAT: &str = "https://cognitiveservices.azure.com/.default";
const GRAPH: &str = "https://graph.microsoft.com/.default";
const TENANTS: &str = "/tenants?api-version=2022-12-01";
const CAPABLE: &str = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;
/// What a challenge after the event asks for: a minute after the beginning.
const CLAIMS: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1795251660"}}}"#;
/// The same beside the capability, as a client sends it.
const ASKED: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1795251660"},"xms_cc":{"values":["cp1"]}}}"#;

/// Something happens to Ada's session a minute after the beginning; `rules` are for sign-ins.
async fn start(rules: Value) -> Bench {
    let policies =
        json!({ "session_events": [{ "after_seconds": 60, "user": ADA }], "sign_in": rules });
    let bench = Bench::start_with(json!({
        "tenants": [
            { "id": CONTOSO, "name": "Contoso", "domains": ["contoso.example"], "policies": policies },
            { "id": FABRIKAM, "name": "Fabrikam", "domains": ["fabrikam.example"], "policies": policies }
        ],
        "role_effective_after_seconds": 0,
    }))
    .await;
    bench.grant(GROUP, OPENAI_USER, ADA_ID).await;
    bench
}

impl Bench {
    /// An access token for a scope, by a refresh token and a claims request.
    async fn token_with(&self, tenant: &str, refresh: &str, scope: &str, claims: &str) -> String {
        let reply = self.ask_with(tenant, refresh, scope, claims).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["access_token"].as_str().expect("a token is text").to_owned()
    }

    async fn ask_with(&self, tenant: &str, refresh: &str, scope: &str, claims: &str) -> Reply {
        let form = [
            ("client_id", CLI),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh),
            ("scope", scope),
            ("claims", claims),
        ];
        self.token(tenant, &form).await
    }

    /// Asks the service of a scope for something that Ada may have.
    async fn ask_service(&self, scope: &str, token: &str) -> Reply {
        let addresses = self.simulator.addresses();
        match scope {
            ARM => self.arm(Method::GET, TENANTS, token, None).await,
            CHAT => {
                let body =
                    json!({"model": "mini", "messages": [{"role": "user", "content": "Hello"}]});
                self.chat_with(token, "chat-one", body).await
            }
            _ => {
                let url = format!("{}/v1.0/me", addresses.graph);
                self.send(Method::GET, &url, Some(token), None).await
            }
        }
    }
}

#[tokio::test]
async fn a_token_from_before_a_session_event_is_challenged_in_azures_form() {
    let bench = start(json!([])).await;
    let refresh = bench.refresh_token(ADA).await;
    let mut tokens = Vec::new();
    for (scope, application) in [
        (ARM, "797f4846-ba00-4fd7-ba43-dac1f8f63013"),
        (CHAT, "7d312290-28c8-473c-a0ed-8e53749b6d6d"),
        (GRAPH, "00000003-0000-0000-c000-000000000000"),
    ] {
        let token = bench.token_with(CONTOSO, &refresh, scope, CAPABLE).await;
        tokens.push((scope, application, token));
    }
    bench.pass(59);
    for (scope, _, token) in &tokens {
        let reply = bench.ask_service(scope, token).await;
        assert_eq!(reply.status, 200, "nothing has happened yet at {scope}: {}", reply.text);
    }
    bench.pass(1);
    let authority = bench.simulator.addresses().authority;
    let said = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp";
    for (scope, application, token) in &tokens {
        let reply = bench.ask_service(scope, token).await;
        assert_eq!(reply.status, 401, "the token is from before it: {}", reply.text);
        assert_eq!(reply.refusal().1, "InvalidAuthenticationToken", "{scope}");
        assert_eq!(reply.message(), said, "{scope}");
        assert_eq!(
            reply.header("www-authenticate"),
            format!(
                "Bearer realm=\"\", authorization_uri=\"{authority}/common/oauth2/authorize\", client_id=\"{application}\", error_description=\"{said}\", error=\"insufficient_claims\", claims=\"{}\"",
                STANDARD.encode(CLAIMS)
            ),
            "the form is the one that was seen"
        );
    }
}

#[tokio::test]
async fn the_claims_of_the_challenge_bring_a_token_that_is_new_enough() {
    let bench = start(json!([])).await;
    let refresh = bench.refresh_token(ADA).await;
    bench.pass(70);
    let unasked = bench.token_with(CONTOSO, &refresh, ARM, CAPABLE).await;
    let reply = bench.ask_service(ARM, &unasked).await;
    assert_eq!(reply.status, 401, "tokens are dated back by five minutes: {}", reply.text);
    for scope in [ARM, CHAT, GRAPH] {
        let asked = bench.token_with(CONTOSO, &refresh, scope, ASKED).await;
        assert_eq!(claims(&asked.as_str().into())["nbf"], 1_795_251_660, "as it was asked for");
        let reply = bench.ask_service(scope, &asked).await;
        assert_eq!(reply.status, 200, "{scope}: {}", reply.text);
    }
    bench.pass(290);
    let later = bench.token_with(CONTOSO, &refresh, ARM, CAPABLE).await;
    assert_eq!(bench.ask_service(ARM, &later).await.status, 200, "the event is long past");
}

#[tokio::test]
async fn a_token_does_not_count_before_the_present_whatever_is_asked() {
    let bench = start(json!([])).await;
    let refresh = bench.refresh_token(ADA).await;
    let token = bench.token_with(CONTOSO, &refresh, ARM, ASKED).await;
    assert_eq!(claims(&token.as_str().into())["nbf"], 1_795_251_600, "the present, and no later");
    assert_eq!(bench.ask_service(ARM, &token).await.status, 200);
    let voluntary = ASKED.replace("\"essential\":true,", "");
    let token = bench.token_with(CONTOSO, &refresh, ARM, &voluntary).await;
    assert_eq!(claims(&token.as_str().into())["nbf"], 1_795_251_300, "nothing was demanded");
}

#[tokio::test]
async fn who_cannot_answer_a_challenge_is_not_challenged() {
    let bench = start(json!([])).await;
    let refresh = bench.refresh_token(ADA).await;
    let plain = bench.refresh(CONTOSO, CLI, &refresh, ARM).await.json();
    let plain = plain["access_token"].as_str().expect("a token is text");
    bench.pass(3599);
    assert_eq!(bench.ask_service(ARM, plain).await.status, 200, "the token lives on");
    bench.pass(1801);
    let reply = bench.ask_service(ARM, plain).await;
    assert_eq!(reply.refusal(), (401, "ExpiredAuthenticationToken".into()), "until it ends");
}

#[tokio::test]
async fn an_event_is_that_of_one_person_in_the_home_directory() {
    let bench = start(json!([])).await;
    let grace = bench.refresh_token(GRACE).await;
    let grace = bench.token_with(CONTOSO, &grace, ARM, CAPABLE).await;
    let ada = bench.refresh_token(ADA).await;
    let abroad = bench.token_with(FABRIKAM, &ada, ARM, CAPABLE).await;
    bench.pass(60);
    assert_eq!(bench.ask_service(ARM, &grace).await.status, 200, "it is not hers");
    assert_eq!(bench.ask_service(ARM, &abroad).await.status, 200, "nobody evaluates a guest");
}

#[tokio::test]
async fn a_revoked_session_takes_a_new_sign_in() {
    let bench = start(json!([{ "demand": { "revoked": { "after_seconds": 60 } } }])).await;
    let refresh = bench.refresh_token(ADA).await;
    bench.pass(60);
    let reply = bench.ask_with(CONTOSO, &refresh, ARM, ASKED).await;
    assert_eq!(refusal(&reply), ("invalid_grant".into(), 50173), "nothing comes of it silently");
    let parameters = change(proper(), "claims", Some(ASKED));
    let page = bench.press("organizations", &parameters, ("user", ADA)).await;
    let code = answered(&page, "code").expect("the person signs in again");
    let mut form = redemption(&code).to_vec();
    form.push(("claims", ASKED));
    let tokens = bench.token("organizations", &form).await.json();
    let token = tokens["access_token"].as_str().expect("a token is text");
    assert_eq!(bench.ask_service(ARM, token).await.status, 200, "{tokens}");
    let refresh = tokens["refresh_token"].as_str().expect("offline_access was asked for");
    let chat = bench.token_with(CONTOSO, refresh, CHAT, ASKED).await;
    assert_eq!(bench.ask_service(CHAT, &chat).await.status, 200, "once for every service");
}
