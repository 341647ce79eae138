//! What comes back from the work.

use super::*;

impl Wizard {
    pub(super) fn follow(&mut self, id: WorkId, progress: Progress, effects: &mut Vec<Effect>) {
        let step = if self.proving().is_some() { self.step } else { Step::SignIn };
        match progress {
            Progress::TenantFound(id) => self.learn_tenant(Some(id)),
            Progress::Sight(sight) => {
                self.see(sight, effects);
                self.look_at_changes(effects);
            }
            Progress::ToolFound(found) => {
                self.sign_in.tools.retain(|known| known.tool != found.tool);
                self.sign_in.tools.push(found);
                self.sign_in.tools.sort_by_key(|known| known.tool);
            }
            Progress::BrowserReady { address } => {
                self.sign_in.address = Some(address);
                self.sign_in.opened = true;
            }
            Progress::BrowserNotOpened => {
                self.note_no_browser();
                self.prove_by_code(effects);
            }
            Progress::CodeReady { code, address, is_microsofts, lasts_seconds } => {
                let code = DeviceCode { code, address, lasts_seconds, expired: false };
                self.show_code(code, is_microsofts);
            }
            Progress::CodeWaits { lasts_seconds, is_lost } => {
                if let Some(code) = &mut self.sign_in.code {
                    code.lasts_seconds = lasts_seconds;
                }
                self.notices.retain(|(_, notice)| notice.code != POLLS_LOST);
                if is_lost {
                    self.notify(step, Notice::new(POLLS_LOST, &[]));
                }
            }
            Progress::StrangerIgnored => self.notify(step, Notice::new("answer_ignored", &[])),
            Progress::Finishing => {
                self.sign_in.address = None;
                self.sign_in.phase = SignInPhase::Finishing;
                self.clear_notices(step);
            }
            Progress::StillWaiting(waiting) => {
                // From now on it is background: the person may be looking elsewhere.
                self.asked.pressed.remove(&id);
                self.role.waiting = Some(waiting);
            }
            Progress::Piece(text) => {
                if self.test.answer.len() + text.len() <= ANSWER_LIMIT {
                    self.test.answer.push_str(&text);
                    self.test.pieces += 1;
                }
            }
            Progress::Network(page) => self.show_connectivity(*page),
        }
    }

    pub(super) fn take(&mut self, outcome: Outcome, work: &Work, effects: &mut Vec<Effect>) {
        match outcome {
            Outcome::Tools(tools) => self.sign_in.tools = tools,
            Outcome::Unkept => {
                if let Some(person) = self.person.as_mut().filter(|_| !self.sign_in.stay) {
                    person.kept = false;
                }
            }
            Outcome::NothingKept(trouble) => self.sign_in.store = trouble,
            Outcome::StoreOpened(opened) => self.note_opened(opened, effects),
            Outcome::NotResumed(ended) => self.take_ended(*ended),
            Outcome::Tenant(id) => {
                if matches!(work, Work::SignIn { .. }) {
                    self.forget_attempt();
                }
                self.learn_tenant(id);
            }
            Outcome::SignedIn(person) => self.welcome(person, work, effects),
            Outcome::TenantSignedIn(id) => {
                effects.push(Effect::Focus);
                self.forget_attempt();
                self.clear_notices(Step::SignIn);
                self.read_tenant(&id, effects);
            }
            Outcome::Proved => self.repeat(work, effects),
            Outcome::Directory(unlisted) => self.settle_tenants(unlisted, effects),
            Outcome::TenantsRead if self.is_running(Slot::Directory) => {}
            Outcome::TenantsRead => self.settle_tenants(None, effects),
            Outcome::Deployments(deployments, cause) => self.take_deployments(deployments, cause),
            Outcome::SubdomainFree(free) => self.know_subdomain(match free {
                Some(true) => SubdomainState::Free,
                Some(false) => SubdomainState::Taken,
                None => SubdomainState::Unchecked,
            }),
            Outcome::SubdomainSet(account) => self.take_subdomain(*account),
            Outcome::Access(access) => self.take_access(*access, effects),
            Outcome::Causes(access, causes) => self.take_causes(*access, causes, effects),
            Outcome::GroupNames(names) => self.groups.extend(names),
            Outcome::Assigned(assigned) => self.take_assigned(assigned, work, effects),
            Outcome::RoleUndone => self.take_undone("role_undone", work, effects),
            Outcome::RoleNotOwn => self.take_undone("role_not_own", work, effects),
            Outcome::RoleWorks(cause) => {
                self.believe();
                self.role.waiting = None;
                self.role.proof = cause;
                if self.step == Step::GetAccess {
                    self.confirm_access(effects);
                }
            }
            Outcome::Folder(Some(folder)) => {
                self.project.folder = Some(folder);
                self.prepare_env(effects);
            }
            Outcome::Folder(None) => {}
            Outcome::Env(prepared, ignored) => {
                if ignored == Some(false) {
                    let path = prepared.path.display().to_string();
                    self.notify(
                        Step::ConnectProject,
                        Notice::new("env_not_ignored", &[("path", &path)]),
                    );
                }
                self.project.prepared = Some(*prepared);
            }
            Outcome::EnvWritten => {
                self.project.written = true;
                if self.step == Step::ConnectProject {
                    self.go_to(Step::TestConnection, effects);
                }
            }
            Outcome::Answered => {
                self.test.answered = true;
                self.believe();
            }
            Outcome::Network(page) => self.show_connectivity(*page),
            Outcome::CertificatesSaved(result) => self.note_saved(result),
            Outcome::Changes(record) => {
                self.note_unfinished(&record);
                self.take_changes(*record, effects);
            }
            Outcome::ChangesLookedAt(record, open) => {
                self.take_looked_at(*record, open, work, effects)
            }
            Outcome::ChangeUndone(record) => self.take_change_undone(*record, work, effects),
        }
    }

