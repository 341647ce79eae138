//! Azure's error envelopes: nothing is made up, and nothing is longer than a person can read.

use http::HeaderMap;
use keyless::diagnosis::{Evidence, explain};
use keyless::failure::{Code, Failure, Remedy};
use keyless::http::AzureError;
use serde_json::{Value, json};

/// The longest text of a failure, in characters, with its mark of a cut.
const TEXT_LIMIT: usize = 2_001;

/// Where a link of a failure may lead.
const HOSTS: [&str; 5] =
    ["azure.com", "microsoft.com", "microsoftonline.com", "microsoftonline.us", "status.microsoft"];

/// Code and message are texts of the body, and the envelopes that Azure uses are read.
pub fn check_envelope(data: &[u8]) {
    let error = AzureError::read(data);
    let body: Value = serde_json::from_slice(data).unwrap_or_default();
    for text in [Some(&error.code), Some(&error.message), error.claims.as_ref()] {
        let text = text.map(String::as_str).unwrap_or_default();
        assert!(text.is_empty() || holds(&body, text), "'{text}' is not in the body");
    }
    assert!(!error.bare_status || body["statusCode"].is_number(), "no status is bare by itself");
    let told = Failure::new(Code::UnexpectedAnswer)
        .with("host", &error.code)
        .detail("azure_message", &error.message);
    check_failure(&told);
    let text = String::from_utf8_lossy(data);
    let status = [400, 401, 403, 404, 429, 500][data.len() % 6];
    for evidence in [Evidence::text(&text), Evidence::answer(status, HeaderMap::new(), data)] {
        check_failure(&explain(&evidence, &[("resource", &text), ("tenant", &text)]));
    }
    check_known_envelopes(&text);
}

/// Whatever a service wrote: a person can read it, a link leads to Microsoft, and a command does
/// nothing but what it says.
fn check_failure(failure: &Failure) {
    let details = failure.details.iter().map(|detail| &detail.value);
    for text in failure.parameters.values().chain(details) {
        assert!(text.chars().count() <= TEXT_LIMIT, "a failure of {} bytes", text.len());
    }
    for remedy in &failure.remedies {
        match remedy {
            Remedy::Link { url, .. } => {
                let url = url::Url::parse(url).unwrap_or_else(|error| panic!("{error}: {url}"));
                let host = url.host_str().unwrap_or_default();
                let known =
                    HOSTS.iter().any(|own| host == *own || host.ends_with(&format!(".{own}")));
                assert!(url.scheme() == "https" && known, "a link leads to {url}");
            }
            Remedy::Command { line, .. } => {
                let plain =
                    |letter: char| letter.is_ascii_alphanumeric() || " -_./:=+".contains(letter);
                assert!(line.chars().all(plain), "a shell would read more than words in {line}");
            }
            _ => {}
        }
    }
}

fn check_known_envelopes(text: &str) {
    let code = format!("C{text}");
    for body in [
        json!({ "error": { "code": code, "message": text } }),
        json!({ "Error": { "Code": code, "Message": text } }),
        json!({ "error": code, "error_description": text }),
        json!({ "code": code, "message": text }),
    ] {
        let error = AzureError::read(body.to_string().as_bytes());
        assert_eq!((error.code.as_str(), error.message.as_str()), (code.as_str(), text), "{body}");
    }
}

/// Whether a text stands anywhere in a JSON value.
fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own == text,
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(members) => members.values().any(|member| holds(member, text)),
        _ => false,
    }
}
