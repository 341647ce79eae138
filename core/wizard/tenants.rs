//! The person's directories: the one to sign in to, and those that they turn out to have.

use super::*;
use crate::challenge::ClaimsRequest;
use crate::settings;

/// The directories of personal accounts: where they live, and where Azure puts them.
const PERSONAL: [&str; 2] =
    ["9188040d-6c67-4c5b-b112-36a304b66dad", "f8cdef31-a31e-4b4a-93e4-5f571e91255a"];
/// A domain has at most 253 letters (RFC 1035, section 2.3.4).
const LONGEST: usize = 253;
/// So many directories are on the page; a snapshot stays small.
const SHOWN: usize = 100;
/// So many bytes of what is wrong with them are told whole.
const TOLD_WHOLE: usize = 12 * 1024;
/// So many letters of each value in the sentences about the others.
const SHORT: usize = 60;

impl Wizard {
    /// The work that looks for everything that the person can use.
    pub(super) fn read_directory(&self) -> Work {
        Work::ReadDirectory(self.source())
    }

    /// An index may not know yet what Keyless has changed in this run.
    fn source(&self) -> Source {
        if self.has_changed { Source::Subscriptions } else { Source::Index }
    }

    pub(super) fn choose_tenant(&mut self, text: &str, effects: &mut Vec<Effect>) {
        self.stop(&[Slot::Choice], effects);
        let text: String = text.chars().take(LONGEST + 1).collect();
        let written = text.trim().to_owned();
        let state = match written.as_str() {
            "" => TenantKnown::Empty,
            written if settings::is_tenant(written) => TenantKnown::Checking,
            _ => TenantKnown::Malformed,
        };
        let checks = state == TenantKnown::Checking;
        self.sign_in.tenant = TenantChoice { text, state };
        if checks {
            self.start(Work::FindTenant(written), effects);
        }
    }

    /// What is known now of the directory that was written down.
    pub(super) fn learn_tenant(&mut self, id: Option<String>) {
        self.sign_in.tenant.state = id.map_or(TenantKnown::Unknown, |id| TenantKnown::Known { id });
    }

    /// What Microsoft's page is told; `None` where the page says first what is missing.
    pub(super) fn prompt_for(&self, purpose: &Purpose) -> Option<Prompt> {
        let person = self.person.as_ref();
        let account = person.map(|person| person.account.clone());
        match purpose {
            Purpose::Begin => self.prompt_to_begin(),
            Purpose::Tenant(id) => {
                let state = self.tenants.iter().find(|tenant| tenant.id == *id)?;
                let claims = state.failure.as_ref().and_then(claims_in);
                let tenant = Some(id.clone());
                Some(Prompt { tenant, account, claims, chat: is_reached(state), unchecked: false })
            }
            Purpose::Proof(proving) => {
                let challenge = &proving.challenge;
                let (tenant, claims) = (Some(challenge.tenant.clone()), challenge.claims.clone());
                Some(Prompt { tenant, account, claims, ..Prompt::default() })
            }
        }
    }

