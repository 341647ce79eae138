//! Sending a recorded request to the running simulator, over HTTP.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use simulator::{Scenario, Simulator};

use crate::importer::{APPLICATION, APPLICATION_SECRET, Before, CALLER, Credential, Setting};
use crate::operation::{Address, Operation, Service};
use crate::record::{Answer, Body, Request};

/// After so long no token is good any more: the longest lives for 28 hours (continuous access evaluation).
const TOKEN_LIFE: Duration = Duration::from_secs(48 * 3600);

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

    /// The client that it is asked with.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// The ids of the role definitions that are built in.
    ///
    /// # Errors
    /// When the simulator does not list them.
    pub async fn built_in_roles(&self) -> Result<BTreeSet<String>, String> {
        let scenario = Scenario::named("default").map_err(|error| error.to_string())?;
        self.simulator.set_scenario(scenario);
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
    pub async fn ask(&self, setting: &Setting, operation: &Operation) -> Result<Served, String> {
        let scenario = Scenario::from_json(&setting.scenario.to_string())
            .map_err(|error| format!("{error}: {}", setting.scenario))?;
        self.simulator.set_scenario(scenario);
        let say = |error: reqwest::Error| error.to_string();
        let request = self.sign_in_before(setting).await.map_err(say)?;
        let application = match setting.credential {
            Credential::Application => {
                self.application_token(setting, operation).await.map_err(say)?
            }
            _ => String::new(),
        };
        let before = self.simulator.history().len();
        let sent = self.send(setting, &request, operation, &application).await;
        let answer = sent.map_err(say)?;
        let history = self.simulator.history();
        let entry = history.get(before).filter(|entry| !entry.unknown);
        Ok(Served { answer, operation: entry.map(|entry| entry.operation.to_string()) })
    }

    /// The request, with a device code that was asked for before it.
    async fn sign_in_before(&self, setting: &Setting) -> Result<Request, reqwest::Error> {
        let mut request = setting.request.clone();
        let Value::String(form) = &request.body else { return Ok(request) };
        if setting.before == Before::Nothing {
            return Ok(request);
        }
        let authority = self.simulator.addresses().authority;
        let mut fields: BTreeMap<String, String> =
            url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        let tenant = Address::of(&request.url).segments().first().cloned().unwrap_or_default();
        let ask = self.client.post(format!("{authority}/{tenant}/oauth2/v2.0/devicecode"));
        let asked: Vec<_> = fields
            .iter()
            .filter(|(name, _)| ["client_id", "scope"].contains(&name.as_str()))
            .collect();
        let code: Value = ask.form(&asked).send().await?.json().await?;
        let text = |name: &str| code[name].as_str().unwrap_or_default().to_owned();
        if setting.before == Before::SignInWithDeviceCode {
            let page = [("otc", text("user_code")), ("user", CALLER.to_owned())];
            let url = format!("{authority}/common/oauth2/deviceauth");
            self.client.post(url).form(&page).send().await?;
        }
        fields.insert("device_code".to_owned(), text("device_code"));
        let form =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        request.body = Value::String(form);
        Ok(request)
    }

    async fn application_token(
        &self,
        setting: &Setting,
        operation: &Operation,
    ) -> Result<String, reqwest::Error> {
        let url = format!(
            "{}/{}/oauth2/v2.0/token",
            self.simulator.addresses().authority,
            setting.tenant
        );
        let scope = format!("{}/.default", audience(operation.service));
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", APPLICATION),
            ("client_secret", APPLICATION_SECRET),
            ("scope", scope.as_str()),
        ];
        let token: Value = self.client.post(url).form(&form).send().await?.json().await?;
        Ok(token["access_token"].as_str().unwrap_or_default().to_owned())
    }

    async fn send(
        &self,
        setting: &Setting,
        request: &Request,
        operation: &Operation,
        application: &str,
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
            Credential::Expired => {
                let token = self.token(CALLER, &setting.tenant, operation.service);
                self.simulator.advance(TOKEN_LIFE);
                builder.bearer_auth(token)
            }
            Credential::Application => builder.bearer_auth(application),
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
        self.simulator.issue_token(person, tenant, audience(service))
    }

    /// The recorded path and query, below the base address of the service.
    fn address(&self, request: &Request, operation: &Operation) -> String {
        let addresses = self.simulator.addresses();
        let recorded = Address::of(&request.url);
        let base = match operation.service {
            Service::ResourceManager => addresses.arm,
            Service::Entra => addresses.authority,
            Service::Graph => addresses.graph,
            Service::Inference => format!("{}/{}", addresses.openai, label(&recorded.host)),
        };
        let query =
            if recorded.query.is_empty() { String::new() } else { format!("?{}", recorded.query) };
        format!("{base}{}{query}", recorded.path)
    }
}

/// How the simulator spells the host of an inference endpoint as a part of the path.
fn label(host: &str) -> &str {
    [".openai.azure.com", ".azure.com", ".microsoft.com"]
        .into_iter()
        .find_map(|domain| host.strip_suffix(domain))
        .unwrap_or(host)
}

fn audience(service: Service) -> &'static str {
    match service {
        Service::Inference => "https://cognitiveservices.azure.com",
        Service::Graph => "https://graph.microsoft.com",
        Service::ResourceManager | Service::Entra => "https://management.azure.com",
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