    fn show_connectivity(&mut self, page: ConnectivityPage) {
        self.aside = Some(Aside::Connectivity(page));
    }

    fn note_saved(&mut self, result: Result<(), String>) {
        let Some(Aside::Connectivity(page)) = &mut self.aside else { return };
        let file = page.programs.as_mut().and_then(|programs| programs.file.as_mut());
        let Some(file) = file else { return };
        page.findings.retain(|finding| finding.code != NOT_SAVED);
        match result {
            Ok(()) => file.exists = true,
            Err(reason) => {
                let values = [("path", file.path.as_str()), ("reason", reason.as_str())];
                page.findings.insert(0, Notice::new(NOT_SAVED, &values));
            }
        }
    }

    pub(super) fn welcome(&mut self, person: Person, work: &Work, effects: &mut Vec<Effect>) {
        let same = self.person.as_ref().is_some_and(|known| {
            known.object_id == person.object_id && known.tenant_id == person.tenant_id
        });
        effects.push(Effect::Focus);
        self.forget_attempt();
        self.clear_notices(Step::SignIn);
        let back = self.return_to.take();
        if same && let Some(step) = back {
            self.person = Some(person);
            self.failures.clear();
            self.keep_or_not(effects);
            return self.go_to(step, effects);
        }
        let replaces = self.is_somebody_else_kept(&person);
        self.stop_all(effects);
        self.forget_person();
        if !self.sign_in.stay || person.way.is_borrowed() || replaces {
            // What an earlier person kept must not come back instead of this one.
            self.start(Work::Unkeep { ask: false, all: false }, effects);
        }
        self.begin_tenants(&person);
        self.person = Some(person);
        // Whoever has just signed in sees first who that is, while the lists are being read.
        self.step = Step::SignIn;
        self.start(self.read_directory(), effects);
        self.read_changes_again(effects);
        if *work == Work::Resume {
            self.go_to(Step::ChooseResource, effects);
        }
    }

    /// Whether the store still holds the sign-in of another person than this one, who is kept only
    /// once their sign-in has proved itself.
    fn is_somebody_else_kept(&self, person: &Person) -> bool {
        let known = self.person.as_ref().filter(|known| known.kept).map(|known| &known.account);
        let ended = self.sign_in.ended.as_ref().and_then(|ended| ended.account.as_ref());
        known.or(ended).is_some_and(|account| !account.eq_ignore_ascii_case(&person.account))
    }

    /// The sign-in of an earlier day is over: the page says why, and the next one fills in the
    /// name. Where only the network is gone, it is as good as before.
    fn take_ended(&mut self, ended: Ended) {
        self.sign_in.store = None;
        let Ended { account, tenant, failure } = ended;
        let Some(code) = why_it_ended(&failure) else {
            self.failures.insert(Step::SignIn, (failure, Work::Resume));
            return;
        };
        self.notify(Step::SignIn, Notice::new(code, &[("account", &account)]));
        let claims = failure.challenge().and_then(|challenge| challenge.claims.clone());
        self.sign_in.ended = Some(Prompt {
            tenant: Some(tenant),
            account: Some(account).filter(|account| !account.is_empty()),
            claims,
            ..Prompt::default()
        });
    }

