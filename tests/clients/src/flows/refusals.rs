//! What Azure refuses, told by clients that know Azure's refusals.

use serde_json::{Value, json};

use super::chat::{assert_whole, order};
use super::manage::call;
use super::{
    ADA_ID, ARM, CONTOSO, DORA, ENDPOINT, FABRIKAM, GRACE, GRACE_ID, GROUP, INFERENCE, KATHERINE,
    LINUS, MARY, NEW_ENDPOINT, NEW_GROUP, OPENAI_USER, PEGGY, RUTH, THEIR_ENDPOINT,
    THEIR_SUBSCRIPTION,
};
use crate::flow::{Client, Flow, flow};
use crate::stage::{ADA, Stage};

/// A role that the condition of Katherine's does not name.
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

pub(super) fn flows() -> Vec<Flow> {
    const PY: Client = Client::Python;
    const JS: Client = Client::JavaScript;
    let mut flows = vec![
        flow!(
            PY,
            "arm-token-to-inference",
            "a token for ARM is refused by inference",
            ["openai"],
            arm_token_to_inference
        ),
        flow!(
            PY,
            "inference-token-to-arm",
            "a token for inference is refused by ARM",
            ["authorization"],
            inference_token_to_arm
        ),
        flow!(
            PY,
            "token-of-another-tenant",
            "a token of another tenant is refused",
            ["openai", "cognitiveservices"],
            token_of_another_tenant
        ),
        flow!(
            PY,
            "missing-role",
            "a missing role is AuthenticationError 401",
            ["openai"],
            missing_role
        ),
        flow!(
            PY,
            "role-takes-time",
            "a new role does not work at once",
            ["authorization", "openai"],
            role_takes_time
        ),
        flow!(PY, "owner-may-not-chat", "an Owner may not chat", ["openai"], owner_may_not_chat),
        flow!(PY, "group-may-chat", "a group's role opens the chat", ["openai"], group_may_chat),
        flow!(
            PY,
            "parent-scope-counts",
            "a role above the account opens the chat",
            ["openai"],
            parent_scope_counts
        ),
        flow!(
            PY,
            "child-scope-does-not-count",
            "a role below the scope does not count",
            ["authorization"],
            child_scope_does_not_count
        ),
        flow!(
            PY,
            "not-data-actions-count",
            "notDataActions are subtracted",
            ["openai"],
            not_data_actions_count
        ),
        flow!(
            PY,
            "unknown-api-version",
            "an unknown api-version is refused",
            ["cognitiveservices", "openai"],
            unknown_api_version
        ),
        flow!(
            PY,
            "duplicate-assignment",
            "a second assignment of the same is refused",
            ["authorization"],
            duplicate_assignment
        ),
        flow!(
            PY,
            "name-of-another-assignment",
            "a name in use is refused to another principal",
            ["authorization"],
            name_in_use
        ),
        flow!(
            PY,
            "no-deployment",
            "a deployment that is not there is NotFoundError 404",
            ["openai"],
            no_deployment
        ),
        flow!(
            PY,
            "waits-when-throttled",
            "waits as long as Retry-After says",
            ["cognitiveservices", "openai"],
            waits_when_throttled
        ),
        flow!(
            PY,
            "condition-counts",
            "a condition limits what may be assigned",
            ["authorization"],
            condition_counts
        ),
        flow!(
            PY,
            "deny-assignment-counts",
            "a deny assignment wins over a role",
            ["authorization", "openai"],
            deny_assignment_counts
        ),
        flow!(
            PY,
            "answers-a-claims-challenge",
            "answers a claims challenge with a second factor",
            ["identity", "authorization"],
            answers_claims_challenge
        ),
        flow!(
            PY,
            "expired-token",
            "an expired token is refused",
            ["openai", "resource"],
            expired_token
        ),
    ];
    flows.extend([
        flow!(
            JS,
            "arm-token-to-inference",
            "a token for ARM is refused by inference",
            ["openai"],
            arm_token_to_inference
        ),
        flow!(
            JS,
            "inference-token-to-arm",
            "a token for inference is refused by ARM",
            ["cognitiveservices"],
            inference_token_to_arm
        ),
        flow!(
            JS,
            "missing-role",
            "a missing role is AuthenticationError 401",
            ["openai"],
            missing_role
        ),
        flow!(JS, "owner-may-not-chat", "an Owner may not chat", ["openai"], owner_may_not_chat),
        flow!(
            JS,
            "duplicate-assignment",
            "a second assignment of the same is refused",
            ["authorization"],
            duplicate_assignment
        ),
        flow!(
            JS,
            "no-deployment",
            "a deployment that is not there is NotFoundError 404",
            ["openai"],
            no_deployment
        ),
        flow!(
            JS,
            "answers-a-claims-challenge",
            "answers a claims challenge with a second factor",
            ["identity", "authorization"],
            answers_claims_challenge
        ),
        flow!(
            JS,
            "answers-a-session-event",
            "answers a challenge after a session event with a newer token",
            ["identity", "subscriptions"],
            answers_session_event
        ),
    ]);
    flows
}

