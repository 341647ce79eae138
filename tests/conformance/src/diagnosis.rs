//! Diagnosis: is an error recognised whatever ids, names and wording it carries?
//!
//! Errors come from four places: the texts of the table of failures, recorded answers, quoted
//! answers, and decoys of other services, which must come out unknown. Which row is right follows
//! from the table or from [`expected_row`]; how core recognises it is core's own affair.

use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderMap, HeaderName, HeaderValue};
use keyless::diagnosis::{Asked, Connection, Evidence, State, recognise};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure_table::Failure;
use crate::noise::Noise;
use crate::operation::{Operation, Service};
use crate::record::{Answer, Body, Record};

/// How often every error is varied.
pub const VARIANTS: usize = 6;
/// From so many words on, a text alone says what it is about.
const SENTENCE: usize = 6;

/// Rows that Keyless does not meet on the way from the sign-in to the chat: no error of that way
/// shows them, or they belong to something that Keyless does not do yet.
const LATER: [(&str, &str); 12] = [
    ("S16", "a wish, not an error"),
    ("D5", "comes with creating accounts"),
    ("D6", "comes with creating accounts"),
    ("D7", "comes with creating deployments"),
    ("D8", "comes with registering providers"),
    ("D9", "told to nobody: the subscriptions are read instead"),
    ("R9", "comes with Privileged Identity Management"),
    ("R11", "a finding of the access check, which has no error text of its own"),
    ("R12", "a finding of the access check; its text is the one of C1"),
    ("R17", "comes with Privileged Identity Management"),
    ("S3", "a line of another tool, only pasted"),
    ("S12", "a line of another tool, only pasted"),
];

/// An error to be recognised.
#[derive(Clone, Debug)]
pub struct Case {
    /// Where it comes from.
    pub source: String,
    /// The row that is right; none where it is none of the rows.
    pub expected: Option<String>,
    /// What is known about it.
    pub evidence: Evidence,
    /// Whether it is another service's, and nothing may be said about it.
    pub decoy: bool,
}

impl Recognition {
    /// The listed rows of which every case was recognised.
    pub fn recognised(&self, listed: &BTreeSet<String>) -> usize {
        listed
            .iter()
            .filter(|row| self.rows.get(*row).is_some_and(|(all, right)| all == right))
            .count()
    }

    /// The decoys that came out unknown in every variant.
    pub fn unknown(&self) -> usize {
        self.decoys.values().filter(|unknown| **unknown).count()
    }
}

/// What came out of all cases.
#[derive(Clone, Debug, Default)]
pub struct Recognition {
    /// How often each row was expected and which one came, the empty text for none.
    pub matrix: BTreeMap<(String, String), usize>,
    /// The cases that went wrong.
    pub misses: Vec<String>,
    /// Expected rows with how many cases there were, and how many went right.
    pub rows: BTreeMap<String, (usize, usize)>,
    /// Sources of decoys, and whether every variant came out unknown.
    pub decoys: BTreeMap<String, bool>,
}

/// One decoy of `data/decoys.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decoy {
    service: String,
    status: Option<u16>,
    body: Value,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// The rows that have to be recognised, each once.
pub fn listed_rows(failures: &[Failure]) -> BTreeSet<String> {
    failures
        .iter()
        .filter(|failure| failure.met && !LATER.iter().any(|(id, _)| *id == failure.id))
        .map(|failure| failure.id.clone())
        .collect()
}

/// The rows that are left out, with the reason.
pub fn later_rows() -> &'static [(&'static str, &'static str)] {
    &LATER
}

