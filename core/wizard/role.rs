//! Step 3: which role, where, and whether it works.

use super::*;
use crate::access::{Assignment, CURED_BY_SIGN_IN, DESCRIPTION, judge, plan, recipes, scope_name};
use crate::failure::TextKind;
use crate::snapshot::{MayAssign, PortalPage, Recipe, RoleUndo};
use crate::words;

/// How the person stands towards what they want the role for.
struct Standing<'a> {
    plan: AssignmentPlan,
    verdict: Verdict,
    findings: Vec<Notice>,
    /// What Keyless assigned to fulfil the plan.
    made: Option<&'a Made>,
    /// What Keyless assigned here last, whatever the plan is.
    last: Option<&'a Made>,
    /// Whether they can do it.
    has_access: bool,
}

impl Standing<'_> {
    /// What the button of the page takes away: the assignment that the page names, where it is
    /// Keyless's own. Whoever has a role reads of that one, and not of a plan.
    fn undoable(&self) -> Option<(&Made, &str)> {
        let held = self.last.filter(|_| self.verdict == Verdict::MayChat);
        let made = self.made.or(held)?;
        Some((made, made.assigned.own.as_deref()?))
    }
}

impl Wizard {
    /// As things stand; none while nothing is known of the access.
    fn standing(&self) -> Option<Standing<'_>> {
        let (facts, wish) = (&self.role.access.as_ref()?.facts, &self.role.wish);
        let plan = plan(facts, wish);
        let (verdict, findings) = judge(facts, wish.usage);
        let made = self.made.iter().find(|made| made.is_at(&plan.role_id, &plan.scope));
        let here = |made: &&Made| reaches(&made.plan.scope, &facts.account);
        let last = self.made.iter().rev().find(here);
        let serves = wish.usage == Usage::Chat || verdict == Verdict::MayChat || made.is_some();
        let has_access = self.role.works && serves;
        Some(Standing { plan, verdict, findings, made, last, has_access })
    }

    /// The resource has answered: whatever was read of roles, they do.
    pub(super) fn believe(&mut self) {
        self.role.works = true;
        if let Some(account) = self.doubtable() {
            self.doubted.remove(&account);
        }
    }

    /// The resource has the last word: what is read of roles is no access until it has answered.
    pub(super) fn doubt(&mut self) {
        self.role.works = false;
        self.doubted.extend(self.doubtable());
    }

    fn doubtable(&self) -> Option<String> {
        self.choice.account.as_ref().map(|account| account.resource.id.to_lowercase())
    }

    fn is_doubted(&self) -> bool {
        self.doubtable().is_some_and(|account| self.doubted.contains(&account))
    }

    pub(super) fn choose_usage(&mut self, usage: Usage, effects: &mut Vec<Effect>) {
        let kind = self.role.access.as_ref().map_or("", |access| &access.facts.kind);
        if !Usage::of(kind).contains(&usage) {
            return;
        }
        // The role follows from what it is for.
        let scope = self.role.wish.scope;
        self.change_wish(Wish { usage, role: None, scope }, effects);
    }

    pub(super) fn choose_role(&mut self, role_id: String, effects: &mut Vec<Effect>) {
        let wish = Wish { role: Some(role_id), ..self.role.wish.clone() };
        self.change_wish(wish, effects);
    }

    pub(super) fn choose_role_scope(&mut self, scope: RoleScope, effects: &mut Vec<Effect>) {
        let wish = Wish { scope, ..self.role.wish.clone() };
        self.change_wish(wish, effects);
    }

    fn change_wish(&mut self, wish: Wish, effects: &mut Vec<Effect>) {
        if self.role.access.is_none() || self.is_running(Slot::Role) || self.role.wish == wish {
            return;
        }
        self.role.wish = wish;
        self.role.paused = false;
        self.stop_looking_further(effects);
        self.failures.remove(&Step::GetAccess);
    }

    /// Carries out the plan that the person has seen; where it is another one by now, that is shown.
    pub(super) fn confirm_plan(&mut self, seen: &str, effects: &mut Vec<Effect>) {
        self.notices.retain(|(_, notice)| notice.code != PLAN_CHANGED);
        let Some(standing) = self.standing() else { return };
        if standing.has_access || self.is_running(Slot::Role) {
            return;
        }
        match standing.plan.name.eq_ignore_ascii_case(seen) {
            true => self.assign_role(effects),
            false => self.notify(Step::GetAccess, Notice::new(PLAN_CHANGED, &[])),
        }
    }

    /// Assigns the role of the plan; where a role is there already, waits for it.
    pub(super) fn assign_role(&mut self, effects: &mut Vec<Effect>) {
        let (Some(account), Some(access), Some(standing)) =
            (self.choice.account.clone(), &self.role.access, self.standing())
        else {
            return;
        };
        if standing.has_access || self.is_running(Slot::Role) {
            return;
        }
        if let Some((role, cause)) = self.awaited(&standing) {
            return self.wait_for_role(role, cause, effects);
        }
        let (plan, access) = (Box::new(standing.plan), Box::new(access.clone()));
        self.start(Work::AssignRole(Box::new(account), plan, access), effects);
    }

    /// Waits on for what is assigned; what is not, this button assigns to nobody.
    pub(super) fn keep_waiting(&mut self, effects: &mut Vec<Effect>) {
        if self.is_running(Slot::Role) {
            return;
        }
        if let Some((role, cause)) = self.standing().and_then(|standing| self.awaited(&standing)) {
            self.wait_for_role(role, cause, effects);
        }
    }

    /// The role that is there and has only to work, and what showed that it is.
    fn awaited(&self, standing: &Standing<'_>) -> Option<(String, Cause)> {
        if let Some(made) = standing.made {
            return Some((made.plan.role.clone(), made.assigned.cause.clone()));
        }
        let role = || self.role_name().unwrap_or_else(|| standing.plan.role.clone());
        (standing.verdict == Verdict::MayChat).then(|| (role(), self.role.proof.clone()))
    }

    pub(super) fn take_assigned(
        &mut self,
        assigned: Assigned,
        work: &Work,
        effects: &mut Vec<Effect>,
    ) {
        let Work::AssignRole(_, plan, _) = work else { return };
        let cause = assigned.cause.clone();
        self.know_of(plan);
        self.has_changed = true;
        self.made.push(Made { plan: (**plan).clone(), assigned });
        self.wait_for_role(plan.role.clone(), cause, effects);
    }

    /// What has just been assigned is as good as read, where the list could be.
    fn know_of(&mut self, plan: &AssignmentPlan) {
        let assignments = self.role.access.as_mut().and_then(|it| it.facts.assignments.as_mut());
        let Some(assignments) = assignments else { return };
        if assignments.iter().any(|it| it.name == plan.name) {
            return;
        }
        assignments.push(Assignment {
            name: plan.name.clone(),
            made_by: plan.object_id.clone(),
            description: DESCRIPTION.to_owned(),
            role: plan.role_id.clone(),
            scope: plan.scope.clone(),
            principal: plan.object_id.clone(),
            principal_type: "User".to_owned(),
            condition: None,
        });
    }

    pub(super) fn undo_role(&mut self, effects: &mut Vec<Effect>) {
        if self.is_running(Slot::Role) {
            return;
        }
        let (Some(account), Some(standing)) = (self.choice.account.clone(), self.standing()) else {
            return;
        };
        let Some((made, id)) = standing.undoable() else { return };
        let (plan, id) = (Box::new(made.plan.clone()), id.to_owned());
        let cause = made.assigned.cause.clone();
        self.stop_looking_further(effects);
        self.start(Work::UndoRole(Box::new(account), plan, id, cause), effects);
    }

    /// What the person may do is looked at as it is without the role.
    pub(super) fn take_undone(&mut self, code: &str, work: &Work, effects: &mut Vec<Effect>) {
        let Work::UndoRole(_, plan, id, _) = work else { return };
        let gone = |made: &Made| made.assigned.own.as_deref() == Some(id);
        self.made.retain(|made| !gone(made));
        let role = plan.role.clone();
        self.test = Test::default();
        self.check_access_again(effects);
        self.clear_notices(Step::GetAccess);
        self.notify(Step::GetAccess, Notice::new(code, &[("role", &role)]));
    }

    fn wait_for_role(&mut self, role: String, cause: Cause, effects: &mut Vec<Effect>) {
        let (Some(account), Some(deployment)) =
            (self.choice.account.clone(), self.choice.deployment.clone())
        else {
            return;
        };
        self.role.paused = false;
        self.doubt();
        self.stop_looking_further(effects);
        self.clear_notices(Step::GetAccess);
        let cause = cause.and(&self.choice.listed);
        self.start(Work::WaitForRole(Box::new(account), deployment, role, cause), effects);
    }

    /// What Azure let the person read says whether they may chat, whatever the role is wanted for.
    pub(super) fn take_access(&mut self, access: Access, effects: &mut Vec<Effect>) {
        self.forget_what_is_gone(&access);
        let (verdict, findings) = judge(&access.facts, Usage::Chat);
        self.role.works = verdict == Verdict::MayChat && !self.is_doubted();
        let mut through = findings.iter().filter(|finding| finding.code.starts_with("may_chat"));
        self.role.through = through.find_map(|finding| finding.parameters.get("role").cloned());
        self.role.proof = access.cause.clone();
        self.role.access = Some(access);
        self.name_groups(effects);
    }

    /// Ten minutes are long enough for Azure: it may be something else.
    pub(super) fn look_further(&mut self, effects: &mut Vec<Effect>) {
        let Some(account) = self.choice.account.clone() else { return };
        let made = self.standing().and_then(|standing| standing.made);
        if let Some(plan) = made.map(|made| made.plan.clone()) {
            self.start(Work::LookFurther(Box::new(account), Box::new(plan)), effects);
        }
    }

    /// What it was about is not what it was: another role, another wait, or none.
    fn stop_looking_further(&mut self, effects: &mut Vec<Effect>) {
        self.stop(&[Slot::Causes], effects);
        self.role.causes.clear();
    }

    pub(super) fn take_causes(
        &mut self,
        access: Access,
        causes: Vec<Notice>,
        effects: &mut Vec<Effect>,
    ) {
        // What the assignments promise, the resource has just refused for ten minutes.
        self.forget_what_is_gone(&access);
        self.role.access = Some(access);
        let is_made = self.standing().is_some_and(|standing| standing.made.is_some());
        let told = self.failures.get_mut(&Step::GetAccess);
        if let Some((failure, _)) = told.filter(|(it, _)| it.code == Code::RoleNotEffective) {
            let is_cured = |cause: &Notice| CURED_BY_SIGN_IN.contains(&cause.code.as_str());
            if !is_made {
                // There is nothing to wait for: the page offers the role anew.
                self.failures.remove(&Step::GetAccess);
            } else if causes.iter().any(is_cured) {
                failure.remedies.push(Remedy::Action { action: Action::SignIn });
            }
        }
        self.role.causes = causes;
        self.name_groups(effects);
    }

    /// Nobody knows a group by its id.
    fn name_groups(&mut self, effects: &mut Vec<Effect>) {
        let (Some(access), Some(account)) = (&self.role.access, &self.choice.account) else {
            return;
        };
        let assignments = access.facts.assignments.iter().flatten();
        let groups = assignments.filter(|it| it.principal_type == "Group");
        let ids: BTreeSet<String> = groups.map(|it| it.principal.to_lowercase()).collect();
        let ids = ids.into_iter().filter(|id| !self.groups.contains_key(id)).collect::<Vec<_>>();
        if !ids.is_empty() {
            self.start(Work::NameGroups(account.tenant_id.clone(), ids), effects);
        }
    }

    /// What there is to say, with the names of groups in place of their ids, where they are known.
    fn findings(&self, made: Option<&Made>, judged: Vec<Notice>) -> Vec<Notice> {
        let mut findings = made.map_or(judged, Made::findings);
        findings.extend(self.role.causes.iter().cloned());
        for group in findings.iter_mut().filter_map(|it| it.parameters.get_mut("group")) {
            if let Some(name) = self.groups.get(&group.to_lowercase()) {
                group.clone_from(name);
            }
        }
        findings
    }

    /// What somebody else has taken away meanwhile can be assigned anew.
    fn forget_what_is_gone(&mut self, access: &Access) {
        let Some(listed) = &access.facts.assignments else { return };
        let account = &access.facts.account;
        self.made.retain(|made| {
            let about = reaches(&made.plan.scope, account);
            !about || listed.iter().any(|it| made.is_at(&it.role, &it.scope))
        });
    }

    /// Somebody else may have assigned it meanwhile.
    pub(super) fn look_at_access(&mut self, effects: &mut Vec<Effect>) {
        if self.step == Step::GetAccess && !self.is_running(Slot::Role) {
            self.failures.remove(&Step::GetAccess);
            self.check_access_again(effects);
        }
    }

    pub(super) fn check_access_again(&mut self, effects: &mut Vec<Effect>) {
        if self.choice.account.is_none() {
            return;
        }
        self.step = Step::GetAccess;
        self.forget_access(effects);
        if let Some(account) = self.listed_choice() {
            self.start(Work::CheckAccess(Box::new(account)), effects);
        }
    }

    /// What is known of the access is not trusted any more; what the person wants stays.
    pub(super) fn forget_access(&mut self, effects: &mut Vec<Effect>) {
        self.stop_looking_further(effects);
        let before = std::mem::take(&mut self.role);
        self.role =
            RoleState { confirmed: before.confirmed, wish: before.wish, ..RoleState::default() };
    }

    pub(super) fn get_access_page(&self) -> GetAccessPage {
        let account = self.choice.account.as_ref();
        let page = GetAccessPage {
            phase: AccessPhase::Known,
            resource: account.map_or_else(String::new, |account| account.resource.name.clone()),
            verdict: None,
            findings: Vec::new(),
            plan: None,
            request: None,
            undo: None,
            recipes: Vec::new(),
            waiting: self.role.waiting.clone(),
        };
        if self.is_unlisted() {
            return self.unlisted_access_page(page);
        }
        let Some(standing) = self.standing() else {
            return GetAccessPage { phase: self.access_phase(None), ..page };
        };
        GetAccessPage {
            phase: self.access_phase(Some(&standing)),
            verdict: Some(match (standing.has_access, standing.verdict) {
                (true, _) => Verdict::MayChat,
                // The resource itself has refused what the assignments promise.
                (false, Verdict::MayChat) => Verdict::CannotTell,
                (false, judged) => judged,
            }),
            undo: standing.undoable().map(|(made, _)| RoleUndo {
                role: made.plan.role.clone(),
                may: made.plan.may_undo,
            }),
            recipes: self.recipes(&standing.plan),
            request: self.request(&standing),
            findings: self.findings(standing.made, standing.findings),
            plan: Some(standing.plan),
            ..page
        }
    }

    /// What to send to an owner: whoever may not assign the role need not try first.
    fn request(&self, standing: &Standing<'_>) -> Option<String> {
        let plan = &standing.plan;
        let may =
            plan.may_assign != MayAssign::No || standing.has_access || standing.made.is_some();
        let known = [
            ("account", plan.account.as_str()),
            ("object_id", &plan.object_id),
            ("resource", &self.choice.account.as_ref()?.resource.name),
            ("role", &plan.role),
            ("role_id", &plan.role_id),
            ("scope", &plan.scope),
        ];
        (!may).then(|| words::say(TextKind::RequestAccess.content(), &known))
    }

    /// Opens the portal at what the plan is about.
    pub(super) fn open_portal(&mut self, page: PortalPage, effects: &mut Vec<Effect>) {
        // The portal knows nothing of what practice Azure has made up.
        if self.setting.cloud.is_practice() {
            return;
        }
        let (Some(Standing { plan, .. }), Some(account)) = (self.standing(), &self.choice.account)
        else {
            return;
        };
        let row = self.setting.cloud.row();
        let url = match page {
            PortalPage::AccessControl => row.access_control_page(&account.tenant_id, &plan.scope),
            PortalPage::Person => row.person_page(&plan.object_id),
        };
        effects.push(Effect::Open(url.to_string()));
    }

    fn recipes(&self, plan: &AssignmentPlan) -> Vec<Recipe> {
        let account = self.choice.account.as_ref();
        account.map_or_else(Vec::new, |it| recipes(plan, &it.tenant_id, self.setting.cloud.row()))
    }

    fn access_phase(&self, standing: Option<&Standing<'_>>) -> AccessPhase {
        let has_access = standing.is_some_and(|standing| standing.has_access);
        let is_made = standing.is_some_and(|standing| standing.made.is_some());
        let is_refused = standing.is_some_and(|standing| standing.verdict == Verdict::MayChat);
        match self.work_in(Slot::Role) {
            Some(Work::AssignRole(..)) => AccessPhase::Assigning,
            Some(Work::UndoRole(..)) => AccessPhase::Undoing,
            Some(_) => AccessPhase::Waiting,
            None if self.is_running(Slot::Access) => AccessPhase::Checking,
            None if has_access => AccessPhase::Works,
            None if (self.role.paused && is_made) || is_refused => AccessPhase::Paused,
            None => AccessPhase::Known,
        }
    }

    /// The role that lets the person chat, as far as it is known by name.
    pub(super) fn role_name(&self) -> Option<String> {
        let access = self.role.access.as_ref()?;
        let here = |made: &&Made| reaches(&made.plan.scope, &access.facts.account);
        let made = self.made.iter().rev().find(here).map(|made| made.plan.role.clone());
        made.or_else(|| self.role.through.clone())
    }
}

impl Made {
    /// Whether it is this role at this place.
    fn is_at(&self, role_id: &str, scope: &str) -> bool {
        self.plan.role_id == role_id && self.plan.scope.eq_ignore_ascii_case(scope)
    }

    /// What there is to say of it.
    fn findings(&self) -> Vec<Notice> {
        let code = if self.assigned.existed { "role_existed" } else { "role_assigned" };
        let known = [("role", self.plan.role.as_str()), ("scope", scope_name(&self.plan.scope))];
        let mut findings = vec![Notice::new(code, &known)];
        if self.plan.usage != Usage::Chat {
            // The message that shows that a role works is a chat.
            findings.push(Notice::new("not_proved", &[]));
        }
        findings
    }
}
