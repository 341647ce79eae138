//! A simulated Azure as data: directories, subscriptions, accounts, deployments, role assignments.
//!
//! A scenario is a JSON file in `scenarios/`. It may name another one in `based_on`; its own
//! top-level members then replace that one's.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::arm::ScopePath;
use crate::cloud::Cloud;
use crate::condition::Condition;
use crate::deny::DenyAssignment;
use crate::fault::Fault;
use crate::index::Index;
use crate::policy::Policies;
use crate::roles::RoleDefinition;
use crate::ten_thousand;

const FILES: &[(&str, &str)] = &[
    ("default", include_str!("../scenarios/default.json")),
    ("no-access", include_str!("../scenarios/no-access.json")),
    ("may-not-assign", include_str!("../scenarios/may-not-assign.json")),
    ("role-after-40-s", include_str!("../scenarios/role-after-40-s.json")),
    ("no-account", include_str!("../scenarios/no-account.json")),
    ("no-chat-deployment", include_str!("../scenarios/no-chat-deployment.json")),
    ("already-has-access", include_str!("../scenarios/already-has-access.json")),
    ("mfa-for-writes", include_str!("../scenarios/mfa-for-writes.json")),
    ("through-group", include_str!("../scenarios/through-group.json")),
    ("mfa-in-one-tenant", include_str!("../scenarios/mfa-in-one-tenant.json")),
    ("guest", include_str!("../scenarios/guest.json")),
    ("guest-mfa-for-writes", include_str!("../scenarios/guest-mfa-for-writes.json")),
    ("personal-account", include_str!("../scenarios/personal-account.json")),
    ("personal-guest", include_str!("../scenarios/personal-guest.json")),
    ("no-subscription", include_str!("../scenarios/no-subscription.json")),
    ("twelve-tenants", include_str!("../scenarios/twelve-tenants.json")),
    ("two-people", include_str!("../scenarios/two-people.json")),
    ("chat-audience-blocked", include_str!("../scenarios/chat-audience-blocked.json")),
    ("device-code-blocked", include_str!("../scenarios/device-code-blocked.json")),
    ("browser-blocked", include_str!("../scenarios/browser-blocked.json")),
    ("managed-device", include_str!("../scenarios/managed-device.json")),
    ("compliant-device", include_str!("../scenarios/compliant-device.json")),
    ("token-protection", include_str!("../scenarios/token-protection.json")),
    ("sign-in-frequency", include_str!("../scenarios/sign-in-frequency.json")),
    ("revoked", include_str!("../scenarios/revoked.json")),
    ("session-changed", include_str!("../scenarios/session-changed.json")),
    ("session-revoked", include_str!("../scenarios/session-revoked.json")),
    ("clock-slow", include_str!("../scenarios/clock-slow.json")),
    ("clock-fast", include_str!("../scenarios/clock-fast.json")),
    ("own-application", include_str!("../scenarios/own-application.json")),
    ("own-application-lacking", include_str!("../scenarios/own-application-lacking.json")),
    ("us-government", include_str!("../scenarios/us-government.json")),
    ("owner", include_str!("../scenarios/owner.json")),
    ("foundry-user-only", include_str!("../scenarios/foundry-user-only.json")),
    ("roles-unreadable", include_str!("../scenarios/roles-unreadable.json")),
    ("data-role-only", include_str!("../scenarios/data-role-only.json")),
    ("keys-only", include_str!("../scenarios/keys-only.json")),
    ("fenced", include_str!("../scenarios/fenced.json")),
    ("models", include_str!("../scenarios/models.json")),
];

/// A scenario that cannot be used, and why.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No scenario of this name is built in.
    #[error(
        "there is no scenario named '{0}'; the names are {names}, and those of the failures {failures}",
        names = Scenario::names().join(", "),
        failures = crate::failure::names().join(", ")
    )]
    Unknown(String),
    /// The text is not JSON of the expected shape.
    #[error("the scenario does not parse: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A member refers to something that the scenario does not hold.
    #[error("the scenario contradicts itself: {0}")]
    Contradictory(String),
}

