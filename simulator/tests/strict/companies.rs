//! The built-in scenarios of sign-ins in real companies: each is what its sentence says.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use simulator::Simulator;

use crate::bench::{ADA, ADA_ID, Bench, CONTOSO, FABRIKAM};
use crate::sign_in::{CLI, answered, change, claims, proper, redemption, refusal};

const ARM: &str = "https://management.azure.com/.default";
const CHAT: [&str; 2] =
    ["https://cognitiveservices.azure.com/.default", "https://ai.azure.com/.default"];
const PERSONAL: &str = "ada@outlook.example";
/// Where personal accounts get their tokens.
const MICROSOFT_SERVICES: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

impl Bench {
    /// What the page says to this person; nothing where it leads on.
    async fn told_on_page(&self, user: &str, tenant: &str) -> String {
        let page = self.press(tenant, &proper(), ("user", user)).await;
        if answered(&page, "code").is_some() { String::new() } else { page.text }
    }

    async fn told_on_device_page(&self, user: &str) -> String {
        let code = self.ask_device_code("organizations").await;
        let typed = code["user_code"].as_str().expect("a code is text");
        self.on_device_page(&[("otc", typed), ("user", user)]).await.text
    }

    /// The tenants that Resource Manager lists, with a token of `home`.
    async fn tenants(&self, user: &str, home: &str) -> Vec<String> {
        let token = self.simulator.issue_token(user, home, "https://management.azure.com");
        let path = "/tenants?api-version=2022-12-01";
        let list = self.arm(Method::GET, path, &token, None).await.json();
        let all = list["value"].as_array().expect("a list");
        all.iter().map(|one| one["tenantId"].as_str().unwrap_or_default().to_owned()).collect()
    }

    async fn subscriptions(&self, user: &str, tenant: &str) -> usize {
        let token = self.simulator.issue_token(user, tenant, "https://management.azure.com");
        let path = "/subscriptions?api-version=2022-12-01";
        let list = self.arm(Method::GET, path, &token, None).await.json();
        list["value"].as_array().expect("a list").len()
    }
}

#[tokio::test]
async fn of_twelve_tenants_each_has_its_own_way() {
    let bench = Bench::start_named("twelve-tenants").await;
    let token = bench.refresh_token(ADA).await;
    let tenants = bench.tenants(ADA, CONTOSO).await;
    assert_eq!(tenants.len(), 12);
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for tenant in &tenants {
        let reply = tokio::select! {
            reply = bench.refresh(tenant, CLI, &token, ARM) => reply,
            never = pass_time(&bench.simulator) => match never {},
        };
        let met = met.entry(match reply.status.as_u16() {
            200 => format!("{} subscriptions", bench.subscriptions(ADA, tenant).await),
            400 => refusal(&reply).1.to_string(),
            other => format!("{other} after {} s", reply.header("retry-after")),
        });
        *met.or_default() += 1;
    }
    let wanted = [
        ("50076", 2),
        ("53003", 1),
        ("429 after 2 s", 1),
        ("0 subscriptions", 1),
        ("1 subscriptions", 7),
    ];
    assert_eq!(met, wanted.map(|(what, count)| (what.to_owned(), count)).into(), "{tenants:?}");
}

