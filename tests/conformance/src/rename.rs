//! Other ids, names and locations in place of the recorded ones.
//!
//! A record is renamed as a whole, request and answer alike, before anything is made of it: the
//! simulator never hears a recorded id, so nothing can be given back from memory. What is a
//! constant of Azure (ids of built-in roles, ids of Microsoft's clients) stays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;
use uuid::{Uuid, uuid};

use crate::operation::Address;
use crate::record::{Body, Record};

/// Regions that take each other's place, in this order, as ids and as display names.
const REGIONS: [(&str, &str); 24] = [
    ("eastus", "East US"),
    ("swedencentral", "Sweden Central"),
    ("westus", "West US"),
    ("norwayeast", "Norway East"),
    ("westeurope", "West Europe"),
    ("southindia", "South India"),
    ("northeurope", "North Europe"),
    ("koreacentral", "Korea Central"),
    ("southcentralus", "South Central US"),
    ("australiaeast", "Australia East"),
    ("eastus2", "East US 2"),
    ("japaneast", "Japan East"),
    ("westus2", "West US 2"),
    ("francecentral", "France Central"),
    ("westus3", "West US 3"),
    ("uksouth", "UK South"),
    ("centralus", "Central US"),
    ("polandcentral", "Poland Central"),
    ("northcentralus", "North Central US"),
    ("italynorth", "Italy North"),
    ("brazilsouth", "Brazil South"),
    ("canadaeast", "Canada East"),
    ("southeastasia", "Southeast Asia"),
    ("spaincentral", "Spain Central"),
];

const NEW_IDS: Uuid = uuid!("0c7b8a3e-5f0d-5d7c-9a53-7c1f2f6ad0b1");

static GUID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));
static BARE_GUID: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b[0-9a-f]{32}\b"));
static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z0-9_\-]+"));
static REGION_HOST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"//([a-z0-9]+)\.api\.cognitive\.microsoft\.com"));

/// What stands for what.
#[derive(Clone, Debug, Default)]
pub struct Renaming {
    kept_ids: BTreeSet<String>,
    names: BTreeMap<String, String>,
}

impl Renaming {
    /// The renaming of a record; `kept_ids` are GUIDs that mean the same everywhere.
    pub fn of(record: &Record, kept_ids: &BTreeSet<String>) -> Self {
        let mut found = Names::default();
        if let Some(request) = &record.request {
            found.read_address(&request.url);
            found.read_json(&request.body);
        }
        if let Some(json) = record.answer.body.json() {
            found.read_json(json);
        }
        record.answer.headers.values().for_each(|value| found.read_text(value));
        let names = found.names.into_iter().map(|name| (name.clone(), new_name(&name))).collect();
        Self { kept_ids: kept_ids.clone(), names }
    }

    /// The record with everything renamed.
    pub fn apply(&self, record: &Record) -> Record {
        let mut renamed = record.clone();
        if let Some(request) = &mut renamed.request {
            request.url = self.rename_address(&request.url);
            request.body = self.rename_json(&request.body, "");
        }
        let answer = &mut renamed.answer;
        answer.body = match &answer.body {
            Body::Json(json) => Body::Json(self.rename_json(json, "")),
            Body::Events(events, done) => Body::Events(
                events.iter().map(|event| self.rename_json(event, "")).collect(),
                *done,
            ),
            other => other.clone(),
        };
        for value in answer.headers.values_mut() {
            *value = self.rename_text(value);
        }
        renamed
    }

    /// The new form of a text: ids, then names as whole words, then locations.
    pub fn rename_text(&self, text: &str) -> String {
        let ids = GUID.replace_all(text, |found: &Captures<'_>| self.new_id(&found[0]));
        let bare = BARE_GUID.replace_all(&ids, |found: &Captures<'_>| {
            let dashed = Uuid::parse_str(&found[0]).map(|id| id.to_string()).unwrap_or_default();
            self.new_id(&dashed).replace('-', "")
        });
        let named = WORD.replace_all(&bare, |found: &Captures<'_>| self.new_word(&found[0]));
        let hosts = REGION_HOST.replace_all(&named, |found: &Captures<'_>| {
            let region = new_location(&found[1]).unwrap_or_else(|| found[1].to_owned());
            format!("//{region}.api.cognitive.microsoft.com")
        });
        new_location(&hosts).unwrap_or_else(|| hosts.into_owned())
    }