/// Everything that is true in the simulated Azure before the first request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) about: String,
    /// Which of Azure's clouds this is.
    #[serde(default)]
    pub(crate) cloud: Cloud,
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) users: Vec<User>,
    #[serde(default)]
    pub(crate) groups: Vec<Group>,
    #[serde(default = "Application::built_in")]
    pub(crate) applications: Vec<Application>,
    #[serde(default)]
    pub(crate) service_principals: Vec<ServicePrincipal>,
    #[serde(default)]
    pub(crate) management_groups: Vec<ManagementGroup>,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) assignments: Vec<GivenAssignment>,
    /// Custom roles; the built-in ones are always there.
    #[serde(default)]
    pub(crate) role_definitions: Vec<RoleDefinition>,
    /// Seconds between a role assignment and the data plane knowing of it.
    #[serde(default)]
    pub(crate) role_effective_after_seconds: u64,
    /// Seconds between the registration of a resource provider and its effect.
    #[serde(default)]
    pub(crate) provider_registered_after_seconds: u64,
    /// How long a change of an account takes; none: it is done at once.
    #[serde(default)]
    pub(crate) account_changed_after_seconds: u64,
    /// Seconds in which a new managed identity is not yet known to role assignments that do not say
    /// `principalType`.
    #[serde(default)]
    pub(crate) identity_known_after_seconds: u64,
    /// Items on one page of a list.
    #[serde(default = "hundred")]
    pub(crate) page_size: usize,
    /// Milliseconds between two events of a streamed answer, on a system clock only.
    #[serde(default)]
    pub(crate) event_delay_milliseconds: u64,
    /// Whether asking for one's own permissions needs `Microsoft.Authorization/permissions/read`.
    /// Which of the two Azure does is not established.
    #[serde(default)]
    pub(crate) permissions_need_read_action: bool,
    /// How many seconds Azure's clock is ahead of the computer's, or behind it below zero.
    #[serde(default)]
    clock_off_by_seconds: i64,
    /// What goes wrong from the beginning.
    #[serde(default)]
    pub(crate) faults: Vec<Fault>,
    /// Whether listing deny assignments needs `Microsoft.Authorization/denyAssignments/read`.
    #[serde(default = "yes")]
    pub(crate) deny_assignments_need_read_action: bool,
    #[serde(default)]
    pub(crate) deny_assignments: Vec<DenyAssignment>,
    #[serde(default)]
    pub(crate) resource_graph: ResourceGraph,
    /// Made from all of the above when it is read.
    #[serde(skip)]
    pub(crate) index: Index,
}

/// How Resource Graph falls short of Resource Manager.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceGraph {
    /// Whether every query is refused with 403, as some readers meet it.
    #[serde(default)]
    pub(crate) denied: bool,
    /// Seconds in which its index does not know of a new role assignment.
    #[serde(default)]
    pub(crate) role_known_after_seconds: u64,
    /// Rows on one page, where that is less than Azure's thousand.
    pub(crate) page_size: Option<usize>,
}

/// A directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tenant {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Verified domains; the first is the default one.
    pub(crate) domains: Vec<String>,
    #[serde(default = "sweden")]
    pub(crate) country: String,
    #[serde(default)]
    pub(crate) policies: Policies,
    /// Where the directory's own logo lies.
    #[serde(default)]
    pub(crate) logo: Option<String>,
}

/// A person, with an object id of their own in every tenant that knows them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) upn: String,
    pub(crate) given_name: String,
    pub(crate) family_name: String,
    pub(crate) home: String,
    /// Tenant id to object id.
    pub(crate) object_ids: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) job_title: Option<String>,
    #[serde(default)]
    pub(crate) office_location: Option<String>,
    /// Whether the directory tells an address of mail; that of who has no licence is null.
    #[serde(default = "yes")]
    pub(crate) has_mailbox: bool,
    /// Whether this is a personal Microsoft account, which no organization made.
    #[serde(default)]
    pub(crate) personal: bool,
}

