//! What is known of a person's rights at an account: as much as Azure let them read.

use std::collections::BTreeMap;

use super::condition::{Condition, Target};
use super::permission::{Action, Certainty, Permission};
use super::role::{Assigns, Role};
use super::{DELETE, DESCRIPTION, WRITE};

/// Everybody, as the principal of a deny assignment ("Understand Azure deny assignments").
const EVERYBODY: &str = "00000000-0000-0000-0000-000000000000";

/// What is known of a person's rights at an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The account's id.
    pub account: String,
    /// The display name of its subscription.
    pub subscription: String,
    /// The account's kind, `OpenAI` or `AIServices`.
    pub kind: String,
    /// The person's sign-in name.
    pub person: String,
    /// The person's object id in the account's directory.
    pub object_id: String,
    /// The permissions API; `None` where it refused. It shows neither conditions nor denials.
    pub permissions: Option<Vec<Permission>>,
    /// The assignments that reach the person, directly and through groups; `None` where they
    /// could not be read.
    pub assignments: Option<Vec<Assignment>>,
    /// Roles that are not built in, by GUID in lower case; one that could not be read is missing.
    pub definitions: BTreeMap<String, Definition>,
    /// Deny assignments at the account and above; `None` where they could not be read.
    pub denials: Option<Vec<Denial>>,
}

/// A role assignment that reaches the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Its name, a GUID in lower case.
    pub name: String,
    /// The object id of whoever made it; empty where Azure does not say.
    pub made_by: String,
    /// What it says of itself.
    pub description: String,
    /// The role definition's GUID, in lower case.
    pub role: String,
    /// Where it was made.
    pub scope: String,
    /// Whom it was made to: the person, or a group that they are in.
    pub principal: String,
    /// `User`, `Group`, …
    pub principal_type: String,
    /// What limits it.
    pub condition: Option<String>,
}

impl Assignment {
    /// Whether Keyless made it, for whoever has this object id and by their hand.
    pub fn is_of_keyless(&self, object_id: &str) -> bool {
        self.made_by.eq_ignore_ascii_case(object_id) && self.description == DESCRIPTION
    }
}

/// A role that is not built in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// What it grants.
    pub permissions: Vec<Permission>,
}

/// A deny assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denial {
    /// Its name.
    pub name: String,
    /// Where it was made.
    pub scope: String,
    /// Whether it is about that scope alone.
    pub here_only: bool,
    /// Those that are meant.
    pub principals: Vec<Party>,
    /// Those that are excepted.
    pub excepted: Vec<Party>,
    /// What is denied.
    pub permissions: Vec<Permission>,
    /// What limits it.
    pub condition: Option<String>,
}

/// Whom a deny assignment names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// The object id.
    pub id: String,
    /// `User`, `Group`, `ServicePrincipal`, or `SystemDefined` for everybody.
    pub kind: String,
}

impl Party {
    /// Whether somebody else may be a part of it.
    fn has_members(&self) -> bool {
        !["User", "ServicePrincipal"].iter().any(|kind| self.kind.eq_ignore_ascii_case(kind))
    }
}

impl Facts {
    /// The assignments that are effective at `scope`: those made there and above.
    pub fn reaching<'a>(&'a self, scope: &'a str) -> impl Iterator<Item = &'a Assignment> {
        let all = self.assignments.as_deref().unwrap_or_default().iter();
        all.filter(move |assignment| reaches(&assignment.scope, scope))
    }

    /// Whether this assignment grants the action.
    pub fn grants(
        &self,
        assignment: &Assignment,
        action: Action<'_>,
        target: Option<&Target<'_>>,
    ) -> Certainty {
        match self.role_grants(&assignment.role, action, target) {
            Certainty::No => Certainty::No,
            by_role => {
                let condition = assignment.condition.as_deref();
                Certainty::all([by_role, Condition::allows(condition, action, target)])
            }
        }
    }

    /// Whether the role grants the action, whatever the condition of its assignment.
    pub fn role_grants(
        &self,
        role: &str,
        action: Action<'_>,
        target: Option<&Target<'_>>,
    ) -> Certainty {
        if let Some(role) = Role::find(role) {
            return role.grants(action, target);
        }
        match self.definitions.get(role) {
            None => Certainty::Maybe,
            Some(definition) => {
                Certainty::any(definition.permissions.iter().map(|it| it.grants(action, target)))
            }
        }
    }

