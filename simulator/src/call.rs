//! A request, read to its end.

use bytes::Bytes;
use http::{HeaderMap, Method, header};

/// A request as the services see it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// What follows the service's base address.
    pub(crate) path: String,
    pub(crate) raw_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The number of the connection that it came over.
    pub(crate) connection: u64,
}

impl Call {
    /// The path's segments, decoded; empty ones do not count, as in Resource Manager.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect()
    }

    /// A parameter of the query; names are compared after decoding, without regard to case.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.raw_query.as_bytes())
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }

    /// A field of a form body.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(&self.body)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// Whether the body is a form, whatever charset it names.
    pub(crate) fn is_form(&self) -> bool {
        self.header(header::CONTENT_TYPE.as_str())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| {
                kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
            })
    }

    /// The names of a form body's fields, in order.
    pub(crate) fn field_names(&self) -> Vec<String> {
        if !self.is_form() {
            return Vec::new();
        }
        form_urlencoded::parse(&self.body).map(|(key, _)| key.into_owned()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The token of an `Authorization: Bearer` header (RFC 6750, section 2.1).
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }
}

/// Percent-decoding of a path segment, in which `+` is itself.
fn decode(segment: &str) -> String {
    form_urlencoded::parse(segment.replace('+', "%2B").replace(['=', '&'], "%3D").as_bytes())
        .next()
        .map(|(text, _)| text.into_owned())
        .unwrap_or_default()
}
