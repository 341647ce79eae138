//! Step 3: which role, where, and whether it works.

use super::*;
use crate::access::{Assignment, DESCRIPTION, judge, plan, reaches, recipes, scope_name};
use crate::cloud::CLOUDS;
use crate::snapshot::{PortalPage, Recipe};

impl Wizard {
    /// What would be assigned as things stand.
    pub(super) fn plan(&self) -> Option<AssignmentPlan> {
        let access = self.role.access.as_ref()?;
        Some(plan(&access.facts, &self.role.wish))
    }

    /// What Keyless assigned to fulfil this plan.
    fn made_for(&self, plan: &AssignmentPlan) -> Option<&Made> {
        let same = |made: &&Made| {
            made.plan.role_id == plan.role_id && made.plan.scope.eq_ignore_ascii_case(&plan.scope)
        };
        self.made.iter().find(same)
    }

    /// What is taken away by the button of this page: the assignment that the page names, where it
    /// is Keyless's own.
    fn undoable(&self) -> Option<(&Made, &str)> {
        let made = self.made_for(&self.plan()?)?;
        Some((made, made.assigned.own.as_deref()?))
    }

    pub(super) fn choose_usage(&mut self, usage: Usage) {
        // The role follows from what it is for.
        let scope = self.role.wish.scope;
        self.change_wish(Wish { usage, role: None, scope });
    }

    pub(super) fn choose_role(&mut self, role_id: String) {
        let wish = Wish { role: Some(role_id), ..self.role.wish.clone() };
        self.change_wish(wish);
    }

    pub(super) fn choose_role_scope(&mut self, scope: RoleScope) {
        let wish = Wish { scope, ..self.role.wish.clone() };
        self.change_wish(wish);
    }

    fn change_wish(&mut self, wish: Wish) {
        if self.role.access.is_none() || self.is_running(Slot::Role) || self.role.wish == wish {
            return;
        }
        self.role.wish = wish;
        self.role.paused = false;
        self.failures.remove(&Step::GetAccess);
    }

    pub(super) fn assign_role(&mut self, effects: &mut Vec<Effect>) {
        let (Some(account), Some(access), Some(plan)) =
            (self.choice.account.clone(), &self.role.access, self.plan())
        else {
            return;
        };
        if self.has_access() || self.is_running(Slot::Role) {
            return;
        }
        match self.made_for(&plan).map(|made| made.assigned.cause.clone()) {
            Some(cause) => self.wait_for_role(cause, effects),
            None => {
                let (plan, access) = (Box::new(plan), Box::new(access.clone()));
                self.start(Work::AssignRole(Box::new(account), plan, access), effects);
            }
        }
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
        self.made.push(Made { plan: (**plan).clone(), assigned });
        self.wait_for_role(cause, effects);
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
        let (Some(account), Some((made, id))) = (self.choice.account.clone(), self.undoable())
        else {
            return;
        };
        let (plan, id) = (Box::new(made.plan.clone()), id.to_owned());
        let cause = made.assigned.cause.clone();
        self.start(Work::UndoRole(Box::new(account), plan, id, cause), effects);
    }

    /// What the person may do is looked at as it is without the role.
    pub(super) fn take_undone(&mut self, work: &Work, effects: &mut Vec<Effect>) {
        let Work::UndoRole(_, plan, id, _) = work else { return };
        let gone = |made: &Made| made.assigned.own.as_deref() == Some(id);
        self.made.retain(|made| !gone(made));
        let role = plan.role.clone();
        self.check_access_again(effects);
        self.clear_notices(Step::GetAccess);
        self.notify(Step::GetAccess, Notice::new("role_undone", &[("role", &role)]));
    }

    pub(super) fn wait_for_role(&mut self, cause: Cause, effects: &mut Vec<Effect>) {
        let (Some(account), Some(deployment), Some(plan)) =
            (self.choice.account.clone(), self.choice.deployment.clone(), self.plan())
        else {
            return;
        };
        self.role.paused = false;
        self.clear_notices(Step::GetAccess);
        let cause = cause.and(&self.choice.listed);
        self.start(Work::WaitForRole(Box::new(account), deployment, plan.role, cause), effects);
    }

    /// What Azure let the person read says whether they may chat, whatever the role is wanted for.
    pub(super) fn take_access(&mut self, access: Access) {
        self.forget_what_is_gone(&access);
        self.role.works = judge(&access.facts, Usage::Chat).0 == Verdict::MayChat;
        self.role.proof = access.cause.clone();
        self.role.access = Some(access);
    }

    /// What somebody else has taken away meanwhile can be assigned anew.
    fn forget_what_is_gone(&mut self, access: &Access) {
        let Some(listed) = &access.facts.assignments else { return };
        let account = &access.facts.account;
        self.made.retain(|made| {
            let about = reaches(&made.plan.scope, account);
            let there = listed.iter().any(|it| {
                it.role == made.plan.role_id && it.scope.eq_ignore_ascii_case(&made.plan.scope)
            });
            there || !about
        });
    }

