//! The failures that the simulator can bring about, brought about and recognised.
//!
//! Each named failure is a scenario. A plain client goes the way of the wizard in it, over HTTP,
//! up to the request that fails; what comes is put to core's diagnosis.

use keyless::diagnosis::{Asked, Connection, Evidence, State, recognise};
use serde_json::{Value, json};
use simulator::{Fault, Scenario};

use crate::diagnosis::evidence_of;
use crate::exchange::{Counterpart, read_answer};
use crate::record::{Answer, Body};

const ADA: &str = "ada@contoso.example";
const CONTOSO: &str = "contoso.example";
const ARM: &str = "https://management.azure.com";
const INFERENCE: &str = "https://cognitiveservices.azure.com";
const CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const ROLE: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";

/// One named failure, and what core made of it.
#[derive(Clone, Debug)]
pub struct Production {
    /// The failure's name in the simulator.
    pub name: String,
    /// The row that it is named after.
    pub row: String,
    /// The row that core recognised, or why nothing could be put to it.
    pub recognised: Result<Option<String>, String>,
}

impl Production {
    /// Whether core recognised the row that the failure is named after.
    pub fn is_right(&self) -> bool {
        matches!(&self.recognised, Ok(Some(row)) if *row == self.row)
    }
}

/// What goes wrong there brings no error to a program: a page that stays blank or says no to a person,
/// and a service that is not asked.
const SILENT: [&str; 3] = ["S13", "S16", "D9"];

/// Brings about every failure that the simulator has a name for.
pub async fn produce_all(counterpart: &Counterpart) -> Vec<Production> {
    let mut productions = Vec::new();
    for name in Fault::names().into_iter().filter(|name| !SILENT.contains(name)) {
        let evidence = produce(counterpart, name).await;
        productions.push(Production {
            name: name.to_owned(),
            row: name.trim_end_matches(|letter: char| letter.is_ascii_lowercase()).to_owned(),
            recognised: evidence.map(|evidence| {
                recognise(&evidence).map(|diagnosis| diagnosis.row.listed().to_owned())
            }),
        });
    }
    productions
}

async fn produce(counterpart: &Counterpart, name: &str) -> Result<Evidence, String> {
    let scenario = Scenario::named(name).map_err(|error| error.to_string())?;
    counterpart.simulator().set_scenario(scenario);
    let client = Client { counterpart };
    let made = match name.chars().next() {
        Some('S') => client.ask_for_inference_token().await,
        Some('D') => client.look_around().await,
        Some('R') => client.assign_role(name).await,
        _ => client.chat().await,
    };
    made.map(|evidence| if name == "C23" { evidence.asked(Asked::Chat) } else { evidence })
}

/// A client that knows no more than Azure's documents say.
struct Client<'c> {
    counterpart: &'c Counterpart,
}

