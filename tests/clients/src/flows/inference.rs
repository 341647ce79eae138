//! What Entra and inference refuse, and what opens a chat, told by the SDKs of Go and Java.

use serde_json::{Value, json};

use super::chat::{assert_streamed, assert_whole, order};
use super::{
    ADA_ID, ARM, CONTOSO, DEPLOYMENT, ENDPOINT, FABRIKAM, FOUNDRY, GRACE, GROUP, INFERENCE, LINUS,
    MARY, NEW_ENDPOINT, NEW_GROUP, OPENAI_USER, PEGGY, ROBOT_APP, ROBOT_SECRET, RUTH,
    THEIR_ENDPOINT,
};
use crate::flow::{Client, Flow, flow};
use crate::sdk::Failure;
use crate::stage::{ADA, Stage};

pub(super) fn flows() -> Vec<Flow> {
    let of_each = |client| [chats(client), sign_ins(client), refusals(client)].concat();
    let mut flows: Vec<Flow> = [Client::Go, Client::Java].into_iter().flat_map(of_each).collect();
    flows.push(flow!(
        Client::Go,
        "refuses-foreign-issuer",
        "metadata of another issuer is refused by the SDK",
        ["identity", "microsoft-authentication"],
        foreign_issuer
    ));
    flows
}

fn chats(client: Client) -> Vec<Flow> {
    vec![
        flow!(
            client,
            "chats-as-in-article",
            "DefaultAzureCredential → Azure CLI → chat with the article's own client",
            ["identity", "azopenai", "azure-ai-openai"],
            as_in_article
        ),
        flow!(
            client,
            "chats-by-azure-cli-credential",
            "AzureCliCredential of a tenant → chat",
            ["identity", "openai-"],
            by_azure_cli_credential
        ),
        flow!(
            client,
            "chats-with-secret",
            "an application with a secret chats",
            ["identity", "openai-"],
            with_secret
        ),
        flow!(client, "group-may-chat", "a group's role opens the chat", ["openai-"], group),
        flow!(
            client,
            "parent-scope-counts",
            "a role above the account opens the chat",
            ["openai-"],
            parent_scope
        ),
        flow!(
            client,
            "role-takes-time",
            "a role that Azure CLI just assigned opens the chat later",
            ["openai-"],
            role_takes_time
        ),
        flow!(
            client,
            "waits-when-throttled",
            "waits as long as retry-after says",
            ["openai-"],
            throttled
        ),
    ]
}

fn sign_ins(client: Client) -> Vec<Flow> {
    vec![
        flow!(
            client,
            "signs-in-by-another-name",
            "signs in at another name of the authority",
            ["identity", "microsoft-authentication", "msal"],
            by_another_name
        ),
        flow!(
            client,
            "refuses-foreign-authority",
            "an authority that Entra does not know is refused by the SDK",
            ["identity", "microsoft-authentication", "msal"],
            foreign_authority
        ),
        flow!(
            client,
            "unknown-tenant",
            "a tenant that is not there is an error of the SDK",
            ["identity"],
            unknown_tenant
        ),
        flow!(
            client,
            "sign-in-declined",
            "a declined sign-in is an error of the SDK",
            ["identity"],
            declined
        ),
        flow!(
            client,
            "signed-out-of-azure-cli",
            "DefaultAzureCredential names Azure CLI when it is signed out",
            ["identity"],
            signed_out
        ),
    ]
}

