//! Conditions, deny assignments, groups and custom roles: who may do what, over real HTTP.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bench::{
    ACCOUNT, ADA, ADA_ID, Bench, GRACE, GRACE_ID, GROUP, MARY, MARY_ID, OPENAI_USER, OUTER_GROUP,
    Reply, SUBSCRIPTION, assignment_body,
};

const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const RBAC_ADMINISTRATOR: &str = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
const FOUNDRY_PROJECT_MANAGER: &str = "eadc314b-1a2d-4efa-be10-5d325db5065e";
const FOUNDRY_USER: &str = "53ca6127-db72-4b80-b1b0-d745d6d5456d";
const EVERYONE: &str = "00000000-0000-0000-0000-000000000000";

/// What the portal writes for "only these roles, only to people and groups".
fn only_openai_user() -> String {
    let clause = |source: &str| {
        format!(
            "{source}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{OPENAI_USER}}} AND {source}[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'User'}}"
        )
    };
    format!(
        "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/write'}})) OR ({})) AND ((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/delete'}})) OR ({}))",
        clause("@Request"),
        clause("@Resource")
    )
}

fn item(scope: &str, name: &str) -> String {
    format!(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
    )
}

/// Gives a role under a condition, as Grace.
async fn give(bench: &Bench, scope: &str, role: &str, principal: &str, properties: Value) -> Reply {
    let mut body = assignment_body(role, principal);
    for (name, value) in properties.as_object().expect("members") {
        body["properties"][name] = value.clone();
    }
    let path = item(scope, &Uuid::new_v4().to_string());
    bench.arm(Method::PUT, &path, &bench.arm_token(GRACE), Some(body)).await
}

fn deny(members: Value) -> Value {
    let mut whole = json!({
        "id": "cd9ae1d4-1234-4c0f-9b4e-6d7f7f0e2a11",
        "name": "Locked by the platform team",
        "scope": GROUP,
        "principals": [EVERYONE],
    });
    for (name, value) in members.as_object().expect("members") {
        whole[name] = value.clone();
    }
    json!({"deny_assignments": [whole], "role_effective_after_seconds": 0})
}

#[tokio::test]
async fn a_condition_limits_what_may_be_assigned_and_taken_away() {
    let bench = Bench::start().await;
    let made = give(
        &bench,
        GROUP,
        RBAC_ADMINISTRATOR,
        ADA_ID,
        json!({"condition": only_openai_user(), "conditionVersion": "2.0"}),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let properties = &made.json()["properties"];
    assert_eq!(properties["condition"], only_openai_user(), "a condition is told as it was given");
    assert_eq!(properties["conditionVersion"], "2.0");
    let name = Uuid::new_v4().to_string();
    let reply = bench.assign(ADA, ACCOUNT, &name, READER, MARY_ID).await;
    assert_eq!(reply.refusal(), (403, "AuthorizationFailed".into()), "another role");
    assert_eq!(
        reply.message(),
        format!(
            "The client '{ADA}' with object id '{ADA_ID}' does not have authorization or an ABAC condition not fulfilled to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{name}' or the scope is invalid. If access was recently granted, please refresh your credentials."
        )
    );
    let reply = bench.assign(ADA, ACCOUNT, &name, OPENAI_USER, OUTER_GROUP).await;
    assert_eq!(reply.status, 403, "another type of principal");
    assert_eq!(bench.assign(ADA, ACCOUNT, &name, OPENAI_USER, MARY_ID).await.status, 201);
    let other = Uuid::new_v4().to_string();
    assert_eq!(bench.assign(GRACE, ACCOUNT, &other, READER, MARY_ID).await.status, 201);
    let delete = async |name: &str| {
        bench.arm(Method::DELETE, &item(ACCOUNT, name), &bench.arm_token(ADA), None).await
    };
    let reply = delete(&other).await;
    assert!(reply.message().contains("an ABAC condition not fulfilled"), "{}", reply.text);
    assert_eq!(delete(&name).await.status, 200, "what fulfils the condition may go");
}

#[tokio::test]
async fn a_condition_inside_a_role_is_kept() {
    let bench = Bench::start().await;
    bench.grant(GROUP, FOUNDRY_PROJECT_MANAGER, ADA_ID).await;
    let name = Uuid::new_v4().to_string();
    let reply = bench.assign(ADA, ACCOUNT, &name, OPENAI_USER, MARY_ID).await;
    assert!(reply.message().contains("an ABAC condition not fulfilled"), "{}", reply.text);
    assert_eq!(bench.assign(ADA, ACCOUNT, &name, FOUNDRY_USER, MARY_ID).await.status, 201);
}

#[tokio::test]
async fn a_condition_that_is_not_understood_is_refused() {
    let bench = Bench::start().await;
    for properties in [
        json!({"condition": "@Resource[Microsoft.ServiceBus/namespaces/queues:Name] stringEquals 'x'"}),
        json!({"condition": only_openai_user(), "conditionVersion": "1.0"}),
        json!({"condition": 5}),
        json!({"condition": ""}),
    ] {
        let reply = give(&bench, GROUP, READER, MARY_ID, properties.clone()).await;
        assert_eq!(reply.status, 400, "{properties}");
        assert_eq!(reply.message(), "The given role assignment condition is invalid.");
    }
    let mut scenario = json!({"based_on": "default", "name": "wrong"});
    scenario["assignments"] = json!([{
        "name": Uuid::new_v4().to_string(), "principal": ADA_ID, "role": "Owner", "scope": "/", "condition": "whatever",
    }]);
    let error = simulator::Scenario::from_json(&scenario.to_string()).expect_err("no condition");
    assert!(error.to_string().contains("'whatever'"), "{error}");
}

#[tokio::test]
async fn a_condition_can_be_changed_and_taken_away() {
    let bench = Bench::start().await;
    let name = Uuid::new_v4().to_string();
    let mut body = assignment_body(RBAC_ADMINISTRATOR, ADA_ID);
    body["properties"]["condition"] = json!(only_openai_user());
    let token = bench.arm_token(GRACE);
    let put =
        async |body: Value| bench.arm(Method::PUT, &item(GROUP, &name), &token, Some(body)).await;
    assert_eq!(put(body.clone()).await.status, 201);
    let other = Uuid::new_v4().to_string();
    assert_eq!(bench.assign(ADA, ACCOUNT, &other, READER, MARY_ID).await.status, 403);
    body["properties"]["condition"] = Value::Null;
    let reply = put(body).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.json()["properties"]["condition"]),
        (200, &Value::Null)
    );
    assert_eq!(bench.assign(ADA, ACCOUNT, &other, READER, MARY_ID).await.status, 201);
}

