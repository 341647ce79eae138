//! Entra: page, code, PKCE, tokens, refusals.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::bench::{ADA, ADA_ID, Bench, CONTOSO, FABRIKAM, LINUS, Reply, read};

pub(crate) const CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
pub(crate) const POWERSHELL: &str = "1950a258-227b-4e31-a9cf-717495945fc2";
pub(crate) const OWN: &str = "b0d6884f-ccb9-4d34-a988-1f88b7ee4b28";
const REDIRECT: &str = "http://localhost:49152";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The S256 challenge of `VERIFIER` (RFC 7636, appendix B).
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const ARM_SCOPE: &str =
    "https://management.core.windows.net//.default offline_access openid profile";

/// The parameters of an authorization request, of which a test changes some.
pub(crate) type Parameters = Vec<(&'static str, &'static str)>;

pub(crate) fn proper() -> Parameters {
    vec![
        ("client_id", CLI),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", ARM_SCOPE),
        ("state", "a&b=c d/ü"),
        ("nonce", "0f1e2d"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("client_info", "1"),
    ]
}

pub(crate) fn change(
    mut parameters: Parameters,
    name: &'static str,
    value: Option<&'static str>,
) -> Parameters {
    parameters.retain(|(known, _)| *known != name);
    parameters.extend(value.map(|value| (name, value)));
    parameters
}

impl Bench {
    pub(crate) fn authorize_url(&self, tenant: &str, parameters: &Parameters) -> Url {
        let base =
            format!("{}/{tenant}/oauth2/v2.0/authorize", self.simulator.addresses().authority);
        Url::parse_with_params(&base, parameters).expect("a proper address")
    }

    pub(crate) async fn open_page(&self, tenant: &str, parameters: &Parameters) -> Reply {
        self.send(Method::GET, self.authorize_url(tenant, parameters).as_str(), None, None).await
    }

    pub(crate) async fn press(
        &self,
        tenant: &str,
        parameters: &Parameters,
        button: (&str, &str),
    ) -> Reply {
        let request = self.client.post(self.authorize_url(tenant, parameters)).form(&[button]);
        read(request.send().await.expect("the page answers")).await
    }

    /// Signs in and returns the code.
    pub(crate) async fn sign_in(
        &self,
        user: &str,
        tenant: &str,
        parameters: &Parameters,
    ) -> String {
        let reply = self.press(tenant, parameters, ("user", user)).await;
        assert_eq!(reply.status, 302, "signing in redirects: {}", reply.text);
        answered(&reply, "code").expect("the redirect carries a code")
    }

    pub(crate) async fn token(&self, tenant: &str, form: &[(&str, &str)]) -> Reply {
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.simulator.addresses().authority);
        self.post_form(url, &form).await
    }

    pub(crate) async fn redeem(&self, code: &str) -> Reply {
        self.token("organizations", &redemption(code)).await
    }

    /// A refresh token of a user's sign-in with the command line's client.
    pub(crate) async fn refresh_token(&self, user: &str) -> String {
        let code = self.sign_in(user, "organizations", &proper()).await;
        let tokens = self.redeem(&code).await.json();
        tokens["refresh_token"].as_str().expect("offline_access was asked for").to_owned()
    }

    pub(crate) async fn refresh(
        &self,
        tenant: &str,
        client: &str,
        token: &str,
        scope: &str,
    ) -> Reply {
        let form = [
            ("client_id", client),
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("scope", scope),
        ];
        self.token(tenant, &form).await
    }
}

pub(crate) fn redemption(code: &str) -> [(&str, &str); 7] {
    [
        ("client_id", CLI),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("scope", ARM_SCOPE),
        ("client_info", "1"),
    ]
}

/// A field of the answer that a redirect carries.
pub(crate) fn answered(reply: &Reply, name: &str) -> Option<String> {
    let target = Url::parse(reply.header("location")).ok()?;
    let found = target.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

pub(crate) fn claims(token: &Value) -> Value {
    let token = token.as_str().expect("a token is text");
    let part = token.split('.').nth(1).expect("a token has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url"))
        .expect("claims are JSON")
}

