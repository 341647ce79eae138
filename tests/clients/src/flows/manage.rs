//! What the wizard asks of Resource Manager, asked by Azure's own management SDKs.

use serde_json::{Value, json};

use super::{ADA_ID, CONTOSO, GROUP, NEW_GROUP, OPENAI_USER, OPENAI_USER_NAME, SUBSCRIPTION};
use crate::flow::{Client, Flow, flow};
use crate::stage::{ADA, Stage};

pub(super) fn flows() -> Vec<Flow> {
    let of_each = |client| {
        [
            flow!(
                client,
                "lists-subscriptions",
                "lists tenants and subscriptions, all pages",
                ["resource"],
                list_subscriptions
            ),
            flow!(
                client,
                "lists-resources",
                "lists accounts and deployments, all pages",
                ["cognitiveservices"],
                list_resources
            ),
            flow!(
                client,
                "reads-access",
                "reads roles, permissions and deny assignments",
                ["authorization"],
                read_access
            ),
            flow!(
                client,
                "assigns-a-role",
                "assigns, lists and deletes a role",
                ["authorization"],
                assign_role
            ),
            flow!(
                client,
                "manages-identities",
                "creates and lists identities",
                ["-msi"],
                manage_identities
            ),
            flow!(
                client,
                "queries-resources",
                "asks Resource Graph for accounts",
                ["resourcegraph"],
                query_resources
            ),
        ]
    };
    [Client::Python, Client::JavaScript].into_iter().flat_map(of_each).collect()
}

/// A call by the credential `arm`; `more` are further members.
pub(super) fn call(name: &str, more: Value) -> Value {
    let mut order = json!({
        "action": "manage", "credential": "arm", "call": name, "subscription": SUBSCRIPTION,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        order[name] = value.clone();
    }
    order
}

async fn ask(stage: &mut Stage, client: Client, name: &str, more: Value) -> Value {
    stage.obey(client, call(name, more)).await["result"].clone()
}

async fn list_subscriptions(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, None).await;
    let tenants = ask(stage, client, "tenants.list", json!({})).await;
    assert_eq!(tenants.as_array().map(Vec::len), Some(2), "{tenants}");
    let subscriptions = ask(stage, client, "subscriptions.list", json!({})).await;
    assert_eq!(subscriptions.as_array().map(Vec::len), Some(3), "both pages: {subscriptions}");
    assert_eq!(stage.practice.count("subscriptions.list").await, 2, "a page has two");
}

async fn list_resources(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let accounts = ask(stage, client, "accounts.list", json!({})).await;
    assert_eq!(accounts.as_array().map(Vec::len), Some(4), "both pages: {accounts}");
    let of_group = ask(stage, client, "accounts.list", json!({"group": "rg-new"})).await;
    assert_eq!(of_group.as_array().map(Vec::len), Some(1), "{of_group}");
    let which = json!({"group": "rg-chat", "account": "contoso-chat"});
    let account = ask(stage, client, "accounts.get", which.clone()).await;
    let endpoint = &account["properties"]["endpoint"];
    assert_eq!(*endpoint, "https://contoso-chat.openai.azure.com/", "{account}");
    let deployments = ask(stage, client, "deployments.list", which).await;
    let names: Vec<&str> = deployments
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["properties"]["model"]["name"].as_str())
        .collect();
    assert_eq!(names, ["gpt-4o-mini", "gpt-4.1", "text-embedding-3-small"], "{deployments}");
}

async fn read_access(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let filter = format!("roleName eq '{OPENAI_USER_NAME}'");
    let which = json!({"scope": GROUP, "filter": filter});
    let definitions = ask(stage, client, "roleDefinitions.list", which).await;
    assert_eq!(definitions[0]["name"], OPENAI_USER, "{definitions}");
    let all = ask(stage, client, "roleDefinitions.list", json!({"scope": GROUP})).await;
    assert!(all.as_array().map(Vec::len) > Some(10), "every page: {all}");
    let which = json!({"scope": GROUP, "filter": format!("assignedTo('{ADA_ID}')")});
    let assignments = ask(stage, client, "roleAssignments.list", which).await;
    assert!(assignments.as_array().map(Vec::len) >= Some(3), "with those above: {assignments}");
    let permissions = ask(stage, client, "permissions.list", json!({"group": "rg-chat"})).await;
    assert!(permissions.as_array().map(Vec::len) >= Some(2), "one a role: {permissions}");
    let which = json!({"group": "rg-chat", "account": "contoso-chat"});
    let of_account = ask(stage, client, "permissions.list", which).await;
    assert!(
        of_account.as_array().map(Vec::len) > permissions.as_array().map(Vec::len),
        "the account's own role comes on top: {of_account}"
    );
    let denied = ask(stage, client, "denyAssignments.list", json!({"scope": GROUP})).await;
    assert_eq!(denied, json!([]), "nothing is denied here");
}

async fn assign_role(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let name = uuid::Uuid::new_v4().to_string();
    let order = json!({
        "scope": NEW_GROUP, "name": name, "role": OPENAI_USER, "principal": ADA_ID,
    });
    let created = ask(stage, client, "roleAssignments.create", order.clone()).await;
    assert_eq!(created["name"], name, "{created}");
    let which = json!({"scope": NEW_GROUP, "filter": format!("principalId eq '{ADA_ID}'")});
    let listed = ask(stage, client, "roleAssignments.list", which).await;
    assert!(listed.to_string().contains(&name), "it is listed: {listed}");
    let deleted = ask(stage, client, "roleAssignments.delete", order.clone()).await;
    assert_eq!(deleted["name"], name, "the deletion shows what was there: {deleted}");
    let again = ask(stage, client, "roleAssignments.delete", order).await;
    assert!(again.is_null() || again == json!({}), "there is nothing left: {again}");
    assert_eq!(stage.practice.statuses("roleAssignments.create").await, [201]);
    assert_eq!(stage.practice.statuses("roleAssignments.delete").await, [200, 204]);
}

async fn manage_identities(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let which = json!({"group": "rg-new", "name": "id-app", "location": "swedencentral"});
    let created = ask(stage, client, "identities.create", which).await;
    assert_eq!(created["name"], "id-app", "{created}");
    let listed = ask(stage, client, "identities.list", json!({"group": "rg-new"})).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(stage.practice.statuses("identities.create").await, [201]);
}

async fn query_resources(stage: &mut Stage, client: Client) {
    stage.sign_in_sdk(client, "arm", ADA, Some(CONTOSO)).await;
    let query = "resources | where type =~ 'microsoft.cognitiveservices/accounts'";
    let answer = ask(stage, client, "resources.query", json!({"query": query})).await;
    let data = answer["data"].as_array().unwrap_or_else(|| panic!("no data: {answer}"));
    assert_eq!(data.len(), 4, "every account that Ada sees: {answer}");
}