    fn prompt_to_begin(&self) -> Option<Prompt> {
        let ended = self.sign_in.ended.clone().unwrap_or_default();
        let choice = &self.sign_in.tenant;
        let written = Some(choice.text.trim().to_owned());
        match &choice.state {
            TenantKnown::Malformed | TenantKnown::Unknown => None,
            TenantKnown::Empty => Some(ended),
            TenantKnown::Known { id } => {
                // What one directory asked to prove is nothing to another.
                let asked = ended.tenant.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(id));
                let claims = ended.claims.filter(|_| asked);
                Some(Prompt { tenant: Some(id.clone()), claims, ..ended })
            }
            TenantKnown::Checking | TenantKnown::Unchecked => {
                Some(Prompt { tenant: written, unchecked: true, claims: None, ..ended })
            }
        }
    }

    pub(super) fn sign_in_to_tenant(&mut self, id: &str, effects: &mut Vec<Effect>) {
        let Some(person) = &self.person else { return };
        let way = if person.way.is_borrowed() { Way::Browser } else { person.way };
        let known = self.tenants.iter().find(|tenant| tenant.id.eq_ignore_ascii_case(id));
        if let Some(id) = known.map(|tenant| tenant.id.clone()) {
            self.sign_in(way, Purpose::Tenant(id), effects);
        }
    }

    /// Looks at one directory again; those that are being looked at are not forgotten over it.
    pub(super) fn read_tenant(&mut self, id: &str, effects: &mut Vec<Effect>) {
        let mut ids = match self.running.get(&Slot::Tenants) {
            Some((_, Work::ReadTenants(ids, _))) => ids.clone(),
            _ => Vec::new(),
        };
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
        self.start(Work::ReadTenants(ids, self.source()), effects);
    }

    pub(super) fn press_tenant_remedy(&mut self, id: &str, index: u32, effects: &mut Vec<Effect>) {
        // A number is a place among what the page shows.
        let shown = self.shown_tenants();
        let known = shown.into_iter().find(|tenant| tenant.id.eq_ignore_ascii_case(id));
        let Some(failure) = known.and_then(|tenant| tenant.failure) else { return };
        let failure = self.fitting(&failure, &self.read_directory());
        let Some(remedy) = failure.remedies.get(index as usize) else { return };
        match remedy {
            Remedy::Link { url, .. } => effects.push(Effect::Open(url.clone())),
            Remedy::Action { action: Action::SignIn } => self.sign_in_to_tenant(id, effects),
            Remedy::Action { action: Action::SignInWithDeviceCode } => {
                self.sign_in(Way::DeviceCode, Purpose::Tenant(id.to_owned()), effects);
            }
            Remedy::Action { action: Action::TryAgain | Action::ReadResources } => {
                self.read_tenant(id, effects);
            }
            Remedy::Action { action } => {
                self.act(*action, &failure, self.read_directory(), effects);
            }
            Remedy::Text { .. } | Remedy::Command { .. } => {}
        }
    }

    /// The directory that the person is in is being looked at before Azure has told of others.
    pub(super) fn begin_tenants(&mut self, person: &Person) {
        self.tenants = vec![TenantState {
            id: person.tenant_id.clone(),
            name: person.tenant_name.clone(),
            home: true,
            object_id: Some(person.object_id.clone()),
            status: TenantStatus::Checking,
            subscriptions: 0,
            failure: None,
            refused: None,
        }];
    }

    pub(super) fn see(&mut self, sight: Sight, effects: &mut Vec<Effect>) {
        match sight {
            Sight::Listed(listed) => self.see_list(listed),
            Sight::Tenant(state) => self.see_tenant(*state, effects),
            Sight::Accounts { tenant, found } => {
                self.list.stale.remove(&tenant);
                let found = self.with_what_was_there(&tenant, found);
                self.list.found.insert(tenant, found);
                self.gather_accounts(effects);
            }
        }
    }

    /// A subscription that gives no answer this time has not lost its resources.
    fn with_what_was_there(&self, tenant: &str, mut found: Found) -> Found {
        let lost = found.refused.as_ref().is_some_and(Failure::is_transient);
        let Some(before) = self.list.found.get(tenant).filter(|_| lost) else { return found };
        let id = |account: &Account| account.resource.id.to_lowercase();
        let known: std::collections::HashSet<String> = found.accounts.iter().map(id).collect();
        let missing = before.accounts.iter().filter(|account| !known.contains(&id(account)));
        found.accounts.extend(missing.cloned());
        found
    }

    /// What Azure lists counts; what only an earlier day knew goes, unless it has just opened.
    fn see_list(&mut self, listed: Vec<Tenant>) {
        let mut before = std::mem::take(&mut self.tenants);
        let mut take = |id: &str| {
            let at = before.iter().position(|known| known.id.eq_ignore_ascii_case(id))?;
            Some(before.remove(at))
        };
        let listed = listed.into_iter().map(|tenant| match take(&tenant.id) {
            Some(known) => TenantState { name: tenant.name.or(known.name.clone()), ..known },
            None => TenantState {
                id: tenant.id,
                name: tenant.name,
                home: false,
                object_id: None,
                status: TenantStatus::Checking,
                subscriptions: 0,
                failure: None,
                refused: None,
            },
        });
        let mut tenants: Vec<TenantState> = listed.collect();
        tenants.extend(before.into_iter().filter(|known| known.home || is_reached(known)));
        tenants.sort_by_key(|tenant| !tenant.home);
        self.tenants = tenants;
        self.name_person();
    }

    fn see_tenant(&mut self, mut state: TenantState, effects: &mut Vec<Effect>) {
        let id = state.id.clone();
        if let Some(failure) = &state.failure {
            self.learn_account_of_tool(failure, self.person.as_ref().map(|person| person.way));
        }
        let known = self.tenants.iter_mut().find(|one| one.id.eq_ignore_ascii_case(&state.id));
        match known {
            Some(known) => {
                state.name = state.name.or(known.name.take());
                state.object_id = state.object_id.or(known.object_id.take());
                *known = state;
            }
            // One that was there on an earlier day shows itself once it has opened.
            None if is_reached(&state) => self.tenants.push(state),
            None if state.home => self.tenants.insert(0, state),
            None => {}
        }
        self.name_person();
        if self.list.found.contains_key(&id) {
            self.gather_accounts(effects);
        }
    }

    fn name_person(&mut self) {
        let name = self.tenants.iter().find(|tenant| tenant.home).and_then(|it| it.name.clone());
        if let (Some(person), Some(name)) = (&mut self.person, name) {
            person.tenant_name = Some(name);
        }
    }

    /// The list of resources, of the directories in their order: a subscription that is delegated
    /// to another directory shows its resources in both, and is used in its own.
    fn gather_accounts(&mut self, effects: &mut Vec<Effect>) {
        let all = || self.found_in_order().flat_map(|found| &found.accounts);
        let own = all().filter(|account| account.delegated_from.is_none());
        let delegated = all().filter(|account| account.delegated_from.is_some());
        let mut seen = std::collections::HashSet::new();
        let new = |account: &&Account| seen.insert(account.resource.id.to_lowercase());
        let mut accounts: Vec<Account> = own.chain(delegated).filter(new).cloned().collect();
        accounts.sort_by_cached_key(Account::place);
        self.list.show(accounts);
        self.list.subscriptions = self.tenants.iter().map(|tenant| tenant.subscriptions).sum();
        self.refresh_choice(effects);
    }

    /// A directory that turns out not to open shows nothing, although the index knows it.
    fn found_in_order(&self) -> impl Iterator<Item = &Found> {
        let place = |id: &str| self.tenants.iter().position(|tenant| tenant.id == id);
        let opens = |id: &str| {
            let state = place(id).map(|at| &self.tenants[at]);
            state.is_none_or(|it| it.status == TenantStatus::Checking || is_reached(it))
        };
        let mut found: Vec<_> = self.list.found.iter().filter(|(id, _)| opens(id)).collect();
        found.sort_by_key(|(id, _)| place(id).unwrap_or(usize::MAX));
        found.into_iter().map(|(_, found)| found)
    }

    /// All directories have answered, or the list of them could not be had.
    pub(super) fn settle_tenants(&mut self, unlisted: Option<Failure>, effects: &mut Vec<Effect>) {
        for gone in std::mem::take(&mut self.list.stale) {
            self.list.found.remove(&gone);
        }
        self.list.read = true;
        self.gather_accounts(effects);
        if self.tenants.iter().any(is_reached) && self.sign_in.stay {
            // The sign-in has proved itself: now it may be kept, each time with the newest token.
            self.keep(effects);
        }
        self.tell_unreached(unlisted.is_some());
        let known = |step: Step| {
            move |at: &Step, (_, work): &mut (Failure, Work)| {
                *at != step || !matches!(work, Work::ReadDirectory(_))
            }
        };
        self.failures.retain(known(Step::SignIn));
        self.failures.retain(known(Step::ChooseResource));
        if let Some((step, failure)) = self.nothing_found(unlisted) {
            self.failures.insert(step, (failure.clone(), self.read_directory()));
            if step == Step::SignIn && self.list.accounts.is_empty() {
                self.failures.insert(Step::ChooseResource, (failure, self.read_directory()));
                if self.step == Step::ChooseResource && self.choice.endpoint.is_none() {
                    self.step = Step::SignIn;
                }
            }
            if step == Step::ChooseResource {
                return;
            }
        }
        if let [only] = self.list.accounts.as_slice()
            && only.resource.obstacles.is_empty()
            && self.choice.account.is_none()
            && self.choice.endpoint.is_none()
        {
            let id = only.resource.id.clone();
            self.select_resource(&id, effects);
        }
    }

    /// The look at the directories broke off.
    pub(super) fn give_up_tenants(&mut self, failure: &Failure) {
        for tenant in &mut self.tenants {
            if tenant.status == TenantStatus::Checking {
                tenant.status = TenantStatus::Blocked;
                tenant.failure = Some(failure.clone());
            }
        }
    }

    fn tell_unreached(&mut self, unlisted: bool) {
        self.clear_notices(Step::ChooseResource);
        let tenants = self.tenants.iter().filter(|tenant| !is_reached(tenant)).count();
        let subscriptions: usize = self.list.found.values().map(|found| found.unreached).sum();
        for (code, count) in
            [("tenants_unreached", tenants), ("subscriptions_unreached", subscriptions)]
        {
            if count > 0 {
                let count = count.to_string();
                self.notify(Step::ChooseResource, Notice::new(code, &[("count", &count)]));
            }
        }
        if self.tenants.len() > SHOWN {
            let count = self.tenants.len().to_string();
            self.notify(Step::SignIn, Notice::new("tenants_cut", &[("count", &count)]));
        }
        if unlisted {
            self.notify(Step::ChooseResource, Notice::new("tenants_unlisted", &[]));
        }
    }

    /// Why there is nothing to choose, and on which page that is told. A part that could not be
    /// read for want of an answer is told even where another part is there.
    fn nothing_found(&self, unlisted: Option<Failure>) -> Option<(Step, Failure)> {
        let refused = || self.list.found.values().filter_map(|found| found.refused.clone());
        let nothing = self.list.accounts.is_empty();
        if !nothing {
            let lost = refused().find(Failure::is_transient);
            return lost
                .map(|failure| (Step::ChooseResource, failure))
                .or(unlisted.map(|failure| (Step::SignIn, failure)));
        }
        if !self.tenants.iter().any(is_reached) {
            let first = self.tenants.iter().find_map(|tenant| tenant.failure.clone());
            let failure = match self.is_personal() {
                true => self.explain_nothing(State::PersonalAccount),
                false => unlisted.or(first)?,
            };
            return Some((Step::SignIn, failure));
        }
        if self.list.subscriptions > 0 {
            let failure =
                refused().next().unwrap_or_else(|| self.explain_nothing(State::NoAccount));
            return Some((Step::ChooseResource, failure));
        }
        let guest = self.person.as_ref().is_some_and(|person| person.guest);
        let state = match (self.is_personal(), guest) {
            (true, _) => State::PersonalAccount,
            (_, true) => State::GuestWithoutSubscription,
            _ => State::NoSubscription,
        };
        let failure = unlisted.unwrap_or_else(|| self.explain_nothing(state));
        Some((Step::SignIn, failure))
    }

    fn explain_nothing(&self, state: State) -> Failure {
        let Some(person) = &self.person else {
            return diagnosis::explain(&Evidence::state(state), &[]);
        };
        let count = self.list.subscriptions.to_string();
        let known = [
            ("account", person.account.as_str()),
            ("tenant", person.tenant_name.as_ref().unwrap_or(&person.tenant_id)),
            ("tenant_id", &person.tenant_id),
            ("object_id", &person.object_id),
            ("subscriptions", &count),
        ];
        let failure = diagnosis::explain(&Evidence::state(state), &known);
        failure.detail("tenant_id", &person.tenant_id).detail("subscriptions", count)
    }

    fn is_personal(&self) -> bool {
        self.person.as_ref().is_some_and(|person| {
            PERSONAL.iter().any(|tenant| person.tenant_id.eq_ignore_ascii_case(tenant))
        })
    }

    /// The directories as far as a page holds them: of many that fail, the first tell everything,
    /// and the others what it is.
    pub(super) fn shown_tenants(&self) -> Vec<TenantState> {
        let mut left = TOLD_WHOLE;
        let mut shown = self.tenants.clone();
        shown.truncate(SHOWN);
        for failure in shown.iter_mut().filter_map(|tenant| tenant.failure.as_mut()) {
            *failure = self.fitting(failure, &self.read_directory());
            match left.checked_sub(size_of(failure)) {
                Some(rest) => left = rest,
                None => shorten(failure),
            }
        }
        shown
    }
}

