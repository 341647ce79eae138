//! Role assignments and definitions, permissions, and who may do what to them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{
    ACCOUNT, ADA, ADA_ID, Bench, GRACE, GRACE_ID, GROUP, MARY, MARY_ID, OPENAI_USER, OUTER_GROUP,
    SUBSCRIPTION, assignment_body,
};

const NAME: &str = "8a137a61-3f9a-4c30-a23e-be8927b0cfa1";
const OTHER_NAME: &str = "8cc44f65-c00d-4c01-949a-33cd6868b7cc";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const ACCESS_ADMINISTRATOR: &str = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";
const FOUNDRY_OWNER: &str = "c883944f-8b7b-4483-af10-35834be79c4a";

fn list_path(scope: &str, filter: &str) -> String {
    let filter = if filter.is_empty() { String::new() } else { format!("&$filter={filter}") };
    format!(
        "{scope}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01{filter}"
    )
}

fn item_path(scope: &str, name: &str) -> String {
    format!(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
    )
}

/// Principal and role name of each listed assignment.
fn holders(list: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = list["value"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (text(&one["properties"]["principalId"]), text(&one["properties"]["scope"])))
        .collect();
    found.sort();
    found
}

#[tokio::test]
async fn a_new_assignment_is_created_and_answered_as_recorded() {
    let bench = Bench::start().await;
    let mut body = assignment_body(OPENAI_USER, ADA_ID);
    body["properties"]["principalType"] = json!("User");
    body["properties"]["description"] = json!("made by a test");
    let token = bench.arm_token(GRACE);
    let reply = bench.arm(Method::PUT, &item_path(ACCOUNT, NAME), &token, Some(body)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let made = reply.json();
    assert_eq!(made["name"], NAME);
    assert_eq!(
        made["id"],
        format!("{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{NAME}")
    );
    let properties = &made["properties"];
    assert!(properties["createdBy"].is_null(), "createdBy is null in the answer to the PUT");
    assert_eq!(properties["updatedBy"], GRACE_ID);
    assert_eq!(
        (&properties["scope"], &properties["principalType"]),
        (&ACCOUNT.into(), &"User".into())
    );
    assert_eq!(
        properties["roleDefinitionId"],
        format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{OPENAI_USER}")
    );
    let read = bench.get(GRACE, &item_path(ACCOUNT, NAME)).await.json();
    assert_eq!(read["properties"]["createdBy"], GRACE_ID, "and is told when it is read");
    assert_eq!(read["properties"]["description"], "made by a test");
}

#[tokio::test]
async fn the_same_request_again_is_200_and_another_name_is_409() {
    let bench = Bench::start().await;
    assert_eq!(bench.assign(GRACE, ACCOUNT, NAME, OPENAI_USER, ADA_ID).await.status, 201);
    assert_eq!(
        bench.assign(GRACE, ACCOUNT, NAME, OPENAI_USER, ADA_ID).await.status,
        200,
        "the same content"
    );
    let shouted = ACCOUNT.to_uppercase();
    assert_eq!(
        bench.assign(GRACE, &shouted, NAME, OPENAI_USER, ADA_ID).await.status,
        200,
        "the same scope"
    );
    let reply = bench.assign(GRACE, ACCOUNT, OTHER_NAME, OPENAI_USER, ADA_ID).await;
    assert_eq!(reply.refusal(), (409, "RoleAssignmentExists".into()));
    assert_eq!(
        reply.message(),
        format!(
            "The role assignment already exists. The ID of the existing role assignment is {}.",
            NAME.replace('-', "")
        )
    );
    assert_eq!(
        bench.assign(GRACE, GROUP, OTHER_NAME, OPENAI_USER, ADA_ID).await.status,
        201,
        "another scope"
    );
}

#[tokio::test]
async fn a_name_that_is_taken_by_something_else_is_refused() {
    let bench = Bench::start().await;
    assert_eq!(bench.assign(GRACE, ACCOUNT, NAME, OPENAI_USER, ADA_ID).await.status, 201);
    for (scope, role, principal) in
        [(ACCOUNT, OPENAI_USER, MARY_ID), (ACCOUNT, READER, ADA_ID), (GROUP, OPENAI_USER, ADA_ID)]
    {
        let reply = bench.assign(GRACE, scope, NAME, role, principal).await;
        assert_eq!(
            reply.refusal(),
            (400, "RoleAssignmentUpdateNotPermitted".into()),
            "{scope} {role} {principal}"
        );
        assert_eq!(
            reply.message(),
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
        );
    }
}

#[tokio::test]
async fn an_assignment_to_nobody_or_of_nothing_is_refused() {
    let bench = Bench::start().await;
    // Ada's object id in the other tenant: the mistake of taking the id from the home token.
    let foreign = "762148f8-d573-42cc-b07b-6e665499622c";
    let reply = bench.assign(GRACE, ACCOUNT, NAME, OPENAI_USER, foreign).await;
    assert_eq!(reply.refusal(), (400, "PrincipalNotFound".into()));
    assert!(reply.message().starts_with(&format!(
        "Principal {} does not exist in the directory",
        foreign.replace('-', "")
    )));
    let reply =
        bench.assign(GRACE, ACCOUNT, NAME, "00000000-0000-4000-8000-000000000000", ADA_ID).await;
    assert_eq!(reply.refusal(), (404, "RoleDefinitionDoesNotExist".into()));
    let reply = bench.assign(GRACE, ACCOUNT, NAME, OPENAI_USER, "wow").await;
    assert_eq!(reply.refusal(), (400, "InvalidPrincipalId".into()));
    assert_eq!(
        reply.message(),
        "The Principal ID 'wow' is not valid. Principal ID must be a GUID."
    );
    let reply = bench.assign(GRACE, ACCOUNT, "not-a-guid", OPENAI_USER, ADA_ID).await;
    assert_eq!(reply.refusal(), (400, "InvalidRoleAssignmentId".into()));
    let token = bench.arm_token(GRACE);
    let mut body = assignment_body(OPENAI_USER, ADA_ID);
    body["properties"]["principalType"] = json!("Group");
    let reply = bench.arm(Method::PUT, &item_path(ACCOUNT, NAME), &token, Some(body)).await;
    assert_eq!(reply.refusal(), (400, "UnmatchedPrincipalType".into()), "a user is no group");
    let bare = json!({"roleDefinitionId": "x", "principalId": ADA_ID});
    let reply = bench.arm(Method::PUT, &item_path(ACCOUNT, NAME), &token, Some(bare)).await;
    assert_eq!(
        reply.refusal(),
        (400, "InvalidPrincipalId".into()),
        "the content belongs under `properties`"
    );
    assert_eq!(
        bench.simulator.state()["assignments"].as_array().map(Vec::len),
        Some(3),
        "nothing was assigned"
    );
}

#[tokio::test]
async fn only_who_may_assign_can_assign() {
    let bench = Bench::start().await;
    let reply = bench.assign(ADA, ACCOUNT, NAME, OPENAI_USER, ADA_ID).await;
    assert_eq!(reply.refusal(), (403, "AuthorizationFailed".into()));
    assert_eq!(
        reply.message(),
        format!(
            "The client '{ADA}' with object id '{ADA_ID}' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{NAME}' or the scope is invalid. If access was recently granted, please refresh your credentials."
        )
    );
    for (role, may) in [(CONTRIBUTOR, false), (FOUNDRY_OWNER, false), (ACCESS_ADMINISTRATOR, true)]
    {
        bench.grant(GROUP, role, ADA_ID).await;
        let status = bench.assign(ADA, ACCOUNT, NAME, OPENAI_USER, ADA_ID).await.status;
        assert_eq!(status == 201, may, "{role} answered {status}");
    }
    let reply = bench.assign(ADA, SUBSCRIPTION, OTHER_NAME, OPENAI_USER, ADA_ID).await;
    assert_eq!(
        reply.refusal(),
        (403, "AuthorizationFailed".into()),
        "a role at a group does not count above it"
    );
}

#[tokio::test]
async fn deleting_says_what_was_deleted_and_then_nothing() {
    let bench = Bench::start().await;
    assert_eq!(bench.assign(GRACE, ACCOUNT, NAME, OPENAI_USER, ADA_ID).await.status, 201);
    let delete = async |user: &str| {
        bench.arm(Method::DELETE, &item_path(ACCOUNT, NAME), &bench.arm_token(user), None).await
    };
    assert_eq!(delete(ADA).await.refusal(), (403, "AuthorizationFailed".into()));
    let reply = delete(GRACE).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["name"]), (200, &NAME.into()));
    let reply = delete(GRACE).await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (204, ""));
    let reply = bench.get(GRACE, &item_path(ACCOUNT, NAME)).await;
    assert_eq!(reply.refusal(), (404, "RoleAssignmentNotFound".into()));
}