#[tokio::test]
async fn a_deny_assignment_takes_away_what_a_role_gives() {
    let write = "Microsoft.Authorization/roleAssignments/write";
    let bench = Bench::start_with(deny(json!({"actions": [write]}))).await;
    let name = Uuid::new_v4().to_string();
    let reply = bench.assign(GRACE, ACCOUNT, &name, OPENAI_USER, ADA_ID).await;
    assert_eq!(reply.refusal(), (403, "DenyAssignmentAuthorizationFailed".into()));
    assert_eq!(
        reply.message(),
        format!(
            "The client '{GRACE}' with object id '{GRACE_ID}' has permission to perform action '{write}' on scope '{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{name}'; however, the access is denied because of the deny assignment with name 'Locked by the platform team' and Id 'cd9ae1d412344c0f9b4e6d7f7f0e2a11' at scope '{GROUP}'."
        )
    );
    let reply = bench.assign(ADA, ACCOUNT, &name, OPENAI_USER, ADA_ID).await;
    assert_eq!(reply.refusal(), (403, "AuthorizationFailed".into()), "without a role, no more");
    let reply = bench.assign(GRACE, SUBSCRIPTION, &name, OPENAI_USER, ADA_ID).await;
    assert_eq!(reply.status, 201, "above the scope nothing is denied");
    assert_eq!(bench.get(GRACE, &format!("{ACCOUNT}?api-version=2025-06-01")).await.status, 200);
}

#[tokio::test]
async fn a_deny_assignment_spares_whom_and_what_it_excepts() {
    let all = json!({"actions": ["*"], "not_actions": ["*/read"]});
    let with = |members: Value| {
        let mut whole = all.clone();
        for (name, value) in members.as_object().expect("members") {
            whole[name] = value.clone();
        }
        deny(whole)
    };
    let may_assign = async |members: Value, at: &str| {
        let bench = Bench::start_with(with(members)).await;
        let name = Uuid::new_v4().to_string();
        let reads = bench.get(GRACE, &format!("{ACCOUNT}?api-version=2025-06-01")).await.status;
        assert_eq!(reads, 200, "what the assignment excepts is not denied");
        bench.assign(GRACE, at, &name, OPENAI_USER, ADA_ID).await.status == 201
    };
    assert!(!may_assign(json!({}), ACCOUNT).await, "everyone, below the scope too");
    assert!(may_assign(json!({"exclude_principals": [GRACE_ID]}), ACCOUNT).await, "but Grace");
    assert!(may_assign(json!({"principals": [ADA_ID]}), ACCOUNT).await, "Ada only");
    assert!(!may_assign(json!({"principals": [GRACE_ID.to_uppercase()]}), ACCOUNT).await);
    let here = json!({"do_not_apply_to_child_scopes": true});
    assert!(may_assign(here.clone(), ACCOUNT).await, "not below the scope");
    assert!(!may_assign(here, GROUP).await, "but at it");
}