impl User {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }

    /// The user principal name by which a tenant knows this person: a guest's is made of the home
    /// name and the tenant's first domain.
    pub(crate) fn upn_in(&self, tenant: &Tenant) -> String {
        if self.home == tenant.id {
            return self.upn.clone();
        }
        let domain = tenant.domains.first().map_or("", String::as_str);
        format!("{}#EXT#@{domain}", self.upn.replace('@', "_"))
    }

    /// Who vouches for this person before tenants other than the home.
    pub(crate) fn identity_provider(&self) -> String {
        match self.personal {
            true => "live.com".to_owned(),
            false => format!("https://sts.windows.net/{}/", self.home),
        }
    }

    /// The object id of this person in a tenant; none where the tenant does not know them.
    pub(crate) fn object_id(&self, tenant: &str) -> Option<&str> {
        self.object_ids.get(tenant).map(String::as_str)
    }
}

/// A security group; members are object ids of users and of other groups.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) name: String,
    pub(crate) members: Vec<String>,
}

/// A public client that may sign people in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Registered redirect URIs, without a port.
    pub(crate) redirects: Vec<String>,
    /// Whether its refresh tokens may be redeemed by other clients of the family (`foci`).
    #[serde(default)]
    pub(crate) family: bool,
    /// Audiences of the permissions that the registration lists; none given: all.
    #[serde(default)]
    pub(crate) resources: Option<Vec<String>>,
    /// Whether the registration allows public client flows, such as a device code.
    #[serde(default = "yes")]
    pub(crate) public_flows: bool,
}

impl Application {
    /// The developers' client of the Azure SDKs and command line, which has only `http://localhost`.
    fn built_in() -> Vec<Self> {
        vec![Self {
            id: "04b07795-8ddb-461a-bbee-02f9e1bf7b46".into(),
            name: "Microsoft Azure CLI".into(),
            redirects: vec!["http://localhost".into()],
            family: true,
            resources: None,
            public_flows: true,
        }]
    }
}

/// An application as one tenant knows it, which can sign in by itself and hold roles.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServicePrincipal {
    /// The object id, which role assignments name.
    pub(crate) id: String,
    /// The application's id, also called client id.
    pub(crate) app_id: String,
    pub(crate) tenant: String,
    pub(crate) name: String,
    /// Client secrets; with none the application cannot sign in by itself.
    #[serde(default)]
    pub(crate) secrets: Vec<String>,
    /// `Application` or `ManagedIdentity`, as Graph's `servicePrincipalType`.
    #[serde(default = "application")]
    pub(crate) kind: String,
}

impl ServicePrincipal {
    /// The service principal that comes with a managed identity.
    pub(crate) fn of_identity(name: &str, id: &str, client: &str, tenant: &str) -> Self {
        Self {
            id: id.to_owned(),
            app_id: client.to_owned(),
            tenant: tenant.to_owned(),
            name: name.to_owned(),
            secrets: Vec::new(),
            kind: "ManagedIdentity".into(),
        }
    }
}

/// A management group: a scope above subscriptions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManagementGroup {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) parent: Option<String>,
}

/// A subscription and what is in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) tenant: String,
    #[serde(default = "enabled")]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) management_group: Option<String>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    /// Tenants to which the subscription is delegated (Azure Lighthouse).
    #[serde(default)]
    pub(crate) managed_by_tenants: Vec<String>,
    /// Namespaces of resource providers that the subscription is not registered for.
    #[serde(default)]
    pub(crate) unregistered_providers: Vec<String>,
    #[serde(default)]
    pub(crate) resource_groups: Vec<ResourceGroup>,
}