/// Puts every case to core.
pub fn recognise_all(cases: &[Case]) -> Recognition {
    let mut recognition = Recognition::default();
    for case in cases {
        let found = recognise(&case.evidence).map(|diagnosis| diagnosis.row.listed().to_owned());
        let expected = case.expected.clone().unwrap_or_default();
        let got = found.unwrap_or_default();
        *recognition.matrix.entry((expected.clone(), got.clone())).or_default() += 1;
        // A general row says no more than that something was refused.
        let is_right =
            got == expected || (!case.decoy && expected.is_empty() && got.starts_with('G'));
        if case.decoy {
            *recognition.decoys.entry(case.source.clone()).or_insert(true) &= is_right;
        } else if !expected.is_empty() {
            let row = recognition.rows.entry(expected.clone()).or_default();
            row.0 += 1;
            row.1 += usize::from(is_right);
        }
        if !is_right {
            let name =
                |row: &str| if row.is_empty() { "unknown".to_owned() } else { row.to_owned() };
            recognition.misses.push(format!(
                "{}: expected {}, got {}",
                case.source,
                name(&expected),
                name(&got)
            ));
        }
    }
    recognition
}

/// The cases that the table of failures makes: every text and body of every row, varied, in the
/// envelope of its service and as a bare text.
pub fn cases_of_table(failures: &[Failure]) -> Vec<Case> {
    let listed = listed_rows(failures);
    let mut cases = Vec::new();
    for failure in failures.iter().filter(|failure| listed.contains(&failure.id)) {
        let case = |source: String, evidence: Evidence| Case {
            source,
            expected: Some(failure.id.clone()),
            evidence,
            decoy: false,
        };
        // What is found in an answer that is no error is seen by looking, not by a text.
        let is_error = failure.status.is_none_or(|status| status >= 400);
        for (index, text) in failure.texts.iter().enumerate().filter(|_| is_error) {
            for variant in 0..VARIANTS {
                let source =
                    format!("failures.md {} text {} variant {variant}", failure.id, index + 1);
                let mut noise = Noise::new(&source, variant);
                let varied = noise.vary(text);
                for evidence in evidence_of_text(failure, &varied, &mut noise) {
                    cases.push(case(source.clone(), evidence));
                }
            }
        }
        if failure.texts.is_empty()
            && let (Some(status), Some(code)) = (failure.status, &failure.code)
        {
            for variant in 0..VARIANTS {
                let source = format!("failures.md {} code variant {variant}", failure.id);
                let message = Noise::new(&source, variant).vary("Something about {scope} ...");
                let body = json!({"error": {"code": code, "message": message}}).to_string();
                cases.push(case(source, evidence_of(status, &BTreeMap::new(), &body)));
            }
        }
        for (index, (status, body)) in failure.bodies.iter().enumerate() {
            for variant in 0..VARIANTS {
                let source =
                    format!("failures.md {} body {} variant {variant}", failure.id, index + 1);
                let varied = Noise::new(&source, variant).vary(body);
                cases.push(case(source, evidence_of(*status, &BTreeMap::new(), &varied)));
            }
        }
        for (name, evidence) in evidence_without_text(&failure.id) {
            cases.push(case(format!("failures.md {} {name}", failure.id), evidence));
        }
    }
    cases
}

/// The cases that recorded and quoted answers make. An error of an operation that Keyless does
/// not do, and of which no row speaks, is a decoy.
pub fn cases_of_records(records: &[Record]) -> Vec<Case> {
    let mut cases = Vec::new();
    for record in records {
        let is_error = record.answer.status.is_none_or(|status| status >= 400)
            || matches!(&record.answer.body, Body::Json(json) if json.get("error").is_some_and(|error| !error.is_null()));
        if !is_error {
            continue;
        }
        let area = Area::of(record);
        let expected = expected_row(area, &record.answer);
        for variant in 0..VARIANTS {
            let mut noise = Noise::new(&record.name, variant);
            let body = match &record.answer.body {
                Body::Json(json) => vary_json(json, &mut noise).to_string(),
                other => noise.vary(&other.to_text()),
            };
            let evidence = match record.answer.status {
                Some(status) => evidence_of(status, &record.answer.headers, &body),
                None => Evidence::redirect(
                    record
                        .answer
                        .body
                        .json()
                        .and_then(|json| json["error"].as_str())
                        .unwrap_or_default(),
                    &noise.vary(
                        record
                            .answer
                            .body
                            .json()
                            .and_then(|json| json["error_description"].as_str())
                            .unwrap_or_default(),
                    ),
                ),
            };
            let asked = area.asked().filter(|_| expected.is_none());
            let evidence = match asked {
                Some(asked) => evidence.asked(asked),
                None => evidence,
            };
            cases.push(Case {
                source: record.name.clone(),
                expected: expected.map(str::to_owned),
                evidence,
                decoy: expected.is_none() && area == Area::Other,
            });
        }
    }
    cases
}