    fn rename_address(&self, url: &str) -> String {
        let (before, query) = url.split_once('?').unwrap_or((url, ""));
        let path = before
            .split('/')
            .map(|segment| self.rename_text(&segment.replace("%20", " ")).replace(' ', "%20"))
            .collect::<Vec<_>>()
            .join("/");
        if query.is_empty() { path } else { format!("{path}?{}", self.rename_text(query)) }
    }

    fn rename_json(&self, json: &Value, key: &str) -> Value {
        match json {
            Value::String(text) if is_constant(key) => Value::String(text.clone()),
            Value::String(text) => Value::String(self.rename_text(text)),
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.rename_json(item, key)).collect())
            }
            Value::Object(members) => members
                .iter()
                // A model's name may be a deployment's too; only the deployment is renamed.
                .map(|(name, value)| match (name.as_str(), value) {
                    ("model", Value::Object(_)) => (name.clone(), value.clone()),
                    _ => (self.rename_text(name), self.rename_json(value, name)),
                })
                .collect(),
            other => other.clone(),
        }
    }

    fn new_word(&self, word: &str) -> String {
        self.names.get(&word.to_lowercase()).cloned().unwrap_or_else(|| word.to_owned())
    }

    fn new_id(&self, id: &str) -> String {
        let id = id.to_lowercase();
        if self.kept_ids.contains(&id) { id } else { new_id(&id) }
    }
}

/// The GUID that stands for another, or for a word in a GUID's place.
pub fn new_id(old: &str) -> String {
    Uuid::new_v5(&NEW_IDS, old.to_lowercase().as_bytes()).to_string()
}

/// The region that stands for another, in the spelling of the old one.
pub fn new_location(old: &str) -> Option<String> {
    let plain = old.to_lowercase().replace(' ', "");
    let at = REGIONS.iter().position(|(id, _)| *id == plain)?;
    let (id, display) = REGIONS[(at + 1) % REGIONS.len()];
    let new = if old.contains(' ') { display } else { id };
    let capitals = !old.chars().any(char::is_lowercase);
    Some(if capitals { new.to_uppercase() } else { new.to_owned() })
}

/// Values that are words of the protocol and never names.
fn is_constant(key: &str) -> bool {
    [
        "type",
        "kind",
        "code",
        "api-version",
        "role",
        "object",
        "finish_reason",
        "content",
        "tenantCategory",
        "provisioningState",
        "state",
        "token_type",
        "grant_type",
    ]
    .contains(&key)
}

/// The names that a record uses.
#[derive(Default)]
struct Names {
    names: BTreeSet<String>,
}

impl Names {
    fn read_address(&mut self, url: &str) {
        let address = Address::of(url);
        self.read_id(&address.segments());
        self.read_host(&address.host);
        if let ["openai", "deployments", name, ..] =
            address.segments().iter().map(String::as_str).collect::<Vec<_>>().as_slice()
        {
            self.add(name);
        }
        self.read_text(&address.query);
    }

    fn read_json(&mut self, json: &Value) {
        match json {
            Value::String(text) => self.read_text(text),
            Value::Array(items) => items.iter().for_each(|item| self.read_json(item)),
            Value::Object(members) => {
                for (key, value) in members {
                    self.read_text(key);
                    match value {
                        Value::String(name)
                            if ["customSubDomainName", "defaultProject"]
                                .contains(&key.as_str()) =>
                        {
                            self.add(name);
                        }
                        _ => self.read_json(value),
                    }
                }
            }
            _ => {}
        }
    }

    fn read_text(&mut self, text: &str) {
        for (at, _) in text.match_indices("/subscriptions/") {
            let id: String = text[at..]
                .chars()
                .take_while(|letter| !matches!(letter, '\'' | '"' | '?' | ',' | ' ' | '`' | ')'))
                .collect();
            self.read_id(&Address::of(&id).segments());
        }
        if let Some((_, rest)) = text.split_once("://") {
            self.read_host(rest.split('/').next().unwrap_or_default());
        }
    }