/// A resource group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceGroup {
    pub(crate) name: String,
    pub(crate) location: String,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) accounts: Vec<Account>,
    #[serde(default)]
    pub(crate) identities: Vec<GivenIdentity>,
    /// The resource that made the group and rules it.
    #[serde(default)]
    pub(crate) managed_by: Option<String>,
    /// Resources of other kinds, by path, or with what Resource Graph tells of them:
    /// `Microsoft.Network/virtualNetworks/one/subnets/two`.
    #[serde(default)]
    pub(crate) resources: Vec<Resource>,
}

/// A resource of a kind that only Resource Graph tells of; for everything else it is a scope.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "GivenResource")]
pub(crate) struct Resource {
    /// `Microsoft.Network/virtualNetworks/one/subnets/two`
    pub(crate) path: String,
    /// What Resource Graph tells, by column: `properties`, `tags`, …
    pub(crate) columns: Map<String, Value>,
}

/// The path alone, or with columns.
#[derive(Deserialize)]
#[serde(untagged)]
enum GivenResource {
    Path(String),
    Told { path: String, columns: Map<String, Value> },
}

impl From<GivenResource> for Resource {
    fn from(given: GivenResource) -> Self {
        match given {
            GivenResource::Path(path) => Self { path, columns: Map::new() },
            GivenResource::Told { path, columns } => Self { path, columns },
        }
    }
}

/// A user-assigned managed identity that exists from the beginning.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenIdentity {
    pub(crate) name: String,
    /// Object id of its service principal.
    pub(crate) principal_id: String,
    pub(crate) client_id: String,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

impl GivenIdentity {
    fn principal(&self, tenant: &str) -> ServicePrincipal {
        ServicePrincipal::of_identity(&self.name, &self.principal_id, &self.client_id, tenant)
    }
}

/// A Cognitive Services account of any kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) kind: String,
    /// As whoever made it spelled it; see [`Account::region`].
    pub(crate) location: String,
    /// The custom subdomain; an account without one has only its region's endpoint.
    #[serde(default)]
    pub(crate) subdomain: Option<String>,
    /// Not told where it was never set, and then false.
    #[serde(default)]
    pub(crate) disable_local_auth: Option<bool>,
    #[serde(default = "enabled")]
    pub(crate) public_network_access: String,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    /// Object id of the account's own identity.
    #[serde(default)]
    pub(crate) identity: Option<String>,
    #[serde(default)]
    pub(crate) network_rules: Option<NetworkRules>,
    /// Ids of user-assigned identities that the account has.
    #[serde(default)]
    pub(crate) user_identities: Vec<String>,
    /// Properties that an owner sets and the service only gives back, such as `encryption`,
    /// `userOwnedStorage` or `restrictOutboundNetworkAccess`.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, Value>,
    /// Foundry projects; the first is the default one.
    #[serde(default)]
    pub(crate) projects: Vec<String>,
    /// Audiences whose tokens the inference endpoint takes; those of the cloud where none is given.
    #[serde(default)]
    pub(crate) audiences: Vec<String>,
    #[serde(default)]
    pub(crate) deployments: Vec<Deployment>,
    /// Until when the service works on a change; the subdomain leads nowhere before.
    #[serde(skip)]
    pub(crate) changing_until: Option<time::OffsetDateTime>,
}

/// Who may reach an account over the network.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkRules {
    /// `Allow` or `Deny`.
    pub(crate) default_action: String,
    /// Addresses or ranges.
    #[serde(default)]
    pub(crate) ip_rules: Vec<String>,
    /// Ids of subnets.
    #[serde(default)]
    pub(crate) virtual_network_rules: Vec<String>,
}