fn refusals(client: Client) -> Vec<Flow> {
    vec![
        flow!(client, "missing-role", "a missing role is 401", ["openai"], missing_role),
        flow!(client, "owner-may-not-chat", "an Owner may not chat", ["openai-"], owner),
        flow!(
            client,
            "not-data-actions-count",
            "notDataActions are subtracted",
            ["openai-"],
            not_data_actions
        ),
        flow!(
            client,
            "deny-assignment-counts",
            "a deny assignment outweighs the role",
            ["openai-"],
            deny_assignment
        ),
        flow!(
            client,
            "arm-token-to-inference",
            "a token for ARM is refused by inference",
            ["openai"],
            arm_token
        ),
        flow!(
            client,
            "token-of-another-tenant",
            "a token of another tenant is refused",
            ["openai-"],
            another_tenant
        ),
        flow!(client, "expired-token", "an expired token is refused", ["openai-"], expired),
        flow!(
            client,
            "unknown-api-version",
            "an unknown api-version is 404",
            ["openai-"],
            unknown_api_version
        ),
        flow!(
            client,
            "no-deployment",
            "a deployment that is not there is 404",
            ["openai"],
            no_deployment
        ),
    ]
}

/// The errors of a client, by what they mean.
struct Errors {
    /// Of the OpenAI client.
    unauthorized: &'static str,
    not_found: &'static str,
    /// Of the article's client.
    article_unauthorized: &'static str,
    article_not_found: &'static str,
    /// Of Entra's answer.
    sign_in: &'static str,
    /// Of the browser's answer: the type, and what the text says.
    declined: (&'static str, &'static str),
}

fn errors_of(client: Client) -> Errors {
    match client {
        Client::Go => Errors {
            unauthorized: "*apierror.Error",
            not_found: "*apierror.Error",
            article_unauthorized: "*exported.ResponseError",
            article_not_found: "*exported.ResponseError",
            sign_in: "*azidentity.AuthenticationFailedError",
            declined: ("*azidentity.AuthenticationFailedError", "AADSTS65004"),
        },
        _ => Errors {
            unauthorized: "com.openai.errors.UnauthorizedException",
            not_found: "com.openai.errors.NotFoundException",
            article_unauthorized: "com.azure.core.exception.ClientAuthenticationException",
            article_not_found: "com.azure.core.exception.ResourceNotFoundException",
            sign_in: "com.microsoft.aad.msal4j.MsalServiceException",
            // MSAL does not look at the error of a redirect.
            declined: ("com.microsoft.aad.msal4j.MsalClientException", "No Authorization code"),
        },
    }
}

fn assert_failed(failure: &Failure, kind: &str, status: u64, code: &str) {
    assert_eq!(
        (failure.kind.as_str(), failure.status, failure.code.as_str()),
        (kind, status, code),
        "{failure:?}"
    );
}

/// Makes a credential of this kind, with these members of the command.
async fn make(stage: &mut Stage, client: Client, name: &str, kind: &str, more: Value) {
    let mut order = json!({"action": "credential", "credential": name, "kind": kind});
    order.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    stage.obey(client, order).await;
}

/// A chat of this form with an endpoint, by the credential.
fn chat(credential: &str, endpoint: &str, form: &str) -> Value {
    let mut order = order(form, INFERENCE, false);
    order["credential"] = json!(credential);
    order["endpoint"] = json!(endpoint);
    order
}

/// A credential `mixed` that holds one token whatever it is asked for.
async fn mix_up(stage: &mut Stage, client: Client, from: &str, scope: &str) {
    let ask = json!({"action": "token", "credential": from, "scope": scope});
    let token = stage.obey(client, ask).await["token"]["token"].clone();
    make(stage, client, "mixed", "token", json!({"token": token})).await;
}

async fn may_chat(stage: &mut Stage, client: Client, upn: &str) {
    stage.sign_in_sdk(client, "person", upn, Some(CONTOSO)).await;
    for form in ["dated", "v1"] {
        let answer = stage.obey(client, chat("person", ENDPOINT, form)).await;
        assert_whole(&answer["chat"]);
    }
}

