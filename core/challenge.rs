//! Claims challenges: what a service wants to see in a token before it does what was asked.
//!
//! A service asks in `WWW-Authenticate` (RFC 9110, section 11.6.1; "Claims challenges, claims
//! requests and client capabilities" of the Microsoft identity platform), Privileged Identity
//! Management in the message of its error, Microsoft Entra in the member `claims` of its refusal.
//! The claims go back to Entra unchanged, beside the capability to answer the next challenge.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, header};
use serde_json::{Value, json};

use crate::cloud::Service;
use crate::snapshot::ProofReason;

/// The code of Privileged Identity Management whose message holds the claims.
const PIM_CODE: &str = "RoleAssignmentRequestAcrsValidationFailed";
/// Longer claims fit into no address of a browser.
const LONGEST: usize = 8 * 1024;

/// Either alphabet is turned into the standard one first; services pad and do not pad.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A demand for a stronger sign-in, with all that the sign-in has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The tenant whose token did not do.
    pub tenant: String,
    /// The scope that the token was asked for.
    pub scope: &'static str,
    /// Who asked.
    pub service: Service,
    /// What the token has to hold; nothing where a new sign-in is enough.
    pub claims: Option<ClaimsRequest>,
}

impl Challenge {
    /// Why the person has to sign in once more.
    pub fn reason(&self) -> ProofReason {
        let Some(claims) = &self.claims else { return ProofReason::Other };
        match self.service {
            Service::ResourceManager if claims.wants("acrs") => ProofReason::Change,
            _ if claims.wants("nbf") => ProofReason::Renewal,
            _ => ProofReason::Other,
        }
    }
}

/// Claims that a token has to hold: a JSON object (OpenID Connect Core, section 5.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimsRequest(String);

impl ClaimsRequest {
    /// Takes JSON as it is, where it is an object of a sensible length.
    pub fn parse(text: &str) -> Option<Self> {
        let is_object = || serde_json::from_str::<Value>(text).is_ok_and(|json| json.is_object());
        (text.len() <= LONGEST && is_object()).then(|| ClaimsRequest(text.to_owned()))
    }

    /// The first claims that a challenge with `error="insufficient_claims"` holds, in base64 of
    /// either alphabet.
    pub fn in_headers(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(header::WWW_AUTHENTICATE).into_iter();
        // Descriptions are quoted in any bytes; what is looked for is ASCII.
        values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .find_map(|text| in_header(&text))
    }

    /// The claims in the message of an error of Privileged Identity Management.
    pub fn in_message(code: &str, message: &str) -> Option<Self> {
        if code != PIM_CODE || message.len() > 4 * LONGEST {
            return None;
        }
        let fields = url::form_urlencoded::parse(message.trim().as_bytes());
        fields.filter(|(name, _)| name == "claims").find_map(|(_, value)| Self::parse(&value))
    }

    /// The JSON object, as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As `az login --claims-challenge` takes it.
    pub fn to_base64(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(&self.0)
    }

    fn wants(&self, claim: &str) -> bool {
        serde_json::from_str::<Value>(&self.0)
            .is_ok_and(|json| json["access_token"].get(claim).is_some())
    }
}

/// The `claims` parameter of a sign-in: those of a challenge, and that the next challenge can be
/// answered too (`cp1`).
pub fn with_capabilities(challenge: Option<&ClaimsRequest>) -> String {
    let asked = challenge.and_then(|claims| serde_json::from_str::<Value>(&claims.0).ok());
    let mut claims = asked.filter(Value::is_object).unwrap_or_else(|| json!({}));
    if !claims["access_token"].is_object() {
        claims["access_token"] = json!({});
    }
    claims["access_token"]["xms_cc"] = json!({ "values": ["cp1"] });
    claims.to_string()
}

