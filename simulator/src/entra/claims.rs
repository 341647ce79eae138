//! The `claims` parameter: what a client can do, and what a resource has asked it to bring.

use serde_json::{Value, json};

use super::EntraError;

/// A claims request that was understood.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    /// The client can answer claims challenges (`xms_cc` with `cp1`).
    pub(crate) capable: bool,
    /// Authentication contexts without which the token is of no use (`acrs`).
    pub(crate) contexts: Vec<String>,
    /// Policies of conditional access that the sign-in has to meet, whatever it is for
    /// (`capolids`). Which ones is not looked at: each asks for a second factor.
    pub(crate) policies: bool,
    /// The moment from which on the token has to count (`nbf`), in seconds since 1970.
    pub(crate) not_before: Option<i64>,
}

impl Claims {
    /// Reads a parameter; none asks for nothing.
    ///
    /// # Errors
    /// When the parameter is not JSON.
    pub(super) fn parse(parameter: Option<&str>) -> Result<Self, EntraError> {
        let Some(parameter) = parameter else {
            return Ok(Self::default());
        };
        let claims: Value = serde_json::from_str(parameter).map_err(|_| {
            EntraError::new("invalid_request", 90_015, "The claims parameter is not valid JSON.")
        })?;
        let asked = &claims["access_token"];
        let (contexts, policies) = (&asked["acrs"], &asked["capolids"]);
        let not_before = Some(&asked["nbf"]).filter(|nbf| nbf["essential"] == json!(true));
        Ok(Self {
            capable: values(&asked["xms_cc"]).iter().any(|one| one.eq_ignore_ascii_case("cp1")),
            contexts: if contexts["essential"] == json!(true) {
                values(contexts)
            } else {
                Vec::new()
            },
            policies: policies["essential"] == json!(true),
            not_before: not_before.and_then(|nbf| nbf["value"].as_str()?.parse().ok()),
        })
    }

    /// Whether an interactive sign-in has to bring a second factor.
    pub(super) fn ask_for_proof(&self) -> bool {
        self.policies || !self.contexts.is_empty()
    }

    /// The claims request that an interactive sign-in has to bring for these contexts.
    pub(super) fn for_contexts(contexts: &[String]) -> String {
        json!({"access_token": {"acrs": {"essential": true, "values": contexts}}}).to_string()
    }
}

/// `value` and `values` of one claim (OpenID Connect Core, section 5.5.1).
fn values(claim: &Value) -> Vec<String> {
    let many = claim["values"].as_array().into_iter().flatten();
    many.chain([&claim["value"]]).filter_map(Value::as_str).map(str::to_owned).collect()
}
