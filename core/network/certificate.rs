//! What a certificate says of itself (RFC 5280, section 4.1.2).

use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

/// What a person wants to know of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Who signed it: the common name, else the organisation, else the whole name.
    pub issuer: String,
    /// From when on it is valid.
    pub from: OffsetDateTime,
    /// Until when it is valid.
    pub until: OffsetDateTime,
}

impl Description {
    /// Reads a certificate; none where it is not one.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let validity = parsed.validity();
        Some(Description {
            issuer: name_of(parsed.issuer()),
            from: validity.not_before.to_datetime(),
            until: validity.not_after.to_datetime(),
        })
    }
}

fn name_of(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().next();
    let part = common.or_else(|| name.iter_organization().next());
    let text = part.and_then(|part| part.as_str().ok()).map(str::to_owned);
    // It was written by a stranger: one line, and not a long one.
    let text = text.unwrap_or_else(|| name.to_string());
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
