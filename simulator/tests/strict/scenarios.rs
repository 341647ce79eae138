//! The scenarios that are built in are sound, and the roles are Azure's.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Options, Scenario, ScenarioError, Simulator};

use crate::bench::{ADA, ADA_ID, ARM, CONTOSO, INFERENCE};

/// A built-in scenario, asked as Ada.
struct Played {
    simulator: Simulator,
    client: reqwest::Client,
}

impl Played {
    async fn start(name: &str) -> Self {
        let scenario = Scenario::named(name).expect("the scenario is built in");
        assert_eq!(scenario.name(), name, "a scenario knows its name");
        assert!(scenario.about().ends_with('.'), "and says what it is about");
        let simulator = Simulator::start(Options { scenario, ..Options::default() })
            .await
            .expect("a port is free");
        Self { simulator, client: reqwest::Client::builder().no_proxy().build().expect("a client") }
    }

    async fn get(&self, path: &str) -> Value {
        let token = self.simulator.issue_token(ADA, CONTOSO, ARM);
        let url = format!("{}{path}", self.simulator.addresses().arm);
        self.client
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON")
    }

    /// Ids of the accounts that Ada sees in all of her subscriptions, with kind and chat endpoint.
    async fn accounts(&self) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        for subscription in self.get("/subscriptions?api-version=2022-12-01").await["value"]
            .as_array()
            .expect("a list")
        {
            let id = subscription["id"].as_str().unwrap_or_default();
            let path = format!(
                "{id}/providers/Microsoft.CognitiveServices/accounts?api-version=2025-06-01"
            );
            for account in self.get(&path).await["value"].as_array().expect("a list") {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let endpoint =
                    text(&account["properties"]["endpoints"]["OpenAI Language Model Instance API"]);
                found.push((text(&account["id"]), text(&account["kind"]), endpoint));
            }
        }
        found
    }

    async fn chat_deployments(&self, account: &str) -> Vec<String> {
        let list = self.get(&format!("{account}/deployments?api-version=2025-06-01")).await;
        let all = list["value"].as_array().expect("a list").clone();
        all.iter()
            .filter(|one| one["properties"]["capabilities"]["chatCompletion"] == "true")
            .map(|one| one["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    async fn assign(&self, account: &str) -> u16 {
        let name = uuid::Uuid::new_v4();
        let url = format!(
            "{}{account}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01",
            self.simulator.addresses().arm
        );
        let body = json!({"properties": {
            "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
            "principalId": ADA_ID,
            "principalType": "User",
        }});
        let token = self.simulator.issue_token(ADA, CONTOSO, ARM);
        let request = self.client.request(Method::PUT, url).bearer_auth(token).json(&body);
        request.send().await.expect("an answer").status().as_u16()
    }

    async fn chat(&self, endpoint: &str, deployment: &str) -> u16 {
        let body = json!({"model": deployment, "messages": [{"role": "user", "content": "Hello"}]});
        let token = self.simulator.issue_token(ADA, CONTOSO, INFERENCE);
        let request = self
            .client
            .post(format!("{endpoint}openai/v1/chat/completions"))
            .bearer_auth(token)
            .json(&body);
        request.send().await.expect("an answer").status().as_u16()
    }

    /// The first account and its first chat deployment.
    async fn first(&self) -> (String, String, String) {
        let (id, _, endpoint) = self.accounts().await.swap_remove(0);
        let deployment = self.chat_deployments(&id).await.swap_remove(0);
        (id, endpoint, deployment)
    }

    fn pass(&self, seconds: u64) {
        self.simulator.advance(std::time::Duration::from_secs(seconds));
    }
}

#[tokio::test]
async fn default_lets_ada_walk_the_whole_road() {
    let played = Played::start("default").await;
    let accounts = played.accounts().await;
    let kinds: Vec<&str> = accounts.iter().map(|(_, kind, _)| kind.as_str()).collect();
    assert!(
        ["OpenAI", "AIServices", "FormRecognizer"].iter().all(|kind| kinds.contains(kind)),
        "{kinds:?}"
    );
    assert!(
        accounts.iter().all(|(id, ..)| !id.contains("contoso-finance")),
        "not what she has no role in"
    );
    let (account, endpoint, deployment) = played.first().await;
    assert_eq!(played.chat(&endpoint, &deployment).await, 401, "before the role");
    assert_eq!(played.assign(&account).await, 201);
    played.pass(5);
    assert_eq!(played.chat(&endpoint, &deployment).await, 200, "after it");
}

#[tokio::test]
async fn each_other_scenario_is_what_its_name_says() {
    assert!(Played::start("no-access").await.accounts().await.is_empty());
    assert!(Played::start("no-account").await.accounts().await.is_empty());
    let played = Played::start("no-chat-deployment").await;
    let accounts = played.accounts().await;
    assert!(!accounts.is_empty());
    for (account, ..) in accounts {
        assert_eq!(played.chat_deployments(&account).await, Vec::<String>::new());
    }
    let played = Played::start("may-not-assign").await;
    let (account, ..) = played.first().await;
    assert_eq!(played.assign(&account).await, 403);
    let played = Played::start("mfa-for-writes").await;
    let (account, ..) = played.first().await;
    assert_eq!(played.assign(&account).await, 401);
    let played = Played::start("role-after-40-s").await;
    let (account, endpoint, deployment) = played.first().await;
    assert_eq!(played.assign(&account).await, 201);
    played.pass(30);
    assert_eq!(played.chat(&endpoint, &deployment).await, 401);
    played.pass(10);
    assert_eq!(played.chat(&endpoint, &deployment).await, 200);
    for name in ["already-has-access", "through-group"] {
        let played = Played::start(name).await;
        let (_, endpoint, deployment) = played.first().await;
        assert_eq!(played.chat(&endpoint, &deployment).await, 200, "{name}");
    }
}

#[test]
fn every_name_loads_and_nothing_else_does() {
    for name in Scenario::names() {
        assert!(Scenario::named(name).is_ok(), "{name}");
    }
    let error = Scenario::named("Default").expect_err("names are exact");
    assert!(error.to_string().contains("may-not-assign"), "the error lists the names: {error}");
    for (text, kind) in [
        ("{", "malformed"),
        (r#"{"based_on": "default", "surprise": 1}"#, "malformed"),
        (
            r#"{"based_on": "default", "assignments": [{"name": "x", "principal": "b2182484-7b2e-4569-b898-f8c2fb1355bd", "role": "King", "scope": "/"}]}"#,
            "contradictory",
        ),
    ] {
        let error = Scenario::from_json(text).expect_err("not a scenario");
        let found = match error {
            ScenarioError::Malformed(_) => "malformed",
            ScenarioError::Contradictory(_) => "contradictory",
            ScenarioError::Unknown(_) => "unknown",
        };
        assert_eq!(found, kind, "{text}");
    }
}

/// Runs where the collection of facts lies beside the repository, and has nothing to say elsewhere.
#[test]
fn roles_are_those_of_the_collected_facts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(facts) =
        std::fs::read_to_string(root.join("../../shared/azure/roles/built-in-roles-relevant.json"))
    else {
        return;
    };
    let facts: Value = serde_json::from_str(&facts).expect("the facts are JSON");
    let own: Value =
        serde_json::from_str(include_str!("../../data/roles.json")).expect("the roles are JSON");
    let own = own.as_array().expect("a list");
    assert!(own.len() >= 16, "the eight that chat, and those that do not");
    for role in own {
        let all = facts["roles"].as_array().expect("a list");
        let fact =
            all.iter().find(|fact| fact["name"] == role["id"]).expect("every role is a fact");
        assert_eq!(fact["roleName"], role["name"]);
        for (theirs, ours) in [
            ("actions", "actions"),
            ("notActions", "not_actions"),
            ("dataActions", "data_actions"),
            ("notDataActions", "not_data_actions"),
        ] {
            let listed = if role[ours].is_null() { json!([]) } else { role[ours].clone() };
            assert_eq!(fact["permissions"][0][theirs], listed, "{} of {}", theirs, role["name"]);
        }
        assert_eq!(fact["permissions"][0]["condition"], role["condition"], "{}", role["name"]);
    }
}
