use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::failure::Remedy;

/// Evidence in our own words, with the row that it belongs to, or one that it nearly fits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Example {
    row: Option<String>,
    near: Option<String>,
    asked: Option<Asked>,
    borrowed: bool,
    status: Option<u16>,
    headers: BTreeMap<String, String>,
    host: Option<String>,
    body: Value,
    redirect: Option<Redirect>,
    connection: Option<Connection>,
    state: Option<State>,
    values: Parameters,
}

#[derive(Clone, Debug, Deserialize)]
struct Redirect {
    error: String,
    description: String,
}

static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("examples.json")).expect("the examples have this shape")
});

impl Example {
    fn text(&self) -> String {
        match &self.body {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            json => json.to_string(),
        }
    }

    fn evidence(&self) -> Evidence {
        self.evidence_of(&self.text())
    }

    /// The same evidence with another body.
    fn evidence_of(&self, body: &str) -> Evidence {
        let header = |(name, value): (&String, &String)| {
            let name: HeaderName = name.parse().expect("a header's name");
            (name, HeaderValue::from_str(value).expect("a header's value"))
        };
        let headers: HeaderMap = self.headers.iter().map(header).collect();
        let mut evidence = match (self.status, &self.redirect, self.connection, self.state) {
            (Some(status), ..) => Evidence::answer(status, headers, body.as_bytes()),
            (_, Some(it), ..) => Evidence::redirect(&it.error, &it.description),
            (_, _, Some(connection), _) => Evidence::connection(connection),
            (.., Some(state)) => Evidence::state(state),
            _ => Evidence::text(body),
        };
        evidence = evidence.at(self.host.as_deref().unwrap_or("harbour.openai.azure.com"));
        evidence.asked = self.asked;
        evidence.borrowed(self.borrowed)
    }
}

fn named(evidence: &Evidence) -> Option<&'static str> {
    recognise(evidence).map(|diagnosis| diagnosis.row.id.as_str())
}

/// What the callers know, as they name it; for each kind of request.
const KNOWN: &[(&str, &str)] = &[
    ("account", "grace@fabrikam.example"),
    ("application", "7b1c9d2e-4f50-4a61-8b72-93c4d5e6f708"),
    ("attempts", "3"),
    ("deployment", "chat"),
    ("directory", "Fabrikam"),
    ("export", "export"),
    ("from", "2027-01-01T00:00:00Z"),
    ("issuer", "Fabrikam Proxy"),
    ("minutes", "10"),
    ("now", "2026-01-01T00:00:00Z"),
    ("object_id", "1"),
    ("own_application", "7b1c9d2e-4f50-4a61-8b72-93c4d5e6f708"),
    ("portal", "https://portal.azure.com/"),
    ("proxy", "proxy.fabrikam.example:8080"),
    ("reason", "No."),
    ("resource", "harbour-ai"),
    ("resource_group", "rg-two"),
    ("role", "Cognitive Services OpenAI User"),
    ("role_id", "2"),
    ("scheme", "ftp"),
    ("schemes", "Negotiate, NTLM"),
    ("scope", "/subscriptions/1"),
    ("script", "http://pac.fabrikam.example/proxy.pac"),
    ("seconds", "9"),
    ("setenv", "setenv"),
    ("setting", "HTTPS_PROXY"),
    ("setx", "setx"),
    ("status", "403"),
    ("subdomain", "harbour"),
    ("subscription_id", "04a91150-4b4d-434b-9a09-43e90cc8f48f"),
    ("subscriptions", "0"),
    ("tenant", "Fabrikam"),
    ("tool", "Azure CLI"),
    ("until", "2027-04-01T00:00:00Z"),
];

#[test]
fn every_example_is_recognised_as_its_row_and_no_near_miss_is() {
    for example in EXAMPLES.iter() {
        let found = recognise(&example.evidence());
        let id = found.as_ref().map(|diagnosis| diagnosis.row.id.as_str());
        if let Some(near) = &example.near {
            assert_ne!(id, Some(near.as_str()), "only nearly: {example:?}");
            continue;
        }
        assert_eq!(id, example.row.as_deref(), "{example:?}");
        let values = found.expect("it was just seen").values;
        for (name, value) in &example.values {
            assert_eq!(values.get(name), Some(value), "{name} in {example:?}");
        }
    }
}

#[test]
fn every_row_has_an_example_and_a_near_miss() {
    let rows: BTreeSet<&str> = rows().iter().map(|row| row.id.as_str()).collect();
    assert_eq!(rows.len(), super::rows().len(), "no name is used twice");
    let named: BTreeSet<&str> = EXAMPLES.iter().filter_map(|it| it.row.as_deref()).collect();
    let missed: BTreeSet<&str> = EXAMPLES.iter().filter_map(|it| it.near.as_deref()).collect();
    assert_eq!(rows, named, "each row is reached by an example");
    assert_eq!(rows, missed, "each row is nearly reached by one");
}