/// The decoys of this tool.
///
/// # Panics
/// When `data/decoys.json` is not a list of decoys, which a test reads.
pub fn cases_of_decoys() -> Vec<Case> {
    let decoys: Vec<Decoy> = serde_json::from_str(include_str!("../data/decoys.json"))
        .expect("data/decoys.json is a list of decoys, which a test reads");
    let mut cases = Vec::new();
    for (index, decoy) in decoys.iter().enumerate() {
        for variant in 0..VARIANTS {
            let source = format!("decoy {} of {}", index + 1, decoy.service);
            let mut noise = Noise::new(&source, variant);
            let text = match &decoy.body {
                Value::String(text) => noise.vary(text),
                json => vary_json(json, &mut noise).to_string(),
            };
            let evidence = match decoy.status {
                Some(status) => evidence_of(status, &decoy.headers, &text),
                None => Evidence::text(&noise.disturb(&text)),
            };
            cases.push(Case { source, expected: None, evidence, decoy: true });
        }
    }
    cases
}

/// What an operation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Area {
    SignIn,
    Read,
    Assignment,
    Chat,
    Other,
}

impl Area {
    fn of(record: &Record) -> Self {
        let Some(request) = &record.request else {
            return match record.hint.split('.').collect::<Vec<_>>().as_slice() {
                ["aoai", ..] => Area::Chat,
                ["entra", ..] => Area::SignIn,
                ["roleAssignment", "PUT", ..] => Area::Assignment,
                ["tenants" | "subscriptions", ..] => Area::Read,
                _ => Area::Other,
            };
        };
        let operation = Operation::of(request);
        match operation.name.as_str() {
            _ if operation.service == Service::Inference => Area::Chat,
            "roleAssignments.create" => Area::Assignment,
            "tenants.list"
            | "subscriptions.list"
            | "accounts.list"
            | "deployments.list"
            | "permissions.list"
            | "roleAssignments.list" => Area::Read,
            _ if operation.service == Service::Entra => Area::SignIn,
            _ => Area::Other,
        }
    }

    /// What the wizard would have asked for. Entra's pending answers are none of its.
    fn asked(self) -> Option<Asked> {
        match self {
            Area::Chat => Some(Asked::Chat),
            Area::Read => Some(Asked::Read),
            Area::Assignment => Some(Asked::Assignment),
            Area::SignIn | Area::Other => None,
        }
    }
}