/// Entra's own number of a refusal by the token endpoint, with its `error`.
pub(crate) fn refusal(reply: &Reply) -> (String, u64) {
    let expected = if reply.text.contains("\"invalid_client\"") { 401 } else { 400 };
    assert_eq!(reply.status, expected, "401 is for credentials of a client: {}", reply.text);
    let body = reply.json();
    let number = body["error_codes"][0].as_u64().unwrap_or_default();
    let description = body["error_description"].as_str().unwrap_or_default();
    assert!(
        description.starts_with(&format!("AADSTS{number}: ")),
        "the text begins with the number: {description}"
    );
    for member in ["timestamp", "trace_id", "correlation_id", "error_uri"] {
        assert!(body[member].is_string(), "{member} is part of every refusal");
    }
    (body["error"].as_str().unwrap_or_default().to_owned(), number)
}

#[tokio::test]
async fn a_person_signs_in_and_gets_what_was_asked_for() {
    let bench = Bench::start().await;
    let code = bench.sign_in(ADA, "organizations", &proper()).await;
    let reply = bench.redeem(&code).await;
    let tokens = reply.json();
    assert_eq!(reply.header("cache-control"), "no-store, no-cache", "tokens are not cached");
    assert_eq!(
        tokens["scope"],
        "https://management.core.windows.net//user_impersonation https://management.core.windows.net//.default",
        "the double slash stays and .default is echoed"
    );
    assert_eq!(tokens["foci"], "1", "the command line's client is of the family");
    let lifetime = tokens["expires_in"].as_u64().expect("a number, not a string");
    assert!((3600..5400).contains(&lifetime), "60 to 90 minutes, not {lifetime} s");
    let access = claims(&tokens["access_token"]);
    assert_eq!(
        access["aud"], "https://management.core.windows.net/",
        "the resource as it was asked for"
    );
    assert_eq!(
        access["iss"],
        format!("https://sts.windows.net/{CONTOSO}/"),
        "v1 issuer of the home tenant"
    );
    assert_eq!((&access["oid"], &access["scp"]), (&ADA_ID.into(), &"user_impersonation".into()));
    assert!(access["xms_cc"].is_null(), "no capability was declared");
    let id = claims(&tokens["id_token"]);
    assert_eq!(
        (&id["nonce"], &id["aud"]),
        (&"0f1e2d".into(), &CLI.into()),
        "nonce as sent, for the client"
    );
    assert_eq!(id["iss"], format!("{}/{CONTOSO}/v2.0", bench.simulator.addresses().authority));
    assert_eq!(id["exp"].as_i64().zip(id["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(3900));
    let info =
        URL_SAFE_NO_PAD.decode(tokens["client_info"].as_str().expect("client_info was asked for"));
    let info: Value =
        serde_json::from_slice(&info.expect("base64url")).expect("client_info is JSON");
    assert_eq!(
        (&info["uid"], &info["utid"]),
        (&ADA_ID.into(), &CONTOSO.into()),
        "the home account"
    );
}

#[tokio::test]
async fn tokens_verify_with_the_published_key_and_no_other() {
    let bench = Bench::start().await;
    let token = bench.simulator.issue_token(ADA, CONTOSO, "https://graph.microsoft.com");
    let authority = bench.simulator.addresses().authority;
    let configuration = bench
        .send(
            Method::GET,
            &format!("{authority}/{CONTOSO}/v2.0/.well-known/openid-configuration"),
            None,
            None,
        )
        .await
        .json();
    let keys = bench
        .send(Method::GET, configuration["jwks_uri"].as_str().expect("an address"), None, None)
        .await
        .json();
    let key = &keys["keys"][0];
    let part = |name: &str| {
        URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap_or_default()).expect("base64url")
    };
    let public = RsaPublicKeyComponents { n: part("n"), e: part("e") };
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let verify =
        |text: &str| public.verify(&RSA_PKCS1_2048_8192_SHA256, text.as_bytes(), &signature);
    assert!(verify(signed).is_ok(), "the published key signed this token");
    assert!(verify(&format!("{signed}x")).is_err(), "and nothing else");
    let header: Value = serde_json::from_slice(
        &URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap_or_default()).expect("base64url"),
    )
    .expect("JSON");
    assert_eq!(header["kid"], key["kid"], "the token says which key");
}

#[tokio::test]
async fn the_sign_in_page_is_plainly_a_practice_and_lets_the_redirect_pass() {
    let bench = Bench::start().await;
    let parameters = change(proper(), "login_hint", Some(LINUS));
    let page = bench.open_page("fabrikam.example", &parameters).await;
    assert_eq!(page.status, 200);
    for words in [
        "Practice Azure",
        "Microsoft Azure CLI",
        "Fabrikam",
        "https://management.core.windows.net",
        "id=\"decline\"",
    ] {
        assert!(page.text.contains(words), "the page says {words}");
    }
    assert!(
        page.text.contains("<button id=\"continue\" class=\"preferred\" autofocus name=\"user\" value=\"linus@fabrikam.example\">"),
        "the hinted user is the preferred one"
    );
    assert!(page.text.contains("O&#39;Brien"), "names are escaped");
    assert!(!page.text.contains("<script"), "no script is needed");
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(!policy.contains("form-action"), "Chromium would apply it to the redirect");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn state_comes_back_as_it_was_sent_or_not_at_all() {
    let bench = Bench::start().await;
    let reply = bench.press("organizations", &proper(), ("user", ADA)).await;
    assert_eq!(answered(&reply, "state").as_deref(), Some("a&b=c d/ü"));
    assert!(
        answered(&reply, "session_state").is_some() && answered(&reply, "client_info").is_some()
    );
    assert!(
        reply.header("location").starts_with("http://localhost:49152/?"),
        "a redirect without a path gets a slash"
    );
    let reply = bench.press("organizations", &change(proper(), "state", None), ("user", ADA)).await;
    assert_eq!(answered(&reply, "state"), None, "none was sent");
}

#[tokio::test]
async fn declining_comes_back_as_access_denied() {
    let bench = Bench::start().await;
    let reply = bench.press("organizations", &proper(), ("decision", "decline")).await;
    assert_eq!(reply.status, 302);
    assert_eq!(answered(&reply, "error").as_deref(), Some("access_denied"));
    let text = answered(&reply, "error_description").unwrap_or_default();
    assert!(text.starts_with("AADSTS65004: "), "{text}");
    assert_eq!(answered(&reply, "state").as_deref(), Some("a&b=c d/ü"), "also with an error");
    assert_eq!(answered(&reply, "code"), None, "no code for somebody who declined");
}

#[tokio::test]
async fn form_post_hands_the_answer_over_in_a_form() {
    let bench = Bench::start().await;
    let parameters = change(proper(), "response_mode", Some("form_post"));
    let reply = bench.press("organizations", &parameters, ("user", ADA)).await;
    assert_eq!(reply.status, 200, "a page, not a redirect");
    assert!(
        reply.text.contains("action=\"http://localhost:49152\""),
        "the form goes to the client"
    );
    assert!(reply.text.contains("name=\"code\"") && reply.text.contains("value=\"a&amp;b=c d/ü\""));
    let fragment = change(proper(), "response_mode", Some("fragment"));
    let reply = bench.press("organizations", &fragment, ("user", ADA)).await;
    assert!(
        reply.header("location").starts_with("http://localhost:49152/#code="),
        "fragment is a mode too"
    );
}

#[tokio::test]
async fn a_code_works_once() {
    let bench = Bench::start().await;
    let code = bench.sign_in(ADA, "organizations", &proper()).await;
    assert_eq!(bench.redeem(&code).await.status, 200);
    assert_eq!(refusal(&bench.redeem(&code).await), ("invalid_grant".into(), 54005));
    assert_eq!(
        refusal(&bench.redeem("1.made-up").await).0,
        "invalid_grant",
        "a code that was never given out"
    );
}

#[tokio::test]
async fn a_code_dies_after_ten_minutes() {
    let bench = Bench::start().await;
    let early = bench.sign_in(ADA, "organizations", &proper()).await;
    bench.pass(599);
    let late = bench.sign_in(ADA, "organizations", &proper()).await;
    assert_eq!(bench.redeem(&early).await.status, 200, "one second before");
    bench.pass(600);
    assert_eq!(refusal(&bench.redeem(&late).await), ("invalid_grant".into(), 70008));
}

#[tokio::test]
async fn a_code_needs_the_verifier_of_its_challenge() {
    let bench = Bench::start().await;
    let code = bench.sign_in(ADA, "organizations", &proper()).await;
    for wrong in ["aBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", CHALLENGE, "short"] {
        let mut form = redemption(&code);
        form[4].1 = wrong;
        assert_eq!(
            refusal(&bench.token("organizations", &form).await),
            ("invalid_grant".into(), 501_481),
            "{wrong}"
        );
    }
    let mut without: Vec<_> = redemption(&code).to_vec();
    without.remove(4);
    assert_eq!(
        refusal(&bench.token("organizations", &without).await).1,
        900_144,
        "PKCE is not optional"
    );
    assert_eq!(bench.redeem(&code).await.status, 200, "wrong guesses have not used the code up");
}

#[tokio::test]
async fn a_verifier_that_is_too_short_does_not_count_even_where_it_matches() {
    let bench = Bench::start().await;
    // The S256 challenge of "short".
    let challenge = "-bAHi131ltLqGQEMABu9AJ5lHeLFfo-341XzHrnT9zk";
    let parameters = change(proper(), "code_challenge", Some(challenge));
    let code = bench.sign_in(ADA, "organizations", &parameters).await;
    let mut form = redemption(&code);
    form[4].1 = "short";
    let reply = bench.token("organizations", &form).await;
    assert_eq!(refusal(&reply), ("invalid_grant".into(), 501_481));
}

#[tokio::test]
async fn authorization_without_an_s256_challenge_is_refused() {
    let bench = Bench::start().await;
    for parameters in [
        change(proper(), "code_challenge", None),
        change(proper(), "code_challenge_method", None),
        change(proper(), "code_challenge_method", Some("plain")),
        change(proper(), "code_challenge", Some("tooshort")),
    ] {
        let reply = bench.open_page("organizations", &parameters).await;
        assert_eq!(answered(&reply, "error").as_deref(), Some("invalid_request"), "{parameters:?}");
    }
}

#[tokio::test]
async fn only_registered_redirects_get_an_answer() {
    let bench = Bench::start().await;
    for (client, redirect) in [
        (CLI, "http://localhost:8400"),
        (CLI, "http://localhost:8400/"),
        (CLI, "http://localhost"),
        (OWN, "http://127.0.0.1:8400/signed-in"),
    ] {
        let parameters =
            change(change(proper(), "redirect_uri", Some(redirect)), "client_id", Some(client));
        assert_eq!(
            bench.open_page("organizations", &parameters).await.status,
            200,
            "{redirect} is registered"
        );
    }
    for (client, redirect) in [
        (CLI, "http://127.0.0.1:8400"),
        (CLI, "http://localhost:8400/callback"),
        (CLI, "https://localhost:8400"),
        (CLI, "http://localhost.example:8400"),
        (CLI, "http://user@localhost:8400"),
        (CLI, "http://[::1]:8400"),
        (OWN, "http://127.0.0.1:8400/Signed-In"),
        (OWN, "http://127.0.0.1:8400"),
        (OWN, "http://localhost:8400/signed-in"),
    ] {
        let parameters =
            change(change(proper(), "redirect_uri", Some(redirect)), "client_id", Some(client));
        for reply in [
            bench.open_page("organizations", &parameters).await,
            bench.press("organizations", &parameters, ("user", ADA)).await,
        ] {
            assert_eq!(reply.status, 400, "{redirect} is not registered");
            assert!(reply.text.contains("AADSTS50011"), "the page says why");
            assert_eq!(reply.header("location"), "", "nothing is sent to an untrusted address");
        }
    }
}

#[tokio::test]
async fn a_code_is_bound_to_its_redirect_client_tenant_and_resource() {
    let bench = Bench::start().await;
    let code = bench.sign_in(ADA, "organizations", &proper()).await;
    let with = |index: usize, value: &'static str| {
        let mut form = redemption(&code);
        form[index].1 = value;
        form
    };
    let numbers = [
        refusal(&bench.token("organizations", &with(3, "http://localhost:49153")).await).1,
        refusal(&bench.token("organizations", &with(0, POWERSHELL)).await).1,
        refusal(&bench.token(FABRIKAM, &redemption(&code)).await).1,
        refusal(
            &bench
                .token("organizations", &with(5, "https://cognitiveservices.azure.com/.default"))
                .await,
        )
        .1,
    ];
    assert_eq!(numbers, [500_112, 70_000, 700_005, 70_000]);
    assert_eq!(
        bench.token(CONTOSO, &redemption(&code)).await.status,
        200,
        "the home tenant's own path will do"
    );
}

#[tokio::test]
async fn an_unknown_tenant_or_client_is_named_as_such() {
    let bench = Bench::start().await;
    let authority = bench.simulator.addresses().authority;
    let metadata = format!("{authority}/nowhere.example/v2.0/.well-known/openid-configuration");
    assert_eq!(
        refusal(&bench.send(Method::GET, &metadata, None, None).await),
        ("invalid_tenant".into(), 90002)
    );
    assert_eq!(refusal(&bench.token("nowhere.example", &redemption("x")).await).1, 90002);
    assert!(bench.open_page("nowhere.example", &proper()).await.text.contains("AADSTS90002"));
    let mut form = redemption("x");
    form[0].1 = "00000000-1111-2222-3333-444444444444";
    assert_eq!(
        refusal(&bench.token("organizations", &form).await),
        ("unauthorized_client".into(), 700_016)
    );
    let mut form = redemption("x");
    form[1].1 = "password";
    assert_eq!(
        refusal(&bench.token("organizations", &form).await),
        ("unsupported_grant_type".into(), 70003)
    );
}

#[tokio::test]
async fn a_refresh_token_reaches_every_tenant_and_resource_of_its_user() {
    let bench = Bench::start().await;
    let first = bench.refresh_token(ADA).await;
    let home = bench
        .refresh("organizations", CLI, &first, "https://cognitiveservices.azure.com/.default")
        .await
        .json();
    let guest =
        bench.refresh(FABRIKAM, CLI, &first, "https://management.azure.com/.default").await.json();
    assert_eq!(claims(&home["access_token"])["aud"], "https://cognitiveservices.azure.com");
    let there = claims(&guest["access_token"]);
    assert_eq!(there["tid"], FABRIKAM);
    assert_ne!(there["oid"], ADA_ID, "the same person is another object in another tenant");
    let second = guest["refresh_token"].as_str().expect("each use gives a new one");
    assert_ne!(first, second);
    for token in [&first, second] {
        let reply = bench.refresh(CONTOSO, CLI, token, "https://ai.azure.com/.default").await;
        assert_eq!(reply.status, 200, "the old one stays usable beside the new one");
    }
    let stranger = bench.refresh_token(LINUS).await;
    let reply =
        bench.refresh(CONTOSO, CLI, &stranger, "https://management.azure.com/.default").await;
    assert_eq!(
        refusal(&reply),
        ("invalid_grant".into(), 50020),
        "a tenant that does not know the user"
    );
}

#[tokio::test]
async fn a_refresh_token_is_bound_to_its_family_and_dies_of_disuse() {
    let bench = Bench::start().await;
    let token = bench.refresh_token(ADA).await;
    let scope = "https://management.azure.com/.default";
    assert_eq!(
        bench.refresh("common", POWERSHELL, &token, scope).await.status,
        200,
        "clients of the family share"
    );
    let reply = bench.refresh("common", OWN, &token, scope).await;
    assert_eq!(refusal(&reply).0, "invalid_grant", "others do not");
    assert_eq!(refusal(&bench.refresh("common", CLI, "1.made-up", scope).await).0, "invalid_grant");
    bench.pass(90 * 24 * 3600);
    assert_eq!(
        refusal(&bench.refresh("common", CLI, &token, scope).await),
        ("invalid_grant".into(), 700_082)
    );
}

#[tokio::test]
async fn one_request_asks_for_one_resource_that_exists() {
    let bench = Bench::start().await;
    let token = bench.refresh_token(ADA).await;
    for (scope, expected) in [
        (
            "https://management.azure.com/.default https://ai.azure.com/.default",
            ("invalid_scope", 28000),
        ),
        (
            "https://management.azure.com/.default https://management.azure.com/user_impersonation",
            ("invalid_scope", 70011),
        ),
        ("https://openai.azure.com/.default", ("invalid_resource", 500_011)),
        ("https://cognitiveservices.azure.us/.default", ("invalid_resource", 500_011)),
    ] {
        let (error, number) = refusal(&bench.refresh("organizations", CLI, &token, scope).await);
        assert_eq!((error.as_str(), number), expected, "{scope}");
    }
    let reply = bench.refresh(FABRIKAM, CLI, &token, "https://openai.azure.com/.default").await;
    assert!(
        reply.text.contains("https://openai.azure.com was not found in the tenant named Fabrikam."),
        "the tenant is called by its name: {}",
        reply.text
    );
}

#[tokio::test]
async fn a_client_that_declares_cp1_gets_a_token_for_a_day_that_says_so() {
    let bench = Bench::start().await;
    let token = bench.refresh_token(ADA).await;
    let mut form = vec![
        ("client_id", CLI),
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
        ("scope", "https://management.azure.com/.default"),
        ("claims", r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#),
    ];
    let tokens = bench.token("organizations", &form).await.json();
    assert_eq!(
        (tokens["expires_in"].as_u64(), tokens["refresh_in"].as_u64()),
        (Some(86399), Some(43199))
    );
    assert_eq!(claims(&tokens["access_token"])["xms_cc"][0], "CP1");
    form[4].1 = "{not json";
    assert_eq!(refusal(&bench.token("organizations", &form).await).0, "invalid_request");
}

#[tokio::test]
async fn a_silent_request_finds_nobody_signed_in() {
    let bench = Bench::start().await;
    let reply = bench.open_page("organizations", &change(proper(), "prompt", Some("none"))).await;
    assert_eq!(answered(&reply, "error").as_deref(), Some("login_required"));
    let reply =
        bench.open_page("organizations", &change(proper(), "response_type", Some("token"))).await;
    assert_eq!(answered(&reply, "error").as_deref(), Some("unsupported_response_type"));
}

#[tokio::test]
async fn a_stranger_to_a_tenant_cannot_sign_in_there() {
    let bench = Bench::start().await;
    let reply = bench.press(CONTOSO, &proper(), ("user", LINUS)).await;
    assert_eq!(reply.status, 400);
    assert!(reply.text.contains("AADSTS50020"), "the page says why");
    let reply = bench.press(CONTOSO, &proper(), ("user", "nobody@contoso.example")).await;
    assert!(reply.text.contains("AADSTS50034"), "a user that does not exist");
}

#[tokio::test]
async fn metadata_tells_where_things_are_and_which_hosts_are_known() {
    let bench = Bench::start().await;
    let authority = bench.simulator.addresses().authority;
    let configuration =
        |tenant: &str| format!("{authority}/{tenant}/v2.0/.well-known/openid-configuration");
    let home = bench.send(Method::GET, &configuration("organizations"), None, None).await.json();
    assert_eq!(
        home["issuer"],
        format!("{authority}/{{tenantid}}/v2.0"),
        "a template for organizations"
    );
    assert_eq!(home["token_endpoint"], format!("{authority}/organizations/oauth2/v2.0/token"));
    let own = bench.send(Method::GET, &configuration("contoso.example"), None, None).await.json();
    assert_eq!(
        own["issuer"],
        format!("{authority}/{CONTOSO}/v2.0"),
        "a domain is resolved to its tenant"
    );
    let instance = |endpoint: &str| {
        format!(
            "{authority}/common/discovery/instance?api-version=1.1&authorization_endpoint={endpoint}"
        )
    };
    let known = instance("https%3A%2F%2Flogin.microsoftonline.com%2Fcommon%2Foauth2%2Fauthorize");
    let reply = bench.send(Method::GET, &known, None, None).await.json();
    assert!(
        reply["metadata"][0]["aliases"]
            .as_array()
            .is_some_and(|all| all.contains(&"login.windows.net".into()))
    );
    let unknown = instance("https%3A%2F%2Flogin.evil.example%2Fcommon%2Foauth2%2Fauthorize");
    let reply = bench.send(Method::GET, &unknown, None, None).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["error"]), (400, &"invalid_instance".into()));
}

