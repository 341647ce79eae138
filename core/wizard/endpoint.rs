//! Step 2 without a list: a resource of which the person knows the endpoint, and nothing else is
//! known. Only the data plane is asked about it.

use super::*;
use crate::access::OPENAI_USER;
use crate::failure::TextKind;
use crate::resources::{Pasted, read_deployment, read_endpoint};
use crate::snapshot::DeploymentTrouble;
use crate::words;

/// What is longer than any address is not kept whole.
const LONGEST: usize = 2000;

impl Wizard {
    /// Shows where an endpoint is written down; what was chosen from the list stays chosen.
    pub(super) fn open_endpoint(&mut self, effects: &mut Vec<Effect>) {
        let open = self.choice.endpoint.is_some();
        if open || self.is_writing() || !self.reachable(Step::ChooseResource) {
            return;
        }
        if self.choice.subdomain.is_some() {
            self.close_subdomain(effects);
        }
        self.go_to(Step::ChooseResource, effects);
        self.choice.endpoint = Some(self.endpoint_form("", ""));
    }

    /// Goes on with what was written down, or says beside each field why it cannot be used.
    pub(super) fn use_endpoint(
        &mut self,
        endpoint: &str,
        deployment: &str,
        effects: &mut Vec<Effect>,
    ) {
        let Some(person) = &self.person else { return };
        if self.choice.endpoint.is_none() || self.is_writing() {
            return;
        }
        let mut form = self.endpoint_form(endpoint, deployment);
        let tenant = person.tenant_id.clone();
        match (read_endpoint(&self.setting.cloud, endpoint), read_deployment(deployment)) {
            (Ok(pasted), Ok(name)) => {
                form.endpoint.clone_from(&pasted.endpoint);
                form.deployment.clone_from(&name);
                return self.choose_pasted(&pasted, name, &tenant, form, effects);
            }
            (Ok(Pasted { deployment: Some(offered), .. }), Err(DeploymentTrouble::Empty)) => {
                form.deployment = offered;
                form.deployment_offered = true;
            }
            (pasted, name) => {
                form.endpoint_trouble = pasted.err();
                form.deployment_trouble = name.err();
            }
        }
        self.choice.endpoint = Some(form);
    }

    fn choose_pasted(
        &mut self,
        pasted: &Pasted,
        deployment: String,
        tenant: &str,
        form: EndpointForm,
        effects: &mut Vec<Effect>,
    ) {
        let account = Account::behind(pasted, tenant);
        let same = self.choice.account.as_ref() == Some(&account)
            && self.choice.deployment.as_ref() == Some(&deployment);
        if !same {
            self.forget_choice(effects);
            self.forget_subdomain_notice();
            self.choice.account = Some(account);
            // What else is deployed there is not read.
            self.choice.deployments = Some(Vec::new());
            self.choice.deployment = Some(deployment);
            self.choice.confirmed = true;
        }
        self.choice.endpoint = Some(form);
        self.go_to(Step::GetAccess, effects);
    }

    /// Back to the list; what was chosen by its endpoint is given up.
    pub(super) fn close_endpoint(&mut self, effects: &mut Vec<Effect>) {
        if self.is_writing() {
            return;
        }
        if self.is_unlisted() {
            self.forget_choice(effects);
        }
        self.choice.endpoint = None;
    }

    /// Whether the chosen resource is known by its endpoint only.
    pub(super) fn is_unlisted(&self) -> bool {
        self.choice.account.as_ref().is_some_and(|account| !account.is_listed())
    }

    /// The chosen resource, where Azure listed it.
    pub(super) fn listed_choice(&self) -> Option<Account> {
        self.choice.account.as_ref().filter(|account| account.is_listed()).cloned()
    }

    /// Without an id nothing can be read of roles, and none can be assigned.
    pub(super) fn unlisted_access_page(&self, page: GetAccessPage) -> GetAccessPage {
        match self.role.works {
            true => {
                GetAccessPage { phase: AccessPhase::Works, verdict: Some(Verdict::MayChat), ..page }
            }
            false => GetAccessPage {
                verdict: Some(Verdict::CannotTell),
                findings: vec![Notice::new("known_by_endpoint", &[])],
                ..page
            },
        }
    }

    /// A look at roles would show nothing: what helps is to ask whoever knows the resource.
    pub(super) fn ask_owner_of_endpoint(&self, account: &Account, failure: &mut Failure) {
        let Some(person) = self.person.as_ref().filter(|_| !account.is_listed()) else { return };
        if failure.code != Code::ChatNotPermitted {
            return;
        }
        let known = [
            ("account", person.account.as_str()),
            ("object_id", &person.object_id),
            ("tenant_id", &account.tenant_id),
            ("endpoint", &account.resource.endpoint),
            ("role", OPENAI_USER.name),
            ("role_id", OPENAI_USER.id),
        ];
        let text = TextKind::RequestEndpointAccess;
        let request = Remedy::Text { text, content: words::say(text.content(), &known) };
        let look = Remedy::Action { action: Action::CheckAccess };
        failure.remedies.iter_mut().filter(|it| **it == look).for_each(|it| *it = request.clone());
    }

    fn endpoint_form(&self, endpoint: &str, deployment: &str) -> EndpointForm {
        let cut = |text: &str| text.trim().chars().take(LONGEST).collect();
        EndpointForm {
            endpoint: cut(endpoint),
            example: self.setting.cloud.endpoint_example(),
            deployment: cut(deployment),
            ..EndpointForm::default()
        }
    }
}