async fn may_not_chat(stage: &mut Stage, client: Client, upn: &str, endpoint: &str) {
    stage.sign_in_sdk(client, "person", upn, Some(CONTOSO)).await;
    let errors = errors_of(client);
    for form in ["dated", "v1"] {
        let failure = stage.fail(client, chat("person", endpoint, form)).await;
        assert_failed(&failure, errors.unauthorized, 401, "PermissionDenied");
        assert!(failure.message.contains("chat/completions/action"), "{failure:?}");
    }
    let failure = stage.fail(client, chat("person", endpoint, "article")).await;
    assert_failed(&failure, errors.article_unauthorized, 401, "PermissionDenied");
    assert_eq!(stage.practice.count("chat.create").await, 3, "no SDK tries again");
}

async fn as_in_article(stage: &mut Stage, client: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    make(stage, client, "default", "default", json!({})).await;
    let whole = stage.obey(client, order("article", INFERENCE, false)).await;
    assert_whole(&whole["chat"]);
    let streamed = stage.obey(client, order("article", INFERENCE, true)).await["chat"].clone();
    // Go's client of 2024 cannot ask for the usage; it insists on `[DONE]`.
    assert_eq!(streamed["first_without_choice"], true, "the filter comes first: {streamed}");
    assert_eq!(streamed["text"], whole["chat"]["text"], "the same words, in pieces");
    assert_eq!(streamed["finish"], "stop", "{streamed}");
}

async fn by_azure_cli_credential(stage: &mut Stage, client: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    make(stage, client, "default", "azure-cli", json!({"tenant": CONTOSO})).await;
    let answer = stage.obey(client, order("v1", FOUNDRY, true)).await;
    assert_streamed(&answer["chat"]);
}

async fn with_secret(stage: &mut Stage, client: Client) {
    let secret = json!({"tenant": CONTOSO, "client_id": ROBOT_APP, "client_secret": ROBOT_SECRET});
    make(stage, client, "robot", "client-secret", secret).await;
    let answer = stage.obey(client, chat("robot", ENDPOINT, "v1")).await;
    assert_whole(&answer["chat"]);
    let errors = errors_of(client);
    let failure = stage.fail(client, chat("robot", NEW_ENDPOINT, "v1")).await;
    assert_failed(&failure, errors.unauthorized, 401, "PermissionDenied");
}

async fn group(stage: &mut Stage, client: Client) {
    may_chat(stage, client, MARY).await;
}

async fn parent_scope(stage: &mut Stage, client: Client) {
    may_chat(stage, client, RUTH).await;
}

async fn role_takes_time(stage: &mut Stage, client: Client) {
    // Longer than Azure CLI and a busy machine take between the assignment and the chat.
    stage.set_scenario(&json!({"role_effective_after_seconds": 600})).await;
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    make(stage, client, "default", "default", json!({})).await;
    let assign = ["role", "assignment", "create", "--role", OPENAI_USER, "--scope", NEW_GROUP];
    let whom = ["--assignee-object-id", ADA_ID, "--assignee-principal-type", "User"];
    stage.az(&[&assign[..], &whom].concat()).await.succeeded();
    let failure = stage.fail(client, chat("default", NEW_ENDPOINT, "v1")).await;
    assert_failed(&failure, errors_of(client).unauthorized, 401, "PermissionDenied");
    stage.practice.advance(601).await;
    let answer = stage.obey(client, chat("default", NEW_ENDPOINT, "v1")).await;
    assert_whole(&answer["chat"]);
}

async fn throttled(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "person", ADA, Some(CONTOSO)).await;
    let body = json!({"error": {"code": "429", "message": "Slow down."}});
    let throttle = json!({"status": 429, "headers": {"retry-after": "2"}, "body": body});
    let once = json!([{
        "when": {"operation": "chat.create"}, "act": {"answer": throttle}, "times": 1,
    }]);
    stage.practice.set_faults(once).await;
    let start = std::time::Instant::now();
    stage.obey(client, chat("person", ENDPOINT, "v1")).await;
    assert!(start.elapsed().as_millis() >= 2000, "it came back too early");
    assert_eq!(stage.practice.statuses("chat.create").await, [429, 200]);
}