#[tokio::test]
async fn a_deny_assignment_reaches_the_data_plane_and_members_of_groups() {
    let chat = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";
    let may_chat = async |members: Value| {
        let bench = Bench::start_with(deny(members)).await;
        bench.grant(ACCOUNT, OPENAI_USER, MARY_ID).await;
        bench.chat(MARY, "chat-one", "mini").await
    };
    let reply = may_chat(json!({"principals": [OUTER_GROUP], "data_actions": ["*"]})).await;
    assert_eq!(
        reply.refusal(),
        (401, "PermissionDenied".into()),
        "Mary is in a group of the group"
    );
    let members =
        json!({"principals": [OUTER_GROUP], "data_actions": ["*"], "not_data_actions": [chat]});
    assert_eq!(may_chat(members).await.status, 200, "chat is spared");
    assert_eq!(may_chat(json!({"actions": ["*/read"]})).await.status, 200, "another plane");
}

#[tokio::test]
async fn deny_assignments_are_listed_by_scope_and_by_principal() {
    let bench = Bench::start_with(deny(json!({
        "principals": [OUTER_GROUP],
        "exclude_principals": [GRACE_ID],
        "actions": ["*/write"],
        "description": "Only the platform team writes here.",
    })))
    .await;
    let list = async |scope: &str, filter: &str| {
        let path = format!(
            "{scope}/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01{filter}"
        );
        let reply = bench.get(GRACE, &path).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["value"].as_array().expect("a list").clone()
    };
    let one = list(ACCOUNT, "").await.remove(0);
    assert_eq!(one["type"], "Microsoft.Authorization/denyAssignments");
    assert_eq!(
        one["id"],
        format!(
            "{GROUP}/providers/Microsoft.Authorization/denyAssignments/cd9ae1d4-1234-4c0f-9b4e-6d7f7f0e2a11"
        )
    );
    let properties = &one["properties"];
    assert_eq!(properties["principals"], json!([{"id": OUTER_GROUP, "type": "Group"}]));
    assert_eq!(properties["excludePrincipals"], json!([{"id": GRACE_ID, "type": "User"}]));
    assert_eq!(properties["permissions"][0]["actions"], json!(["*/write"]));
    assert_eq!(properties["isSystemProtected"], true);
    assert_eq!(list(SUBSCRIPTION, "").await.len(), 1, "no filter: below too");
    assert_eq!(list(SUBSCRIPTION, "&$filter=atScope()").await.len(), 0, "atScope: not below");
    assert_eq!(list(GROUP, &format!("&$filter=principalId eq '{OUTER_GROUP}'")).await.len(), 1);
    assert_eq!(list(GROUP, &format!("&$filter=principalId eq '{MARY_ID}'")).await.len(), 0);
    let path = format!(
        "{GROUP}/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01&$filter=nonsense"
    );
    assert_eq!(bench.get(GRACE, &path).await.status, 400);
}

#[tokio::test]
async fn a_role_reaches_down_to_everything_below_its_scope_and_no_further() {
    for (scope, reaches) in [
        ("/", true),
        ("/providers/Microsoft.Management/managementGroups/contoso-root", true),
        ("/providers/Microsoft.Management/managementGroups/contoso-platform", true),
        (SUBSCRIPTION, true),
        (GROUP, true),
        (ACCOUNT, true),
        (&format!("{ACCOUNT}/projects/one"), false),
        (&GROUP.replace("rg-chat", "rg-other"), false),
        (&GROUP.replace("rg-chat", "rg-chat-two"), false),
        ("/subscriptions/4511f468-b02f-4e36-bdac-a837c715b734", false),
    ] {
        let bench = Bench::start_with(json!({"assignments": [
            {"name": Uuid::new_v4().to_string(), "principal": MARY_ID, "role": OPENAI_USER, "scope": scope},
        ]}))
        .await;
        let reply = bench.chat(MARY, "chat-one", "mini").await;
        assert_eq!(reply.status == 200, reaches, "{scope}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_name_is_given_to_one_assignment_only() {
    let twice = json!({"based_on": "default", "name": "twice", "assignments": [
        {"name": "661395a6-5489-4a54-8789-eecfe92b4cf0", "principal": ADA_ID, "role": OWNER, "scope": "/"},
        {"name": "661395A6-5489-4a54-8789-eecfe92b4cf0", "principal": ADA_ID, "role": READER, "scope": "/"},
    ]});
    let error = simulator::Scenario::from_json(&twice.to_string()).expect_err("a name twice");
    assert!(error.to_string().contains("661395A6"), "{error}");
}