    /// What was chosen is chosen again as it is now, or given up where it is gone.
    pub(super) fn refresh_choice(&mut self, effects: &mut Vec<Effect>) {
        if self.is_writing() {
            // What is being written is not pulled away; a later look finds it changed.
            return;
        }
        let Some(account) = self.listed_choice() else { return };
        let (chosen, tenant) = (account.resource, account.tenant_id);
        let arrives = self.is_running(Slot::Directory) || self.is_running(Slot::Tenants);
        let is_chosen = |it: &&Account| it.resource.id.eq_ignore_ascii_case(&chosen.id);
        let now = self.list.accounts.iter().find(is_chosen);
        // It turned out to be delegated, and its own directory shows it, too.
        let moved = now.is_some_and(|account| account.tenant_id != tenant);
        match now.map(|account| account.resource.clone()) {
            // It may be on a page that has not come yet.
            None if arrives => {}
            None => self.forget_choice(effects),
            Some(now) if moved || is_another(&chosen, &now) => {
                self.choice.deployments = None;
                self.select_resource(&now.id, effects);
            }
            Some(now) => {
                let Some(account) = &mut self.choice.account else { return };
                account.resource.takes_keys = now.takes_keys;
                if !is_nameless(&now) {
                    account.resource.subscription = now.subscription;
                }
            }
        }
    }

    pub(super) fn take_deployments(&mut self, deployments: Vec<Deployment>, cause: Cause) {
        self.choice.listed = cause;
        let first = deployments.iter().filter(|it| it.can_chat).min_by_key(|it| doubt_of(it));
        self.choice.deployment = first.map(|deployment| deployment.name.clone());
        if first.is_none()
            && let Some(account) = self.choice.account.clone()
        {
            let known = [("resource", account.resource.name.as_str())];
            let failure = diagnosis::explain(&Evidence::state(State::NoChatDeployment), &known)
                .detail("deployments", deployments.len());
            let work = Work::ReadDeployments(Box::new(account));
            self.failures.insert(Step::ChooseResource, (failure, work));
        }
        self.choice.deployments = Some(deployments);
    }

    pub(super) fn fail(&mut self, mut failure: Failure, work: Work) {
        tracing::warn!(code = ?failure.code, "a step failed");
        if [Slot::Changes, Slot::Undo].contains(&work.purpose().slot()) {
            if work.proving().is_some() {
                self.forget_attempt();
            }
            self.name_directory(&mut failure);
            self.changes.failure = Some((failure, work));
            return;
        }
        self.learn_account_of_tool(&failure, self.way_of(&work));
        self.name_directory(&mut failure);
        let mut step = work.step();
        match &work {
            Work::Resume => self.sign_in.store = None,
            Work::ReadDirectory(_) | Work::ReadTenants(..) => {
                self.give_up_tenants(&failure);
                step = Step::SignIn;
            }
            Work::FindTenant(_) => {
                self.sign_in.tenant.state = TenantKnown::Unchecked;
                return;
            }
            Work::CheckSubdomain(..) => {
                self.know_subdomain(SubdomainState::Unchecked);
                return;
            }
            Work::SetSubdomain(..) if self.is_about_name(failure.code) => return,
            Work::SignIn { .. } => {
                match work.proving() {
                    Some(_) => self.forget_attempt(),
                    None => self.end_attempt(failure.code),
                }
                self.clear_notices(step);
            }
            // A courtesy that did not come; what is told already stays.
            Work::NameGroups(..) | Work::LookFurther(..) => return,
            Work::WaitForRole(..) => self.role.paused = true,
            Work::Ask(..) => self.learn_from_refusal(failure.code),
            // Nothing more comes: the failure is shown in its place.
            Work::CheckNetwork(_) => self.aside = None,
            _ => {}
        }
        // Who asks once more may be asked for the password.
        let again = match work {
            Work::Unkeep { all, .. } => Work::Unkeep { ask: true, all },
            work => work,
        };
        self.failures.insert(step, (failure, again));
    }

    /// Whom a tool is signed in as by now is whom it is offered with from here on.
    pub(super) fn learn_account_of_tool(&mut self, failure: &Failure, way: Option<Way>) {
        let account = failure.parameters.get("account");
        let Some(account) = account.filter(|_| failure.code == Code::ToolChangedPerson) else {
            return;
        };
        let found = self.sign_in.tools.iter_mut().find(|found| Some(found.tool.way()) == way);
        if let Some(found) = found {
            found.account.clone_from(account);
        }
    }

    /// Calls the person's directory by its name where that is known: few people know its id.
    pub(super) fn name_directory(&self, failure: &mut Failure) {
        let Some(Person { tenant_id, tenant_name: Some(name), .. }) = &self.person else { return };
        if let Some(directory) = failure.parameters.get_mut("directory")
            && directory.eq_ignore_ascii_case(tenant_id)
        {
            directory.clone_from(name);
        }
    }

    /// What a refused chat says about access: a limit or a filter means that access works.
    pub(super) fn learn_from_refusal(&mut self, code: Code) {
        match code {
            Code::ChatThrottled | Code::ContentFiltered => self.believe(),
            Code::ChatNotPermitted => self.doubt(),
            _ => {}
        }
    }