/// Which row an answer belongs to, read by hand from status, code and message.
fn expected_row(area: Area, answer: &Answer) -> Option<&'static str> {
    let empty = Value::Null;
    let json = answer.body.json().unwrap_or(&empty);
    let error = if json["error"].is_object() { &json["error"] } else { json };
    let code = error["code"].as_str().unwrap_or_default();
    let message = error["message"].as_str().unwrap_or_default();
    let status = answer.status.unwrap_or_default();
    let says = |text: &str| message.contains(text);
    let challenge = answer.headers.get("www-authenticate").map_or("", String::as_str);
    if challenge.contains("insufficient_claims") {
        return Some("R8");
    }
    match (area, status, code) {
        (Area::SignIn, ..) => expected_sign_in(json["error_description"].as_str()?),
        (Area::Chat, 401, "PermissionDenied") if says("lacks the required data action") => {
            Some("C1")
        }
        (Area::Chat, 401, "PermissionDenied") => Some("C2"),
        (Area::Chat, 401, "") if json["statusCode"].is_number() => Some("C3"),
        (Area::Chat, 401, "401")
            if says("missing application") || says("missing subscription key") =>
        {
            Some("C21")
        }
        (Area::Chat, 401, "401") => Some("C20"),
        (Area::Chat, 400, _) if says("does not match resource tenant") => Some("C4"),
        (Area::Chat, 400, _) if says("custom subdomain") => Some("C5"),
        (Area::Chat, 404, _) if says("Subdomain does not map") => Some("C6"),
        (Area::Chat, 403, _) if says("Public access is disabled") => Some("C7"),
        (Area::Chat, 403, _) if says("Virtual Network/Firewall rules") => Some("C8"),
        (Area::Chat, 403, _) if says("A Virtual Network is configured") => Some("C9"),
        (Area::Chat, 403, _) if says("approved private endpoint") => Some("C10"),
        (Area::Chat, 404, "DeploymentNotFound") => Some("C11"),
        (Area::Chat, 404, "404") => Some("C12"),
        (Area::Chat, 400, _) if says("/v1 path") || says("API version not supported") => {
            Some("C13")
        }
        (Area::Chat, 400, "OperationNotSupported") => Some("C14"),
        (Area::Chat, 400, "unsupported_parameter") if says("max_tokens") => Some("C15"),
        (Area::Chat, 400, "content_filter") => Some("C16"),
        (Area::Chat, 429, _) => Some("C17"),
        (Area::Chat, 403, "AuthenticationTypeDisabled") => Some("C18"),
        (Area::Chat, 403, _) if says("temporarily blocked") => Some("C19"),
        (_, 401, "InvalidAuthenticationTokenTenant") => Some("D3"),
        (_, 403, "AuthorizationFailed") if says("'Microsoft.CognitiveServices/accounts/read'") => {
            Some("D2")
        }
        (_, 403, "AuthorizationFailed")
            if says("Microsoft.Authorization/roleAssignments/write") =>
        {
            Some(if says("ABAC condition") { "R2" } else { "R1" })
        }
        (_, 403, "RequestDisallowedByPolicy") => Some("R14"),
        (_, 400, "RoleAssignmentRequestAcrsValidationFailed") => Some("R9"),
        (_, 403, "Authorization_RequestDenied") => Some("R7"),
        (Area::Assignment, 409, "RoleAssignmentExists") => Some("R4"),
        (Area::Assignment, 400, "RoleAssignmentUpdateNotPermitted") => Some("R5"),
        (Area::Assignment, 400, "PrincipalNotFound") => Some("R6"),
        (Area::Assignment, _, _) if says("hash conflict") => Some("R18"),
        (
            _,
            _,
            "RoleAssignmentLimitExceeded" | "ScopeLocked" | "DenyAssignmentAuthorizationFailed",
        ) => Some("R15"),
        _ => None,
    }
}

/// The row of Entra's number ("Microsoft Entra authentication and authorization error codes").
fn expected_sign_in(description: &str) -> Option<&'static str> {
    let number = description.split("AADSTS").nth(1)?;
    let number: String = number.chars().take_while(char::is_ascii_digit).collect();
    Some(match number.as_str() {
        "50074" | "50076" | "50078" => "S1",
        "50072" | "50079" => "S2",
        "53003" => "S4",
        "53000" | "53001" => "S5",
        "530084" => "S6",
        "65001" | "65002" | "90094" | "650057" => "S7",
        "700016" | "7000218" | "50011" => "S8",
        "50020" => "S9",
        "70008" | "70043" | "50173" | "700081" | "700082" | "700084" => "S10",
        "500011" => "S11",
        _ => return None,
    })
}