/// A credential that holds one token whatever it is asked for, as a program has that mixes them up.
async fn mix_up(stage: &mut Stage, client: Client, from: &str, scope: &str) {
    let order = json!({"action": "token", "credential": from, "scope": scope});
    let token = stage.obey(client, order).await["token"]["token"].clone();
    let order =
        json!({"action": "credential", "credential": "arm", "kind": "token", "token": token});
    stage.obey(client, order).await;
}

/// A chat of this form with the endpoint, by the credential `arm`.
fn chat_with(endpoint: &str, form: &str) -> Value {
    let mut order = order(form, INFERENCE, false);
    order["credential"] = json!("arm");
    order["endpoint"] = json!(endpoint);
    order
}

async fn arm_token_to_inference(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "ada", ADA, Some(CONTOSO)).await;
    mix_up(stage, client, "ada", ARM).await;
    for form in ["dated", "v1"] {
        let failure = stage.fail(client, chat_with(ENDPOINT, form)).await;
        assert_eq!((failure.kind.as_str(), failure.status), ("AuthenticationError", 401));
        // The answer has no `error` member, without which the JavaScript SDK tells nothing of it.
        let is_told = failure.message.contains("audience") || client == Client::JavaScript;
        assert!(is_told, "{failure:?}");
    }
}

async fn inference_token_to_arm(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "ada", ADA, Some(CONTOSO)).await;
    mix_up(stage, client, "ada", INFERENCE).await;
    let failure = stage.fail(client, call("accounts.list", json!({}))).await;
    let kind = if client == Client::Python { "ClientAuthenticationError" } else { "RestError" };
    assert_eq!((failure.kind.as_str(), failure.status), (kind, 401));
    assert_eq!(failure.code, "InvalidAuthenticationTokenAudience");
}

async fn token_of_another_tenant(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "linus", LINUS, Some(FABRIKAM)).await;
    stage
        .obey(
            client,
            json!({
                "action": "token", "credential": "linus", "scope": INFERENCE,
            }),
        )
        .await;
    mix_up(stage, client, "linus", INFERENCE).await;
    let answer = stage.obey(client, chat_with(THEIR_ENDPOINT, "v1")).await;
    assert_whole(&answer["chat"]);
    let failure = stage.fail(client, chat_with(ENDPOINT, "v1")).await;
    assert!(failure.status == 400 || failure.status == 401, "{failure:?}");
    mix_up(stage, client, "linus", ARM).await;
    let own = json!({"subscription": THEIR_SUBSCRIPTION});
    stage.obey(client, call("accounts.list", own)).await;
    let failure = stage.fail(client, call("accounts.list", json!({}))).await;
    assert_eq!((failure.status, failure.code.as_str()), (401, "InvalidAuthenticationTokenTenant"));
}

async fn expired_token(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "ada", ADA, Some(CONTOSO)).await;
    mix_up(stage, client, "ada", ARM).await;
    stage.obey(client, call("subscriptions.list", json!({}))).await;
    stage.practice.advance(25 * 60 * 60).await;
    let failure = stage.fail(client, call("subscriptions.list", json!({}))).await;
    assert_eq!((failure.status, failure.code.as_str()), (401, "ExpiredAuthenticationToken"));
}

async fn missing_role(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    for form in ["dated", "v1"] {
        let failure = stage.fail(client, chat_with(NEW_ENDPOINT, form)).await;
        assert_eq!((failure.kind.as_str(), failure.status), ("AuthenticationError", 401));
        assert_eq!(failure.code, "PermissionDenied", "{failure:?}");
    }
    assert_eq!(stage.practice.count("chat.create").await, 2, "no SDK tries again");
}

async fn role_takes_time(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let assign = json!({"scope": NEW_GROUP, "role": OPENAI_USER, "principal": ADA_ID});
    stage.obey(client, call("roleAssignments.create", assign)).await;
    let failure = stage.fail(client, chat_with(NEW_ENDPOINT, "v1")).await;
    assert_eq!(failure.status, 401, "the data plane does not know of it yet: {failure:?}");
    stage.practice.advance(41).await;
    let answer = stage.obey(client, chat_with(NEW_ENDPOINT, "v1")).await;
    assert_whole(&answer["chat"]);
}