async fn by_another_name(stage: &mut Stage, client: Client) {
    let other = json!({
        "authority": "https://login.microsoft.com/", "tenant": CONTOSO,
        "client_id": ROBOT_APP, "client_secret": ROBOT_SECRET,
    });
    make(stage, client, "robot", "client-secret", other).await;
    let answer = stage.obey(client, chat("robot", ENDPOINT, "v1")).await;
    assert_whole(&answer["chat"]);
}

async fn foreign_authority(stage: &mut Stage, client: Client) {
    let foreign = json!({
        "authority": "https://login.contoso.example/", "tenant": CONTOSO,
        "client_id": ROBOT_APP, "client_secret": ROBOT_SECRET,
    });
    make(stage, client, "robot", "client-secret", foreign).await;
    let ask = json!({"action": "token", "credential": "robot", "scope": INFERENCE});
    let failure = stage.fail(client, ask).await;
    assert_failed(&failure, errors_of(client).sign_in, 400, "invalid_instance");
    stage.practice.saw(&["entra.discovery"]).await;
    assert_eq!(stage.practice.count("entra.token").await, 0, "the secret went nowhere");
}

async fn foreign_issuer(stage: &mut Stage, client: Client) {
    let ours = format!("https://login.microsoftonline.com/{CONTOSO}");
    let metadata = json!({
        "issuer": format!("https://login.contoso.example/{CONTOSO}/v2.0"),
        "authorization_endpoint": format!("{ours}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{ours}/oauth2/v2.0/token"),
    });
    let answer = json!({"status": 200, "body": metadata});
    let forged = json!([{"when": {"operation": "entra.configuration"}, "act": {"answer": answer}}]);
    stage.practice.set_faults(forged).await;
    let secret = json!({"tenant": CONTOSO, "client_id": ROBOT_APP, "client_secret": ROBOT_SECRET});
    make(stage, client, "robot", "client-secret", secret).await;
    let ask = json!({"action": "token", "credential": "robot", "scope": INFERENCE});
    let failure = stage.fail(client, ask.clone()).await;
    assert!(failure.message.contains("does not match authority"), "{failure:?}");
    assert_eq!(stage.practice.count("entra.token").await, 0, "the secret went nowhere");
    // What practice Azure itself says of its issuer passes the same rule.
    stage.practice.set_faults(json!([])).await;
    stage.obey(client, ask).await;
}

async fn unknown_tenant(stage: &mut Stage, client: Client) {
    let nowhere = "00000000-1111-2222-3333-444444444444";
    let unknown = json!({"tenant": nowhere, "client_id": ROBOT_APP, "client_secret": ROBOT_SECRET});
    make(stage, client, "robot", "client-secret", unknown).await;
    let ask = json!({"action": "token", "credential": "robot", "scope": INFERENCE});
    let failure = stage.fail(client, ask).await;
    assert_eq!((failure.kind.as_str(), failure.status), (errors_of(client).sign_in, 400));
    assert!(failure.message.contains("AADSTS90002"), "{failure:?}");
}

async fn declined(stage: &mut Stage, client: Client) {
    make(stage, client, "browser", "browser", json!({})).await;
    let ask = json!({"action": "token", "credential": "browser", "scope": ARM});
    stage.sdk(client).await.send(&ask).await;
    let address = stage.opened.next().await;
    stage.browser().await.decline(&address).await;
    let failure = stage.sdk(client).await.read().await["failure"].clone();
    let (kind, text) = errors_of(client).declined;
    assert_eq!(failure["type"], kind, "{failure}");
    assert!(failure["message"].as_str().is_some_and(|said| said.contains(text)), "{failure}");
    assert_eq!(stage.practice.count("entra.token").await, 0, "there was no code to redeem");
}