#[tokio::test]
async fn filters_say_which_scopes_and_whose_assignments() {
    let bench = Bench::start_with(json!({"page_size": 50})).await;
    bench.grant(ACCOUNT, OPENAI_USER, OUTER_GROUP).await;
    bench.grant(SUBSCRIPTION, READER, MARY_ID).await;
    let root = "/providers/Microsoft.Management/managementGroups/contoso-root".to_owned();
    let list = async |scope: &str, filter: &str| {
        holders(&bench.get(GRACE, &list_path(scope, filter)).await.json())
    };
    let grace = (GRACE_ID.to_owned(), root);
    let ada = (ADA_ID.to_owned(), GROUP.to_owned());
    let mary = (MARY_ID.to_owned(), SUBSCRIPTION.to_owned());
    let group = (OUTER_GROUP.to_owned(), ACCOUNT.to_owned());
    let sorted = |mut all: Vec<(String, String)>| {
        all.sort();
        all
    };
    assert_eq!(
        list(GROUP, "").await,
        sorted(vec![grace.clone(), ada.clone(), mary.clone(), group.clone()]),
        "no filter: at, above and below"
    );
    assert_eq!(list(GROUP, "atScope()").await, sorted(vec![grace, ada, mary.clone()]), "not below");
    assert_eq!(
        list(GROUP, &format!("principalId eq '{MARY_ID}'")).await,
        vec![mary.clone()],
        "without groups"
    );
    let assigned = format!("assignedTo('{MARY_ID}')");
    assert_eq!(
        list(GROUP, &assigned).await,
        sorted(vec![mary.clone(), group]),
        "with groups of groups"
    );
    assert_eq!(list(GROUP, &format!("atScope() and {assigned}")).await, vec![mary.clone()], "both");
    assert_eq!(
        list(GROUP, &format!("atScope()+and+{assigned}")).await,
        vec![mary],
        "however it is encoded"
    );
    for wrong in [
        "atScope",
        "principalId eq 5",
        "scope eq 'x'",
        &format!("{assigned} and atScope()"),
        "atScope() or 1",
    ] {
        assert_eq!(bench.get(GRACE, &list_path(GROUP, wrong)).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn definitions_are_found_by_id_and_by_name() {
    let bench = Bench::start_with(json!({"page_size": 50})).await;
    let path =
        |rest: &str| format!("{ACCOUNT}/providers/Microsoft.Authorization/roleDefinitions{rest}");
    let one =
        bench.get(GRACE, &path(&format!("/{OPENAI_USER}?api-version=2022-04-01"))).await.json();
    assert_eq!(one["properties"]["roleName"], "Cognitive Services OpenAI User");
    assert_eq!(
        one["id"],
        format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{OPENAI_USER}")
    );
    let chat = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";
    let permissions = &one["properties"]["permissions"][0];
    assert!(permissions["dataActions"].as_array().is_some_and(|all| all.contains(&chat.into())));
    let named = path(
        "?api-version=2022-04-01&$filter=roleName%20eq%20'Cognitive%20Services%20OpenAI%20User'",
    );
    let list = bench.get(GRACE, &named).await.json();
    assert_eq!(list["value"][0]["id"], one["id"], "identical strings in both answers");
    let custom = bench
        .get(GRACE, &path("?api-version=2022-04-01&$filter=type eq 'CustomRole'"))
        .await
        .json();
    assert_eq!(custom["value"].as_array().map(Vec::len), Some(1));
    let reply = bench
        .get(GRACE, &path("/00000000-0000-4000-8000-000000000000?api-version=2022-04-01"))
        .await;
    assert_eq!(reply.refusal(), (404, "RoleDefinitionDoesNotExist".into()));
    assert_eq!(
        bench.get(GRACE, &path("?api-version=2022-04-01&$filter=name eq 1")).await.status,
        400
    );
    assert_eq!(
        bench.get(MARY, &path("?api-version=2022-04-01")).await.status,
        403,
        "reading needs a role"
    );
    let conditioned =
        bench.get(GRACE, &path(&format!("/{FOUNDRY_OWNER}?api-version=2022-04-01"))).await.json();
    let condition =
        conditioned["properties"]["permissions"][0]["condition"].as_str().unwrap_or_default();
    assert!(
        condition.contains("ForAnyOfAnyValues:GuidEquals"),
        "a condition inside a role is told"
    );
}

#[tokio::test]
async fn permissions_have_one_element_for_every_assignment_that_counts() {
    let bench = Bench::start().await;
    let path = |scope: &str| {
        format!("{scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01")
    };
    let actions = async |user: &str, scope: &str| {
        let list = bench.get(user, &path(scope)).await.json();
        list["value"]
            .as_array()
            .map(|all| all.iter().map(|one| one["actions"].clone()).collect::<Vec<_>>())
    };
    assert_eq!(
        actions(GRACE, ACCOUNT).await,
        Some(vec![json!(["*"])]),
        "inherited from a management group"
    );
    assert_eq!(actions(ADA, GROUP).await, Some(vec![json!(["*/read"])]));
    assert_eq!(actions(MARY, ACCOUNT).await, Some(vec![]), "no role, no element");
    bench.grant(ACCOUNT, OPENAI_USER, OUTER_GROUP).await;
    let list = bench.get(MARY, &path(ACCOUNT)).await.json();
    assert!(
        list["value"][0]["dataActions"].as_array().is_some_and(|all| all.len() > 10),
        "through groups, at once"
    );
    assert_eq!(
        actions(MARY, GROUP).await,
        Some(vec![]),
        "a role at the account does not count above it"
    );
}

#[tokio::test]
async fn asking_for_permissions_needs_its_action_where_the_scenario_says_so() {
    let strict = Bench::start_with(json!({"permissions_need_read_action": true})).await;
    strict.grant(ACCOUNT, OPENAI_USER, MARY_ID).await;
    let path =
        format!("{ACCOUNT}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01");
    assert_eq!(strict.get(MARY, &path).await.refusal(), (403, "AuthorizationFailed".into()));
    assert_eq!(strict.get(ADA, &path).await.status, 200, "Reader has the action");
    let denials = format!(
        "{ACCOUNT}/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01"
    );
    assert_eq!(strict.get(ADA, &denials).await.json(), json!({"value": []}));
    assert_eq!(strict.get(MARY, &denials).await.status, 403, "OpenAI User lacks the action");
}

#[tokio::test]
async fn what_is_no_json_and_who_has_two_names_is_refused() {
    let bench = Bench::start().await;
    let name = uuid::Uuid::new_v4();
    let url = format!(
        "{}{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01",
        bench.simulator.addresses().arm
    );
    let token = bench.arm_token(GRACE);
    let body = assignment_body(OPENAI_USER, ADA_ID).to_string();
    let put = || bench.client.put(&url).bearer_auth(&token);
    let plain = put().header("content-type", "text/plain").body(body.clone()).send().await;
    assert_eq!(plain.expect("an answer").status(), 415);
    let silent = put().body(body.clone()).send().await;
    assert_eq!(silent.expect("an answer").status(), 415, "a body says what it is");
    let json = |request: reqwest::RequestBuilder| {
        request.header("content-type", "application/json; charset=utf-8").body(body.clone()).send()
    };
    let twice = json(put().header("authorization", "Bearer another")).await.expect("an answer");
    assert_eq!(twice.status(), 401, "nobody knows which of the two asks");
    assert_eq!(json(put()).await.expect("an answer").status(), 201);
}
