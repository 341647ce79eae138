//! The six headers that clients act on: whether they are there, and in which form.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::operation::Address;
use crate::shape::{Difference, Kind};

/// The headers that are compared.
pub const HEADERS: [&str; 6] = [
    "x-ms-request-id",
    "x-ms-correlation-request-id",
    "retry-after",
    "azure-asyncoperation",
    "location",
    "www-authenticate",
];

static GUID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$").expect("a constant pattern")
});

/// Where the served headers differ from the recorded ones in presence or form.
pub fn differences(
    recorded: &BTreeMap<String, String>,
    served: &BTreeMap<String, String>,
) -> Vec<Difference> {
    if recorded.is_empty() {
        // Every answer has headers: the recorder kept none.
        return Vec::new();
    }
    HEADERS
        .iter()
        .filter_map(|name| difference(name, recorded.get(*name), served.get(*name)))
        .collect()
}

fn difference(
    name: &str,
    recorded: Option<&String>,
    served: Option<&String>,
) -> Option<Difference> {
    let (kind, detail) = match (recorded, served) {
        (None, None) => return None,
        (Some(recorded), None) => {
            (Kind::Missing, format!("{} was recorded", form(name, recorded)?))
        }
        (None, Some(served)) => {
            (Kind::Extra, format!("{} is served", form(name, served).unwrap_or_default()))
        }
        (Some(recorded), Some(served)) => {
            let recorded = form(name, recorded)?;
            let served = form(name, served).unwrap_or_else(|| "a placeholder".to_owned());
            if recorded == served {
                return None;
            }
            (Kind::Other, format!("recorded {recorded}, served {served}"))
        }
    };
    Some(Difference { place: format!("header {name}"), kind, detail })
}

/// The form of a value; none for a recorder's placeholder, which has none.
fn form(name: &str, value: &str) -> Option<String> {
    if ["sanitized", "redacted", ""].contains(&value.to_lowercase().as_str()) {
        return None;
    }
    Some(match name {
        "retry-after" if value.parse::<f64>().is_ok() => "seconds".to_owned(),
        "retry-after" => "a date".to_owned(),
        "azure-asyncoperation" | "location" => address_form(value),
        "www-authenticate" => challenge_form(value),
        _ if GUID.is_match(value) => "a GUID".to_owned(),
        _ if value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            "32 hexadecimal digits".to_owned()
        }
        _ => "another text".to_owned(),
    })
}

/// `an absolute address of …/operationresults/* with api-version`: fixed words in lower case, a
/// star for each name, the parameters that are not part of a signature.
fn address_form(value: &str) -> String {
    let address = Address::of(value);
    let kind = if address.host.is_empty() { "a relative" } else { "an absolute" };
    let words = [
        "providers",
        "locations",
        "operationresults",
        "resourcegroups",
        "subscriptions",
        "operations",
        "operationstatuses",
        "userassignedidentities",
        "oauth2",
        "v2.0",
    ];
    let path = address
        .segments()
        .iter()
        .map(|segment| segment.to_lowercase())
        // A loopback address has the service's part before the path.
        .skip_while(|segment| {
            kind == "an absolute" && ["arm", "graph", "entra"].contains(&segment.as_str())
        })
        .map(|segment| {
            let fixed = words.contains(&segment.as_str()) || segment.starts_with("microsoft.");
            if fixed { segment } else { "*".to_owned() }
        })
        .collect::<Vec<_>>()
        .join("/");
    let mut parameters: Vec<String> = url::form_urlencoded::parse(address.query.as_bytes())
        .map(|(name, _)| name.to_lowercase())
        .filter(|name| !["t", "c", "s", "h", "p"].contains(&name.as_str()))
        .collect();
    parameters.sort();
    format!("{kind} address of {path} with {}", parameters.join(" "))
}

/// The scheme and the names of the parameters (RFC 9110, section 11.6.1).
fn challenge_form(value: &str) -> String {
    let scheme = value.split_whitespace().next().unwrap_or_default();
    let mut outside = String::new();
    value.split('"').step_by(2).for_each(|part| outside.push_str(part));
    let mut names: Vec<String> = outside
        .split([',', ' '])
        .filter_map(|part| part.strip_suffix('='))
        .map(str::to_lowercase)
        .collect();
    names.sort();
    format!("{scheme} with {}", names.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(name: &str, recorded: &str, served: &str) -> Vec<Kind> {
        let headers = |value: &str| {
            let mut headers = BTreeMap::from([("server".to_owned(), "any".to_owned())]);
            if !value.is_empty() {
                headers.insert(name.to_owned(), value.to_owned());
            }
            headers
        };
        differences(&headers(recorded), &headers(served))
            .into_iter()
            .map(|difference| difference.kind)
            .collect()
    }

    #[test]
    fn presence_and_form_of_every_header_count() {
        let id = "6c37e0ec-712d-4900-a73f-bcfd17630788";
        let poll =
            "https://management.azure.com/subscriptions/a/operationresults/b?api-version=1&t=2&s=3";
        let own = "http://127.0.0.1:1/arm/subscriptions/c/operationresults/d?api-version=2";
        for (name, recorded, served, expected) in [
            ("x-ms-request-id", id, "0c7b8a3e-5f0d-5d7c-9a53-7c1f2f6ad0b1", vec![]),
            ("x-ms-request-id", id, "17", vec![Kind::Other]),
            ("x-ms-request-id", "Sanitized", id, vec![]),
            ("x-ms-correlation-request-id", id, "", vec![Kind::Missing]),
            ("retry-after", "", "15", vec![Kind::Extra]),
            ("retry-after", "15", "Sat, 21 Nov 2026 03:00:00 GMT", vec![Kind::Other]),
            ("location", poll, own, vec![]),
            (
                "location",
                poll,
                "/subscriptions/c/operationresults/d?api-version=2",
                vec![Kind::Other],
            ),
            (
                "location",
                poll,
                "http://127.0.0.1:1/arm/subscriptions/c?api-version=2",
                vec![Kind::Other],
            ),
            ("azure-asyncoperation", poll, "", vec![Kind::Missing]),
            (
                "www-authenticate",
                "Bearer authorization_uri=\"https://a\", error=\"b, c=d\"",
                "Bearer authorization_uri=\"e\", error=\"f\"",
                vec![],
            ),
            (
                "www-authenticate",
                "Bearer authorization_uri=\"a\", error=\"b\"",
                "Bearer authorization_uri=\"a\", claims=\"b\"",
                vec![Kind::Other],
            ),
            ("date", "a", "", vec![]),
        ] {
            assert_eq!(
                compare(name, recorded, served),
                expected,
                "{name}: {recorded} and {served}"
            );
        }
    }
}