#[tokio::test]
async fn each_kind_of_authority_has_its_own_issuer() {
    let bench = Bench::start().await;
    let authority = bench.simulator.addresses().authority;
    for (segment, issuer, endpoints) in [
        ("organizations", "{tenantid}", "organizations"),
        ("common", "{tenantid}", "common"),
        ("consumers", "9188040d-6c67-4c5b-b112-36a304b66dad", "consumers"),
        (FABRIKAM, FABRIKAM, FABRIKAM),
        ("fabrikam.example", FABRIKAM, FABRIKAM),
    ] {
        let url = format!("{authority}/{segment}/v2.0/.well-known/openid-configuration");
        let body = bench.send(Method::GET, &url, None, None).await.json();
        assert_eq!(body["issuer"], format!("{authority}/{issuer}/v2.0"), "{segment}");
        for (member, path) in [
            ("token_endpoint", "oauth2/v2.0/token"),
            ("authorization_endpoint", "oauth2/v2.0/authorize"),
            ("device_authorization_endpoint", "oauth2/v2.0/devicecode"),
            ("end_session_endpoint", "oauth2/v2.0/logout"),
            ("jwks_uri", "discovery/v2.0/keys"),
        ] {
            assert_eq!(body[member], format!("{authority}/{endpoints}/{path}"), "{segment}");
        }
    }
    let page = bench.open_page("consumers", &proper()).await;
    assert!(page.text.contains("AADSTS700016"), "personal accounts have no such application");
}