async fn signed_out(stage: &mut Stage, client: Client) {
    stage.sign_in_az(ADA, &["--tenant", CONTOSO]).await.succeeded();
    stage.az(&["logout"]).await.succeeded();
    make(stage, client, "default", "default", json!({})).await;
    let failure = stage.fail(client, order("v1", INFERENCE, false)).await;
    assert!(failure.message.contains("az login"), "{failure:?}");
    assert_eq!(stage.practice.count("chat.create").await, 0, "there was no token to send");
}

async fn missing_role(stage: &mut Stage, client: Client) {
    may_not_chat(stage, client, ADA, NEW_ENDPOINT).await;
}

async fn owner(stage: &mut Stage, client: Client) {
    may_not_chat(stage, client, GRACE, ENDPOINT).await;
}

async fn not_data_actions(stage: &mut Stage, client: Client) {
    may_not_chat(stage, client, PEGGY, ENDPOINT).await;
}

async fn deny_assignment(stage: &mut Stage, client: Client) {
    let everyone = "00000000-0000-0000-0000-000000000000";
    let denied = json!([{
        "id": "cd9ae1d4-1234-4c0f-9b4e-6d7f7f0e2a11", "name": "Closed by the platform team",
        "scope": GROUP, "principals": [everyone],
        "data_actions": ["Microsoft.CognitiveServices/accounts/OpenAI/*"],
    }]);
    stage.set_scenario(&json!({"deny_assignments": denied})).await;
    may_not_chat(stage, client, ADA, ENDPOINT).await;
}

async fn arm_token(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "person", ADA, Some(CONTOSO)).await;
    let errors = errors_of(client);
    for form in ["dated", "v1"] {
        let mut order = chat("person", ENDPOINT, form);
        order["scope"] = json!(ARM);
        let failure = stage.fail(client, order).await;
        assert_failed(&failure, errors.unauthorized, 401, "");
        assert!(failure.message.contains("audience is incorrect"), "{failure:?}");
    }
    mix_up(stage, client, "person", ARM).await;
    let failure = stage.fail(client, chat("mixed", ENDPOINT, "article")).await;
    assert_eq!((failure.kind.as_str(), failure.status), (errors.article_unauthorized, 401));
}

async fn another_tenant(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "person", LINUS, Some(FABRIKAM)).await;
    let answer = stage.obey(client, chat("person", THEIR_ENDPOINT, "v1")).await;
    assert_whole(&answer["chat"]);
    let failure = stage.fail(client, chat("person", ENDPOINT, "v1")).await;
    assert_eq!(failure.status, 400, "{failure:?}");
    assert!(failure.message.contains("does not match resource tenant"), "{failure:?}");
}

async fn expired(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "person", ADA, Some(CONTOSO)).await;
    let answer = stage.obey(client, chat("person", ENDPOINT, "v1")).await;
    assert_whole(&answer["chat"]);
    stage.practice.advance(25 * 60 * 60).await;
    // By its own clock the SDK holds a token that is good.
    let failure = stage.fail(client, chat("person", ENDPOINT, "v1")).await;
    assert_failed(&failure, errors_of(client).unauthorized, 401, "");
    assert!(failure.message.contains("have expired"), "{failure:?}");
}

async fn unknown_api_version(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "person", ADA, Some(CONTOSO)).await;
    let mut order = chat("person", ENDPOINT, "dated");
    order["api_version"] = json!("2011-11-11");
    let failure = stage.fail(client, order).await;
    assert_failed(&failure, errors_of(client).not_found, 404, "404");
}

async fn no_deployment(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "person", ADA, Some(CONTOSO)).await;
    let errors = errors_of(client);
    let forms = [
        ("dated", errors.not_found),
        ("v1", errors.not_found),
        ("article", errors.article_not_found),
    ];
    for (form, kind) in forms {
        let mut order = chat("person", ENDPOINT, form);
        order["deployment"] = json!(format!("no-{DEPLOYMENT}"));
        assert_failed(&stage.fail(client, order).await, kind, 404, "DeploymentNotFound");
    }
}