/// A deployed model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deployment {
    pub(crate) name: String,
    pub(crate) model: String,
    #[serde(default = "standard")]
    pub(crate) sku: String,
    /// Thousands of tokens a minute.
    #[serde(default = "ten")]
    pub(crate) capacity: u64,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    /// Properties that an owner sets and the service only gives back, such as
    /// `spilloverDeploymentName`.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, Value>,
    /// Requests in ten seconds after which it answers 429; none: never.
    #[serde(default)]
    pub(crate) requests_per_ten_seconds: Option<u64>,
    /// Whose model it is: `OpenAI`, `DeepSeek`, …
    #[serde(default = "openai")]
    pub(crate) maker: String,
    /// When the model ends, as the list of the account's models tells it; a usual date where none
    /// is given.
    #[serde(default)]
    pub(crate) retires: Option<String>,
}

/// A role assignment that exists from the beginning, and works from the beginning.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenAssignment {
    pub(crate) name: String,
    pub(crate) principal: String,
    /// A role's name or id.
    pub(crate) role: String,
    pub(crate) scope: String,
    #[serde(default)]
    pub(crate) condition: Option<Condition>,
    /// Object id of whoever made it.
    #[serde(default)]
    pub(crate) created_by: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
}

impl Scenario {
    /// A built-in scenario by name, or the one that meets a failure ([`Fault::names`]).
    ///
    /// # Errors
    /// [`ScenarioError::Unknown`] for a name that is in neither list.
    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        Self::from_value(built_in(name)?)
    }

    /// The names of the built-in scenarios.
    pub fn names() -> Vec<&'static str> {
        FILES.iter().map(|(name, _)| *name).chain([ten_thousand::NAME]).collect()
    }

    /// A scenario from the text of a scenario file.
    ///
    /// # Errors
    /// When the text is not JSON of this shape, or refers to something that it does not hold.
    pub fn from_json(text: &str) -> Result<Self, ScenarioError> {
        Self::from_value(serde_json::from_str(text)?)
    }

    /// The name that the scenario gives itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One sentence on what is special about it.
    pub fn about(&self) -> &str {
        &self.about
    }

    pub(crate) fn clock_off(&self) -> time::Duration {
        time::Duration::seconds(self.clock_off_by_seconds)
    }

    fn from_value(own: Value) -> Result<Self, ScenarioError> {
        let mut scenario: Self = serde_json::from_value(resolve_base(own)?)?;
        scenario.admit_identities();
        scenario.name_audiences();
        scenario.index = Index::of(&scenario);
        scenario.check()?;
        Ok(scenario)
    }

    /// Gives every account that names none the audiences of its cloud.
    fn name_audiences(&mut self) {
        let usual = self.cloud.names().inference_audiences;
        let groups = self.subscriptions.iter_mut().flat_map(|one| &mut one.resource_groups);
        for account in groups.flat_map(|group| &mut group.accounts) {
            if account.audiences.is_empty() {
                account.audiences = usual.iter().map(|&one| one.to_owned()).collect();
            }
        }
    }

    /// Gives every managed identity its service principal in the directory of its subscription.
    fn admit_identities(&mut self) {
        for subscription in &self.subscriptions {
            for identity in subscription.resource_groups.iter().flat_map(|group| &group.identities)
            {
                self.service_principals.push(identity.principal(&subscription.tenant));
            }
        }
    }

    /// The first thing that the scenario refers to without holding it.
    fn check(&self) -> Result<(), ScenarioError> {
        let wrong = |what: String| Err(ScenarioError::Contradictory(what));
        for user in &self.users {
            if user.object_id(&user.home).is_none() {
                return wrong(format!("{} has no object id at home", user.upn));
            }
        }
        for principal in &self.service_principals {
            if self.tenant(&principal.tenant).is_none() {
                return wrong(format!("application {} is in no tenant", principal.name));
            }
        }
        for subscription in &self.subscriptions {
            if self.tenant(&subscription.tenant).is_none() {
                return wrong(format!("subscription {} is in no tenant", subscription.name));
            }
        }
        let mut names = HashSet::new();
        for assignment in &self.assignments {
            if !names.insert(assignment.name.to_lowercase()) {
                return wrong(format!("two assignments are named {}", assignment.name));
            }
            if self.role(&assignment.role).is_none() {
                return wrong(format!("there is no role '{}'", assignment.role));
            }
            if self.principal_type(&assignment.principal).is_none() {
                return wrong(format!("there is no principal '{}'", assignment.principal));
            }
        }
        Ok(())
    }

    /// A tenant by id or verified domain.
    pub(crate) fn tenant(&self, name: &str) -> Option<&Tenant> {
        self.tenants.get(*self.index.tenants.get(&name.to_lowercase())?)
    }

    pub(crate) fn user(&self, upn: &str) -> Option<&User> {
        self.users.get(*self.index.users.get(&upn.to_lowercase())?)
    }

    /// The person behind an object id of a tenant.
    pub(crate) fn user_by_object_id(&self, tenant: &str, object_id: &str) -> Option<&User> {
        let key = (tenant.to_owned(), object_id.to_lowercase());
        self.users.get(*self.index.user_ids.get(&key)?)
    }

    pub(crate) fn application(&self, id: &str) -> Option<&Application> {
        self.applications.iter().find(|application| application.id.eq_ignore_ascii_case(id))
    }

    /// A role by id or by name, built-in or custom.
    pub(crate) fn role(&self, id_or_name: &str) -> Option<&RoleDefinition> {
        let at = *match self.index.roles.get(id_or_name) {
            Some(at) => at,
            None => self.index.roles.get(&id_or_name.to_lowercase())?,
        };
        let built_in = RoleDefinition::built_in();
        built_in.get(at).or_else(|| self.role_definitions.get(at - built_in.len()))
    }

    /// A role by id, built-in or custom.
    pub(crate) fn role_by_id(&self, id: &str) -> Option<&RoleDefinition> {
        self.role(id).filter(|role| role.id.eq_ignore_ascii_case(id))
    }

    pub(crate) fn roles(&self) -> impl Iterator<Item = &RoleDefinition> {
        RoleDefinition::built_in().iter().chain(&self.role_definitions)
    }

    /// `User`, `Group` or `ServicePrincipal`, for an object id of any tenant of the scenario.
    pub(crate) fn principal_type(&self, object_id: &str) -> Option<&'static str> {
        self.tenants.iter().find_map(|tenant| self.principal_type_in(&tenant.id, object_id))
    }

    /// `User`, `Group` or `ServicePrincipal`, for an object id that a tenant's directory holds.
    pub(crate) fn principal_type_in(&self, tenant: &str, object_id: &str) -> Option<&'static str> {
        if self.user_by_object_id(tenant, object_id).is_some() {
            return Some("User");
        }
        let object_id = object_id.to_lowercase();
        let principal = self.index.service_principals.get(&object_id);
        if principal.is_some_and(|at| self.service_principals[*at].tenant == tenant) {
            return Some("ServicePrincipal");
        }
        let group = self.index.groups.get(&object_id);
        group.is_some_and(|at| self.groups[*at].tenant == tenant).then_some("Group")
    }

    /// The object id itself and every group that holds it, directly or through groups.
    pub(crate) fn identities_of(&self, object_id: &str) -> Vec<String> {
        let mut found = vec![object_id.to_lowercase()];
        let mut next = 0;
        while let Some(member) = found.get(next) {
            let groups = self.index.memberships.get(member).into_iter().flatten();
            let ids: Vec<String> = groups.map(|at| self.groups[*at].id.to_lowercase()).collect();
            for id in ids {
                if !found.contains(&id) {
                    found.push(id);
                }
            }
            next += 1;
        }
        found
    }

    pub(crate) fn subscription(&self, id: &str) -> Option<&Subscription> {
        self.subscriptions.get(*self.index.subscriptions.get(&id.to_lowercase())?)
    }

    /// The subscriptions of a tenant, each with its id in lower case.
    pub(crate) fn subscriptions_of(
        &self,
        tenant: &str,
    ) -> impl Iterator<Item = (&str, &Subscription)> {
        let all = self.index.of_tenant.get(tenant).into_iter().flatten();
        all.map(|(id, at)| (id.as_str(), &self.subscriptions[*at]))
    }

    pub(crate) fn management_group(&self, name: &str) -> Option<&ManagementGroup> {
        self.management_groups.get(*self.index.management_groups.get(&name.to_lowercase())?)
    }

    /// The account behind a custom subdomain.
    pub(crate) fn account_by_subdomain(
        &self,
        label: &str,
    ) -> Option<(&Subscription, &ResourceGroup, &Account)> {
        let (subscription, group, account) = *self.index.subdomains.get(&label.to_lowercase())?;
        let subscription = self.subscriptions.get(subscription)?;
        let group = subscription.resource_groups.get(group)?;
        Some((subscription, group, group.accounts.get(account)?))
    }

    /// Gives an account its custom subdomain, which leads there from `until` on.
    pub(crate) fn name_account(
        &mut self,
        path: &ScopePath,
        subdomain: &str,
        until: time::OffsetDateTime,
    ) {
        let ScopePath::Account(subscription, group, name) = path else { return };
        let is = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let groups = self
            .subscriptions
            .iter_mut()
            .filter(|it| is(&it.id, subscription))
            .flat_map(|it| &mut it.resource_groups)
            .filter(|it| is(&it.name, group));
        let mut accounts = groups.flat_map(|it| &mut it.accounts).filter(|it| is(&it.name, name));
        let Some(account) = accounts.next().filter(|it| it.subdomain.is_none()) else { return };
        account.subdomain = Some(subdomain.to_owned());
        account.changing_until = Some(until);
        self.index = Index::of(self);
    }

    /// The deny assignments at a canonical scope.
    pub(crate) fn denials_at(&self, scope: &str) -> impl Iterator<Item = &DenyAssignment> {
        let all = self.index.denials.get(scope).into_iter().flatten();
        all.map(|at| &self.deny_assignments[*at])
    }
}

