//! What a tenant demands of sign-ins, at the pages and at the token endpoint.

use serde_json::{Value, json};

use crate::bench::{ADA, Bench, CONTOSO, FABRIKAM, GRACE, Reply};
use crate::sign_in::{CLI, POWERSHELL, answered, change, claims, proper, redemption, refusal};

const ARM: &str = "https://management.azure.com/.default";
const CHAT: &str = "https://cognitiveservices.azure.com/.default";
/// The claims request of a challenge for writes.
const ACRS: &str = r#"{"access_token":{"acrs":{"essential":true,"values":["p1"]}}}"#;

/// The scenario with rules for sign-ins in Contoso and in Fabrikam.
async fn start(contoso: Value, fabrikam: Value) -> Bench {
    Bench::start_with(json!({ "tenants": [
        { "id": CONTOSO, "name": "Contoso", "domains": ["contoso.example"], "policies": { "sign_in": contoso } },
        { "id": FABRIKAM, "name": "Fabrikam", "domains": ["fabrikam.example"], "policies": { "sign_in": fabrikam } }
    ] }))
    .await
}

/// The hidden attempt of a page and the number that it shows.
fn read_page(page: &Reply) -> (String, String) {
    let after = |mark: &str, end: char| {
        let (_, rest) = page.text.split_once(mark)?;
        rest.split_once(end).map(|(value, _)| value.to_owned())
    };
    let attempt = after("name=\"attempt\" value=\"", '"').expect("the page carries the attempt");
    (attempt, after("<strong id=\"number\">", '<').unwrap_or_default())
}

impl Bench {
    /// Presses a button of the page that is shown.
    async fn go_on(&self, page: &Reply, button: (&str, &str)) -> Reply {
        let (attempt, _) = read_page(page);
        let url = self.authorize_url("organizations", &proper());
        let form = [("attempt", attempt.as_str()), button];
        self.post_form(url, &form).await
    }

    async fn approve_number(&self, page: &Reply) -> Reply {
        let (_, number) = read_page(page);
        self.go_on(page, ("number", &number)).await
    }

    async fn refresh_with(&self, tenant: &str, token: &str, scope: &str, claims: &str) -> Reply {
        let form = [
            ("client_id", CLI),
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("scope", scope),
            ("claims", claims),
        ];
        self.token(tenant, &form).await
    }
}