/// Lets time pass for the slow one, which answers by the clock of practice Azure.
async fn pass_time(simulator: &Simulator) -> std::convert::Infallible {
    loop {
        simulator.advance(Duration::from_millis(1));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_second_factor_is_wanted_abroad_and_not_at_home() {
    let bench = Bench::start_named("mfa-in-one-tenant").await;
    let token = bench.refresh_token(ADA).await;
    assert_eq!(bench.tenants(ADA, CONTOSO).await, [CONTOSO, FABRIKAM]);
    for scope in [ARM, CHAT[0], CHAT[1]] {
        assert_eq!(bench.refresh(CONTOSO, CLI, &token, scope).await.status, 200, "{scope}");
        assert_eq!(refusal(&bench.refresh(FABRIKAM, CLI, &token, scope).await).1, 50076);
    }
    let page = bench.told_on_page(ADA, FABRIKAM).await;
    assert!(page.contains("Approve the sign-in"), "a person gets through: {page}");
}

#[tokio::test]
async fn a_guest_has_everything_abroad_under_another_object_id() {
    let bench = Bench::start_named("guest").await;
    let token = bench.refresh_token(ADA).await;
    let tokens = bench.refresh(FABRIKAM, CLI, &token, ARM).await.json();
    let access = claims(&tokens["access_token"]);
    assert_ne!(access["oid"], ADA_ID, "the home object id is nobody in Fabrikam");
    assert_eq!(access["idp"], format!("https://sts.windows.net/{CONTOSO}/"));
    let found = (bench.subscriptions(ADA, CONTOSO).await, bench.subscriptions(ADA, FABRIKAM).await);
    assert_eq!(found, (0, 1));
}

#[tokio::test]
async fn a_personal_account_lands_in_a_tenant_without_subscriptions() {
    let bench = Bench::start_named("personal-account").await;
    let code = bench.sign_in(PERSONAL, "organizations", &proper()).await;
    let tokens = bench.token("organizations", &redemption(&code)).await.json();
    let access = claims(&tokens["access_token"]);
    assert_eq!(access["tid"], MICROSOFT_SERVICES);
    assert_eq!((&access["idp"], &access["upn"]), (&"live.com".into(), &Value::Null));
    assert_eq!(access["unique_name"], format!("live.com#{PERSONAL}"));
    assert_eq!(claims(&tokens["id_token"])["preferred_username"], PERSONAL);
    assert_eq!(bench.subscriptions(PERSONAL, MICROSOFT_SERVICES).await, 0);
}

#[tokio::test]
async fn a_personal_account_is_a_guest_like_others_where_it_was_invited() {
    let bench = Bench::start_named("personal-guest").await;
    let token = bench.refresh_token(PERSONAL).await;
    let tokens = bench.refresh(FABRIKAM, CLI, &token, ARM).await.json();
    assert_eq!(claims(&tokens["access_token"])["idp"], "live.com");
    assert_eq!(bench.subscriptions(PERSONAL, FABRIKAM).await, 1);
    let home = bench.simulator.issue_token(PERSONAL, MICROSOFT_SERVICES, ARM);
    let path =
        "/subscriptions/8bab9a20-1055-41cf-8108-aa7226dac912/resourcegroups?api-version=2021-04-01";
    let reply = bench.arm(Method::GET, path, &home, None).await;
    assert_eq!(reply.refusal(), (401, "InvalidAuthenticationTokenTenant".to_owned()));
}

#[tokio::test]
async fn a_personal_account_that_was_not_invited_is_refused_by_its_provider() {
    let scenario = serde_json::json!({ "users": [{
        "upn": PERSONAL, "given_name": "Ada", "family_name": "Lovelace", "home": FABRIKAM,
        "object_ids": { FABRIKAM: "00a154d8-5ed8-4bcc-b5c7-19c2add9ca88" }, "personal": true
    }], "assignments": [], "groups": [] });
    let bench = Bench::start_with(scenario).await;
    let page = bench.told_on_page(PERSONAL, CONTOSO).await;
    assert!(
        page.contains("AADSTS50020") && page.contains("provider &#39;live.com&#39; does not exist"),
        "{page}"
    );
}

#[tokio::test]
async fn nobody_finds_a_subscription_where_there_is_none() {
    let bench = Bench::start_named("no-subscription").await;
    assert_eq!(bench.subscriptions(ADA, CONTOSO).await, 0);
}

#[tokio::test]
async fn a_policy_may_stop_the_data_plane_alone() {
    let bench = Bench::start_named("chat-audience-blocked").await;
    let token = bench.refresh_token(ADA).await;
    assert_eq!(bench.refresh(CONTOSO, CLI, &token, ARM).await.status, 200);
    for scope in CHAT {
        assert_eq!(refusal(&bench.refresh(CONTOSO, CLI, &token, scope).await).1, 53003, "{scope}");
    }
}

#[tokio::test]
async fn a_policy_may_stop_one_way_to_sign_in_and_let_the_other_pass() {
    for (name, browser, device) in [
        ("device-code-blocked", "", "AADSTS53003"),
        ("browser-blocked", "AADSTS53003", ""),
        ("managed-device", "", "AADSTS50097"),
        ("compliant-device", "AADSTS53000", "AADSTS53000"),
        ("token-protection", "AADSTS530084", "AADSTS530084"),
    ] {
        let bench = Bench::start_named(name).await;
        let in_browser = bench.told_on_page(ADA, "organizations").await;
        let by_code = bench.told_on_device_page(ADA).await;
        assert!(in_browser.contains(browser), "{name}: {in_browser}");
        assert_eq!(in_browser.is_empty(), browser.is_empty(), "{name}: {in_browser}");
        assert!(by_code.contains(device), "{name}: {by_code}");
        assert_eq!(by_code.contains("You have signed in"), device.is_empty(), "{name}: {by_code}");
    }
}

#[tokio::test]
async fn a_sign_in_ends_after_an_hour() {
    for (name, number) in [("sign-in-frequency", 70043), ("revoked", 50173)] {
        let bench = Bench::start_named(name).await;
        let token = bench.refresh_token(ADA).await;
        bench.pass(3599);
        assert_eq!(bench.refresh(CONTOSO, CLI, &token, ARM).await.status, 200, "{name}");
        bench.pass(1);
        assert_eq!(refusal(&bench.refresh(CONTOSO, CLI, &token, ARM).await).1, number, "{name}");
    }
}

#[tokio::test]
async fn a_session_that_changes_after_an_hour_goes_on_and_a_revoked_one_does_not() {
    const ASKED: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1795255200"},"xms_cc":{"values":["cp1"]}}}"#;
    for (name, goes_on) in [("session-changed", true), ("session-revoked", false)] {
        let bench = Bench::start_named(name).await;
        let code = bench.sign_in(ADA, "organizations", &proper()).await;
        let form = [&redemption(&code)[..], &[("claims", ASKED)]].concat();
        let tokens = bench.token("organizations", &form).await.json();
        let token = tokens["access_token"].as_str().expect("a token is text");
        let look = || bench.arm(Method::GET, "/tenants?api-version=2022-12-01", token, None);
        bench.pass(3599);
        assert_eq!(look().await.status, 200, "{name}");
        bench.pass(1);
        assert_eq!(look().await.status, 401, "{name}: the token is from before");
        let refresh = tokens["refresh_token"].as_str().expect("offline_access was asked for");
        let form = [
            ("client_id", CLI),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh),
            ("scope", ARM),
            ("claims", ASKED),
        ];
        let reply = bench.token(CONTOSO, &form).await;
        assert_eq!(reply.status == 200, goes_on, "{name}: {}", reply.text);
    }
}

#[tokio::test]
async fn the_clock_of_azure_may_be_another_than_the_computers() {
    for (name, date, hour) in [
        ("clock-slow", "Sat, 21 Nov 2026 10:00:00 GMT", 10),
        ("clock-fast", "Sat, 21 Nov 2026 08:00:00 GMT", 8),
    ] {
        let bench = Bench::start_named(name).await;
        let code = bench.sign_in(ADA, "organizations", &proper()).await;
        let reply = bench.token("organizations", &redemption(&code)).await;
        assert_eq!(reply.header("date"), date, "{name}");
        let begins = claims(&reply.json()["access_token"])["nbf"].as_i64().expect("a moment");
        assert_eq!((begins + 300) % 86_400 / 3600, hour, "tokens follow Azure's clock");
        assert_eq!(bench.get(ADA, "/tenants?api-version=2022-12-01").await.status, 200, "{name}");
        bench.simulator.set_scenario(simulator::Scenario::named("default").expect("built in"));
        let now = bench.get(ADA, "/tenants?api-version=2022-12-01").await;
        assert_eq!(now.header("date"), "Sat, 21 Nov 2026 09:00:00 GMT", "and back again");
    }
}

const OWN: &str = "6f3c7a52-1d6b-4f3e-9a57-2c5d0e8b4a19";

#[tokio::test]
async fn an_own_application_asks_only_for_what_it_is_registered_for() {
    let bench = Bench::start_named("own-application-lacking").await;
    let parameters = change(proper(), "client_id", Some(OWN));
    let parameters =
        change(parameters, "scope", Some("https://management.azure.com/.default offline_access"));
    let code = bench.sign_in(ADA, "organizations", &parameters).await;
    let mut form = redemption(&code);
    form[0] = ("client_id", OWN);
    form[5] = ("scope", "https://management.azure.com/.default offline_access");
    let tokens = bench.token("organizations", &form).await.json();
    assert_eq!(tokens["foci"], Value::Null, "it is of no family");
    let token = tokens["refresh_token"].as_str().expect("offline_access was asked for");
    let reply = bench.refresh(CONTOSO, OWN, token, CHAT[0]).await;
    assert_eq!(refusal(&reply), ("invalid_client".into(), 650_057));
    let told = format!(
        "Client app ID: {OWN}(Contoso Keyless). Resource value from request: https://cognitiveservices.azure.com. Resource app ID: 7d312290-28c8-473c-a0ed-8e53749b6d6d."
    );
    assert!(reply.text.contains(&told), "{}", reply.text);
    let parameters =
        change(parameters, "scope", Some("https://cognitiveservices.azure.com/.default"));
    let page = bench.press("organizations", &parameters, ("user", ADA)).await;
    let told = answered(&page, "error_description").unwrap_or_default();
    assert!(told.starts_with("AADSTS650057: "), "the page sends the person back: {told}");
    let whole = Bench::start_named("own-application").await;
    let code = whole.sign_in(ADA, "organizations", &change(proper(), "client_id", Some(OWN))).await;
    assert!(code.starts_with("1."), "with the permission it passes");
}

#[tokio::test]
async fn an_application_that_allows_no_public_flows_gets_no_tokens_for_a_device_code() {
    let bench = Bench::start_named("own-application-lacking").await;
    let url =
        format!("{}/organizations/oauth2/v2.0/devicecode", bench.simulator.addresses().authority);
    let form = [("client_id", OWN), ("scope", "https://management.azure.com/.default")];
    let code = bench.post_form(url, &form).await.json();
    let form = [
        ("client_id", OWN),
        ("grant_type", "device_code"),
        ("device_code", code["device_code"].as_str().expect("a code is text")),
    ];
    let reply = bench.token("organizations", &form).await;
    assert_eq!(refusal(&reply), ("invalid_client".into(), 7_000_218));
}
