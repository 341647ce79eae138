//! What the person asks for.

use super::*;

impl Wizard {
    pub(super) fn obey(&mut self, command: Command, effects: &mut Vec<Effect>) {
        match command {
            Command::SignInWithBrowser => self.sign_in(Way::Browser, Purpose::Begin, effects),
            Command::SignInWithDeviceCode => {
                self.sign_in(Way::DeviceCode, Purpose::Begin, effects);
            }
            Command::ChooseTenant { text } => self.choose_tenant(&text, effects),
            Command::SignInToTenant { id } => self.sign_in_to_tenant(&id, effects),
            Command::PressTenantRemedy { id, index } => {
                self.press_tenant_remedy(&id, index, effects);
            }
            Command::SwitchAccount => self.switch_account(effects),
            Command::BorrowSignIn { tool } => self.borrow_sign_in(tool, effects),
            Command::OpenBrowserAgain => self.open_browser_again(effects),
            Command::StaySignedIn { on } => self.stay_signed_in(on, effects),
            Command::SignOut => self.sign_out(effects),
            Command::SelectResource { id } => self.select_resource(&id, effects),
            Command::SelectDeployment { name } => self.select_deployment(&name, effects),
            Command::PressAdvice { obstacle, index } => {
                self.press_advice(obstacle, index, effects);
            }
            Command::CheckSubdomain { name } if self.choice.subdomain.is_some() => {
                self.check_subdomain(&name, effects);
            }
            Command::CheckSubdomain { .. } => {}
            Command::SetSubdomain { name } => self.set_subdomain(&name, effects),
            Command::CloseSubdomain => self.close_subdomain(effects),
            Command::ConfirmResource => self.confirm_resource(effects),
            Command::OpenEndpoint => self.open_endpoint(effects),
            Command::UseEndpoint { endpoint, deployment } => {
                self.use_endpoint(&endpoint, &deployment, effects);
            }
            Command::CloseEndpoint => self.close_endpoint(effects),
            Command::ChooseUsage { usage } => self.choose_usage(usage, effects),
            Command::ChooseRole { role_id } => self.choose_role(role_id, effects),
            Command::ChooseRoleScope { scope } => self.choose_role_scope(scope, effects),
            Command::AssignRole { plan } => self.confirm_plan(&plan, effects),
            Command::CheckAccess => self.look_at_access(effects),
            Command::UndoRole => self.undo_role(effects),
            Command::OpenPortal { page } => self.open_portal(page, effects),
            Command::ConfirmAccess => self.confirm_access(effects),
            Command::ChooseFolder => self.start(Work::ChooseFolder, effects),
            Command::WriteEnv => self.write_env(effects),
            Command::SendTestMessage => self.send_test_message(effects),
            Command::GoToStep { step } => self.go_to(step, effects),
            Command::CheckNetwork => self.check_network(effects),
            Command::SaveCertificates => self.save_certificates(effects),
            Command::ShowChanges => self.show_changes(effects),
            Command::UndoChange { number } => self.undo_change(number, effects),
            Command::CloseAside => self.close_aside(effects),
            Command::TryStoreAgain if self.sign_in.store.is_some() => {
                self.start_once(Work::OpenStore, effects);
            }
            Command::TryStoreAgain => {}
            Command::EndBrowserSession => {
                effects.extend(self.sign_out_page().map(Effect::Open));
            }
            Command::Cancel => self.cancel(effects),
            Command::PressRemedy { index } => self.press_remedy(index, effects),
        }
    }

    /// What is being written goes on.
    fn close_aside(&mut self, effects: &mut Vec<Effect>) {
        self.aside = None;
        self.stop(&[Slot::Network, Slot::Changes], effects);
    }

    pub(super) fn check_network(&mut self, effects: &mut Vec<Effect>) {
        self.stop(&[Slot::Changes], effects);
        let page = ConnectivityPage { checking: true, ..ConnectivityPage::default() };
        self.aside = Some(Aside::Connectivity(page));
        let account = self.choice.account.as_ref().or(self.list.accounts.first());
        let endpoint = account.map(|account| account.resource.endpoint.clone());
        self.start(Work::CheckNetwork(endpoint), effects);
    }

    pub(super) fn save_certificates(&mut self, effects: &mut Vec<Effect>) {
        let Some(Aside::Connectivity(page)) = &self.aside else { return };
        let file = page.programs.as_ref().and_then(|programs| programs.file.as_ref());
        if file.is_some_and(|file| !file.exists) {
            self.start_once(Work::SaveCertificates, effects);
        }
    }