#[tokio::test]
async fn instance_discovery_answers_each_version_as_recorded() {
    let bench = Bench::start().await;
    let authority = bench.simulator.addresses().authority;
    let ask = async |version: &str, endpoint: &str| {
        let base = format!("{authority}/common/discovery/instance");
        let query = [("api-version", version), ("authorization_endpoint", endpoint)];
        let url = Url::parse_with_params(&base, query).expect("a proper address");
        bench.send(Method::GET, url.as_str(), None, None).await.json()
    };
    let old = ask("1.0", "https://login.windows.net/contoso.example/oauth2/authorize").await;
    assert_eq!(
        old,
        serde_json::json!({"tenant_discovery_endpoint": "https://login.windows.net/contoso.example/.well-known/openid-configuration"}),
        "1.0 tells no clouds"
    );
    let new = ask("1.1", "https://sts.windows.net/contoso.example/oauth2/v2.0/authorize").await;
    assert_eq!(
        new["tenant_discovery_endpoint"],
        "https://sts.windows.net/contoso.example/v2.0/.well-known/openid-configuration"
    );
    assert_eq!(new["metadata"].as_array().map(Vec::len), Some(6), "five clouds and this one");
    let own = ask("1.1", &format!("{authority}/common/oauth2/v2.0/authorize")).await;
    assert_eq!(
        own["tenant_discovery_endpoint"],
        format!("{authority}/common/v2.0/.well-known/openid-configuration")
    );
    let tests = ask("1.0", "https://login.windows-ppe.net/contoso.example/oauth2/authorize").await;
    assert!(tests["error"].is_null(), "the cloud of Microsoft's own tests is known: {tests}");
    let newer = ask("2.0", "https://login.microsoftonline.com/common/oauth2/authorize").await;
    assert_eq!(newer["error"], "invalid_instance");
}