    /// A page that is not Microsoft's is shown and not opened: a code is what a swindler wants.
    pub(super) fn show_code(&mut self, code: DeviceCode, is_microsofts: bool) {
        self.sign_in.opened = is_microsofts;
        self.sign_in.address = is_microsofts.then(|| code.address.clone());
        if !is_microsofts {
            let address = [("address", code.address.as_str())];
            self.notify(Step::SignIn, Notice::new("page_not_known", &address));
        }
        self.sign_in.code = Some(code);
    }

    /// A code whose time is over stays on the page as such: another one can be had.
    pub(super) fn end_attempt(&mut self, code: Code) {
        let expired = self.sign_in.code.take().filter(|_| code == Code::DeviceCodeExpired);
        self.forget_attempt();
        self.sign_in.code =
            expired.map(|code| DeviceCode { lasts_seconds: 0, expired: true, ..code });
    }

    pub(super) fn note_no_browser(&mut self) {
        self.sign_in.opened = false;
        if self.proving().is_some() {
            return;
        }
        self.notify(Step::SignIn, Notice::new(NO_BROWSER, &[]));
    }

    /// The page of a sign-in shows its address anyway; any other is told.
    pub(super) fn note_not_opened(&mut self, address: &str) {
        if self.sign_in.address.as_deref() == Some(address) {
            self.note_no_browser();
        } else {
            self.notify(self.step, Notice::new("address_not_opened", &[("address", address)]));
        }
    }

    /// What became of an older wish, of somebody else perhaps, says nothing about this one.
    pub(super) fn note_kept(&mut self, id: WorkId, kept: Result<(), StoreTrouble>) {
        if self.sign_in.keeping != Some(id) {
            return;
        }
        if let Some(person) = &mut self.person {
            person.kept = kept.is_ok();
        }
        self.notices.retain(|(_, notice)| notice.code != "session_only");
        self.sign_in.store = kept.err();
        if self.sign_in.store.is_some() && self.sign_in.stay {
            for step in Step::ALL {
                self.notices.push((step, Notice::new("session_only", &[])));
            }
        }
    }

    /// A store that works now takes over the sign-in of this window, or gives back an earlier one.
    pub(super) fn note_opened(
        &mut self,
        opened: Result<(), StoreTrouble>,
        effects: &mut Vec<Effect>,
    ) {
        self.sign_in.store = opened.err();
        if self.sign_in.store.is_some() {
            return;
        }
        match &self.person {
            Some(_) if self.sign_in.stay => self.keep(effects),
            Some(_) => {}
            None if self.sign_in.stay => self.start_once(Work::Resume, effects),
            None => {}
        }
    }
}

/// How much speaks against a deployment, where the person has not chosen: one that lasts goes
/// before one whose model ends soon, and that before one that may not answer.
fn doubt_of(deployment: &Deployment) -> u8 {
    match (deployment.state, &deployment.retirement) {
        (DeploymentState::Ready, Retirement::Unknown | Retirement::Later { .. }) => 0,
        (DeploymentState::Ready, Retirement::Soon { .. }) => 1,
        _ => 2,
    }
}

/// Whether a resource is not what it was, in what a chat depends on. The rest is only shown, and
/// Resource Graph and Resource Manager spell it each in its own way.
fn is_another(before: &Resource, now: &Resource) -> bool {
    !before.kind.eq_ignore_ascii_case(&now.kind)
        || !before.endpoint.eq_ignore_ascii_case(&now.endpoint)
        || before.obstacles != now.obstacles
}

/// Whether its subscription is known by its id only.
fn is_nameless(resource: &Resource) -> bool {
    let id = crate::resources::segment_after(&resource.id, "subscriptions");
    resource.subscription.eq_ignore_ascii_case(id)
}

/// The sentence for the end of a sign-in, by Entra's number; none for what is no end: a network
/// that is away, or a policy that another sign-in would meet again.
fn why_it_ended(failure: &Failure) -> Option<&'static str> {
    let number = failure.details.iter().find(|detail| detail.name == "entra_number");
    match number.map(|detail| detail.value.as_str()) {
        Some("700082" | "70008") => Some("resume_expired"),
        Some("70043") => Some("resume_frequency"),
        Some("50173") => Some("resume_revoked"),
        Some("50074" | "50076" | "50078" | "50079" | "50072") => Some("resume_proof"),
        _ if failure.code == Code::SignInExpired => Some("resume_refused"),
        // The refresh token is no token, or belongs to nobody (AADSTS9002313, AADSTS70000).
        Some("9002313" | "70000" | "50034") => Some("resume_refused"),
        _ => None,
    }
}
