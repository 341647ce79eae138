//! What a service answers with.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

/// One answer, with who asked where that is known.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// One value for every name.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content: Content,
    /// User principal name and tenant id, for the history.
    pub(crate) caller: Option<(String, String)>,
}

#[derive(Debug)]
pub(crate) enum Content {
    Whole(Bytes),
    /// Pieces that are sent one by one with a pause between them.
    Pieces(Vec<Bytes>, Duration),
}

impl Answer {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::new(status, None, Bytes::new())
    }

    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self::body(status, body)
    }

    /// A JSON body of anything that can be written as JSON.
    pub(crate) fn body(status: StatusCode, body: &impl Serialize) -> Self {
        let text = serde_json::to_string(body)
            .expect("bodies are structures with names as keys, which JSON can hold");
        Self::new(status, Some("application/json; charset=utf-8"), text)
    }

    pub(crate) fn html(status: StatusCode, body: String) -> Self {
        Self::new(status, Some("text/html; charset=utf-8"), body)
    }

    pub(crate) fn text(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::new(status, Some("text/plain; charset=utf-8"), body)
    }

    /// `{"error":{"code","message"}}`, the envelope of Resource Manager and of inference.
    pub(crate) fn error(status: StatusCode, code: &str, message: impl AsRef<str>) -> Self {
        Self::json(status, &json!({"error": {"code": code, "message": message.as_ref()}}))
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.set(HeaderName::from_static(name), value);
        }
        self
    }

    /// The value of a header that is set.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        value.to_str().ok()
    }

    pub(crate) fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
    }

    fn new(status: StatusCode, content_type: Option<&'static str>, body: impl Into<Bytes>) -> Self {
        let headers = content_type
            .map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind)))
            .into_iter()
            .collect();
        Self { status, headers, content: Content::Whole(body.into()), caller: None }
    }
}
