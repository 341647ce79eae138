//! Sending a recorded request to the running simulator, over HTTP.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use simulator::{Scenario, Simulator};

use crate::importer::{CALLER, Credential, Setting};
use crate::operation::{Address, Operation, Service};
use crate::record::{Answer, Body, Request};

/// A running simulator, asked as a client would.
pub struct Counterpart {
    simulator: Simulator,
    client: reqwest::Client,
}

/// What came back, and what the simulator calls the operation.
#[derive(Debug)]
pub struct Served {
    /// The answer.
    pub answer: Answer,
    /// The operation's name in the simulator's history; none where it knows no such request.
    pub operation: Option<String>,
}

impl Counterpart {
    /// Starts a simulator on a free port of loopback.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start() -> Result<Self, String> {
        let simulator = Simulator::start(simulator::Options::default())
            .await
            .map_err(|error| error.to_string())?;
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { simulator, client })
    }

    /// The simulator itself.
    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// The ids of the role definitions that are built in.
    ///
    /// # Errors
    /// When the simulator does not list them.
    pub async fn built_in_roles(&self) -> Result<BTreeSet<String>, String> {
        let token = self.token("ada@contoso.example", "contoso.example", Service::ResourceManager);
        let mut next = Some(format!(
            "{}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01",
            self.simulator.addresses().arm
        ));
        let mut ids = BTreeSet::new();
        while let Some(url) = next {
            let sent = self.client.get(&url).bearer_auth(&token).send().await;
            let answer = sent.map_err(|error| error.to_string())?;
            let page: Value = answer.json().await.map_err(|error| error.to_string())?;
            let names = page["value"].as_array().into_iter().flatten();
            ids.extend(names.filter_map(|one| one["name"].as_str()).map(str::to_lowercase));
            next = page["nextLink"].as_str().map(str::to_owned);
        }
        if ids.is_empty() { Err("the simulator has no built-in role".to_owned()) } else { Ok(ids) }
    }

    /// Starts the world of a setting and sends the request in it.
    ///
    /// # Errors
    /// When the scenario is refused or the connection breaks.
    pub async fn ask(
        &self,
        setting: &Setting,
        request: &Request,
        operation: &Operation,
    ) -> Result<Served, String> {
        let scenario = Scenario::from_json(&setting.scenario.to_string())
            .map_err(|error| format!("{error}: {}", setting.scenario))?;
        self.simulator.set_scenario(scenario);
        let before = self.simulator.history().len();
        let sent = self.send(setting, request, operation).await;
        let answer = sent.map_err(|error| error.to_string())?;
        let history = self.simulator.history();
        let entry = history.get(before).filter(|entry| !entry.unknown);
        Ok(Served { answer, operation: entry.map(|entry| entry.operation.to_string()) })
    }

    async fn send(
        &self,
        setting: &Setting,
        request: &Request,
        operation: &Operation,
    ) -> Result<Answer, reqwest::Error> {
        let method =
            reqwest::Method::from_bytes(request.method.as_bytes()).unwrap_or(reqwest::Method::GET);
        let mut builder = self.client.request(method, self.address(request, operation));
        for (name, value) in &setting.headers {
            builder = builder.header(name, value);
        }
        builder = match setting.credential {
            Credential::Token => {
                builder.bearer_auth(self.token(CALLER, &setting.tenant, operation.service))
            }
            Credential::Nonsense => builder.bearer_auth("nonsense"),
            Credential::Key => builder.header("api-key", "nonsense"),
            Credential::Nothing => builder,
        };
        builder = match &request.body {
            Value::Null => builder,
            Value::String(form) if operation.service == Service::Entra => builder
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.clone()),
            Value::String(text) => builder.body(text.clone()),
            json => builder.json(json),
        };
        read_answer(builder.send().await?).await
    }

    fn token(&self, person: &str, tenant: &str, service: Service) -> String {
        let audience = match service {
            Service::Inference => "https://cognitiveservices.azure.com",
            Service::Graph => "https://graph.microsoft.com",
            Service::ResourceManager | Service::Entra => "https://management.azure.com",
        };
        self.simulator.issue_token(person, tenant, audience)
    }

    /// The recorded path and query, below the base address of the service.
    fn address(&self, request: &Request, operation: &Operation) -> String {
        let addresses = self.simulator.addresses();
        let recorded = Address::of(&request.url);
        let base = match operation.service {
            Service::ResourceManager => addresses.arm,
            Service::Entra => addresses.authority,
            Service::Graph => addresses.graph,
            Service::Inference => {
                let label = recorded.host.trim_end_matches(".openai.azure.com");
                format!("{}/{label}", addresses.openai)
            }
        };
        let query =
            if recorded.query.is_empty() { String::new() } else { format!("?{}", recorded.query) };
        format!("{base}{}{query}", recorded.path)
    }
}

/// Reads an answer to its end.
pub async fn read_answer(response: reqwest::Response) -> Result<Answer, reqwest::Error> {
    let status = Some(response.status().as_u16());
    let headers: BTreeMap<String, String> = response
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let text = response.text().await?;
    Ok(Answer { status, headers, body: Body::read(&text), trimmed: false })
}