fn suberror(reply: &Reply) -> String {
    reply.json()["suberror"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_second_factor_is_asked_for_on_the_page_and_remembered_by_the_sign_in() {
    let bench = start(json!([{ "demand": "mfa" }]), json!([])).await;
    let page = bench.press("organizations", &proper(), ("user", ADA)).await;
    assert!(page.text.contains("Approve the sign-in"), "{}", page.text);
    assert_eq!(answered(&page, "code"), None, "no code before the second factor");
    let done = bench.approve_number(&page).await;
    let code = answered(&done, "code").expect("the right number lets the person in");
    let tokens = bench.redeem(&code).await.json();
    let access = claims(&tokens["access_token"]);
    assert_eq!((&access["amr"], &access["acrs"]), (&json!(["pwd", "mfa"]), &json!(["p1"])));
    let token = tokens["refresh_token"].as_str().expect("offline_access was asked for");
    let silent = bench.refresh(CONTOSO, CLI, token, CHAT).await.json();
    assert_eq!(claims(&silent["access_token"])["acrs"], json!(["p1"]), "the sign-in had it");
}

#[tokio::test]
async fn a_wrong_number_ends_the_attempt() {
    let bench = start(json!([{ "demand": "mfa" }]), json!([])).await;
    let page = bench.press("organizations", &proper(), ("user", ADA)).await;
    let refused = bench.go_on(&page, ("number", "1")).await;
    assert!(refused.text.contains("AADSTS500121"), "{}", refused.text);
    let again = bench.approve_number(&page).await;
    assert!(again.text.contains("AADSTS50089"), "one guess a number: {}", again.text);
    let declined = bench.press("organizations", &proper(), ("decision", "decline")).await;
    assert_eq!(answered(&declined, "error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn a_second_factor_for_one_resource_leaves_the_others_alone() {
    let rule = json!([{ "demand": "mfa", "resource": "https://cognitiveservices.azure.com/" }]);
    let bench = start(rule, json!([])).await;
    let token = bench.refresh_token(ADA).await;
    assert_eq!(bench.refresh(CONTOSO, CLI, &token, ARM).await.status, 200, "not this one");
    let reply = bench.refresh(CONTOSO, CLI, &token, CHAT).await;
    assert_eq!(refusal(&reply), ("invalid_grant".into(), 50076));
    assert_eq!(suberror(&reply), "basic_action");
    let body = reply.json();
    assert!(
        body["error_description"]
            .as_str()
            .is_some_and(|text| text.contains("to access '7d312290-28c8-473c-a0ed-8e53749b6d6d'.")),
        "the resource is named by its application: {body}"
    );
    let asked: Value = serde_json::from_str(body["claims"].as_str().expect("claims are text"))
        .expect("claims are JSON");
    assert_eq!(asked["access_token"]["capolids"]["essential"], true);
}

#[tokio::test]
async fn one_tenant_may_demand_what_another_does_not() {
    let bench = start(json!([]), json!([{ "demand": "mfa" }])).await;
    let token = bench.refresh_token(ADA).await;
    assert_eq!(bench.refresh(CONTOSO, CLI, &token, ARM).await.status, 200);
    let reply = bench.refresh(FABRIKAM, CLI, &token, ARM).await;
    assert_eq!(refusal(&reply), ("invalid_grant".into(), 50076));
}

#[tokio::test]
async fn contexts_that_a_resource_asks_for_need_a_second_factor() {
    let bench = start(json!([]), json!([])).await;
    let token = bench.refresh_token(ADA).await;
    let plain = bench.refresh(CONTOSO, CLI, &token, ARM).await.json();
    assert!(claims(&plain["access_token"])["acrs"].is_null(), "a password alone earns nothing");
    let reply = bench.refresh_with(CONTOSO, &token, ARM, ACRS).await;
    assert_eq!((refusal(&reply).1, suberror(&reply)), (50076, "basic_action".into()));
    assert_eq!(reply.json()["claims"], ACRS, "what the sign-in has to bring");
    let voluntary = ACRS.replace("true", "false");
    assert_eq!(bench.refresh_with(CONTOSO, &token, ARM, &voluntary).await.status, 200);

    let parameters = change(proper(), "claims", Some(ACRS));
    let page = bench.press("organizations", &parameters, ("user", ADA)).await;
    assert!(page.text.contains("Approve the sign-in"), "{}", page.text);
    let done = bench.approve_number(&page).await;
    let code = answered(&done, "code").expect("the right number lets the person in");
    let tokens = bench.redeem(&code).await.json();
    assert_eq!(claims(&tokens["access_token"])["acrs"], json!(["p1"]));
    let token = tokens["refresh_token"].as_str().expect("offline_access was asked for");
    let other = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
    let stronger = bench.refresh_with(CONTOSO, token, ARM, other).await.json();
    assert_eq!(claims(&stronger["access_token"])["acrs"], json!(["p1", "c1"]));
}

#[tokio::test]
async fn a_blocked_person_is_told_on_the_page_and_gets_no_token() {
    let bench = start(json!([{ "demand": "block", "user": GRACE }]), json!([])).await;
    let page = bench.press("organizations", &proper(), ("user", GRACE)).await;
    assert_eq!((page.status.as_u16(), page.header("location")), (400, ""), "no way back");
    assert!(page.text.contains("AADSTS53003"), "{}", page.text);
    assert_eq!(bench.press("organizations", &proper(), ("user", ADA)).await.status, 302);
}

#[tokio::test]
async fn a_block_of_one_client_or_resource_is_no_block_of_another() {
    let rules = json!([
        { "demand": "block", "client": POWERSHELL },
        { "demand": "block", "resource": "https://cognitiveservices.azure.com" }
    ]);
    let bench = start(rules, json!([])).await;
    let token = bench.refresh_token(ADA).await;
    assert_eq!(bench.refresh(CONTOSO, CLI, &token, ARM).await.status, 200);
    for (client, scope) in [(POWERSHELL, ARM), (CLI, CHAT)] {
        let reply = bench.refresh(CONTOSO, client, &token, scope).await;
        assert_eq!(refusal(&reply), ("invalid_grant".into(), 53003), "{client} {scope}");
        assert_eq!(suberror(&reply), "message_only");
    }
}

#[tokio::test]
async fn device_codes_may_be_blocked_where_browsers_are_not() {
    let bench = start(json!([{ "demand": "block", "flow": "device_code" }]), json!([])).await;
    assert_eq!(bench.press("organizations", &proper(), ("user", ADA)).await.status, 302);
    let code = bench.ask_device_code("organizations").await;
    let typed = code["user_code"].as_str().unwrap_or_default();
    let page = bench.on_device_page(&[("otc", typed), ("user", ADA)]).await;
    assert!(page.text.contains("AADSTS53003"), "{}", page.text);
    let form = [
        ("client_id", CLI),
        ("grant_type", "device_code"),
        ("device_code", code["device_code"].as_str().unwrap_or_default()),
    ];
    let reply = bench.token("organizations", &form).await;
    assert_eq!(refusal(&reply).0, "authorization_pending", "the program is told nothing");
}

#[tokio::test]
async fn an_application_may_be_blocked_or_missing_in_a_tenant() {
    let bench = start(json!([{ "demand": "no_application", "client": CLI }]), json!([])).await;
    let page = bench.press("organizations", &proper(), ("user", ADA)).await;
    assert!(
        page.text.contains("AADSTS700016")
            && page.text.contains("in the directory &#39;Contoso&#39;"),
        "{}",
        page.text
    );
    let away = start(json!([]), json!([{ "demand": "no_application" }])).await;
    let token = away.refresh_token(ADA).await;
    let reply = away.refresh(FABRIKAM, CLI, &token, ARM).await;
    assert_eq!(refusal(&reply), ("unauthorized_client".into(), 700_016));
}

#[tokio::test]
async fn a_second_factor_that_is_not_set_up_is_set_up_once() {
    let bench = start(json!([]), json!([{ "demand": "enrolment" }, { "demand": "mfa" }])).await;
    let token = bench.refresh_token(ADA).await;
    let reply = bench.refresh(FABRIKAM, CLI, &token, ARM).await;
    assert_eq!(refusal(&reply), ("invalid_grant".into(), 50079));
    assert_eq!(suberror(&reply), "basic_action");
    let url = bench.authorize_url(FABRIKAM, &proper());
    let press = async |form: Vec<(&str, String)>| bench.post_form(url.as_str(), &form).await;
    let page = press(vec![("user", ADA.into())]).await;
    assert!(page.text.contains("More information is needed"), "{}", page.text);
    let attempt = read_page(&page).0;
    let done = press(vec![("attempt", attempt), ("enrol", "phone".into())]).await;
    assert!(answered(&done, "code").is_some(), "setting up is the second factor: {}", done.text);
    let page = press(vec![("user", ADA.into())]).await;
    assert!(page.text.contains("Approve the sign-in"), "from then on it is used: {}", page.text);
}

#[tokio::test]
async fn consent_is_asked_for_and_remembered_for_one_client() {
    let bench = start(json!([]), json!([{ "demand": "consent" }])).await;
    let token = bench.refresh_token(ADA).await;
    let reply = bench.refresh(FABRIKAM, CLI, &token, ARM).await;
    assert_eq!(refusal(&reply), ("invalid_grant".into(), 65001));
    assert_eq!(suberror(&reply), "consent_required");
    assert!(
        reply.text.contains(&format!("with ID '{CLI}' named 'Microsoft Azure CLI'.")),
        "{}",
        reply.text
    );
    let page = bench.press(FABRIKAM, &proper(), ("user", ADA)).await;
    assert!(page.text.contains("Permissions are asked for"), "{}", page.text);
    let (attempt, _) = read_page(&page);
    let url = bench.authorize_url(FABRIKAM, &proper());
    let form = [("attempt", attempt.as_str()), ("consent", "accept")];
    let done = bench.post_form(url, &form).await;
    assert!(answered(&done, "code").is_some(), "{}", done.text);
    assert_eq!(bench.refresh(FABRIKAM, CLI, &token, ARM).await.status, 200, "remembered");
    let reply = bench.refresh(FABRIKAM, POWERSHELL, &token, ARM).await;
    assert_eq!(refusal(&reply).1, 65001, "for this client only");
}

#[tokio::test]
async fn what_is_begun_for_one_client_does_not_end_with_another() {
    let bench = start(json!([{ "demand": "consent" }]), json!([])).await;
    let page = bench.press("organizations", &proper(), ("user", ADA)).await;
    let (attempt, _) = read_page(&page);
    let other = change(proper(), "client_id", Some(POWERSHELL));
    let url = bench.authorize_url("organizations", &other);
    let form = [("attempt", attempt.as_str()), ("consent", "accept")];
    let refused = bench.post_form(url, &form).await;
    assert!(refused.text.contains("AADSTS50089"), "{}", refused.text);
}

#[tokio::test]
async fn a_client_may_ask_for_consent_by_itself() {
    let bench = start(json!([]), json!([])).await;
    let page = bench
        .press("organizations", &change(proper(), "prompt", Some("consent")), ("user", ADA))
        .await;
    assert!(page.text.contains("Permissions are asked for"), "{}", page.text);
}

#[tokio::test]
async fn a_sign_in_counts_for_as_long_as_the_tenant_says() {
    let rule = json!([{ "demand": { "sign_in_frequency": { "seconds": 3600 } } }]);
    let bench = start(rule, json!([])).await;
    let token = bench.refresh_token(ADA).await;
    bench.pass(3599);
    let newer = bench.refresh(CONTOSO, CLI, &token, ARM).await.json();
    let newer = newer["refresh_token"].as_str().expect("each use gives a new one");
    bench.pass(1);
    for token in [&token, newer] {
        let reply = bench.refresh(CONTOSO, CLI, token, ARM).await;
        assert_eq!(refusal(&reply), ("invalid_grant".into(), 70043), "the sign-in is what ages");
        assert_eq!(suberror(&reply), "token_expired");
        assert!(
            reply.text.contains("was issued on 2026-11-21T09:00:00.0000000Z and the maximum allowed lifetime for this request is 3600."),
            "{}",
            reply.text
        );
    }
    let fresh = bench.refresh_token(ADA).await;
    assert_eq!(bench.refresh(CONTOSO, CLI, &fresh, ARM).await.status, 200);
}

#[tokio::test]
async fn a_changed_password_ends_earlier_sign_ins_at_home_and_abroad() {
    let rule = json!([{ "demand": { "revoked": { "after_seconds": 60 } }, "user": ADA }]);
    let bench = start(rule, json!([])).await;
    let token = bench.refresh_token(ADA).await;
    bench.pass(59);
    assert_eq!(bench.refresh(CONTOSO, CLI, &token, ARM).await.status, 200);
    bench.pass(1);
    for tenant in [CONTOSO, FABRIKAM] {
        let reply = bench.refresh(tenant, CLI, &token, ARM).await;
        assert_eq!(refusal(&reply), ("invalid_grant".into(), 50173), "{tenant}");
        assert!(reply.text.contains("is '2026-11-21T09:01:00.0000000Z'."), "{}", reply.text);
    }
    let fresh = bench.refresh_token(ADA).await;
    assert_eq!(bench.refresh(FABRIKAM, CLI, &fresh, ARM).await.status, 200, "a new sign-in");
}

#[tokio::test]
async fn a_code_does_not_get_around_a_rule_of_its_redemption() {
    let rule = json!([{ "demand": { "revoked": { "after_seconds": 60 } } }]);
    let bench = start(rule, json!([])).await;
    let code = bench.sign_in(ADA, "organizations", &proper()).await;
    bench.pass(60);
    let reply = bench.token("organizations", &redemption(&code)).await;
    assert_eq!(refusal(&reply).1, 50173);
}

#[tokio::test]
async fn what_home_demands_of_a_token_is_not_asked_for_one_of_another_tenant() {
    let home = json!([{ "demand": "block" }, { "demand": { "revoked": { "after_seconds": 60 } } }]);
    let abroad = json!([{ "demand": { "revoked": { "after_seconds": 30 } }, "user": ADA }]);
    let bench = start(home, abroad).await;
    let code = bench.sign_in(ADA, FABRIKAM, &proper()).await;
    let tokens = bench.token(FABRIKAM, &redemption(&code)).await.json();
    let token = tokens["refresh_token"].as_str().expect("blocked at home, but not here");
    bench.pass(59);
    let reply = bench.refresh(FABRIKAM, CLI, token, ARM).await;
    assert_eq!(reply.status, 200, "only home can revoke: {}", reply.text);
    assert_eq!(refusal(&bench.refresh(CONTOSO, CLI, token, ARM).await).1, 53003);
    bench.pass(1);
    assert_eq!(refusal(&bench.refresh(FABRIKAM, CLI, token, ARM).await).1, 50173);
}
