//! Step 2: what keeps a resource from being used without keys, and what helps; its subdomain.

use super::*;
use crate::access::{self, Action as Right, Certainty};
use crate::failure::{Link, TextKind};
use crate::resources::{self, WRITE_ACCOUNT};
use crate::snapshot::{Advice, Resource, SubdomainForm, SubdomainState};
use crate::words;

/// A name that is longer than any subdomain is not kept whole.
const LONGEST: usize = 100;
/// Microsoft's page about them.
const ABOUT_SUBDOMAINS: &str =
    "https://learn.microsoft.com/azure/ai-services/cognitive-services-custom-subdomains";
/// The notice that a subdomain was set.
const SET: &str = "subdomain_set";

/// The subdomain that is being written down for the chosen resource.
pub(super) struct Subdomain {
    name: String,
    state: SubdomainState,
}

impl Wizard {
    /// A resource as the page shows it: what is wrong with its directory is not read with it.
    pub(super) fn shown(&self, account: &Account) -> Resource {
        let mut resource = account.resource.clone();
        if self.closed_directory(account).is_some() {
            resource.obstacles.push(Obstacle::DirectoryNotReady);
        }
        resource
    }

    /// The directory of a resource where it shows resources and lets nobody chat.
    fn closed_directory(&self, account: &Account) -> Option<&TenantState> {
        self.tenants.iter().find(|tenant| {
            tenant.id.eq_ignore_ascii_case(&account.tenant_id)
                && tenant.refused == Some(Audience::Chat)
                && tenant.status != TenantStatus::Checking
        })
    }

    /// What helps against each obstacle of the chosen resource.
    pub(super) fn advice(&self) -> Vec<Advice> {
        let Some(account) = &self.listed_choice() else { return Vec::new() };
        let obstacles = self.shown(account).obstacles.into_iter();
        let of = |obstacle| Advice { obstacle, remedies: self.remedies(obstacle, account) };
        obstacles.map(of).collect()
    }

    fn remedies(&self, obstacle: Obstacle, account: &Account) -> Vec<Remedy> {
        let press = |action| Remedy::Action { action };
        match obstacle {
            Obstacle::NoCustomSubdomain => {
                let set = self.may_set_subdomain().map(|may| match may {
                    false => self.text(TextKind::RequestSubdomain, account),
                    true => press(Action::SetSubdomain),
                });
                let link =
                    Remedy::Link { link: Link::CustomSubdomain, url: ABOUT_SUBDOMAINS.to_owned() };
                set.into_iter().chain([link]).collect()
            }
            Obstacle::PrivateNetwork | Obstacle::NetworkRules => {
                vec![self.text(TextKind::RequestNetwork, account), press(Action::CheckNetwork)]
            }
            Obstacle::NotReady => vec![press(Action::ReadResources)],
            Obstacle::DirectoryNotReady => {
                let closed = self.closed_directory(account).map(|tenant| tenant.id.clone());
                let mut shown = self.shown_tenants().into_iter();
                let known = shown.find(|tenant| Some(&tenant.id) == closed.as_ref());
                let failure = known.and_then(|tenant| tenant.failure);
                let told = failure.map(|it| self.fitting(&it, &self.read_directory()).remedies);
                told.unwrap_or_else(|| vec![press(Action::ReadResources)])
            }
        }
    }

    fn text(&self, text: TextKind, account: &Account) -> Remedy {
        let content = self.with_values(account, |known| words::say(text.content(), known));
        Remedy::Text { text, content }
    }

    /// Says something about a resource to somebody else.
    pub(super) fn with_values<T>(
        &self,
        account: &Account,
        say: impl FnOnce(&[(&str, &str)]) -> T,
    ) -> T {
        let resource = &account.resource;
        let person = self.person.as_ref().map_or("", |person| &person.account);
        let subdomain = resources::suggest_subdomain(&resource.name);
        let subscription = resources::segment_after(&resource.id, "subscriptions");
        say(&[
            ("account", person),
            ("resource", &resource.name),
            ("resource_group", &resource.resource_group),
            ("scope", &resource.id),
            ("subdomain", &subdomain),
            ("subscription_id", subscription),
        ])
    }

    /// Whether a button for it leads anywhere.
    pub(super) fn offers_subdomain(&self) -> bool {
        self.unnamed().is_some() && self.may_set_subdomain() == Some(true)
    }

    /// Whether Azure may let the person do it: what is not known to be refused can be tried. None
    /// while that is being looked at.
    pub(super) fn may_set_subdomain(&self) -> Option<bool> {
        match &self.role.access {
            Some(access) => {
                let may = access::may(&access.facts, Right::Control(WRITE_ACCOUNT));
                Some(may != Certainty::No)
            }
            None => (!self.is_running(Slot::Access)).then_some(true),
        }
    }

    /// Presses what helps against an obstacle of the chosen resource.
    pub(super) fn press_advice(
        &mut self,
        obstacle: Obstacle,
        index: u32,
        effects: &mut Vec<Effect>,
    ) {
        let advice = self.advice().into_iter().find(|advice| advice.obstacle == obstacle);
        let remedy = advice.and_then(|it| it.remedies.into_iter().nth(index as usize));
        let Some(account) = self.choice.account.clone() else { return };
        match (obstacle, remedy) {
            (Obstacle::DirectoryNotReady, Some(remedy)) => match remedy {
                Remedy::Action { action: Action::ReadResources | Action::TryAgain } => {
                    self.read_tenant(&account.tenant_id, effects);
                }
                _ => {
                    self.step = Step::SignIn;
                    self.press_tenant_remedy(&account.tenant_id, index, effects);
                }
            },
            (_, Some(Remedy::Link { url, .. })) => effects.push(Effect::Open(url)),
            (_, Some(Remedy::Action { action })) => {
                let failure = Failure::new(Code::NoCustomSubdomain);
                self.act(action, &failure, self.read_directory(), effects);
            }
            (_, Some(Remedy::Text { .. } | Remedy::Command { .. }) | None) => {}
        }
    }

