//! The device code flow: a code, a page, polls.

use reqwest::Method;
use serde_json::Value;

use crate::bench::{ADA, Bench, CONTOSO, FABRIKAM, LINUS, Reply};
use crate::sign_in::{CLI, POWERSHELL, claims, refusal};

const SCOPE: &str = "https://management.core.windows.net//.default offline_access openid profile";
const GRANTS: [&str; 2] = ["urn:ietf:params:oauth:grant-type:device_code", "device_code"];

impl Bench {
    pub(crate) async fn ask_device_code(&self, tenant: &str) -> Value {
        let url =
            format!("{}/{tenant}/oauth2/v2.0/devicecode", self.simulator.addresses().authority);
        let form = [("client_id", CLI), ("scope", SCOPE)];
        let reply = self.post_form(url, &form).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    async fn poll(&self, tenant: &str, client: &str, grant: &str, code: &Value) -> Reply {
        let code = code["device_code"].as_str().expect("a code is text");
        let form = [
            ("client_id", client),
            ("grant_type", grant),
            ("device_code", code),
            ("client_info", "1"),
        ];
        self.token(tenant, &form).await
    }

    /// Sends fields of the device page.
    pub(crate) async fn on_device_page(&self, fields: &[(&str, &str)]) -> Reply {
        let url = format!("{}/common/oauth2/deviceauth", self.simulator.addresses().authority);
        self.post_form(url, &fields).await
    }

    async fn approve(&self, code: &Value, user: &str) -> Reply {
        let typed = code["user_code"].as_str().expect("a code is text");
        self.on_device_page(&[("otc", typed), ("user", user)]).await
    }
}

#[tokio::test]
async fn a_device_code_waits_for_a_person_under_both_names_of_the_grant() {
    for grant in GRANTS {
        let bench = Bench::start().await;
        let code = bench.ask_device_code("organizations").await;
        let waiting = bench.poll("organizations", CLI, grant, &code).await;
        assert_eq!(refusal(&waiting), ("authorization_pending".into(), 70016), "{grant}");
        assert_eq!(waiting.header("x-ms-clitelem"), "1,70016,0,,");
        let done = bench.approve(&code, ADA).await;
        assert!(done.text.contains("You have signed in"), "{}", done.text);
        let tokens = bench.poll("organizations", CLI, grant, &code).await.json();
        assert_eq!(
            tokens["scope"],
            "https://management.core.windows.net//user_impersonation https://management.core.windows.net//.default",
            "the scope that the code was asked for"
        );
        assert_eq!(claims(&tokens["access_token"])["upn"], ADA, "the person of the page");
        assert!(tokens["refresh_token"].is_string() && tokens["client_info"].is_string());
        assert_eq!(tokens["foci"], "1");
        let again = bench.poll("organizations", CLI, grant, &code).await;
        assert_eq!(refusal(&again), ("invalid_grant".into(), 54005), "a device code works once");
    }
}

#[tokio::test]
async fn a_device_code_is_told_with_numbers_and_a_short_address() {
    let bench = Bench::start().await;
    let code = bench.ask_device_code("organizations").await;
    assert_eq!((code["expires_in"].as_u64(), code["interval"].as_u64()), (Some(900), Some(5)));
    let typed = code["user_code"].as_str().unwrap_or_default();
    assert!(typed.len() == 9 && typed.bytes().all(|one| one.is_ascii_uppercase()), "{typed}");
    let address = code["verification_uri"].as_str().unwrap_or_default();
    assert_eq!(
        code["message"],
        format!(
            "To sign in, use a web browser to open the page {address} and enter the code {typed} to authenticate."
        )
    );
    let short = bench.send(Method::GET, address, None, None).await;
    assert_eq!(short.status, 302, "the short address leads on");
    let page = bench.send(Method::GET, short.header("location"), None, None).await;
    assert!(page.text.contains("name=\"otc\""), "to the page that takes the code");
    assert!(!page.text.contains("<script"), "which needs no script");
}

#[tokio::test]
async fn the_device_page_says_who_asks_and_takes_the_code_as_people_type_it() {
    let bench = Bench::start().await;
    let code = bench.ask_device_code(FABRIKAM).await;
    let typed = code["user_code"].as_str().unwrap_or_default().to_lowercase();
    let typed = format!(" {} {}", &typed[..4], &typed[4..]);
    let page = bench.on_device_page(&[("otc", &typed)]).await;
    for words in ["Microsoft Azure CLI", "Fabrikam", "https://management.core.windows.net"] {
        assert!(page.text.contains(words), "the page says {words}: {}", page.text);
    }
    let stranger =
        bench.on_device_page(&[("otc", &typed), ("user", "grace@contoso.example")]).await;
    assert!(stranger.text.contains("AADSTS50020"), "{}", stranger.text);
    bench.on_device_page(&[("otc", &typed), ("user", LINUS)]).await;
    let used = bench.on_device_page(&[("otc", &typed)]).await;
    assert!(used.text.contains("That code did not work"), "a code is entered once");
    let wrong = bench.on_device_page(&[("otc", "AAAAAAAAA"), ("user", LINUS)]).await;
    assert!(wrong.text.contains("That code did not work"), "nobody signs in without a code");
}

#[tokio::test]
async fn a_declined_device_code_stays_declined() {
    let bench = Bench::start().await;
    let code = bench.ask_device_code("organizations").await;
    let typed = code["user_code"].as_str().unwrap_or_default();
    bench.on_device_page(&[("otc", typed), ("decision", "decline")]).await;
    let reply = bench.poll("organizations", CLI, GRANTS[0], &code).await;
    assert_eq!(refusal(&reply).0, "authorization_declined");
    bench.approve(&code, ADA).await;
    let reply = bench.poll("organizations", CLI, GRANTS[0], &code).await;
    assert_eq!(refusal(&reply).0, "authorization_declined", "nobody can change their mind");
}

#[tokio::test]
async fn a_device_code_dies_after_fifteen_minutes() {
    let bench = Bench::start().await;
    let approved = bench.ask_device_code("organizations").await;
    let waiting = bench.ask_device_code("organizations").await;
    bench.pass(899);
    bench.approve(&approved, ADA).await;
    let reply = bench.poll("organizations", CLI, GRANTS[0], &waiting).await;
    assert_eq!(refusal(&reply).0, "authorization_pending", "one second before");
    bench.pass(1);
    for code in [&approved, &waiting] {
        let reply = bench.poll("organizations", CLI, GRANTS[0], code).await;
        assert_eq!(refusal(&reply), ("expired_token".into(), 70020));
    }
    let late = bench.approve(&waiting, ADA).await;
    assert!(late.text.contains("That code did not work"), "the page knows it too");
}

#[tokio::test]
async fn a_device_code_is_bound_to_its_client_and_to_the_tenant_of_the_sign_in() {
    let bench = Bench::start().await;
    let code = bench.ask_device_code("organizations").await;
    bench.approve(&code, ADA).await;
    let reply = bench.poll("organizations", POWERSHELL, GRANTS[0], &code).await;
    assert_eq!(refusal(&reply).0, "bad_verification_code", "another client");
    let reply = bench.poll(FABRIKAM, CLI, GRANTS[0], &code).await;
    assert_eq!(refusal(&reply), ("invalid_grant".into(), 700_005), "another tenant");
    let made_up = serde_json::json!({"device_code": "made-up"});
    let reply = bench.poll("organizations", CLI, GRANTS[0], &made_up).await;
    assert_eq!(refusal(&reply).0, "bad_verification_code", "a code that was never given out");
    assert_eq!(
        bench.poll(CONTOSO, CLI, GRANTS[0], &code).await.status,
        200,
        "the person's own tenant will do"
    );
}

#[tokio::test]
async fn a_device_code_is_given_to_known_clients_for_known_resources() {
    let bench = Bench::start().await;
    let authority = bench.simulator.addresses().authority;
    for (tenant, client, scope, expected) in [
        ("nowhere.example", CLI, SCOPE, ("invalid_request", 90002)),
        ("consumers", CLI, SCOPE, ("unauthorized_client", 700_016)),
        (CONTOSO, "00000000-1111-2222-3333-444444444444", SCOPE, ("unauthorized_client", 700_016)),
        (CONTOSO, CLI, "https://openai.azure.com/.default", ("invalid_resource", 500_011)),
    ] {
        let url = format!("{authority}/{tenant}/oauth2/v2.0/devicecode");
        let form = [("client_id", client), ("scope", scope)];
        let reply = bench.post_form(url, &form).await;
        let (error, number) = refusal(&reply);
        assert_eq!((error.as_str(), number), expected, "{tenant} {client} {scope}");
    }
}