    /// Whether the person may assign the role to themselves at `scope`.
    pub fn may_assign(&self, role: &Role, scope: &str) -> Certainty {
        self.may_change(WRITE, role, scope)
    }

    /// Whether the person may take away such an assignment of theirs again.
    pub fn may_undo(&self, role: &Role, scope: &str) -> Certainty {
        self.may_change(DELETE, role, scope)
    }

    fn may_change(&self, action: &str, role: &Role, scope: &str) -> Certainty {
        let action = Action::Control(action);
        let target = Target { role: role.id, principal: &self.object_id, principal_type: "User" };
        // The permissions were asked for at the account: they say nothing of what is above it.
        let here = scope.eq_ignore_ascii_case(&self.account);
        let named = self.permissions.as_deref().filter(|_| here);
        let named = named.map(|list| list.iter().any(|permission| permission.names(action)));
        let through = self.reaching(scope).map(|it| self.grants(it, action, Some(&target)));
        let granted = match (named, Certainty::any(through)) {
            (Some(false), _) => Certainty::No,
            (_, found) if self.assignments.is_some() && found != Certainty::No => found,
            // What the permissions show is known, and limited by a condition to something else.
            (Some(true), Certainty::No) if self.explains(action, scope) => Certainty::No,
            // They grant it in a way that the assignments do not show, or these are not known.
            (Some(true), _) => Certainty::Maybe,
            (None, _) if self.assignments.is_none() => Certainty::Maybe,
            (None, found) => found,
        };
        Certainty::all([granted, self.denies(action, scope).0.negated()])
    }

    /// Whether one of the assignments grants the action, whatever its conditions.
    fn explains(&self, action: Action<'_>, scope: &str) -> bool {
        self.reaching(scope).any(|assignment| match Role::find(&assignment.role) {
            Some(role) => role.assigns != Assigns::Nothing,
            None => self
                .definitions
                .get(&assignment.role)
                .is_some_and(|it| it.permissions.iter().any(|it| it.names(action))),
        })
    }

    /// Whether a deny assignment forbids it, and which one.
    pub fn denies(&self, action: Action<'_>, scope: &str) -> (Certainty, Option<&Denial>) {
        let denials = self.denials.as_deref().unwrap_or_default().iter();
        let judged = denials.map(|denial| (self.is_denied(denial, action, scope), Some(denial)));
        judged.max_by_key(|(answer, _)| *answer).unwrap_or((Certainty::No, None))
    }

    fn is_denied(&self, denial: &Denial, action: Action<'_>, scope: &str) -> Certainty {
        let there = denial.scope.trim_end_matches('/').eq_ignore_ascii_case(scope);
        let reaches = reaches(&denial.scope, scope) && (there || !denial.here_only);
        let about = reaches && denial.permissions.iter().any(|it| it.names(action));
        if !about {
            return Certainty::No;
        }
        let everybody = denial.principals.iter().any(|it| it.id == EVERYBODY);
        let meant = if everybody { Certainty::Yes } else { self.meets(&denial.principals) };
        let spared = self.meets(&denial.excepted).negated();
        let condition = Condition::allows(denial.condition.as_deref(), action, None);
        Certainty::all([meant, spared, condition])
    }

    /// Whether the person is among these: themselves, or in a group that is known to be theirs. Of
    /// any other group it is not known.
    fn meets(&self, parties: &[Party]) -> Certainty {
        let is = |party: &Party, known: &str| party.id.eq_ignore_ascii_case(known);
        let own = |party: &Party| {
            is(party, &self.object_id)
                || self.assignments.iter().flatten().any(|known| is(party, &known.principal))
        };
        match parties.iter().any(own) {
            true => Certainty::Yes,
            false if parties.iter().any(Party::has_members) => Certainty::Maybe,
            false => Certainty::No,
        }
    }
}

/// Whether what was assigned there counts here.
pub fn reaches(assigned: &str, scope: &str) -> bool {
    let assigned = assigned.trim_end_matches('/').to_lowercase();
    let scope = scope.to_lowercase();
    assigned.is_empty()
        || scope == assigned
        || scope.starts_with(&format!("{assigned}/"))
        // What is listed for an account comes from the management groups above it only.
        || assigned.starts_with("/providers/microsoft.management/managementgroups/")
}
