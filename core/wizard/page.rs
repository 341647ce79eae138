//! What the page shows.

use super::*;
use crate::cloud::CLOUDS;

impl Wizard {
    pub(super) fn reachable(&self, step: Step) -> bool {
        match step {
            Step::SignIn => true,
            Step::ChooseResource => self.person.is_some(),
            Step::GetAccess => self.person.is_some() && self.choice.confirmed,
            Step::ConnectProject => self.reachable(Step::GetAccess) && self.role.confirmed,
            Step::TestConnection => self.reachable(Step::ConnectProject) && self.project.written,
        }
    }

    pub(super) fn is_done(&self, step: Step) -> bool {
        match step {
            Step::SignIn => self.person.is_some(),
            Step::ChooseResource => self.choice.confirmed,
            Step::GetAccess => self.choice.confirmed && self.role.works,
            Step::ConnectProject => self.project.written,
            Step::TestConnection => self.test.answered,
        }
    }

    pub(super) fn step_state(&self, step: Step) -> StepState {
        StepState {
            step,
            done: self.is_done(step),
            current: step == self.step,
            reachable: self.reachable(step),
            summary: self.is_done(step).then(|| self.summary(step)).flatten(),
        }
    }

    pub(super) fn summary(&self, step: Step) -> Option<String> {
        match step {
            Step::SignIn => self.person.as_ref().map(|person| person.account.clone()),
            Step::ChooseResource => {
                self.choice.account.as_ref().map(|account| account.resource.name.clone())
            }
            Step::GetAccess => self.role_name(),
            Step::ConnectProject => {
                self.project.prepared.as_ref().map(|prepared| prepared.path.display().to_string())
            }
            Step::TestConnection => self.choice.deployment.clone(),
        }
    }

    pub(super) fn page(&self) -> Page {
        match self.step {
            Step::SignIn => Page::SignIn(self.sign_in_page()),
            Step::ChooseResource => Page::ChooseResource(self.choose_resource_page()),
            Step::GetAccess => Page::GetAccess(self.get_access_page()),
            Step::ConnectProject => Page::ConnectProject(self.connect_project_page()),
            Step::TestConnection => Page::TestConnection(self.test_connection_page()),
        }
    }

    pub(super) fn sign_in_page(&self) -> SignInPage {
        let signing_in = self.is_running(Slot::Person);
        let shown = self.sign_in.address.is_some() || self.sign_in.code.is_some();
        let phase = match (signing_in, shown, &self.person) {
            (true, true, _) => SignInPhase::Waiting,
            (true, false, _) => self.sign_in.phase,
            (false, _, Some(_)) => SignInPhase::SignedIn,
            (false, _, None) => SignInPhase::SignedOut,
        };
        SignInPage {
            phase,
            address: self.sign_in.address.clone().filter(|_| signing_in),
            browser_opened: self.sign_in.opened,
            device_code: self.sign_in.code.clone().filter(|_| self.proving().is_none()),
            tools: self.sign_in.tools.clone(),
            tenant: self.sign_in.tenant.clone(),
            tenants: self.shown_tenants(),
            stay_signed_in: self.sign_in.stay,
            can_stay_signed_in: self.sign_in.store.is_none(),
            store: self.store_notice(),
            browser_session: self.sign_out_page(),
            can_practice: self.setting.can_practice,
            cloud: self.setting.cloud.row().cloud,
            clouds: match self.setting.cloud.is_practice() {
                true => Vec::new(),
                false => CLOUDS.iter().map(|row| row.cloud).collect(),
            },
            application: self.setting.application.clone(),
        }
    }

    /// What is wrong with the system's store, or what the person sees while it is being opened.
    pub(super) fn store_notice(&self) -> Option<Notice> {
        let trouble = self.sign_in.store.as_ref()?;
        let opening = self.is_running(Slot::Store);
        Some(Notice::new(if opening { "opening" } else { trouble.code() }, &[]))
    }

    /// The page that ends the browser's session (OpenID Connect RP-Initiated Logout 1.0).
    pub(super) fn sign_out_page(&self) -> Option<String> {
        let tenant = self.sign_in.browser_session.as_ref()?;
        Some(self.setting.cloud.entra(&format!("{tenant}/oauth2/v2.0/logout")).to_string())
    }