#[test]
fn no_two_rows_fit_equally_well() {
    for example in EXAMPLES.iter() {
        let mut weights: Vec<(usize, &str)> = candidates(&example.evidence())
            .iter()
            .map(|(weight, row, _)| (*weight, row.id.as_str()))
            .collect();
        weights.sort_by(|a, b| b.cmp(a));
        let tie = weights.len() > 1 && weights[0].0 == weights[1].0;
        assert!(!tie, "{weights:?} for {example:?}");
    }
}

#[test]
fn every_condition_is_met_by_an_example() {
    let mut unmet = Vec::new();
    for row in rows() {
        for (number, condition) in row.when.iter().enumerate() {
            let met = EXAMPLES.iter().any(|example| {
                example.row.as_ref() == Some(&row.id)
                    && condition.weigh(&example.evidence()).is_some()
            });
            if !met {
                unmet.push(format!("condition {number} of {}", row.id));
            }
        }
    }
    assert_eq!(unmet, Vec::<String>::new(), "nothing shows that these are right");
}

#[test]
fn every_failure_names_what_its_sentence_needs_and_ends_in_a_next_step() {
    for example in EXAMPLES.iter().filter(|example| example.row.is_some()) {
        let failure = explain(&example.evidence(), KNOWN);
        for name in failure.code.parameters() {
            assert!(!failure.parameters[*name].is_empty(), "{name} of {example:?}");
        }
        let pressed = failure.remedies.iter().any(|it| matches!(it, Remedy::Action { .. }));
        assert!(pressed, "the window can do something itself: {example:?}");
        for remedy in &failure.remedies {
            match remedy {
                Remedy::Link { url, .. } => {
                    let url = url::Url::parse(url).expect("a link is an address");
                    assert_eq!(url.scheme(), "https", "{example:?}");
                }
                Remedy::Text { content, .. } => {
                    assert!(!content.contains('{'), "a blank is left: {content}");
                }
                Remedy::Command { line, .. } => assert!(is_safe(line), "{line}"),
                Remedy::Action { .. } => {}
            }
        }
    }
}

#[test]
fn an_answer_that_nobody_expected_leads_to_a_look_at_the_connection() {
    let looks = |it: &Remedy| matches!(it, Remedy::Action { action: Action::CheckNetwork });
    for example in EXAMPLES.iter().filter(|example| example.row.is_some()) {
        let failure = explain(&example.evidence(), KNOWN);
        if failure.code == Code::UnexpectedAnswer {
            let offered = failure.remedies.iter().any(looks);
            assert!(offered, "something of the network may have answered: {example:?}");
        }
    }
}

#[test]
fn every_blank_of_a_remedy_can_be_filled() {
    let mut can: BTreeSet<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
    can.extend(["az_challenge", "azd_challenge", "az_cloud", "az_scope", "az_tenant"]);
    can.extend(["azd_cloud", "azd_scope", "azd_tenant", "entra_message", "number", "tenant_id"]);
    can.extend(["host"]);
    for row in rows() {
        let found = row.when.iter().flat_map(|it| it.text.iter().flat_map(|it| it.names()));
        let known: BTreeSet<&str> = can.iter().copied().chain(found).collect();
        for offer in &row.remedies {
            let template = match offer {
                Offer::Press(_) => continue,
                Offer::Link { url, .. } => url.as_str(),
                Offer::Command { line, .. } => line,
                Offer::Text { text } => words::sentence(text.content()),
            };
            for blank in template.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
                assert!(known.contains(blank), "nothing fills {{{blank}}} of {}", row.id);
            }
        }
    }
}

#[test]
fn a_command_is_offered_only_where_every_shell_reads_it_alike() {
    let refused = |tenant: &str| {
        let evidence = Evidence::text("AADSTS50076: more").asked(Asked::Tool);
        let known = [("az_tenant", tenant), ("az_scope", "https://ai.azure.com/.default")];
        let failure = explain(&evidence, &known);
        failure.remedies.into_iter().find_map(|remedy| match remedy {
            Remedy::Command { line, .. } => Some(line),
            _ => None,
        })
    };
    assert_eq!(
        refused("fabrikam.example").as_deref(),
        Some("az login --tenant fabrikam.example --scope https://ai.azure.com/.default")
    );
    for tenant in ["a; rm b", "$(a)", "`a`", "%PATH%", "a&b", "a'b", "a\nb", "a --debug", "--debug"]
    {
        assert_eq!(refused(tenant), None, "{tenant} is more than a name");
    }
}