    /// The names in the segments of a resource's id: those after a type, and the subscription.
    fn read_id(&mut self, segments: &[String]) {
        let mut after_provider = None;
        for (index, segment) in segments.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| segments[before].to_lowercase());
            if segment.eq_ignore_ascii_case("providers") {
                after_provider = Some(index);
            } else if let Some(start) = after_provider {
                // providers / Namespace / type / name / type / name
                if index >= start + 3 && (index - start) % 2 == 1 {
                    self.add(segment);
                }
            } else if before.is_some_and(|before| {
                ["subscriptions", "resourcegroups"].contains(&before.as_str())
            }) {
                self.add(segment);
            }
        }
    }

    fn read_host(&mut self, host: &str) {
        let suffixes =
            [".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"];
        if let Some(name) = suffixes.iter().find_map(|suffix| host.strip_suffix(suffix)) {
            self.add(name);
        }
    }

    fn add(&mut self, name: &str) {
        for word in WORD.find_iter(name) {
            let word = word.as_str().to_lowercase();
            let is_name = word.len() > 2
                && Uuid::parse_str(&word).is_err()
                && new_location(&word).is_none()
                && !["azure", "microsoft", "resourcegroups", "accounts"].contains(&word.as_str());
            if is_name {
                self.names.insert(word);
            }
        }
    }
}

/// A name of the same length (from 6 letters on) that has nothing in common with the old one. A
/// word in the place of a subscription's id becomes a GUID.
fn new_name(old: &str) -> String {
    let id = new_id(old);
    if old.contains("subscription_id") {
        return id;
    }
    let letters: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    let length = old.len().clamp(6, 24) - 2;
    format!("n-{}", &letters[..length])
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant of this file")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(url: &str, request: Value, answer: Value) -> Record {
        let text = json!({
            "request": {"method": "PUT", "url": url, "body": request},
            "response": {"status": 201, "headers": {}, "body": answer},
        });
        Record::read("name", &text.to_string()).expect("a request and a response")
    }

    const ID: &str = "11111111-2222-3333-4444-555555555555";

    #[test]
    fn no_recorded_id_name_or_location_is_left() {
        let account = format!(
            "/subscriptions/{ID}/resourceGroups/contoso-rg/providers/Microsoft.CognitiveServices/accounts/contoso-ai"
        );
        let old = record(
            &format!("https://management.azure.com{account}?api-version=2025-06-01"),
            json!({"location": "West Europe", "kind": "OpenAI"}),
            json!({
                "id": account.to_uppercase(), "name": "contoso-ai", "location": "WESTEUROPE",
                "endpoint": "https://contoso-ai.openai.azure.com/",
                "regional": "https://westeurope.api.cognitive.microsoft.com/",
                "message": format!("'contoso-ai' of {} is fine", ID.replace('-', "")),
                "owner": {account: {"clientId": ID}},
            }),
        );
        let new = Renaming::of(&old, &BTreeSet::new()).apply(&old);
        let text = format!("{new:?}").to_lowercase();
        for gone in ["1111111", "contoso", "westeurope", "west europe"] {
            assert!(!text.contains(gone), "{gone} is left in {text}");
        }
        let body = new.answer.body.json().expect("JSON stays JSON");
        let name = body["name"].as_str().expect("a name");
        assert_eq!(body["endpoint"], json!(format!("https://{name}.openai.azure.com/")));
        let request = new.request.expect("the request stays");
        assert!(request.url.contains(&format!("/accounts/{name}?api-version=2025-06-01")));
        assert_eq!(request.body["kind"], "OpenAI", "words of the protocol stay");
        assert_eq!(body["location"], "SOUTHINDIA");
        assert_eq!(request.body["location"], "South India");
    }

    #[test]
    fn the_same_thing_has_the_same_new_name_and_constants_stay() {
        let old = record(
            &format!("https://management.azure.com/subscriptions/{ID}?api-version=1"),
            json!({"a": ID, "b": ID.to_uppercase()}),
            json!({"model": {"name": "gpt-4.1"}}),
        );
        let new = Renaming::of(&old, &BTreeSet::new()).apply(&old);
        let body = new.request.expect("the request stays").body;
        assert_eq!(body["a"], body["b"], "the case does not matter");
        assert_ne!(body["a"], ID);
        let kept = Renaming::of(&old, &BTreeSet::from([ID.to_owned()])).apply(&old);
        assert_eq!(kept.request.expect("the request stays").body["a"], ID);
        assert_eq!(kept.answer.body.json().expect("JSON")["model"]["name"], "gpt-4.1");
    }

    #[test]
    fn a_word_in_the_place_of_an_id_becomes_an_id() {
        let old = record(
            "https://management.azure.com/subscriptions/azure_subscription_id/providers",
            Value::Null,
            Value::Null,
        );
        let url = Renaming::of(&old, &BTreeSet::new()).apply(&old).request.expect("it stays").url;
        let id = Address::of(&url).segments()[1].clone();
        assert!(Uuid::parse_str(&id).is_ok(), "{id} is a GUID");
    }
}