    pub(super) fn check_access_again(&mut self, effects: &mut Vec<Effect>) {
        let Some(account) = self.choice.account.clone() else {
            return;
        };
        self.step = Step::GetAccess;
        let before = std::mem::take(&mut self.role);
        self.role =
            RoleState { confirmed: before.confirmed, wish: before.wish, ..RoleState::default() };
        self.start(Work::CheckAccess(Box::new(account)), effects);
    }

    /// Whether the person can do what they want the role for.
    pub(super) fn has_access(&self) -> bool {
        let serves = || {
            let judged = self.judged().map(|(verdict, _)| verdict);
            let made = self.plan().is_some_and(|plan| self.made_for(&plan).is_some());
            judged == Some(Verdict::MayChat) || made
        };
        self.role.works && (self.role.wish.usage == Usage::Chat || serves())
    }

    fn judged(&self) -> Option<(Verdict, Vec<Notice>)> {
        let access = self.role.access.as_ref()?;
        Some(judge(&access.facts, self.role.wish.usage))
    }

    pub(super) fn get_access_page(&self) -> GetAccessPage {
        let plan = self.plan();
        let (judged, mut findings) = self.judged().unzip();
        if let Some(made) = plan.as_ref().and_then(|plan| self.made_for(plan)) {
            let code = if made.assigned.existed { "role_existed" } else { "role_assigned" };
            let known =
                [("role", made.plan.role.as_str()), ("scope", scope_name(&made.plan.scope))];
            let mut told = vec![Notice::new(code, &known)];
            if made.plan.usage != Usage::Chat {
                // The message that shows that a role works is a chat.
                told.push(Notice::new("not_proved", &[]));
            }
            findings = Some(told);
        }
        let verdict = judged.map(|judged| match (self.has_access(), judged) {
            (true, _) => Verdict::MayChat,
            // The resource itself has refused what the assignments promise.
            (false, Verdict::MayChat) => Verdict::CannotTell,
            (false, judged) => judged,
        });
        GetAccessPage {
            phase: self.access_phase(),
            resource: self
                .choice
                .account
                .as_ref()
                .map_or_else(String::new, |a| a.resource.name.clone()),
            verdict,
            findings: findings.unwrap_or_default(),
            undo: self.undoable().map(|(made, _)| made.plan.may_undo),
            recipes: self.recipes(plan.as_ref()),
            plan,
            waiting: self.role.waiting.clone(),
        }
    }

    /// Opens the portal at what the plan is about.
    pub(super) fn open_portal(&mut self, page: PortalPage, effects: &mut Vec<Effect>) {
        let row = CLOUDS.iter().find(|row| row.cloud == self.setting.cloud);
        // The portal knows nothing of what practice Azure has made up.
        let row = row.filter(|_| !self.setting.practice);
        let (Some(plan), Some(account), Some(row)) = (self.plan(), &self.choice.account, row)
        else {
            return;
        };
        let url = match page {
            PortalPage::AccessControl => row.access_control_page(&account.tenant_id, &plan.scope),
            PortalPage::Person => row.person_page(&plan.object_id),
        };
        effects.push(Effect::Open(url.to_string()));
    }

    fn recipes(&self, plan: Option<&AssignmentPlan>) -> Vec<Recipe> {
        let (Some(plan), Some(account)) = (plan, &self.choice.account) else { return Vec::new() };
        let row = CLOUDS.iter().find(|row| row.cloud == self.setting.cloud);
        row.map_or_else(Vec::new, |row| recipes(plan, &account.tenant_id, row))
    }

    pub(super) fn access_phase(&self) -> AccessPhase {
        let is_made = || self.plan().is_some_and(|plan| self.made_for(&plan).is_some());
        match self.work_in(Slot::Role) {
            Some(Work::AssignRole(..)) => AccessPhase::Assigning,
            Some(Work::UndoRole(..)) => AccessPhase::Undoing,
            Some(_) => AccessPhase::Waiting,
            None if self.is_running(Slot::Access) => AccessPhase::Checking,
            None if self.has_access() => AccessPhase::Works,
            None if self.role.paused && is_made() => AccessPhase::Paused,
            None => AccessPhase::Known,
        }
    }

    /// The role that lets the person chat, as far as it is known by name.
    pub(super) fn role_name(&self) -> Option<String> {
        let access = self.role.access.as_ref()?;
        let here = |made: &&Made| reaches(&made.plan.scope, &access.facts.account);
        if let Some(made) = self.made.iter().rev().find(here) {
            return Some(made.plan.role.clone());
        }
        let (_, findings) = judge(&access.facts, Usage::Chat);
        findings.iter().find_map(|finding| {
            finding
                .code
                .starts_with("may_chat")
                .then(|| finding.parameters.get("role").cloned())
                .flatten()
        })
    }
}
