//! Role definitions, and whether one of them allows an action.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::mutant::Mutant;

/// A role: built in (`data/roles.json`, state of August 2026) or a scenario's own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleDefinition {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) actions: Vec<String>,
    #[serde(default)]
    pub(crate) not_actions: Vec<String>,
    #[serde(default)]
    pub(crate) data_actions: Vec<String>,
    #[serde(default)]
    pub(crate) not_data_actions: Vec<String>,
    /// A condition on `roleAssignments/write` and `/delete`, as three Foundry roles have.
    #[serde(default)]
    pub(crate) condition: Option<String>,
    #[serde(default)]
    pub(crate) condition_version: Option<String>,
    /// Scopes at which a custom role may be assigned; built-in ones have `/`.
    #[serde(default = "everywhere")]
    pub(crate) assignable_scopes: Vec<String>,
}

impl RoleDefinition {
    /// The built-in roles that this simulator knows.
    pub(crate) fn built_in() -> &'static [Self] {
        static ROLES: OnceLock<Vec<RoleDefinition>> = OnceLock::new();
        ROLES.get_or_init(|| {
            serde_json::from_str(include_str!("../data/roles.json"))
                .expect("data/roles.json is a list of role definitions, which a test reads")
        })
    }

    pub(crate) fn is_built_in(&self) -> bool {
        Self::built_in().iter().any(|role| role.id == self.id)
    }

    /// Whether the control plane lets a holder do `action`.
    ///
    /// A condition inside the role is not evaluated: what it conditions is refused.
    pub(crate) fn allows(&self, action: &str) -> bool {
        let conditioned = self.condition.is_some()
            && ["write", "delete"].iter().any(|verb| {
                action.eq_ignore_ascii_case(&format!(
                    "Microsoft.Authorization/roleAssignments/{verb}"
                ))
            });
        !conditioned
            && any_matches(&self.actions, action)
            && !any_matches(&self.not_actions, action)
    }

    /// Whether the data plane lets a holder do `action`.
    pub(crate) fn allows_data(&self, action: &str) -> bool {
        let excluded = any_matches(&self.not_data_actions, action);
        let granted = any_matches(&self.data_actions, action)
            || (Mutant::OwnerMayChat.is_on() && any_matches(&self.actions, action));
        granted && (!excluded || Mutant::NotDataActionsIgnored.is_on())
    }
}

fn everywhere() -> Vec<String> {
    vec!["/".into()]
}

fn any_matches(patterns: &[String], action: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, action))
}

/// `*` stands for any run of characters, `/` included; case does not matter.
fn matches(pattern: &str, action: &str) -> bool {
    let pattern = pattern.to_lowercase();
    let action = action.to_lowercase();
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == action;
    };
    let Some(mut rest) = action.strip_prefix(head) else {
        return false;
    };
    let mut pieces: Vec<&str> = tail.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_wildcard_spans_slashes_and_ignores_case() {
        let read = "Microsoft.CognitiveServices/accounts/deployments/read";
        for pattern in
            ["*", "*/read", "microsoft.cognitiveservices/*/READ", "Microsoft.*/deployments/*", read]
        {
            assert!(matches(pattern, read), "{pattern} covers {read}");
        }
        for pattern in [
            "*/write",
            "Microsoft.CognitiveServices/*/keys/read",
            "Microsoft.Cog",
            "read",
            "*/accounts",
        ] {
            assert!(!matches(pattern, read), "{pattern} does not cover {read}");
        }
    }

    #[test]
    fn the_pieces_of_a_pattern_may_not_overlap() {
        assert!(!matches("a/b*b/c", "a/b/c"), "one b cannot serve twice");
        assert!(matches("a/b*b/c", "a/bb/c"), "two can");
    }
}
