//! What a set of permissions grants, where not everything may be known.

use serde::Deserialize;

use super::condition::{Condition, Target};

/// An answer where not everything could be read or understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Certainly not.
    No,
    /// It cannot be told.
    Maybe,
    /// Certainly.
    Yes,
}

impl Certainty {
    /// Yes where one of these is; what cannot be told stays open.
    pub fn any(answers: impl IntoIterator<Item = Certainty>) -> Certainty {
        answers.into_iter().max().unwrap_or(Certainty::No)
    }

    /// Yes where all of these are.
    pub fn all(answers: impl IntoIterator<Item = Certainty>) -> Certainty {
        answers.into_iter().min().unwrap_or(Certainty::Yes)
    }

    /// The opposite, which is as certain.
    pub fn negated(self) -> Certainty {
        match self {
            Certainty::No => Certainty::Yes,
            Certainty::Maybe => Certainty::Maybe,
            Certainty::Yes => Certainty::No,
        }
    }
}

impl From<bool> for Certainty {
    fn from(known: bool) -> Self {
        if known { Certainty::Yes } else { Certainty::No }
    }
}

/// What is done: an action of the control plane (on an Azure resource) or of the data plane (with
/// what is in it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// Of the control plane.
    Control(&'a str),
    /// Of the data plane.
    Data(&'a str),
}

impl<'a> Action<'a> {
    /// Its name.
    pub fn name(self) -> &'a str {
        match self {
            Action::Control(name) | Action::Data(name) => name,
        }
    }
}

/// One element of the permissions API, of a role definition or of a deny assignment ("Azure role
/// definitions": an element grants what its actions name and its notActions do not).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Permission {
    /// Actions of the control plane, with wildcards.
    pub actions: Vec<String>,
    /// Those that are taken away again.
    pub not_actions: Vec<String>,
    /// Actions of the data plane, with wildcards.
    pub data_actions: Vec<String>,
    /// Those that are taken away again.
    pub not_data_actions: Vec<String>,
    /// What limits all of it, in role definitions.
    pub condition: Option<String>,
}

impl Permission {
    /// Whether it names the action, whatever its condition.
    pub fn names(&self, action: Action<'_>) -> bool {
        let (granted, excepted) = match action {
            Action::Control(_) => (&self.actions, &self.not_actions),
            Action::Data(_) => (&self.data_actions, &self.not_data_actions),
        };
        any_matches(granted, action.name()) && !any_matches(excepted, action.name())
    }

    /// Whether it grants the action to be done to this target.
    pub fn grants(&self, action: Action<'_>, target: Option<&Target<'_>>) -> Certainty {
        match self.names(action) {
            true => Condition::allows(self.condition.as_deref(), action, target),
            false => Certainty::No,
        }
    }
}

fn any_matches(patterns: &[String], action: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, action))
}

/// `*` stands for any run of characters, slashes too; the case does not matter.
pub(super) fn matches(pattern: &str, action: &str) -> bool {
    let head = pattern.find('*').unwrap_or(pattern.len());
    // Most patterns are about something else: they are told apart without a copy.
    if !action.get(..head).is_some_and(|begin| begin.eq_ignore_ascii_case(&pattern[..head])) {
        return false;
    }
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::CHAT;

    #[test]
    fn wildcards_span_slashes_and_ignore_case() {
        for (pattern, action, expected) in [
            ("*", CHAT, true),
            ("microsoft.cognitiveservices/*", CHAT, true),
            ("Microsoft.CognitiveServices/accounts/OpenAI/*/read", CHAT, false),
            ("Microsoft.CognitiveServices/*/action", CHAT, true),
            ("Microsoft.CognitiveServices/accounts/*/chat/*", CHAT, true),
            (
                "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions",
                CHAT,
                false,
            ),
            ("*/read", "Microsoft.Authorization/roleAssignments/read", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, action), expected, "{pattern} against {action}");
        }
    }
}
