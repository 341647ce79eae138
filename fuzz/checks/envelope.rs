//! Azure's error envelopes: nothing is made up, and nothing is longer than a person can read.

use keyless::failure::{Code, Failure};
use keyless::http::AzureError;
use serde_json::{Value, json};

/// The longest text of a failure, in characters, with its mark of a cut.
const TEXT_LIMIT: usize = 2_001;

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
    let texts = told.parameters.values().chain(told.details.iter().map(|detail| &detail.value));
    for text in texts {
        assert!(text.chars().count() <= TEXT_LIMIT, "a failure of {} bytes", text.len());
    }
    check_known_envelopes(&String::from_utf8_lossy(data));
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