#[tokio::test]
async fn a_refusal_can_be_found_again_by_the_ids_of_the_client_and_of_entra() {
    let bench = Bench::start().await;
    let id = "1ccf1265-f070-4276-9daf-84b852e46946";
    let url = format!("{}/organizations/oauth2/v2.0/token", bench.simulator.addresses().authority);
    let form = redemption("made-up");
    let in_form: Vec<(&str, &str)> =
        form.iter().copied().chain([("client-request-id", id)]).collect();
    for request in [
        bench.client.post(format!("{url}?client-request-id={id}")).form(&form),
        bench.client.post(&url).header("client-request-id", id).form(&form),
        bench.client.post(&url).form(&in_form),
    ] {
        let reply = read(request.send().await.expect("an answer")).await;
        let body = reply.json();
        assert_eq!(body["correlation_id"], id, "the client's own id");
        assert_eq!(body["trace_id"], reply.header("x-ms-request-id"), "Entra's own id");
        assert_eq!(
            body["error_description"],
            format!(
                "AADSTS70000: Provided grant is invalid or malformed. Trace ID: {} Correlation ID: {id} Timestamp: 2026-11-21 09:00:00Z",
                reply.header("x-ms-request-id")
            )
        );
        assert_eq!(reply.header("client-request-id"), "", "nobody asked for it back");
    }
    let asked = bench.client.post(&url).header("client-request-id", id);
    let asked = asked.header("return-client-request-id", "true").form(&form);
    let reply = read(asked.send().await.expect("an answer")).await;
    assert_eq!(reply.header("client-request-id"), id);
}

