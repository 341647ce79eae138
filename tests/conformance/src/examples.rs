//! The specification's examples: what they show must be served.
//!
//! An example names parameters and answers, and no address; the addresses are those of the
//! operations of the specification, and stand here. Its values are placeholders, so that only the
//! paths count, and the simulator may serve more.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::record::{Answer, Body, Record, Request};

/// The operations that the simulator serves, by the name of their example: method and path.
const OPERATIONS: [(&str, &str, &str); 37] = [
    ("GetTenants", "GET", "/tenants"),
    ("GetSubscriptions", "GET", "/subscriptions"),
    ("GetSubscription", "GET", "/subscriptions/{subscriptionId}"),
    ("GetLocations", "GET", "/subscriptions/{subscriptionId}/locations"),
    ("ListAccountsBySubscription", "GET", "{subscription}{cognitive}/accounts"),
    ("ListAccountsByResourceGroup", "GET", "{group}{cognitive}/accounts"),
    ("GetAccount", "GET", "{account}"),
    ("ListAccountModels", "GET", "{account}/models"),
    ("ListDeployments", "GET", "{account}/deployments"),
    ("GetDeployment", "GET", "{account}/deployments/{deploymentName}"),
    ("GetPermissions", "GET", "{group}{authorization}/permissions"),
    ("GetResourcePermissions", "GET", "{resource}{authorization}/permissions"),
    ("GetAllDenyAssignments", "GET", "{subscription}{authorization}/denyAssignments"),
    ("GetDenyAssignmentByScope", "GET", "/{scope}{authorization}/denyAssignments"),
    ("GetDenyAssignmentsForResource", "GET", "{resource}{authorization}/denyAssignments"),
    ("GetRoleDefinitionAtScope", "GET", "/{scope}{authorization}/roleDefinitions"),
    (
        "GetRoleDefinitionByName",
        "GET",
        "/{scope}{authorization}/roleDefinitions/{roleDefinitionId}",
    ),
    (
        "RoleAssignments_CreateForResource",
        "PUT",
        "/{scope}{authorization}/roleAssignments/{roleAssignmentName}",
    ),
    (
        "RoleAssignments_CreateForResourceGroup",
        "PUT",
        "/{scope}{authorization}/roleAssignments/{roleAssignmentName}",
    ),
    (
        "RoleAssignments_CreateForSubscription",
        "PUT",
        "/{scope}{authorization}/roleAssignments/{roleAssignmentName}",
    ),
    (
        "RoleAssignments_Delete",
        "DELETE",
        "/{scope}{authorization}/roleAssignments/{roleAssignmentName}",
    ),
    ("RoleAssignments_Get", "GET", "/{scope}{authorization}/roleAssignments/{roleAssignmentName}"),
    ("RoleAssignments_ListForResource", "GET", "{resource}{authorization}/roleAssignments"),
    ("RoleAssignments_ListForResourceGroup", "GET", "{group}{authorization}/roleAssignments"),
    ("RoleAssignments_ListForScope", "GET", "/{scope}{authorization}/roleAssignments"),
    ("RoleAssignments_ListForSubscription", "GET", "{subscription}{authorization}/roleAssignments"),
    ("IdentityCreate", "PUT", "{group}{identity}/{resourceName}"),
    ("IdentityDelete", "DELETE", "{group}{identity}/{resourceName}"),
    ("IdentityGet", "GET", "{group}{identity}/{resourceName}"),
    ("IdentityListByResourceGroup", "GET", "{group}{identity}"),
    ("IdentityListBySubscription", "GET", "{subscription}{identity}"),
    ("IdentityUpdate", "PATCH", "{group}{identity}/{resourceName}"),
    ("ResourcesBasicQuery", "POST", "/providers/Microsoft.ResourceGraph/resources"),
    ("ResourcesTenantBasicQuery", "POST", "/providers/Microsoft.ResourceGraph/resources"),
    (
        "chat_completions",
        "POST",
        "https://example.openai.azure.com/openai/deployments/{deployment-id}/chat/completions",
    ),
    (
        "generated_chat_completions",
        "POST",
        "https://example.openai.azure.com/openai/deployments/{deployment-id}/chat/completions",
    ),
    (
        "embeddings",
        "POST",
        "https://example.openai.azure.com/openai/deployments/{deployment-id}/embeddings",
    ),
];

/// Parts of the paths.
const PARTS: [(&str, &str); 7] = [
    ("{account}", "{group}{cognitive}/accounts/{accountName}"),
    ("{resource}", "{group}/providers/{resourceProviderNamespace}/{resourceType}/{resourceName}"),
    ("{group}", "{subscription}/resourceGroups/{resourceGroupName}"),
    ("{subscription}", "/subscriptions/{subscriptionId}"),
    ("{cognitive}", "/providers/Microsoft.CognitiveServices"),
    ("{authorization}", "/providers/Microsoft.Authorization"),
    ("{identity}", "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"),
];