async fn owner_may_not_chat(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", GRACE, Some(CONTOSO)).await;
    let which = json!({"group": "rg-chat", "account": "contoso-chat"});
    stage.obey(client, call("accounts.get", which)).await;
    let failure = stage.fail(client, chat_with(ENDPOINT, "v1")).await;
    assert_eq!((failure.kind.as_str(), failure.status), ("AuthenticationError", 401));
}

async fn group_may_chat(stage: &mut Stage, client: Client) {
    may_chat(stage, client, MARY).await;
}

async fn parent_scope_counts(stage: &mut Stage, client: Client) {
    may_chat(stage, client, RUTH).await;
}

async fn may_chat(stage: &mut Stage, client: Client, upn: &str) {
    stage.sign_in_sdk(client, "arm", upn, Some(CONTOSO)).await;
    let answer = stage.obey(client, chat_with(ENDPOINT, "v1")).await;
    assert_whole(&answer["chat"]);
}

async fn child_scope_does_not_count(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", DORA, Some(CONTOSO)).await;
    let account = format!("{GROUP}/providers/Microsoft.CognitiveServices/accounts/contoso-chat");
    let assign = |scope: &str| json!({"scope": scope, "role": OPENAI_USER, "principal": GRACE_ID});
    let order = call("roleAssignments.create", assign(&account));
    stage.obey(client, order).await;
    let failure = stage.fail(client, call("roleAssignments.create", assign(GROUP))).await;
    assert_eq!((failure.status, failure.code.as_str()), (403, "AuthorizationFailed"));
    let order = call("roleAssignments.list", json!({"scope": GROUP}));
    let failure = stage.fail(client, order).await;
    assert_eq!(failure.status, 403, "nor may she look: {failure:?}");
}

async fn not_data_actions_count(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", PEGGY, Some(CONTOSO)).await;
    let failure = stage.fail(client, chat_with(ENDPOINT, "v1")).await;
    assert_eq!((failure.status, failure.code.as_str()), (401, "PermissionDenied"));
}

async fn condition_counts(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", KATHERINE, Some(CONTOSO)).await;
    let assign = |role: &str| json!({"scope": NEW_GROUP, "role": role, "principal": ADA_ID});
    let failure = stage.fail(client, call("roleAssignments.create", assign(READER))).await;
    assert_eq!((failure.status, failure.code.as_str()), (403, "AuthorizationFailed"));
    assert!(failure.message.contains("ABAC condition"), "the reason is told: {failure:?}");
    stage.obey(client, call("roleAssignments.create", assign(OPENAI_USER))).await;
}

async fn deny_assignment_counts(stage: &mut Stage, client: Client) {
    let denied = json!([{
        "id": "cd9ae1d4-1234-4c0f-9b4e-6d7f7f0e2a11", "name": "Locked by the platform team",
        "scope": GROUP, "principals": ["00000000-0000-0000-0000-000000000000"],
        "actions": ["Microsoft.Authorization/roleAssignments/write"],
        "data_actions": ["Microsoft.CognitiveServices/accounts/OpenAI/*"],
    }]);
    stage.set_scenario(&json!({"deny_assignments": denied})).await;
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let listed = stage.obey(client, call("denyAssignments.list", json!({"scope": GROUP}))).await;
    assert_eq!(listed["result"].as_array().map(Vec::len), Some(1), "{listed}");
    let failure = stage.fail(client, chat_with(ENDPOINT, "v1")).await;
    assert_eq!(failure.status, 401, "her role is outweighed: {failure:?}");
    let assign = json!({"scope": GROUP, "role": OPENAI_USER, "principal": GRACE_ID});
    let failure = stage.fail(client, call("roleAssignments.create", assign)).await;
    assert_eq!(failure.status, 403, "{failure:?}");
    assert!(failure.message.contains("deny assignment"), "the reason is told: {failure:?}");
}

async fn answers_claims_challenge(stage: &mut Stage, client: Client) {
    demand_mfa_for_writes(stage).await;
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let assign = json!({"scope": NEW_GROUP, "role": OPENAI_USER, "principal": ADA_ID});
    stage.obey(client, call("roleAssignments.create", assign)).await;
    assert_eq!(
        stage.practice.statuses("roleAssignments.create").await,
        [401, 201],
        "the SDK asks for the claims and repeats the request"
    );
    assert!(stage.practice.count("entra.authorize").await > 1, "the person was asked again");
}

