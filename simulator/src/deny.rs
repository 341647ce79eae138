//! Deny assignments: what a principal may not do, whatever its roles say.

use serde::Deserialize;

use crate::roles::{Plane, any_matches};

/// Everybody, as the principal of a deny assignment.
pub(crate) const EVERYONE: &str = "00000000-0000-0000-0000-000000000000";

/// A deny assignment. Azure makes them by itself, so they are data of a scenario only.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DenyAssignment {
    /// A GUID.
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) scope: String,
    /// Object ids of users, groups and service principals, or [`EVERYONE`].
    pub(crate) principals: Vec<String>,
    /// Object ids of those that are not meant.
    #[serde(default)]
    pub(crate) exclude_principals: Vec<String>,
    #[serde(default)]
    pub(crate) actions: Vec<String>,
    #[serde(default)]
    pub(crate) not_actions: Vec<String>,
    #[serde(default)]
    pub(crate) data_actions: Vec<String>,
    #[serde(default)]
    pub(crate) not_data_actions: Vec<String>,
    #[serde(default)]
    pub(crate) do_not_apply_to_child_scopes: bool,
}

impl DenyAssignment {
    /// Whether one of these identities, in lower case, is meant and none of them is excepted.
    pub(crate) fn concerns(&self, identities: &[String]) -> bool {
        let lists = |ids: &[String]| {
            ids.iter().any(|id| identities.iter().any(|own| own.eq_ignore_ascii_case(id)))
        };
        let everyone = self.principals.iter().any(|id| id == EVERYONE);
        (everyone || lists(&self.principals)) && !lists(&self.exclude_principals)
    }

    pub(crate) fn forbids(&self, action: &str, plane: Plane) -> bool {
        let (denied, spared) = match plane {
            Plane::Control => (&self.actions, &self.not_actions),
            Plane::Data => (&self.data_actions, &self.not_data_actions),
        };
        any_matches(denied, action) && !any_matches(spared, action)
    }
}