    pub(super) fn sign_in(&mut self, way: Way, purpose: Purpose, effects: &mut Vec<Effect>) {
        if let Some(prompt) = self.prompt_for(&purpose) {
            self.sign_in_as(way, purpose, prompt, effects);
        }
    }

    fn sign_in_as(
        &mut self,
        way: Way,
        purpose: Purpose,
        prompt: Prompt,
        effects: &mut Vec<Effect>,
    ) {
        self.sign_in.address = None;
        self.sign_in.opened = false;
        self.sign_in.browser_session = None;
        self.sign_in.code = None;
        self.clear_notices(Step::SignIn);
        self.start(Work::SignIn { way, purpose, prompt }, effects);
    }

    pub(super) fn borrow_sign_in(&mut self, tool: Tool, effects: &mut Vec<Effect>) {
        let offered = self.sign_in.tools.iter().find(|found| found.tool == tool);
        if let Some(account) = offered.map(|found| found.account.clone()) {
            let prompt = Prompt { account: Some(account), ..Prompt::default() };
            self.sign_in_as(tool.way(), Purpose::Begin, prompt, effects);
        }
    }

    pub(super) fn open_browser_again(&mut self, effects: &mut Vec<Effect>) {
        if let Some(address) = self.sign_in.address.clone() {
            self.sign_in.opened = true;
            self.notices.retain(|(_, notice)| notice.code != NO_BROWSER);
            effects.push(Effect::Open(address));
        }
    }

    pub(super) fn stay_signed_in(&mut self, on: bool, effects: &mut Vec<Effect>) {
        self.sign_in.stay = on;
        effects.push(Effect::RememberStay(on));
        if self.person.is_some() || !on {
            self.keep_or_not(effects);
        }
    }

    pub(super) fn sign_out(&mut self, effects: &mut Vec<Effect>) {
        self.stop_all(effects);
        effects.push(Effect::Forget);
        self.start(Work::Unkeep { ask: false, all: true }, effects);
        let person = self.person.take();
        let was_signed_in = person.is_some();
        self.close_aside(effects);
        self.sign_in.browser_session =
            person.filter(|person| !person.way.is_borrowed()).map(|person| person.tenant_id);
        self.forget_person();
        self.step = Step::SignIn;
        self.notices.clear();
        if was_signed_in {
            self.notify(Step::SignIn, Notice::new("signed_out", &[]));
        }
        self.start(Work::FindTools, effects);
    }

    /// Nothing of the person before is left when Microsoft's page asks who it is.
    pub(super) fn switch_account(&mut self, effects: &mut Vec<Effect>) {
        self.sign_out(effects);
        self.clear_notices(Step::SignIn);
        self.sign_in(Way::Browser, Purpose::Begin, effects);
    }

    pub(super) fn keep_or_not(&mut self, effects: &mut Vec<Effect>) {
        // A borrowed sign-in is the tool's to keep: what was kept before is somebody's no more.
        if self.sign_in.stay && !self.is_borrowed() {
            self.keep(effects);
        } else {
            self.start(Work::Unkeep { ask: false, all: false }, effects);
        }
    }

    pub(super) fn keep(&mut self, effects: &mut Vec<Effect>) {
        self.sign_in.keeping = Some(self.next_id);
        effects.push(Effect::Keep(self.next_id));
        self.next_id += 1;
    }

    pub(super) fn select_resource(&mut self, id: &str, effects: &mut Vec<Effect>) {
        let found =
            self.list.accounts.iter().find(|account| account.resource.id.eq_ignore_ascii_case(id));
        let Some(account) = found.cloned() else {
            return;
        };
        if self.is_writing() {
            return;
        }
        let unchanged = self
            .choice
            .account
            .as_ref()
            .is_some_and(|chosen| chosen.resource.id == account.resource.id);
        if unchanged && self.choice.deployments.is_some() {
            return;
        }
        self.forget_choice(effects);
        self.forget_subdomain_notice();
        self.failures.remove(&Step::ChooseResource);
        self.choice.account = Some(account.clone());
        // Neither needs the other: what is deployed, and what the person may do there.
        self.start(Work::ReadDeployments(Box::new(account.clone())), effects);
        self.start(Work::CheckAccess(Box::new(account)), effects);
    }

    pub(super) fn select_deployment(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let chats = self.choice.deployments.as_ref().is_some_and(|list| {
            list.iter().any(|deployment| deployment.name == name && deployment.can_chat)
        });
        if chats && !self.is_writing() && self.choice.deployment.as_deref() != Some(name) {
            self.choice.deployment = Some(name.to_owned());
            self.forget_project(effects);
        }
    }

