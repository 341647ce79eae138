//! Why a role that was assigned long ago still does not work: what else it can be.

use std::sync::Arc;

use super::verdict::scope_name;
use super::{Access, Action, Assignment, CHAT, Certainty, Condition, Facts, check_access};
use crate::failure::Failure;
use crate::identity::Identity;
use crate::resources::Account;
use crate::sign_in::Claims;
use crate::snapshot::{AssignmentPlan, Notice};

/// The cause that is no cause to wait on: the role is not assigned any more.
pub const GONE: &str = "cause_gone";
/// The causes that a new sign-in may cure.
pub const CURED_BY_SIGN_IN: [&str; 2] = ["cause_identity", "cause_group"];

/// Reads access once more, and who the data plane takes the person for; returns what stands in the
/// way of the role of this plan, or that nothing does.
pub async fn look_further(
    identity: &Arc<Identity>,
    account: &Account,
    plan: &AssignmentPlan,
) -> Result<(Access, Vec<Notice>), Failure> {
    let (access, claims) = futures::join!(
        check_access(identity, account),
        identity.inference_claims(&account.tenant_id, &account.cause),
    );
    let access = access?;
    let causes = causes(&access.facts, plan, claims.as_ref().ok());
    Ok((access, causes))
}

/// What keeps the role of the plan from working, as far as the facts and the token tell.
pub fn causes(facts: &Facts, plan: &AssignmentPlan, token: Option<&Claims>) -> Vec<Notice> {
    let mut causes = Vec::new();
    let role = ("role", plan.role.as_str());
    let own = own(facts, plan);
    let place = own.or_else(|| elsewhere(facts, plan)).map_or(&plan.scope, |it| &it.scope);
    let scope = ("scope", scope_name(place));
    if facts.assignments.is_none() {
        causes.push(Notice::new("assignments_unread", &[]));
    } else if let Some(own) = own {
        let by_condition = Condition::allows(own.condition.as_deref(), Action::Data(CHAT), None);
        if by_condition != Certainty::Yes {
            causes.push(Notice::new("cause_condition", &[role]));
        }
    } else {
        let code = if elsewhere(facts, plan).is_some() { "cause_scope" } else { GONE };
        causes.push(Notice::new(code, &[role, scope]));
    }
    if facts.denials.is_none() {
        causes.push(Notice::new("denials_unread", &[]));
    }
    if let (Certainty::Yes | Certainty::Maybe, Some(denial)) =
        facts.denies(Action::Data(CHAT), &facts.account)
    {
        causes.push(Notice::new("cause_denied", &[("name", &denial.name)]));
    }
    if let Some(other) = token.filter(|claims| !claims.oid.eq_ignore_ascii_case(&plan.object_id)) {
        causes.push(Notice::new(CURED_BY_SIGN_IN[0], &[("account", other.account())]));
    }
    if causes.is_empty() {
        causes.push(Notice::new("cause_none", &[role, scope]));
    }
    if let Some(through) = through_group(facts) {
        causes.push(Notice::new(CURED_BY_SIGN_IN[1], &[("group", &through.principal)]));
    }
    causes
}

/// The role of the plan, where it is effective at the account.
fn own<'a>(facts: &'a Facts, plan: &AssignmentPlan) -> Option<&'a Assignment> {
    let own = facts.reaching(&facts.account).filter(|it| is_of(plan, it));
    // Of two, the one that nothing limits.
    own.min_by_key(|it| it.condition.is_some())
}

/// The role of the plan, wherever else the person has it.
fn elsewhere<'a>(facts: &'a Facts, plan: &AssignmentPlan) -> Option<&'a Assignment> {
    facts.assignments.iter().flatten().find(|it| is_of(plan, it))
}

fn is_of(plan: &AssignmentPlan, assignment: &Assignment) -> bool {
    assignment.role.eq_ignore_ascii_case(&plan.role_id)
        && assignment.principal.eq_ignore_ascii_case(&plan.object_id)
}

/// A group that brings the chat too: a token that is older than the membership does not know.
fn through_group(facts: &Facts) -> Option<&Assignment> {
    facts.reaching(&facts.account).find(|it| {
        it.principal_type == "Group" && facts.grants(it, Action::Data(CHAT), None) == Certainty::Yes
    })
}
