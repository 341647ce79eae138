//! `WWW-Authenticate`: claims are sent back to Entra, so they are JSON that the header really holds.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use keyless::challenge::ClaimsRequest;
use serde_json::{Value, json};

fn read_claims(text: &str) -> Option<String> {
    let mut headers = HeaderMap::new();
    headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_bytes(text.as_bytes()).ok()?);
    ClaimsRequest::in_headers(&headers).map(|claims| claims.as_str().to_owned())
}

/// What is read is a JSON object whose base64 is in the header; a proper challenge is read.
pub fn check_challenge(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(claims) = read_claims(&text) {
        let value: Value = serde_json::from_str(&claims).expect("claims are JSON");
        assert!(value.is_object(), "claims are an object");
        let plain = |text: &str| text.replace('\\', "").replace('-', "+").replace('_', "/");
        assert!(plain(&text).contains("insufficient/claims"), "nobody asked for claims");
        assert!(
            plain(&text).contains(&STANDARD_NO_PAD.encode(&claims)),
            "the claims are not those of the header"
        );
    }
    let claims = json!({ "access_token": { "nbf": { "value": text } } }).to_string();
    for encoded in [STANDARD_NO_PAD.encode(&claims), URL_SAFE.encode(&claims)] {
        let challenge = format!(
            "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{encoded}\", scope=\"x\""
        );
        assert_eq!(read_claims(&challenge).as_deref(), Some(claims.as_str()), "in {challenge}");
    }
    let other =
        format!("Bearer error=\"invalid_token\", claims=\"{}\"", URL_SAFE_NO_PAD.encode(&claims));
    assert_eq!(read_claims(&other), None, "only a claims challenge has claims");
}