    pub(super) fn confirm_resource(&mut self, effects: &mut Vec<Effect>) {
        let (Some(account), Some(_)) = (self.choice.account.clone(), &self.choice.deployment)
        else {
            return;
        };
        if account.resource.obstacles.contains(&Obstacle::NoCustomSubdomain) {
            let evidence = Evidence::state(State::NoCustomSubdomain);
            let failure = self.with_values(&account, |known| diagnosis::explain(&evidence, known));
            self.failures.insert(Step::ChooseResource, (failure, self.read_directory()));
            return;
        }
        self.choice.confirmed = true;
        self.go_to(Step::GetAccess, effects);
    }

    pub(super) fn confirm_access(&mut self, effects: &mut Vec<Effect>) {
        if self.choice.confirmed && (self.role.access.is_some() || self.is_unlisted()) {
            self.role.confirmed = true;
            self.go_to(Step::ConnectProject, effects);
        }
    }

    pub(super) fn write_env(&mut self, effects: &mut Vec<Effect>) {
        if self.is_running(Slot::Env) || self.project.written {
            return;
        }
        if let Some(prepared) = self.project.prepared.clone() {
            self.start(Work::WriteEnv(Box::new(prepared)), effects);
        }
    }

    pub(super) fn send_test_message(&mut self, effects: &mut Vec<Effect>) {
        let (Some(account), Some(deployment)) =
            (self.choice.account.clone(), self.choice.deployment.clone())
        else {
            return;
        };
        if !self.reachable(Step::TestConnection) || self.is_running(Slot::Chat) {
            return;
        }
        self.test = Test::default();
        let proof = self.role.proof.and(&self.choice.listed);
        self.start(Work::Ask(Box::new(account), deployment, proof), effects);
    }

    pub(super) fn go_to(&mut self, step: Step, effects: &mut Vec<Effect>) {
        if !self.reachable(step) {
            return;
        }
        self.step = step;
        match step {
            Step::ChooseResource if !self.list.read && !self.failures.contains_key(&step) => {
                self.start_once(self.read_directory(), effects);
            }
            Step::ChooseResource
                if self.choice.deployments.is_none() && !self.failures.contains_key(&step) =>
            {
                if let Some(account) = self.choice.account.clone() {
                    self.start_once(Work::ReadDeployments(Box::new(account)), effects);
                }
            }
            Step::GetAccess if self.role.access.is_none() && !self.failures.contains_key(&step) => {
                if let Some(account) = self.listed_choice() {
                    self.start_once(Work::CheckAccess(Box::new(account)), effects);
                }
            }
            Step::ConnectProject
                if self.project.prepared.is_none() && !self.failures.contains_key(&step) =>
            {
                self.prepare_env(effects);
            }
            _ => {}
        }
    }

    pub(super) fn cancel(&mut self, effects: &mut Vec<Effect>) {
        let Some((slot, work)) = self.shown_work().map(|(slot, work)| (slot, work.clone())) else {
            return;
        };
        if !work.can_cancel() {
            return;
        }
        self.stop(&[slot], effects);
        match work {
            Work::SignIn { purpose: Purpose::Proof(proving), .. } => {
                self.forget_attempt();
                self.fail(proving.met, proving.work);
            }
            Work::WaitForRole(..) => self.role.paused = true,
            Work::ReadDirectory(_) => {
                self.tenants.retain(|tenant| tenant.status != TenantStatus::Checking);
                self.step = Step::SignIn;
            }
            Work::SignIn { .. } => {
                self.forget_attempt();
                self.clear_notices(Step::SignIn);
            }
            Work::Resume => self.forget_attempt(),
            Work::CheckAccess(_) => self.step = Step::ChooseResource,
            Work::ReadDeployments(_) => self.choice.account = None,
            _ => {}
        }
    }

    pub(super) fn press_remedy(&mut self, index: u32, effects: &mut Vec<Effect>) {
        let beside = self.changes.failure.as_ref().filter(|_| self.shows_changes());
        let Some((failure, work)) = beside.or(self.failures.get(&self.step)).cloned() else {
            return;
        };
        let failure = self.fitting(&failure, &work);
        match failure.remedies.get(index as usize) {
            Some(Remedy::Link { url, .. }) => effects.push(Effect::Open(url.clone())),
            Some(Remedy::Action { action }) => {
                // What leads to one of the steps leads away from the page beside them.
                let stays = *action == Action::TryAgain || failure.challenge().is_some();
                if self.shows_changes() && !stays {
                    if *action == Action::CheckAccess && self.choice.account.is_none() {
                        return self.show_changes(effects);
                    }
                    self.close_aside(effects);
                }
                self.act(*action, &failure, work, effects);
            }
            Some(Remedy::Text { .. } | Remedy::Command { .. }) | None => {}
        }
    }