/// Whether its resources can be listed, be it that chatting is refused there.
pub(super) fn is_reached(tenant: &TenantState) -> bool {
    tenant.status == TenantStatus::Ready || tenant.refused == Some(Audience::Chat)
}

/// Leaves what it is and the buttons: the rest is told once those before it are settled.
fn shorten(failure: &mut Failure) {
    failure.details.clear();
    failure.remedies.retain(|remedy| matches!(remedy, Remedy::Action { .. }));
    for value in failure.parameters.values_mut() {
        if let Some((at, _)) = value.char_indices().nth(SHORT) {
            value.truncate(at);
            value.push('…');
        }
    }
}

/// About as many bytes as it takes in a snapshot.
fn size_of(failure: &Failure) -> usize {
    let parameters = failure.parameters.iter().map(|(name, value)| name.len() + value.len() + 8);
    let details = failure.details.iter().map(|it| it.name.len() + it.value.len() + 24);
    let remedies = failure.remedies.iter().map(|remedy| match remedy {
        Remedy::Text { content, .. } => content.len() + 48,
        Remedy::Link { url, .. } => url.len() + 48,
        Remedy::Command { line, .. } => line.len() + 48,
        Remedy::Action { .. } => 48,
    });
    parameters.chain(details).chain(remedies).sum()
}

/// The claims that a refusal asks to prove.
fn claims_in(failure: &Failure) -> Option<ClaimsRequest> {
    failure.challenge()?.claims.clone()
}