impl Subscription {
    pub(crate) fn resource_group(&self, name: &str) -> Option<&ResourceGroup> {
        self.resource_groups.iter().find(|group| group.name.eq_ignore_ascii_case(name))
    }
}

impl ResourceGroup {
    pub(crate) fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name.eq_ignore_ascii_case(name))
    }
}

impl Account {
    /// The region's name: Resource Manager answers with the spelling of whoever made the account,
    /// everything else with this.
    pub(crate) fn region(&self) -> String {
        self.location.to_lowercase().replace(' ', "")
    }

    pub(crate) fn deployment(&self, name: &str) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.name.eq_ignore_ascii_case(name))
    }
}

fn built_in(name: &str) -> Result<Value, ScenarioError> {
    if name == ten_thousand::NAME {
        return Ok(ten_thousand::describe());
    }
    if let Some(scenario) = crate::failure::scenario(name) {
        return Ok(scenario);
    }
    let (_, text) = FILES
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| ScenarioError::Unknown(name.to_owned()))?;
    Ok(serde_json::from_str(text)?)
}

/// The members of the base with the scenario's own in their place.
fn resolve_base(mut own: Value) -> Result<Value, ScenarioError> {
    let Some(members) = own.as_object_mut() else {
        return Ok(own);
    };
    let Some(base) = members.remove("based_on") else {
        return Ok(own);
    };
    let name = base.as_str().unwrap_or_default();
    let mut whole = resolve_base(built_in(name)?)?;
    if let Some(whole) = whole.as_object_mut() {
        whole.append(members);
    }
    Ok(whole)
}

fn hundred() -> usize {
    100
}

fn ten() -> u64 {
    10
}

fn yes() -> bool {
    true
}

fn sweden() -> String {
    "SE".into()
}

fn application() -> String {
    "Application".into()
}

fn enabled() -> String {
    "Enabled".into()
}

fn openai() -> String {
    "OpenAI".into()
}

fn standard() -> String {
    "Standard".into()
}