/// What a text of the table looks like on the wire, and as somebody would paste it.
fn evidence_of_text(failure: &Failure, text: &str, noise: &mut Noise) -> Vec<Evidence> {
    let disturbed = noise.disturb(text);
    // Without its status a short sentence could be anybody's.
    let bare = (text.split_whitespace().count() >= SENTENCE).then(|| Evidence::text(&disturbed));
    if failure.id.starts_with('S') {
        let number = text
            .split("AADSTS")
            .nth(1)
            .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        let code = failure.code.as_deref().unwrap_or("invalid_grant");
        let codes: Vec<u64> = number.iter().filter_map(|number| number.parse().ok()).collect();
        let body = json!({
            "error": code, "error_description": disturbed, "error_codes": codes,
            "timestamp": "2026-11-20 10:11:12Z",
        });
        let mut shown = vec![
            evidence_of(failure.status.unwrap_or(400), &BTreeMap::new(), &body.to_string()),
            Evidence::redirect(code, &disturbed),
        ];
        shown.extend(bare.or_else(|| number.map(|_| Evidence::text(&disturbed))));
        return shown;
    }
    let Some(status) = failure.status else { return bare.into_iter().collect() };
    let body = match (&failure.code, status) {
        (Some(code), _) => json!({"error": {"code": code, "message": disturbed}}),
        (None, 401) => json!({"statusCode": 401, "message": disturbed}),
        (None, _) => json!({"error": {"code": null, "message": disturbed}}),
    };
    let mut shown = vec![evidence_of(status, &BTreeMap::new(), &body.to_string())];
    shown.extend(bare);
    shown
}

/// The evidence of rows that show in another way than by a text.
fn evidence_without_text(row: &str) -> Vec<(&'static str, Evidence)> {
    let mfa = BTreeMap::from([(
        "www-authenticate".to_owned(),
        "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\""
            .to_owned(),
    )]);
    match row {
        "D1" => vec![("empty list", Evidence::state(State::NoSubscription))],
        "D4" => vec![("property", Evidence::state(State::NoCustomSubdomain))],
        "S13" => vec![("nobody came back", Evidence::state(State::NoCallback))],
        "S14" => vec![("handshake", Evidence::connection(Connection::Tls))],
        "R8" => vec![("challenge", evidence_of(401, &mfa, "").asked(Asked::Assignment))],
        "R13" => vec![("long wait", Evidence::state(State::RoleNotEffective))],
        "C22" => vec![
            ("name", Evidence::connection(Connection::NameNotFound)),
            ("refused", Evidence::connection(Connection::Refused)),
            ("silence", Evidence::connection(Connection::TimedOut)),
        ],
        "C23" => vec![
            ("500", evidence_of(500, &BTreeMap::new(), "{}").asked(Asked::Chat)),
            ("503", evidence_of(503, &BTreeMap::new(), "").asked(Asked::Chat)),
        ],
        _ => Vec::new(),
    }
}

/// The evidence of an answer.
pub fn evidence_of(status: u16, headers: &BTreeMap<String, String>, body: &str) -> Evidence {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::try_from(name.as_str()), HeaderValue::from_str(value))
        {
            map.append(name, value);
        }
    }
    Evidence::answer(status, map, body.as_bytes())
}

fn vary_json(json: &Value, noise: &mut Noise) -> Value {
    match json {
        Value::String(text) => Value::String(noise.vary(text)),
        Value::Array(items) => items.iter().map(|item| vary_json(item, noise)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let value = match (name.as_str(), value) {
                    ("message" | "error_description", Value::String(text)) => {
                        let varied = noise.vary(text);
                        Value::String(noise.disturb(&varied))
                    }
                    _ => vary_json(value, noise),
                };
                (name.clone(), value)
            })
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_forty_decoys_of_many_services() {
        let sources: BTreeSet<String> =
            cases_of_decoys().into_iter().map(|case| case.source).collect();
        assert!(sources.len() >= 40, "{} decoys", sources.len());
    }

    #[test]
    fn a_recognised_decoy_and_a_wrong_row_are_misses() {
        let evidence = || {
            Evidence::text(
                "Please provide a custom subdomain for token authentication, otherwise API key is required.",
            )
        };
        let case = |expected: Option<&str>, decoy| Case {
            source: "case".to_owned(),
            expected: expected.map(str::to_owned),
            evidence: evidence(),
            decoy,
        };
        let right = recognise_all(&[case(Some("C5"), false)]);
        assert_eq!((right.misses.len(), right.rows["C5"]), (0, (1, 1)));
        let wrong = recognise_all(&[case(Some("C6"), false), case(None, true), case(None, false)]);
        assert_eq!(wrong.misses.len(), 3, "{:?}", wrong.misses);
        assert!(!wrong.decoys["case"]);
        assert_eq!(wrong.rows["C6"], (1, 0));
    }
}