#[tokio::test]
async fn a_refusal_has_exactly_the_members_of_the_record() {
    let bench = Bench::start().await;
    let reply = bench.redeem("made-up").await;
    let body = reply.json();
    let members: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(
        members,
        [
            "correlation_id",
            "error",
            "error_codes",
            "error_description",
            "error_uri",
            "timestamp",
            "trace_id"
        ],
        "suberror and claims are there only where they say something"
    );
    assert_eq!(body["error_uri"], "https://login.microsoftonline.com/error?code=70000");
    for (name, value) in [
        ("cache-control", "no-store, no-cache"),
        ("pragma", "no-cache"),
        ("expires", "-1"),
        ("x-ms-clitelem", "1,70000,0,,"),
        ("x-ms-srs", "1.P"),
        ("x-xss-protection", "0"),
        ("x-content-type-options", "nosniff"),
        ("content-type", "application/json; charset=utf-8"),
    ] {
        assert_eq!(reply.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn a_guests_tokens_name_the_home_they_come_from() {
    let bench = Bench::start().await;
    let token = bench.refresh_token(ADA).await;
    let scope = "https://management.azure.com/.default openid";
    let home = bench.refresh(CONTOSO, CLI, &token, scope).await.json();
    let away = bench.refresh(FABRIKAM, CLI, &token, scope).await.json();
    let (home, away) = (
        [claims(&home["access_token"]), claims(&home["id_token"])],
        [claims(&away["access_token"]), claims(&away["id_token"])],
    );
    assert_eq!((&home[0]["upn"], &home[0]["idp"]), (&ADA.into(), &Value::Null));
    assert_eq!(home[1]["idp"], Value::Null);
    let provider = format!("https://sts.windows.net/{CONTOSO}/");
    assert_eq!((&away[0]["upn"], &away[0]["email"]), (&Value::Null, &ADA.into()));
    for token in &away {
        assert_eq!(token["idp"], provider, "who has vouched for the guest");
        assert_eq!(token["tid"], FABRIKAM);
    }
    assert_eq!(away[1]["preferred_username"], ADA);
}

#[tokio::test]
async fn a_token_names_two_hundred_groups_at_most() {
    for (count, named) in [(200, true), (201, false)] {
        let groups: Vec<Value> = (0..count)
            .map(|number| {
                serde_json::json!({
                    "id": format!("00000000-0000-4000-8000-{number:012}"), "tenant": CONTOSO,
                    "name": format!("Group {number}"), "members": [ADA_ID],
                })
            })
            .collect();
        let bench = Bench::start_with(serde_json::json!({ "groups": groups })).await;
        let token = claims(
            &bench.simulator.issue_token(ADA, CONTOSO, "https://management.azure.com").into(),
        );
        assert_eq!(token["groups"].as_array().map(Vec::len), named.then_some(count), "{count}");
        assert_eq!(token["_claim_names"]["groups"].is_null(), named, "{count}");
    }
}

#[tokio::test]
async fn the_scope_of_an_answer_holds_what_was_asked_for_verbatim() {
    let bench = Bench::start().await;
    let token = bench.refresh_token(ADA).await;
    for (asked, granted) in [
        (
            "https://management.core.windows.net//.default",
            "https://management.core.windows.net//user_impersonation https://management.core.windows.net//.default",
        ),
        (
            "https://cognitiveservices.azure.com/.default openid profile",
            "https://cognitiveservices.azure.com/user_impersonation https://cognitiveservices.azure.com/.default",
        ),
        (
            "https://management.azure.com/user_impersonation",
            "https://management.azure.com/user_impersonation",
        ),
        ("User.Read", "User.Read"),
    ] {
        let tokens = bench.refresh("organizations", CLI, &token, asked).await.json();
        assert_eq!(tokens["scope"], granted, "{asked}");
    }
    let graph =
        bench.refresh("organizations", CLI, &token, "https://graph.microsoft.com//.default").await;
    let access = claims(&graph.json()["access_token"]);
    assert_eq!(access["aud"], "https://graph.microsoft.com/", "one slash belongs to the audience");
    assert!(access["scp"].as_str().is_some_and(|all| all.contains("User.Read.All")), "{access}");
}

#[tokio::test]
async fn a_parameter_that_is_sent_twice_is_not_chosen_from() {
    let bench = Bench::start().await;
    let code = bench.sign_in(ADA, "organizations", &proper()).await;
    let mut form = redemption(&code).to_vec();
    form.push(("scope", ARM_SCOPE));
    let reply = bench.token("organizations", &form).await;
    assert_eq!(refusal(&reply), ("invalid_request".into(), 9_000_411));
    assert!(reply.text.contains("The parameter 'scope' is duplicated."), "{}", reply.text);
    let mut parameters = proper();
    parameters.push(("redirect_uri", "http://localhost:1"));
    let page = bench.open_page("organizations", &parameters).await;
    assert_eq!((page.status.as_u16(), page.header("location")), (400, ""));
    assert!(page.text.contains("AADSTS9000411"), "{}", page.text);
    assert_eq!(bench.redeem(&code).await.status, 200, "the code was not touched");
}