/// The SDK declares by itself that it can answer; those of Python do so on request only.
async fn answers_session_event(stage: &mut Stage, client: Client) {
    let tenants = json!([{
        "id": CONTOSO, "name": "Contoso", "domains": ["contoso.onmicrosoft.com"],
        "policies": {"session_events": [{"after_seconds": 600}]},
    }, {"id": FABRIKAM, "name": "Fabrikam", "domains": ["fabrikam.onmicrosoft.com"]}]);
    stage.set_scenario(&json!({"tenants": tenants})).await;
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    stage.obey(client, call("tenants.list", json!({}))).await;
    let asked = stage.practice.count("entra.authorize").await;
    stage.practice.advance(600).await;
    stage.obey(client, call("tenants.list", json!({}))).await;
    assert_eq!(
        stage.practice.statuses("tenants.list").await,
        [200, 401, 200],
        "the SDK asks for the claims and repeats the request"
    );
    assert_eq!(stage.practice.count("entra.authorize").await, asked, "nobody was asked again");
}

/// From now on Contoso wants a second factor before anything is changed.
pub(super) async fn demand_mfa_for_writes(stage: &Stage) {
    let tenants = json!([{
        "id": CONTOSO, "name": "Contoso", "domains": ["contoso.onmicrosoft.com"],
        "policies": {"mfa_for_writes": true},
    }, {"id": FABRIKAM, "name": "Fabrikam", "domains": ["fabrikam.onmicrosoft.com"]}]);
    stage.set_scenario(&json!({"tenants": tenants})).await;
}

async fn unknown_api_version(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let order = call("subscriptions.list", json!({"api_version": "2011-11-11"}));
    let failure = stage.fail(client, order).await;
    assert_eq!(failure.status, 400, "{failure:?}");
    let mut order = chat_with(ENDPOINT, "dated");
    order["api_version"] = json!("2011-11-11");
    let failure = stage.fail(client, order).await;
    assert_eq!(failure.status, 404, "inference knows no such resource: {failure:?}");
}

async fn duplicate_assignment(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let assign = json!({"scope": NEW_GROUP, "role": OPENAI_USER, "principal": ADA_ID});
    let order = call("roleAssignments.create", assign);
    stage.obey(client, order.clone()).await;
    let failure = stage.fail(client, order).await;
    let kind = if client == Client::Python { "ResourceExistsError" } else { "RestError" };
    assert_eq!((failure.kind.as_str(), failure.status), (kind, 409));
    assert_eq!(failure.code, "RoleAssignmentExists");
}

async fn name_in_use(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let name = uuid::Uuid::new_v4().to_string();
    let mut assign =
        json!({"scope": NEW_GROUP, "role": OPENAI_USER, "principal": ADA_ID, "name": name});
    stage.obey(client, call("roleAssignments.create", assign.clone())).await;
    assign["principal"] = json!(GRACE_ID);
    let failure = stage.fail(client, call("roleAssignments.create", assign)).await;
    assert_eq!((failure.status, failure.code.as_str()), (400, "RoleAssignmentUpdateNotPermitted"));
}

async fn no_deployment(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let mut order = chat_with(ENDPOINT, "dated");
    order["deployment"] = json!("no-such-deployment");
    let failure = stage.fail(client, order).await;
    assert_eq!((failure.kind.as_str(), failure.status), ("NotFoundError", 404));
    assert_eq!(failure.code, "DeploymentNotFound");
}

async fn waits_when_throttled(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let throttle = |operation: &str, code: &str| {
        json!({
            "when": {"operation": operation},
            "act": {"answer": {
                "status": 429, "headers": {"retry-after": "2"},
                "body": {"error": {"code": code, "message": "Slow down."}},
            }},
            "times": 1,
        })
    };
    let faults = [throttle("accounts.get", "TooManyRequests"), throttle("chat.create", "429")];
    stage.practice.set_faults(json!(faults)).await;
    let which = json!({"group": "rg-chat", "account": "contoso-chat"});
    for order in [call("accounts.get", which), chat_with(ENDPOINT, "v1")] {
        let start = std::time::Instant::now();
        stage.obey(client, order.clone()).await;
        assert!(start.elapsed().as_millis() >= 2000, "{order} came back too early");
    }
    assert_eq!(stage.practice.statuses("accounts.get").await, [429, 200]);
    assert_eq!(stage.practice.statuses("chat.create").await, [429, 200]);
}