impl Client<'_> {
    /// Signs in with a device code for Resource Manager, then asks for a token of the data plane.
    async fn ask_for_inference_token(&self) -> Result<Evidence, String> {
        let scope = format!("{ARM}/.default offline_access");
        let code = self
            .post_form(
                "organizations/oauth2/v2.0/devicecode",
                &[("client_id", CLIENT), ("scope", &scope)],
            )
            .await?;
        let Some(user_code) = text(&code, "/user_code") else { return failed(&code) };
        self.post_form("common/oauth2/deviceauth", &[("otc", &user_code), ("user", ADA)]).await?;
        let device_code = text(&code, "/device_code").unwrap_or_default();
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let first = self
            .post_form(
                "organizations/oauth2/v2.0/token",
                &[("client_id", CLIENT), ("grant_type", grant), ("device_code", &device_code)],
            )
            .await?;
        let Some(refresh) = text(&first, "/refresh_token") else { return failed(&first) };
        // A sign-in counts for an hour where a policy says so.
        self.counterpart.simulator().advance(std::time::Duration::from_secs(7_200));
        let scope = format!("{INFERENCE}/.default");
        let second = self
            .post_form(
                &format!("{CONTOSO}/oauth2/v2.0/token"),
                &[
                    ("client_id", CLIENT),
                    ("grant_type", "refresh_token"),
                    ("refresh_token", &refresh),
                    ("scope", &scope),
                ],
            )
            .await?;
        failed(&second)
    }

    async fn look_around(&self) -> Result<Evidence, String> {
        let subscriptions = self.get("/subscriptions?api-version=2022-12-01").await?;
        let Some(id) = text(&subscriptions, "/value/0/id") else {
            return match subscriptions.status {
                Some(200) => Ok(Evidence::state(State::NoSubscription)),
                _ => failed(&subscriptions),
            };
        };
        let accounts = self.list_accounts(&id).await?;
        let properties = accounts.body.json().and_then(|json| json.pointer("/value/0/properties"));
        match properties {
            Some(known) if known["customSubDomainName"].is_null() => {
                Ok(Evidence::state(State::NoCustomSubdomain))
            }
            _ => failed(&accounts),
        }
    }

    async fn assign_role(&self, name: &str) -> Result<Evidence, String> {
        let (account, _) = self.find_account().await?;
        let token = self.counterpart.simulator().issue_token(ADA, CONTOSO, ARM);
        let principal = claim(&token, "oid").ok_or("the token names nobody")?;
        let subscription = account.split('/').nth(2).unwrap_or_default();
        let path = format!(
            "{account}/providers/Microsoft.Authorization/roleAssignments/{}?api-version=2022-04-01",
            crate::rename::new_id("an assignment")
        );
        let body = json!({"properties": {
            "roleDefinitionId": format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"),
            "principalId": principal,
            "principalType": "User",
        }});
        let url = format!("{}{path}", self.counterpart.simulator().addresses().arm);
        let request = self.counterpart.client().put(url).bearer_auth(token).json(&body);
        let answer = self.read(request).await?;
        match (name, answer.status) {
            ("R13", Some(201)) => Ok(Evidence::state(State::RoleNotEffective)),
            _ => failed(&answer),
        }
    }

    async fn chat(&self) -> Result<Evidence, String> {
        let (_, endpoint) = self.find_account().await?;
        let token = self.counterpart.simulator().issue_token(ADA, CONTOSO, INFERENCE);
        let body =
            json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]});
        let url = format!("{}/openai/v1/chat/completions", endpoint.trim_end_matches('/'));
        let request = self.counterpart.client().post(url).bearer_auth(token).json(&body);
        match request.send().await {
            Err(error) if error.is_connect() => Ok(Evidence::connection(Connection::Refused)),
            Err(_) => Ok(Evidence::connection(Connection::Lost)),
            Ok(response) => {
                failed(&read_answer(response).await.map_err(|error| error.to_string())?)
            }
        }
    }

    /// The first account with a chat endpoint, and that endpoint.
    async fn find_account(&self) -> Result<(String, String), String> {
        let subscriptions = self.get("/subscriptions?api-version=2022-12-01").await?;
        let ids = subscriptions.body.json().map(|json| json["value"].clone()).unwrap_or_default();
        for id in ids.as_array().into_iter().flatten().filter_map(|one| one["id"].as_str()) {
            let accounts = self.list_accounts(id).await?;
            let found = text(&accounts, "/value/0/id").zip(text(
                &accounts,
                "/value/0/properties/endpoints/OpenAI Language Model Instance API",
            ));
            if let Some(found) = found {
                return Ok(found);
            }
        }
        Err("the scenario has no account".to_owned())
    }

    async fn list_accounts(&self, subscription: &str) -> Result<Answer, String> {
        self.get(&format!(
            "{subscription}/providers/Microsoft.CognitiveServices/accounts?api-version=2025-06-01"
        ))
        .await
    }

    async fn get(&self, path: &str) -> Result<Answer, String> {
        let simulator = self.counterpart.simulator();
        let url = format!("{}{path}", simulator.addresses().arm);
        let token = simulator.issue_token(ADA, CONTOSO, ARM);
        self.read(self.counterpart.client().get(url).bearer_auth(token)).await
    }

    async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer, String> {
        let url = format!("{}/{path}", self.counterpart.simulator().addresses().authority);
        self.read(self.counterpart.client().post(url).form(form)).await
    }

    async fn read(&self, request: reqwest::RequestBuilder) -> Result<Answer, String> {
        let response = request.send().await.map_err(|error| error.to_string())?;
        read_answer(response).await.map_err(|error| error.to_string())
    }
}

/// What a refusal is evidence of.
fn failed(answer: &Answer) -> Result<Evidence, String> {
    match answer.status {
        Some(status) if status >= 400 => {
            Ok(evidence_of(status, &answer.headers, &answer.body.to_text()))
        }
        status => Err(format!("nothing failed: {status:?} {}", answer.body.to_text())),
    }
}

fn text(answer: &Answer, pointer: &str) -> Option<String> {
    let Body::Json(json) = &answer.body else { return None };
    json.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

/// A claim of a token, read without a check of its signature.
fn claim(token: &str, name: &str) -> Option<String> {
    use base64::Engine;
    let part = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    claims[name].as_str().map(str::to_owned)
}
