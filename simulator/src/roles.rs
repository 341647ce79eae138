//! Role definitions, and whether one of them allows an action.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::condition::Condition;
use crate::mutant::Mutant;

/// Where an action is done: to the resource or to what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plane {
    Control,
    Data,
}

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
    /// A condition on what it allows, as three Foundry roles have.
    #[serde(default)]
    pub(crate) condition: Option<Condition>,
    #[serde(default)]
    pub(crate) condition_version: Option<String>,
    /// Whether a role of a scenario is one of Azure's own that the list of this crate lacks.
    #[serde(default)]
    pub(crate) built_in: bool,
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
        self.built_in || Self::built_in().iter().any(|role| role.id == self.id)
    }

    /// Whether a holder may do `action`, conditions apart.
    pub(crate) fn allows(&self, action: &str, plane: Plane) -> bool {
        match plane {
            Plane::Control => {
                any_matches(&self.actions, action) && !any_matches(&self.not_actions, action)
            }
            Plane::Data => {
                let excluded = any_matches(&self.not_data_actions, action);
                let granted = any_matches(&self.data_actions, action)
                    || (Mutant::OwnerMayChat.is_on() && any_matches(&self.actions, action));
                granted && (!excluded || Mutant::NotDataActionsIgnored.is_on())
            }
        }
    }
}

fn everywhere() -> Vec<String> {
    vec!["/".into()]
}

/// Whether one of some patterns covers an action.
pub(crate) fn any_matches(patterns: &[String], action: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, action))
}

/// `*` stands for any run of characters, `/` included; case does not matter.
pub(crate) fn matches(pattern: &str, action: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern.eq_ignore_ascii_case(action);
    };
    let (Some(start), Some(mut rest)) = (action.get(..head.len()), action.get(head.len()..)) else {
        return false;
    };
    if !start.eq_ignore_ascii_case(head) {
        return false;
    }
    let mut pieces = tail.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            let end = rest.len().checked_sub(piece.len()).and_then(|from| rest.get(from..));
            return end.is_some_and(|end| end.eq_ignore_ascii_case(piece));
        }
        let Some(at) = find_ignoring_case(rest, piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
    }
    true
}

fn find_ignoring_case(text: &str, piece: &str) -> Option<usize> {
    (0..=text.len().checked_sub(piece.len())?).find(|at| {
        text.get(*at..at + piece.len()).is_some_and(|part| part.eq_ignore_ascii_case(piece))
    })
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