#[test]
fn errors_of_other_services_stay_unknown() {
    let error = |code: &str, message: &str| {
        serde_json::json!({ "error": { "code": code, "message": message } }).to_string()
    };
    let decoys = [
        (403, error("AuthorizationFailure", "This request is not authorized to perform this operation.")),
        (403, error("Forbidden", "The user, group or application does not have secrets get permission on key vault 'harbour'.")),
        (404, error("ResourceNotFound", "The specified resource does not exist.")),
        (404, error("NotFound", "Specified resource '/subscriptions/1' cannot be found.")),
        (401, error("Unauthorized", "Missing or invalid authorization header.")),
        (429, error("TooManyRequests", "The request rate is too large.")),
        (409, error("Conflict", "The server name is already taken.")),
        (400, error("BadRequest", "The request is malformed.")),
        (400, r#"{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired.","error_codes":[7000222]}"#.to_owned()),
        (401, r#"{"message":"Bad credentials","documentation_url":"https://docs.example"}"#.to_owned()),
        (502, "<html><h1>502 Bad Gateway</h1></html>".to_owned()),
        (500, String::new()),
        (403, r#"{"Error":{"Code":"AccessDenied","Message":"Access Denied"}}"#.to_owned()),
    ];
    for (status, body) in decoys {
        let evidence = Evidence::answer(status, HeaderMap::new(), body.as_bytes());
        assert_eq!(named(&evidence), None, "{status} {body}");
    }
}

#[test]
fn the_same_error_is_recognised_in_every_envelope() {
    let message = "Token tenant 1 does not match resource tenant.";
    for body in [
        format!(r#"{{"error":{{"code":"400","message":"{message}"}}}}"#),
        format!(r#"{{"Error":{{"Code":"400","Message":"{message}"}}}}"#),
        format!(r#"{{"code":"400","message":"{message}"}}"#),
        format!(r#"{{"Code":"400","Message":"{message}"}}"#),
        format!(r#"{{"statusCode":400,"message":"{message}"}}"#),
        format!(r#"{{"error":"invalid","error_description":"{message}"}}"#),
        format!("<html><body><p>{message}</p></body></html>"),
        format!("Error code: 400 - {message}"),
    ] {
        let evidence = Evidence::answer(400, HeaderMap::new(), body.as_bytes());
        assert_eq!(named(&evidence), Some("C4"), "{body}");
    }
}

/// Every id of the text, replaced.
fn with_other_ids(text: &str, seed: u128) -> String {
    let is_id = |word: &str| uuid::Uuid::try_parse(word).is_ok();
    let mut out = String::new();
    let mut word = String::new();
    let close = |word: &mut String, out: &mut String| {
        match is_id(word) {
            true if word.contains('-') => out.push_str(&uuid::Uuid::from_u128(seed).to_string()),
            true => out.push_str(&uuid::Uuid::from_u128(seed).simple().to_string()),
            false => out.push_str(word),
        }
        word.clear();
    };
    for c in text.chars() {
        if c.is_ascii_hexdigit() || c == '-' {
            word.push(c);
        } else {
            close(&mut word, &mut out);
            out.push(c);
        }
    }
    close(&mut word, &mut out);
    out
}

proptest! {
    #[test]
    fn noise_changes_nothing(
        index in 0..EXAMPLES.len(),
        seed in any::<u128>(),
        name in "[a-z][a-z0-9-]{2,20}",
        blanks in prop::sample::select(vec![" ", "  ", "\\r\\n", " \\t "]),
        shout in any::<bool>(),
        tail in "( Request id: [0-9a-f]{8}\\.)?",
    ) {
        let example = &EXAMPLES[index];
        let Some(row) = example.row.as_deref() else { return Ok(()) };
        let is_text = serde_json::from_str::<Value>(&example.text()).is_err();
        let mut body = with_other_ids(&example.text(), seed);
        for known in ["harbour-ai", "harbour", "Fabrikam", "grace", "rg-two"] {
            body = body.replace(known, &name);
        }
        let message = |body: &mut Value, change: &dyn Fn(&str) -> String| {
            for path in ["/error/message", "/message", "/error_description"] {
                if let Some(Value::String(text)) = body.pointer_mut(path) {
                    *text = change(text);
                }
            }
        };
        let change = |text: &str| {
            let text = text.replace(' ', &blanks.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t"));
            let text = if shout { text.replace("the", "THE") } else { text };
            format!("{text}{tail}")
        };
        if is_text {
            body = change(&body);
        } else if let Ok(mut json) = serde_json::from_str::<Value>(&body) {
            message(&mut json, &change);
            body = json.to_string();
        }
        prop_assert_eq!(named(&example.evidence_of(&body)), Some(row), "{}", body);
    }

    #[test]
    fn no_body_makes_the_matcher_fail(status in 200u16..600, body in ".{0,200}") {
        let evidence = Evidence::answer(status, HeaderMap::new(), body.as_bytes()).asked(Asked::Chat);
        prop_assert!(!explain(&evidence, KNOWN).remedies.is_empty());
    }
}

#[test]
fn whatever_keeps_an_answer_away_may_be_over_the_next_time() {
    for row in rows() {
        let on_the_way = row.when.iter().any(|condition| condition.connection.is_some());
        // A page in place of the answer is an answer.
        if on_the_way && row.code != Code::UnexpectedAnswer {
            let failure = Failure::new(row.code);
            assert!(failure.is_transient(), "{}: who waits for an answer gives up", row.id);
        }
    }
}