fn in_header(text: &str) -> Option<ClaimsRequest> {
    read_challenges(text)
        .into_iter()
        .filter(|one| ["bearer", "pop"].contains(&one.scheme.as_str()))
        .filter(|one| one.parameter("error") == Some("insufficient_claims"))
        .find_map(|one| decode(one.parameter("claims")?))
}

fn decode(encoded: &str) -> Option<ClaimsRequest> {
    let standard = encoded.replace('-', "+").replace('_', "/");
    let bytes = BASE64.decode(standard).ok()?;
    ClaimsRequest::parse(std::str::from_utf8(&bytes).ok()?)
}

/// One of the challenges of a header.
#[derive(Debug, PartialEq, Eq)]
struct HeaderChallenge {
    /// In small letters.
    scheme: String,
    /// Names in small letters; of two with one name the first counts.
    parameters: Vec<(String, String)>,
}

impl HeaderChallenge {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the challenges of one header: a word is a scheme, a word with `=` behind it a parameter
/// of the scheme before it. A quoted value that does not end is none.
fn read_challenges(text: &str) -> Vec<HeaderChallenge> {
    let mut challenges: Vec<HeaderChallenge> = Vec::new();
    let mut rest = text.trim_start_matches(is_between);
    while !rest.is_empty() {
        let (word, behind) = split_word(rest, |c| c == '=' || c == '"' || is_between(c));
        let behind = behind.trim_start();
        let Some(value) = behind.strip_prefix('=') else {
            if word.is_empty() {
                // Something that is neither a word nor a value: whatever it is, it is passed over.
                rest = skip_character(behind).trim_start_matches(is_between);
                continue;
            }
            challenges.push(HeaderChallenge {
                scheme: word.to_ascii_lowercase(),
                parameters: Vec::new(),
            });
            rest = behind.trim_start_matches(is_between);
            continue;
        };
        let value = value.trim_start();
        let (value, behind) = match value.strip_prefix('"') {
            Some(quoted) => match split_quoted(quoted) {
                Some(split) => split,
                None => break,
            },
            None => {
                let (value, behind) = split_word(value, is_between);
                (value.to_owned(), behind)
            }
        };
        if let Some(challenge) = challenges.last_mut() {
            challenge.parameters.push((word.to_ascii_lowercase(), value));
        }
        rest = behind.trim_start_matches(is_between);
    }
    challenges
}

fn is_between(c: char) -> bool {
    c == ',' || c.is_whitespace()
}

fn split_word(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

fn skip_character(text: &str) -> &str {
    let mut characters = text.chars();
    characters.next();
    characters.as_str()
}

/// The text up to the closing quotation mark, without its escapes, and what follows.
fn split_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    /// Quoted by users: a write without a second factor, and continuous access evaluation.
    const WRITE: &str =
        "eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlcyI6WyJwMSJdfX19";
    const MOVED: &str = "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNzUyMDQxODM3In0sInhtc19ycF9pcGFkZHIiOnsidmFsdWUiOiIyMDMuMC4xMTMuNyJ9fX0=";

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header's value");
            headers.append(header::WWW_AUTHENTICATE, value);
        }
        headers
    }

    fn read(values: &[&str]) -> Option<String> {
        ClaimsRequest::in_headers(&headers(values)).map(|claims| claims.0)
    }

    fn challenge(service: Service, claims: &str) -> Challenge {
        Challenge {
            tenant: "t".to_owned(),
            scope: "s",
            service,
            claims: Some(ClaimsRequest::parse(claims).expect("an object")),
        }
    }

    #[test]
    fn the_challenges_that_people_met_are_read_with_their_reason() {
        let write = format!(
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", error=\"insufficient_claims\", claims=\"{WRITE}\""
        );
        let claims = read(&[&write]).expect("a claims challenge");
        assert_eq!(claims, r#"{"access_token":{"acrs":{"essential":true,"values":["p1"]}}}"#);
        assert_eq!(challenge(Service::ResourceManager, &claims).reason(), ProofReason::Change);
        assert_eq!(challenge(Service::Inference, &claims).reason(), ProofReason::Other);
        let moved = format!(
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\", error_description=\"Continuous access evaluation resulted in challenge with result: InteractionRequired and code: LocationConditionEvaluationSatisfied\", error=\"insufficient_claims\", claims=\"{MOVED}\""
        );
        let claims = read(&[&moved]).expect("a claims challenge");
        assert!(claims.contains("1752041837"), "{claims}");
        for service in [Service::ResourceManager, Service::Inference] {
            assert_eq!(challenge(service, &claims).reason(), ProofReason::Renewal);
        }
        let message = "&claims=%7B%22access_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3Atrue%2C%20%22value%22%3A%22c1%22%7D%7D%7D";
        let claims = ClaimsRequest::in_message(PIM_CODE, message).expect("claims in the message");
        assert_eq!(
            claims.as_str(),
            r#"{"access_token":{"acrs":{"essential":true, "value":"c1"}}}"#
        );
        assert_eq!(ClaimsRequest::in_message("RoleAssignmentExists", message), None);
    }

    #[test]
    fn a_challenge_is_found_among_others_whatever_the_order() {
        let wanted =
            Some(String::from_utf8(STANDARD_NO_PAD.decode(WRITE).expect("base64")).expect("UTF-8"));
        let cases: &[&[&str]] = &[
            &[&format!("Bearer claims=\"{WRITE}\", error=\"insufficient_claims\"")],
            &[&format!("bearer error=insufficient_claims,claims={WRITE}")],
            &[&format!("BEARER  ERROR = \"insufficient_claims\" , Claims = \"{WRITE}\" ,")],
            &[
                "Negotiate",
                "Basic realm=\"x\"",
                &format!("Bearer error=\"insufficient_claims\", claims=\"{WRITE}\""),
            ],
            &[&format!(
                "Negotiate YWJj==, PoP error=\"insufficient_claims\", claims=\"{WRITE}\", nonce=\"n\""
            )],
            &[&format!(
                "Bearer error=\"invalid_token\", error_description=\"one, two\", Bearer error=\"insufficient_claims\", claims=\"{WRITE}\""
            )],
            &[&format!(
                "Bearer error_description=\"he said \\\"claims=\\\", and error=x\", error=\"insufficient_claims\", claims=\"{WRITE}\""
            )],
            &[&format!(
                "Bearer error_description=\"Zürich\", error=\"insufficient_claims\", claims=\"{WRITE}\""
            )],
        ];
        for case in cases {
            assert_eq!(read(case), wanted, "of {case:?}");
        }
    }

    #[test]
    fn what_is_no_claims_challenge_has_no_claims() {
        let cases = [
            String::new(),
            "Bearer".to_owned(),
            format!("Bearer error=\"invalid_token\", claims=\"{WRITE}\""),
            format!("Basic error=\"insufficient_claims\", claims=\"{WRITE}\""),
            format!("Bearer error_description=\"insufficient_claims\", claims=\"{WRITE}\""),
            // Parameters of two challenges do not add up.
            format!("Bearer error=\"insufficient_claims\", PoP claims=\"{WRITE}\""),
            format!("error=\"insufficient_claims\", claims=\"{WRITE}\""),
            // Cut in the middle of its claims.
            format!("Bearer error=\"insufficient_claims\", claims=\"{WRITE}"),
            "Bearer error=\"insufficient_claims\", claims=\"W10=\"".to_owned(),
            "Bearer error=\"insufficient_claims\", claims=\"bm8=\"".to_owned(),
            "Bearer error=\"insufficient_claims\", claims=\"%%%\"".to_owned(),
            "Bearer error=\"insufficient_claims\"".to_owned(),
        ];
        for case in &cases {
            assert_eq!(read(&[case]), None, "of {case}");
        }
        let long = json!({ "access_token": { "x": "y".repeat(LONGEST) } }).to_string();
        let header =
            format!("Bearer error=\"insufficient_claims\", claims=\"{}\"", STANDARD.encode(long));
        assert_eq!(read(&[&header]), None, "no browser takes such an address");
    }

    #[test]
    fn a_challenge_keeps_its_claims_beside_our_capability() {
        let sent = |claims: Option<&str>| {
            let claims = claims.and_then(ClaimsRequest::parse);
            serde_json::from_str::<Value>(&with_capabilities(claims.as_ref())).expect("JSON")
        };
        let asked = r#"{"id_token":{"auth_time":null},"access_token":{"acrs":{"essential":true,"values":["p1"]}}}"#;
        assert_eq!(
            sent(Some(asked)),
            json!({
                "id_token": { "auth_time": null },
                "access_token": {
                    "acrs": { "essential": true, "values": ["p1"] },
                    "xms_cc": { "values": ["cp1"] },
                },
            })
        );
        let capable = json!({ "access_token": { "xms_cc": { "values": ["cp1"] } } });
        assert_eq!(sent(None), capable);
        assert_eq!(sent(Some(r#"{"access_token":null}"#)), capable);
    }

    fn token() -> impl Strategy<Value = String> {
        "[a-zA-Z][a-zA-Z0-9._-]{0,12}"
    }

    proptest! {
        #[test]
        fn whatever_a_header_says_it_is_read_without_harm(text in "\\PC{0,200}") {
            // Neither a panic nor claims that are not there.
            if let Some(claims) = in_header(&text) {
                prop_assert!(text.to_ascii_lowercase().contains("insufficient_claims"));
                prop_assert!(ClaimsRequest::parse(claims.as_str()).is_some());
            }
        }

        #[test]
        fn pieces_of_headers_are_read_without_harm(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "Bearer", "PoP", " ", ",", "=", "\"", "\\", "error", "claims",
                    "insufficient_claims", WRITE, "é", "==",
                ]),
                0..24,
            ),
        ) {
            let text = pieces.concat();
            if in_header(&text).is_some() {
                prop_assert!(text.contains(WRITE), "only claims that are there: {}", text);
            }
        }

        #[test]
        fn a_well_formed_challenge_is_read_whatever_stands_around_it(
            claim in "\\PC{0,40}",
            before in prop::collection::vec((token(), "[^\"\\\\\\p{Cc}]{0,20}"), 0..4),
            after in prop::collection::vec((token(), "[^\"\\\\\\p{Cc}]{0,20}"), 0..4),
            other in prop::option::of(token()),
            claims_first in any::<bool>(),
            engine in 0..4usize,
        ) {
            let claims = json!({ "access_token": { "nbf": { "value": claim } } }).to_string();
            let encoded = match engine {
                0 => STANDARD.encode(&claims),
                1 => STANDARD_NO_PAD.encode(&claims),
                2 => URL_SAFE.encode(&claims),
                _ => URL_SAFE_NO_PAD.encode(&claims),
            };
            let mut core = [
                "error=\"insufficient_claims\"".to_owned(),
                format!("claims=\"{encoded}\""),
            ];
            if claims_first {
                core.reverse();
            }
            let around = |list: &[(String, String)]| -> Vec<String> {
                list.iter()
                    .filter(|(name, _)| !["error", "claims"].contains(&name.to_ascii_lowercase().as_str()))
                    .map(|(name, value)| format!("{name}=\"{value}\""))
                    .collect()
            };
            let parameters = [around(&before), core.to_vec(), around(&after)].concat().join(", ");
            let other = other.map(|scheme| format!("{scheme} realm=\"a, b\", ")).unwrap_or_default();
            let header = format!("{other}Bearer {parameters}");
            prop_assert_eq!(in_header(&header).map(|it| it.0), Some(claims), "in {}", header);
        }
    }
}
