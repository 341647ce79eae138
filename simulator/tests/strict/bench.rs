//! A simulator on a clock that stands still, and a plain HTTP client in front of it.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, IntoUrl, Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use simulator::{Clock, Options, Scenario, Simulator};
use time::macros::datetime;

pub(crate) const CONTOSO: &str = "4d083c51-407b-49e4-b919-9b6615eb8a8e";
pub(crate) const FABRIKAM: &str = "d1c7c857-c37a-4895-88e8-811f00aa7001";
pub(crate) const ADA: &str = "ada@contoso.example";
pub(crate) const ADA_ID: &str = "b2182484-7b2e-4569-b898-f8c2fb1355bd";
pub(crate) const GRACE: &str = "grace@contoso.example";
pub(crate) const GRACE_ID: &str = "63ed31ac-4d3a-4950-a410-2f8f058e1b5e";
pub(crate) const MARY: &str = "mary@contoso.example";
pub(crate) const MARY_ID: &str = "6568d335-8d55-4e85-a89b-baa5ee1dcb17";
pub(crate) const OUTER_GROUP: &str = "d0f7fc4c-a35e-4e23-b2f4-a387ab1a964d";
pub(crate) const LINUS: &str = "linus@fabrikam.example";
pub(crate) const ARM: &str = "https://management.azure.com";
pub(crate) const INFERENCE: &str = "https://cognitiveservices.azure.com";

pub(crate) const SUBSCRIPTION: &str = "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f";
pub(crate) const GROUP: &str =
    "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f/resourceGroups/rg-chat";
pub(crate) const ACCOUNT: &str = "/subscriptions/04a91150-4b4d-434b-9a09-43e90cc8f48f/resourceGroups/rg-chat/providers/Microsoft.CognitiveServices/accounts/chat-one";
pub(crate) const OPENAI_USER: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Status and `error.code`, the two things a client branches on.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
    }

    pub(crate) fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
    }
}

/// The pair of a simulator and a client.
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) client: Client,
}

impl Bench {
    /// The scenario of this test program, at a moment that does not pass.
    pub(crate) async fn start() -> Self {
        Self::with(include_str!("scenario.json")).await
    }

    /// The scenario of this test program with some top-level members replaced.
    pub(crate) async fn start_with(members: Value) -> Self {
        let mut whole: Value =
            serde_json::from_str(include_str!("scenario.json")).expect("scenario.json is JSON");
        for (name, value) in members.as_object().expect("members are an object") {
            whole[name] = value.clone();
        }
        Self::with(&whole.to_string()).await
    }

    /// The same with little real time for a client to finish its requests.
    pub(crate) async fn start_impatient(patience: Duration) -> Self {
        let scenario = Scenario::from_json(include_str!("scenario.json"));
        let scenario = scenario.expect("the test's scenario is sound");
        Self::run(Options { scenario, patience, ..Options::default() }).await
    }

    /// A built-in scenario.
    pub(crate) async fn start_named(name: &str) -> Self {
        let scenario = Scenario::named(name).expect("the name is known");
        Self::run(Options { scenario, ..Options::default() }).await
    }

    async fn with(scenario: &str) -> Self {
        let scenario = Scenario::from_json(scenario).expect("the test's scenario is sound");
        Self::run(Options { scenario, ..Options::default() }).await
    }

    async fn run(options: Options) -> Self {
        let clock = Clock::manual(datetime!(2026-11-21 09:00 UTC));
        let options = Options { clock, ..options };
        let resting = if options.patience == Options::default().patience { 1 } else { 0 };
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // An impatient simulator ends a connection that rests, perhaps while it is taken up again.
            .pool_max_idle_per_host(resting)
            .build()
            .expect("a client without special wishes");
        Self { simulator: Simulator::start(options).await.expect("a port is free"), client }
    }

    pub(crate) fn arm_token(&self, user: &str) -> String {
        self.simulator.issue_token(user, CONTOSO, ARM)
    }

    /// A GET to Resource Manager.
    pub(crate) async fn get(&self, user: &str, path: &str) -> Reply {
        self.arm(Method::GET, path, &self.arm_token(user), None).await
    }

    pub(crate) async fn arm(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> Reply {
        let url = format!("{}{path}", self.simulator.addresses().arm);
        self.send(method, &url, Some(token), body).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Reply {
        let mut request = self.client.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        read(request.send().await.expect("the simulator answers")).await
    }

    /// `POST` of a form, as a browser or a client of Entra sends it.
    pub(crate) async fn post_form(&self, url: impl IntoUrl, form: &impl Serialize) -> Reply {
        read(self.client.post(url).form(form).send().await.expect("the simulator answers")).await
    }

    /// `PUT` of a role assignment.
    pub(crate) async fn assign(
        &self,
        by: &str,
        scope: &str,
        name: &str,
        role: &str,
        principal: &str,
    ) -> Reply {
        let path = format!(
            "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
        );
        let body = assignment_body(role, principal);
        self.arm(Method::PUT, &path, &self.arm_token(by), Some(body)).await
    }

    /// A role that must be granted for a test to make sense.
    pub(crate) async fn grant(&self, scope: &str, role: &str, principal: &str) {
        let name = uuid::Uuid::new_v4().to_string();
        let reply = self.assign(GRACE, scope, &name, role, principal).await;
        assert_eq!(reply.status, 201, "the owner may assign: {}", reply.text);
    }

    /// A chat request on the v1 path with an inference token of the user's home.
    pub(crate) async fn chat(&self, user: &str, subdomain: &str, deployment: &str) -> Reply {
        let token = self.simulator.issue_token(user, CONTOSO, INFERENCE);
        self.chat_with(
            &token,
            subdomain,
            json!({"model": deployment, "messages": [{"role": "user", "content": "Hello"}]}),
        )
        .await
    }

    pub(crate) async fn chat_with(&self, token: &str, subdomain: &str, body: Value) -> Reply {
        let url =
            format!("{}/{subdomain}/openai/v1/chat/completions", self.simulator.addresses().openai);
        self.send(Method::POST, &url, Some(token), Some(body)).await
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.simulator.advance(Duration::from_secs(seconds));
    }
}

pub(crate) async fn read(response: reqwest::Response) -> Reply {
    Reply {
        status: response.status(),
        headers: response.headers().clone(),
        text: response.text().await.expect("the answer is complete"),
    }
}

pub(crate) fn assignment_body(role: &str, principal: &str) -> Value {
    json!({"properties": {
        "roleDefinitionId": format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"),
        "principalId": principal,
    }})
}