/// The name of a file with its example, or with why it is not compared.
pub type Named = (String, Result<Record, String>);

/// Reads an example as a record of its first success. `Err` tells that no operation of ours is
/// meant.
///
/// # Errors
/// The reason why the example is not compared.
pub fn read_example(name: &str, text: &str) -> Result<Record, String> {
    let example: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let title = name.rsplit("__").next().unwrap_or(name);
    let (_, method, path) = OPERATIONS
        .iter()
        .find(|(known, ..)| *known == title)
        .ok_or("no operation that the simulator serves")?;
    let example = without_placeholders(&example);
    let parameters = example["parameters"].as_object().cloned().unwrap_or_default();
    let responses = example["responses"].as_object().ok_or("it has no answers")?;
    let (status, response) = responses
        .iter()
        .filter_map(|(status, response)| Some((status.parse::<u16>().ok()?, response)))
        .filter(|(status, _)| (200..300).contains(status))
        // Something new is created, where the example shows both.
        .max_by_key(|(status, response)| (response["body"].is_object(), *status == 201))
        .ok_or("it has no success")?;
    Ok(Record {
        name: name.to_owned(),
        hint: title.to_owned(),
        request: Some(Request {
            method: (*method).to_owned(),
            url: address(path, &parameters),
            body: body_of(method, &parameters),
        }),
        answer: Answer {
            status: Some(status),
            headers: std::collections::BTreeMap::new(),
            body: match &response["body"] {
                Value::Null => Body::Empty,
                body => Body::Json(body.clone()),
            },
            trimmed: false,
        },
    })
}

/// The examples of a folder, each with what it is called.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn read_folder(folder: &Path) -> Result<Vec<Named>, String> {
    let say = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut examples = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(say)? {
        let file = entry.map_err(say)?.path();
        if file.extension().is_some_and(|extension| extension == "json") {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read(&file).map_err(say)?;
            let example = read_example(&name, &String::from_utf8_lossy(&text));
            examples.push((name, example));
        }
    }
    examples.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(examples)
}

fn address(path: &str, parameters: &Map<String, Value>) -> String {
    let mut path = path.to_owned();
    for (part, meaning) in PARTS {
        path = path.replace(part, meaning);
    }
    for (name, value) in parameters {
        if let Some(text) = value.as_str() {
            path = path.replace(&format!("{{{name}}}"), text.trim_matches('/'));
        }
    }
    let host = if path.starts_with("https://") { "" } else { "https://management.azure.com" };
    let version = parameters.get("api-version").and_then(Value::as_str).unwrap_or_default();
    format!("{host}{path}?api-version={version}")
}

/// The one parameter that is an object.
fn body_of(method: &str, parameters: &Map<String, Value>) -> Value {
    if method == "GET" || method == "DELETE" {
        return Value::Null;
    }
    parameters.values().find(|value| value.is_object()).cloned().unwrap_or_else(|| json!({}))
}

/// Words in the place of ids and scopes, replaced by something of the right form.
fn without_placeholders(json: &Value) -> Value {
    let role = "6f5d1c2b-8e4a-4f7d-9b3c-0a1e2d3f4b5c";
    match json {
        Value::String(text) if text == "scope" => json!("subscriptions/subId"),
        Value::String(text) => Value::String(
            text.replace("roleDefinitionId", role)
                .replace("/parentResourcePath/", "/")
                .replace("{endpoint}", "https://example.openai.azure.com"),
        ),
        Value::Array(items) => items.iter().map(without_placeholders).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), without_placeholders(value)))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;

    #[test]
    fn an_example_becomes_a_request_of_its_operation() {
        let text = json!({
            "parameters": {
                "subscriptionId": "subId", "resourceGroupName": "rg", "accountName": "a",
                "deploymentName": "d", "api-version": "2023-05-01",
            },
            "responses": {"200": {"body": {"name": "d"}}, "204": {}},
        });
        let record = read_example("x__2023-05-01__GetDeployment", &text.to_string())
            .expect("the operation is served");
        let operation = Operation::of(record.request.as_ref().expect("a request"));
        assert_eq!(
            (operation.name.as_str(), operation.item.as_deref()),
            ("deployments.get", Some("d"))
        );
        assert_eq!(record.answer.status, Some(200), "the answer with a body is meant");
    }

    #[test]
    fn an_example_of_something_else_is_not_compared() {
        for (name, text) in
            [("x__1__PurgeDeletedAccount", "{}"), ("x__1__GetAccount", "{}"), ("GetAccount", "[")]
        {
            assert!(read_example(name, text).is_err(), "{name} {text}");
        }
    }

    #[test]
    fn every_blank_of_a_path_has_a_parameter() {
        for (name, _, path) in OPERATIONS {
            let empty = address(path, &Map::new());
            for part in PARTS.map(|(part, _)| part) {
                assert!(!empty.contains(part), "{name}: {part} is left in {empty}");
            }
        }
    }
}