    /// Shows what the subdomain would be; nothing is set.
    pub(super) fn open_subdomain(&mut self, effects: &mut Vec<Effect>) {
        self.go_to(Step::ChooseResource, effects);
        let Some(account) = self.unnamed() else { return };
        if self.is_writing() || !self.offers_subdomain() {
            return;
        }
        self.failures.remove(&Step::ChooseResource);
        self.check_subdomain(&resources::suggest_subdomain(&account.resource.name), effects);
    }

    /// Asks whether somebody has the name already.
    pub(super) fn check_subdomain(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let Some(account) = self.unnamed().filter(|_| !self.is_writing()) else { return };
        self.stop(&[Slot::Subdomain], effects);
        // What was tried with another name is not tried again.
        self.failures.remove(&Step::ChooseResource);
        let name: String = name.trim().to_lowercase().chars().take(LONGEST).collect();
        let fits = resources::is_subdomain(&name);
        let state = if fits { SubdomainState::Checking } else { SubdomainState::Malformed };
        self.choice.subdomain = Some(Subdomain { name: name.clone(), state });
        if fits {
            self.start(Work::CheckSubdomain(Box::new(account), name), effects);
        }
    }

    /// Sets the subdomain that the page names; where it cannot be one, that is said.
    pub(super) fn set_subdomain(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let Some(account) = self.unnamed().filter(|_| !self.is_writing()) else { return };
        let name = name.trim().to_lowercase();
        let known = self.choice.subdomain.as_ref().filter(|it| it.name == name);
        let taken = known.is_some_and(|it| it.state == SubdomainState::Taken);
        if self.choice.subdomain.is_none() || taken {
            return;
        }
        if !resources::is_subdomain(&name) {
            return self.check_subdomain(&name, effects);
        }
        let person = self.person.as_ref().map(|person| person.account.clone());
        self.choice.subdomain =
            Some(Subdomain { name: name.clone(), state: SubdomainState::Checking });
        let work = Work::SetSubdomain(Box::new(account), name, person.unwrap_or_default());
        self.start(work, effects);
    }

    pub(super) fn close_subdomain(&mut self, effects: &mut Vec<Effect>) {
        if !self.is_writing() {
            self.stop(&[Slot::Subdomain], effects);
            self.choice.subdomain = None;
            self.failures.remove(&Step::ChooseResource);
        }
    }

    /// The chosen resource, where it has no subdomain.
    fn unnamed(&self) -> Option<Account> {
        let lacks =
            |account: &&Account| account.resource.obstacles.contains(&Obstacle::NoCustomSubdomain);
        self.choice.account.as_ref().filter(lacks).cloned()
    }

    /// What is known of the name now.
    pub(super) fn know_subdomain(&mut self, state: SubdomainState) {
        if let Some(subdomain) = &mut self.choice.subdomain {
            subdomain.state = state;
        }
    }

    /// Whether the failure is about the name, which stands in its field.
    pub(super) fn is_about_name(&mut self, code: Code) -> bool {
        let state = match code {
            Code::SubdomainTaken => SubdomainState::Taken,
            Code::SubdomainInvalid => SubdomainState::Malformed,
            _ => SubdomainState::Unchecked,
        };
        self.know_subdomain(state);
        state != SubdomainState::Unchecked
    }

    /// The resource as it is now takes the place of the one before, wherever that is listed.
    pub(super) fn take_subdomain(&mut self, account: Account) {
        let id = account.resource.id.clone();
        let found = self.list.found.values_mut().flat_map(|found| &mut found.accounts);
        for known in found.chain(&mut self.list.accounts) {
            if known.resource.id.eq_ignore_ascii_case(&id) {
                *known = account.clone();
            }
        }
        self.list.revision += 1;
        let known = [
            ("resource", account.resource.name.as_str()),
            ("endpoint", account.resource.endpoint.as_str()),
        ];
        self.forget_subdomain_notice();
        self.notify(Step::ChooseResource, Notice::new(SET, &known));
        self.choice.subdomain = None;
        self.choice.account = Some(account);
        self.has_changed = true;
    }

    pub(super) fn forget_subdomain_notice(&mut self) {
        self.notices.retain(|(_, notice)| notice.code != SET);
    }

    pub(super) fn subdomain_form(&self) -> Option<SubdomainForm> {
        let subdomain = self.choice.subdomain.as_ref()?;
        let cloud = &self.setting.cloud;
        let writing = matches!(self.work_in(Slot::Subdomain), Some(Work::SetSubdomain(..)));
        Some(SubdomainForm {
            name: subdomain.name.clone(),
            state: subdomain.state,
            // Practice Azure lives on this computer and has no names.
            suffix: (!cloud.is_practice()).then(|| cloud.row().chat_suffix().to_owned()),
            account: self.person.as_ref().map_or_else(String::new, |it| it.account.clone()),
            writing,
        })
    }
}