    /// Presses a button of a failure that this work met.
    pub(super) fn act(
        &mut self,
        action: Action,
        failure: &Failure,
        work: Work,
        effects: &mut Vec<Effect>,
    ) {
        match action {
            Action::TryAgain => self.start_again(work, effects),
            Action::SignIn => self.sign_in_again(Way::Browser, failure, work, effects),
            Action::SignInWithDeviceCode => {
                self.sign_in_again(Way::DeviceCode, failure, work, effects);
            }
            Action::BorrowAzureCli => self.borrow_instead(Tool::AzureCli, effects),
            Action::BorrowAzureDeveloperCli => {
                self.borrow_instead(Tool::AzureDeveloperCli, effects);
            }
            Action::SwitchAccount => self.switch_account(effects),
            Action::ChooseTenant => self.sign_out(effects),
            Action::ChooseResource => self.go_to(Step::ChooseResource, effects),
            Action::ReadResources if self.person.is_none() => {}
            Action::ReadResources => {
                self.step = Step::ChooseResource;
                // Whoever asks again misses something, and the index learns late.
                self.start(Work::ReadDirectory(Source::Subscriptions), effects);
            }
            Action::SetSubdomain => self.open_subdomain(effects),
            Action::CheckAccess => self.check_access_again(effects),
            Action::KeepWaiting => {
                self.failures.remove(&Step::GetAccess);
                self.keep_waiting(effects);
            }
            Action::ChooseFolder => self.start(Work::ChooseFolder, effects),
            Action::ReadEnv => self.prepare_env(effects),
            Action::SendTestMessage => self.send_test_message(effects),
            Action::CheckNetwork => self.check_network(effects),
        }
    }

    /// The sign-in that a failure asks for. Where it says what has to be proved, its page stays and
    /// its work is repeated; else the first page is shown meanwhile.
    pub(super) fn sign_in_again(
        &mut self,
        way: Way,
        failure: &Failure,
        work: Work,
        effects: &mut Vec<Effect>,
    ) {
        let person = self.person.as_ref();
        let tenant = match &work {
            Work::SignIn { purpose: Purpose::Tenant(id), .. } => Some(id.clone()),
            Work::ReadDirectory(_) => person.map(|person| person.tenant_id.clone()),
            _ => None,
        };
        if let Some(tenant) = tenant {
            self.step = Step::SignIn;
            return self.sign_in(way, Purpose::Tenant(tenant), effects);
        }
        match work {
            Work::SignIn { purpose: purpose @ Purpose::Proof(_), .. } => {
                self.sign_in(way, purpose, effects);
            }
            work if person.is_some() && failure.challenge().is_some() => {
                self.prove(way, failure.clone(), work, effects);
            }
            _ => {
                self.return_to = Some(self.step).filter(|step| *step != Step::SignIn);
                self.step = Step::SignIn;
                self.sign_in(way, Purpose::Begin, effects);
            }
        }
    }

    fn start_again(&mut self, work: Work, effects: &mut Vec<Effect>) {
        match work {
            Work::SignIn { way, purpose: purpose @ Purpose::Proof(_), .. } => {
                self.sign_in(way, purpose, effects);
            }
            work => self.start(work, effects),
        }
    }

    /// Goes on as whoever the tool is signed in as; then back to the page that failed.
    fn borrow_instead(&mut self, tool: Tool, effects: &mut Vec<Effect>) {
        self.return_to = Some(self.step).filter(|step| *step != Step::SignIn);
        self.step = Step::SignIn;
        self.borrow_sign_in(tool, effects);
    }

    pub(super) fn prepare_env(&mut self, effects: &mut Vec<Effect>) {
        let Some(folder) = self.project.folder.clone() else {
            return;
        };
        let (Some(account), Some(deployment)) = (&self.choice.account, &self.choice.deployment)
        else {
            return;
        };
        let values = EnvValues {
            endpoint: account.resource.endpoint.clone(),
            deployment: deployment.clone(),
            tenant_id: account.tenant_id.clone(),
            practice: self.setting.cloud.is_practice(),
        };
        self.project.prepared = None;
        self.project.written = false;
        self.clear_notices(Step::ConnectProject);
        self.start(Work::PrepareEnv(folder, values), effects);
    }
}