    pub(super) fn choose_resource_page(&self) -> ChooseResourcePage {
        ChooseResourcePage {
            reading: self.is_running(Slot::Directory),
            total: number(self.list.accounts.len()),
            list_revision: self.list.revision,
            subscriptions: self.list.subscriptions,
            selected: self.listed_choice().map(|account| self.shown(&account)),
            reading_deployments: self.is_running(Slot::Deployments),
            deployments: self.choice.deployments.clone().unwrap_or_default(),
            deployment: self.choice.deployment.clone(),
            advice: self.advice(),
            subdomain: self.subdomain_form(),
            endpoint: self.choice.endpoint.clone(),
        }
    }

    pub(super) fn connect_project_page(&self) -> ConnectProjectPage {
        let prepared = self.project.prepared.as_ref();
        let phase = match self.work_in(Slot::Env) {
            Some(Work::WriteEnv(_)) => ProjectPhase::Writing,
            Some(_) => ProjectPhase::Reading,
            None if self.project.written => ProjectPhase::Written,
            None if prepared.is_some() => ProjectPhase::Ready,
            None => ProjectPhase::NoFolder,
        };
        ConnectProjectPage {
            phase,
            folder: self.project.folder.as_ref().map(|folder| folder.display().to_string()),
            file: prepared.map(|prepared| prepared.path.display().to_string()),
            file_exists: prepared.is_some_and(|prepared| prepared.exists),
            change: prepared.map_or_else(Vec::new, |prepared| prepared.change.clone()),
        }
    }

    pub(super) fn test_connection_page(&self) -> TestConnectionPage {
        let phase = match (self.is_running(Slot::Chat), self.test.pieces, self.test.answered) {
            (true, 0, _) => TestPhase::Asking,
            (true, ..) => TestPhase::Answering,
            (false, _, true) => TestPhase::Answered,
            (false, ..) => TestPhase::Ready,
        };
        TestConnectionPage {
            phase,
            endpoint: self
                .choice
                .account
                .as_ref()
                .map_or_else(String::new, |a| a.resource.endpoint.clone()),
            deployment: self.choice.deployment.clone().unwrap_or_default(),
            question: self.setting.question.clone(),
            answer: self.test.answer.clone(),
            pieces: self.test.pieces,
            results: self.results(),
        }
    }

    pub(super) fn results(&self) -> Vec<Notice> {
        let mut results = Vec::new();
        if let Some(person) = &self.person {
            results.push(Notice::new("signed_in", &[("account", &person.account)]));
        }
        if let (Some(account), Some(deployment)) = (&self.choice.account, &self.choice.deployment) {
            let parameters =
                [("resource", account.resource.name.as_str()), ("deployment", deployment)];
            results.push(Notice::new("uses_resource", &parameters));
        }
        if self.role.works {
            results.push(match self.role_name() {
                Some(role) => Notice::new("has_role", &[("role", &role)]),
                None => Notice::new("has_access", &[]),
            });
        }
        if let Some(prepared) = self.project.prepared.as_ref().filter(|_| self.project.written) {
            results
                .push(Notice::new("wrote_env", &[("path", &prepared.path.display().to_string())]));
        }
        if let Some(deployment) = self.choice.deployment.as_ref().filter(|_| self.test.answered) {
            results.push(Notice::new("answered", &[("deployment", deployment)]));
        }
        results
    }

    pub(super) fn notices_here(&self) -> Vec<Notice> {
        let here = self.notices.iter().filter(|(step, _)| *step == self.step);
        let mut notices: Vec<Notice> = here.map(|(_, notice)| notice.clone()).collect();
        if self.step == Step::SignIn {
            notices.extend(self.setting.complaints.iter().cloned());
        }
        notices
    }

    pub(super) fn busy(&self) -> Option<Busy> {
        let (_, work) = self.shown_work()?;
        Some(Busy { activity: work.activity()?, can_cancel: work.can_cancel() })
    }

    /// The work of this page that somebody looks at; the access of a resource is looked at in
    /// the background while the deployments are on the page.
    pub(super) fn shown_work(&self) -> Option<(Slot, &Work)> {
        self.running
            .iter()
            .map(|(slot, (_, work))| (*slot, work))
            .find(|(_, work)| self.is_seen(work) && work.activity().is_some())
    }

    /// Whether the page of this work is shown.
    pub(super) fn is_seen(&self, work: &Work) -> bool {
        match work.purpose() {
            Work::UndoChange(_) => self.shows_changes(),
            _ => work.step() == self.step,
        }
    }
}
