//! The `$filter` of a list: one equality, which is all that the command line sends.

use http::StatusCode;
use serde_json::Value;

use super::GraphError;
use crate::call::Call;

/// What a list is narrowed to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filter {
    All,
    /// `name eq 'value'`
    Equals(String, String),
    /// `name/any(x:x eq 'value')`
    AnyEquals(String, String),
}

/// Properties by which users and service principals can be found here.
const PROPERTIES: [&str; 7] = [
    "id",
    "userPrincipalName",
    "mail",
    "displayName",
    "appId",
    "servicePrincipalNames",
    "servicePrincipalType",
];

impl Filter {
    /// The filter of a request.
    ///
    /// # Errors
    /// 400 for a clause of another form, or for a property that is not known.
    pub(super) fn of(call: &Call, kind: &str) -> Result<Self, GraphError> {
        let Some(text) = call.query("$filter") else {
            return Ok(Self::All);
        };
        let wrong = |message: String| {
            GraphError::new(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                format!("Invalid filter clause: {message}"),
            )
        };
        let filter =
            Self::parse(&text).ok_or_else(|| wrong(format!("Syntax error in '{text}'.")))?;
        match &filter {
            Self::Equals(name, _) | Self::AnyEquals(name, _)
                if !PROPERTIES.contains(&name.as_str()) =>
            {
                Err(wrong(format!(
                    "Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."
                )))
            }
            _ => Ok(filter),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some((name, rest)) = text.split_once("/any(") {
            let (variable, equality) = rest.strip_suffix(')')?.split_once(':')?;
            let (left, value) = parse_equality(equality)?;
            return (left == variable.trim()).then(|| Self::AnyEquals(name.to_owned(), value));
        }
        let (name, value) = parse_equality(text)?;
        Some(Self::Equals(name, value))
    }

    /// Values are compared without regard to case.
    pub(super) fn keeps(&self, object: &Value) -> bool {
        let same = |own: &Value, value: &str| {
            own.as_str().is_some_and(|own| own.eq_ignore_ascii_case(value))
        };
        match self {
            Self::All => true,
            Self::Equals(name, value) => same(&object[name], value),
            Self::AnyEquals(name, value) => {
                object[name].as_array().is_some_and(|all| all.iter().any(|own| same(own, value)))
            }
        }
    }
}

/// `name eq 'value'`, in which a quote is doubled.
fn parse_equality(text: &str) -> Option<(String, String)> {
    let (name, rest) = text.trim().split_once(' ')?;
    let value = rest.trim().strip_prefix("eq ")?.trim();
    let value = value.strip_prefix('\'')?.strip_suffix('\'')?;
    let plain = value.replace("''", "");
    (!plain.contains('\'') && is_name(name)).then(|| (name.to_owned(), value.replace("''", "'")))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn the_clauses_of_the_command_line_are_understood() {
        assert_eq!(
            Filter::parse("servicePrincipalNames/any(c:c eq 'b2')"),
            Some(Filter::AnyEquals("servicePrincipalNames".into(), "b2".into()))
        );
        assert_eq!(
            Filter::parse("displayName eq 'O''Brien'"),
            Some(Filter::Equals("displayName".into(), "O'Brien".into())),
            "a doubled quote is one"
        );
    }

    #[test]
    fn anything_else_is_a_syntax_error() {
        for text in [
            "",
            "a",
            "a eq b",
            "a eq 'b",
            "a eq 'b'c'",
            "a ne 'b'",
            "a eq 'b' or c eq 'd'",
            "a/any(c:d eq 'b')",
            "a/any(c eq 'b'",
            "a/b eq 'c'",
        ] {
            assert_eq!(Filter::parse(text), None, "{text}");
        }
    }
}
