//! The state machine by properties: whatever happens in whatever order.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::access::{Facts, GONE, Grant, OPENAI_USER, Permission, ROLES, assignment_name};
use crate::challenge::{Challenge, ClaimsRequest};
use crate::changes::{Change, Deed, FileWrite, Found as Lies, Record, State as Became};
use crate::cloud::Service;
use crate::env_file::{self, Disk};
use crate::resources::KnownBy;
use crate::snapshot::connectivity::{CertificateFile, ProgramNeeds};
use crate::snapshot::{CloudName, ModelPurpose, NoUndo, PortalPage, Resource, Way};

/// An endpoint that somebody was told.
const COLLEAGUES: &str = "https://colleagues.openai.azure.com";

/// What may happen next.
#[derive(Clone, Debug)]
enum Happening {
    Command(Command),
    /// One piece of running work ends; the index chooses which, the flag how.
    Ends(Index, bool, Code, u8),
    /// One piece of running work meets a failure that says what has to be proved.
    Challenged(Index, Code),
    /// One piece of running work goes on.
    GoesOn(Index),
    /// No browser opens for one that waits for it.
    NotOpened(Index),
    /// A result comes for work that was stopped or never was.
    Late(WorkId, u8),
    Kept(bool),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => command().prop_map(Happening::Command),
        8 => (any::<Index>(), prop::bool::weighted(0.75), select(Code::ALL), 0..4u8)
            .prop_map(|(which, well, code, variant)| Happening::Ends(which, well, code, variant)),
        3 => challenged(),
        2 => any::<Index>().prop_map(Happening::GoesOn),
        1 => any::<Index>().prop_map(Happening::NotOpened),
        1 => (1_000_000..2_000_000u64, 0..4u8).prop_map(|(id, variant)| Happening::Late(id, variant)),
        1 => any::<bool>().prop_map(Happening::Kept),
    ]
}

/// Mostly work that asks Azure for something, challenges, proofs, and the buttons between them.
fn proof_happening() -> impl Strategy<Value = Happening> {
    let ends = (any::<Index>(), 0..4u8)
        .prop_map(|(which, variant)| Happening::Ends(which, true, Code::ProofNeeded, variant));
    let asks = prop_oneof![
        select(vec![assign_shown(), Command::SendTestMessage, Command::ConfirmResource]),
        (0..3u8).prop_map(|number| Command::SelectResource { id: account(number).resource.id }),
        select(&Step::ALL).prop_map(|step| Command::GoToStep { step }),
        select(vec![Command::Cancel, Command::OpenBrowserAgain, Command::CheckNetwork]),
        Just(Command::CloseAside),
    ];
    prop_oneof![
        1 => happening(),
        8 => challenged(),
        8 => ends,
        3 => any::<Index>().prop_map(Happening::GoesOn),
        8 => asks.prop_map(Happening::Command),
        1 => (0..4u32).prop_map(|index| Happening::Command(Command::PressRemedy { index })),
    ]
}

fn challenged() -> impl Strategy<Value = Happening> {
    let codes = vec![
        Code::ProofNeeded,
        Code::ProofNeeded,
        Code::SecondFactorNeeded,
        Code::BorrowedProofNeeded,
        Code::SignInExpired,
    ];
    (any::<Index>(), select(codes)).prop_map(|(which, code)| Happening::Challenged(which, code))
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        1 => select(vec![
            Command::SignInWithBrowser,
            Command::SignInWithDeviceCode,
            Command::BorrowSignIn { tool: Tool::AzureCli },
            Command::BorrowSignIn { tool: Tool::AzureDeveloperCli },
        ]),
        1 => tenant_command(),
        1 => Just(Command::CheckNetwork),
        1 => Just(Command::SaveCertificates),
        4 => changes_command(),
        1 => Just(Command::CloseAside),
        1 => select(vec![Command::TryStoreAgain, Command::EndBrowserSession]),
        1 => Just(Command::OpenBrowserAgain),
        1 => any::<bool>().prop_map(|on| Command::StaySignedIn { on }),
        1 => Just(Command::SignOut),
        1 => (0..4u8).prop_map(|number| Command::SelectResource { id: account(number).resource.id }),
        1 => select(vec!["chat", "embedding", "nothing"])
            .prop_map(|name| Command::SelectDeployment { name: name.to_owned() }),
        1 => Just(Command::ConfirmResource),
        2 => endpoint_command(),
        1 => subdomain_command(),
        1 => role_command(),
        1 => Just(Command::ConfirmAccess),
        1 => Just(Command::ChooseFolder),
        1 => Just(Command::WriteEnv),
        1 => Just(Command::SendTestMessage),
        1 => select(&Step::ALL).prop_map(|step| Command::GoToStep { step }),
        1 => Just(Command::Cancel),
        1 => (0..10u32).prop_map(|index| Command::PressRemedy { index }),
    ]
}

/// Mostly buttons about the subdomain of the chosen resource, and how their work ends.
fn subdomain_happening() -> impl Strategy<Value = Happening> {
    let codes = vec![Code::SubdomainTaken, Code::MayNotSetSubdomain, Code::NetworkFailed];
    let ends = (any::<Index>(), any::<bool>(), select(codes), 0..4u8)
        .prop_map(|(which, well, code, variant)| Happening::Ends(which, well, code, variant));
    let opens = Command::PressAdvice { obstacle: Obstacle::NoCustomSubdomain, index: 0 };
    prop_oneof![
        6 => subdomain_command().prop_map(Happening::Command),
        3 => Just(Happening::Command(opens)),
        4 => ends,
        1 => (0..4u32).prop_map(|index| Happening::Command(Command::PressRemedy { index })),
        1 => happening(),
    ]
}

fn subdomain_command() -> impl Strategy<Value = Command> {
    let name = || select(vec!["resource-3", "taken", "not_one"]).prop_map(str::to_owned);
    prop_oneof![
        3 => (select(Obstacle::ALL), 0..3u32)
            .prop_map(|(obstacle, index)| Command::PressAdvice { obstacle, index }),
        1 => name().prop_map(|name| Command::CheckSubdomain { name }),
        3 => name().prop_map(|name| Command::SetSubdomain { name }),
        1 => Just(Command::CloseSubdomain),
    ]
}

fn endpoint_command() -> impl Strategy<Value = Command> {
    let endpoints = vec![COLLEAGUES, COLLEAGUES, "https://contoso.example", ""];
    let deployments = vec!["chat", "chat", "two words", ""];
    prop_oneof![
        2 => Just(Command::OpenEndpoint),
        3 => (select(endpoints), select(deployments)).prop_map(|(endpoint, deployment)| {
            Command::UseEndpoint { endpoint: endpoint.to_owned(), deployment: deployment.to_owned() }
        }),
        1 => Just(Command::CloseEndpoint),
    ]
}

fn changes_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        1 => Just(Command::ShowChanges),
        2 => (1..5u32).prop_map(|number| Command::UndoChange { number }),
    ]
}

/// Assigns what the page shows at the beginning of the road, or another plan.
fn assign(scope: &str) -> Command {
    let plan = assignment_name(scope, "oid", OPENAI_USER.id, "").to_string();
    Command::AssignRole { plan }
}

fn assign_shown() -> Command {
    assign(&account(1).resource.id)
}

fn role_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => Just(assign_shown()),
        1 => Just(assign("/elsewhere")),
        2 => Just(Command::UndoRole),
        1 => Just(Command::CheckAccess),
        1 => select(Usage::of("AIServices")).prop_map(|usage| Command::ChooseUsage { usage }),
        1 => select(RoleScope::ALL).prop_map(|scope| Command::ChooseRoleScope { scope }),
        1 => select(ROLES).prop_map(|role| Command::ChooseRole { role_id: role.id.to_owned() }),
        1 => Just(Command::OpenPortal { page: PortalPage::Person }),
    ]
}

fn tenant_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => select(vec!["", "contoso.com", "4d083c51-407b-49e4-b919-9b6615eb8a8e", "not one"])
            .prop_map(|text| Command::ChooseTenant { text: text.to_owned() }),
        4 => (0..4u8).prop_map(|number| Command::SignInToTenant { id: tenant_id(number) }),
        2 => (0..4u8, 0..8u32).prop_map(|(number, index)| Command::PressTenantRemedy {
            id: tenant_id(number),
            index,
        }),
        1 => Just(Command::SwitchAccount),
    ]
}

fn account(number: u8) -> Account {
    let name = format!("resource-{number}");
    Account {
        resource: Resource {
            id: format!(
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/{name}"
            ),
            name,
            kind: "OpenAI".to_owned(),
            location: "swedencentral".to_owned(),
            resource_group: "g".to_owned(),
            subscription: "Development".to_owned(),
            endpoint: "https://resource.openai.azure.com".to_owned(),
            takes_keys: number > 1,
            obstacles: if number > 1 { vec![Obstacle::NoCustomSubdomain] } else { Vec::new() },
        },
        tenant_id: "t".to_owned(),
        delegated_from: None,
        cause: Cause::none(),
        known_by: KnownBy::List,
    }
}

fn person(variant: u8) -> Person {
    Person {
        name: "Ada".to_owned(),
        account: format!("ada{variant}@contoso.example"),
        tenant_name: None,
        tenant_id: "t".to_owned(),
        object_id: format!("oid-{variant}"),
        guest: variant == 3,
        way: Way::Browser,
        kept: false,
        cloud: CloudName::Public,
        application: None,
    }
}

fn access(variant: u8) -> Access {
    let permission = |data: &str| Permission {
        actions: vec!["*".to_owned()],
        data_actions: vec![data.to_owned()],
        ..Permission::default()
    };
    let permissions = match variant % 3 {
        0 => Some(vec![permission("*")]),
        1 => Some(vec![permission("")]),
        _ => None,
    };
    let facts = Facts {
        account: account(1).resource.id,
        kind: "OpenAI".to_owned(),
        person: "ada@contoso.example".to_owned(),
        object_id: "oid".to_owned(),
        assignments: permissions.is_some().then(Vec::new),
        permissions,
        ..Facts::default()
    };
    Access { facts, cause: Cause::none() }
}

static PREPARED: LazyLock<Prepared> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let values = EnvValues {
        endpoint: "https://resource.openai.azure.com".to_owned(),
        deployment: "chat".to_owned(),
        tenant_id: "11111111-1111-4111-8111-111111111111".to_owned(),
        practice: false,
    };
    env_file::prepare(&Disk, folder.path(), &values).expect("an empty folder takes a new file")
});

fn outcome(work: &Work, variant: u8) -> Outcome {
    let deployment = |name: &str, can_chat| Deployment {
        name: name.to_owned(),
        model: name.to_owned(),
        version: "1".to_owned(),
        maker: None,
        purpose: if can_chat { ModelPurpose::Chat } else { ModelPurpose::Embeddings },
        can_chat,
        state: DeploymentState::Ready,
        capacity: None,
        retirement: Retirement::Unknown,
    };
    match work {
        Work::FindTools => Outcome::Tools(
            Tool::ALL
                .iter()
                .take(usize::from(variant.saturating_sub(1)))
                .map(|tool| signed_in(*tool))
                .collect(),
        ),
        Work::Resume if variant == 1 => Outcome::NotResumed(Box::new(Ended {
            account: "ada1@contoso.example".to_owned(),
            tenant: "t".to_owned(),
            failure: failure(Code::SignInExpired),
        })),
        Work::Resume if variant > 1 => {
            Outcome::NothingKept((variant < 3).then_some(StoreTrouble::Locked))
        }
        Work::OpenStore if variant < 2 => Outcome::StoreOpened(Err(StoreTrouble::Locked)),
        Work::OpenStore => Outcome::StoreOpened(Ok(())),
        Work::SignIn { purpose: Purpose::Tenant(id), .. } => Outcome::TenantSignedIn(id.clone()),
        Work::SignIn { purpose: Purpose::Proof(_), .. } => Outcome::Proved,
        Work::SignIn { prompt, .. } if prompt.unchecked && variant == 0 => Outcome::Tenant(None),
        Work::SignIn { way, .. } => Outcome::SignedIn(Person { way: *way, ..person(variant) }),
        Work::Resume => Outcome::SignedIn(person(variant)),
        Work::FindTenant(_) => Outcome::Tenant((variant > 0).then(|| tenant_id(variant))),
        Work::ReadDirectory(_) if variant == 3 => {
            Outcome::Directory(Some(failure(Code::NetworkFailed)))
        }
        Work::ReadDirectory(_) => Outcome::Directory(None),
        Work::ReadTenants(..) => Outcome::TenantsRead,
        Work::NameGroups(..) => Outcome::GroupNames(BTreeMap::new()),
        Work::Unkeep { .. } => Outcome::Unkept,
        Work::ReadDeployments(_) if variant == 0 => {
            Outcome::Deployments(vec![deployment("embedding", false)], Cause::none())
        }
        Work::ReadDeployments(_) => Outcome::Deployments(
            vec![deployment("chat", true), deployment("embedding", false)],
            Cause::none(),
        ),
        Work::CheckAccess(_) => Outcome::Access(Box::new(access(variant))),
        Work::CheckSubdomain(..) => {
            Outcome::SubdomainFree([None, Some(false)][usize::from(variant > 1)])
        }
        Work::SetSubdomain(account, ..) => {
            let mut account = account.clone();
            account.resource.obstacles.clear();
            Outcome::SubdomainSet(account)
        }
        Work::AssignRole(..) => {
            let own = (variant < 2).then(|| "assignment".to_owned());
            Outcome::Assigned(Assigned { existed: variant > 1, own, cause: Cause::none() })
        }
        Work::LookFurther(..) => {
            let cause = if variant == 0 { GONE } else { "cause_none" };
            let cause = Notice::new(cause, &[("role", "r"), ("scope", "s")]);
            Outcome::Causes(Box::new(access(variant)), vec![cause])
        }
        Work::UndoRole(..) if variant == 0 => Outcome::RoleNotOwn,
        Work::UndoRole(..) => Outcome::RoleUndone,
        Work::WaitForRole(..) => Outcome::RoleWorks(Cause::none()),
        Work::ChooseFolder => Outcome::Folder((variant > 0).then(|| PathBuf::from("/project"))),
        Work::PrepareEnv(..) => Outcome::Env(Box::new(PREPARED.clone()), Some(variant > 1)),
        Work::WriteEnv(_) => Outcome::EnvWritten,
        Work::Ask(..) => Outcome::Answered,
        Work::CheckNetwork(_) => Outcome::Network(Box::new(connectivity(variant > 1))),
        Work::ReadChanges => Outcome::Changes(Box::new(record(variant))),
        Work::LookAtChanges(unsettled) => {
            let open = unsettled.iter().map(|change| (change.number, NoUndo::NotYet));
            Outcome::ChangesLookedAt(Box::new(record(variant)), open.collect())
        }
        Work::UndoChange(_) => Outcome::ChangeUndone(Box::new(record(variant))),
        Work::SaveCertificates => {
            let saved = if variant > 1 { Ok(()) } else { Err("the disk is full".to_owned()) };
            Outcome::CertificatesSaved(saved)
        }
    }
}

/// What was changed on earlier days: by this person and by another, in every state.
fn record(variant: u8) -> Record {
    let grant = |object_id: &str| Grant {
        id: "/assignment".to_owned(),
        tenant_id: "t".to_owned(),
        object_id: object_id.to_owned(),
        role: OPENAI_USER.name.to_owned(),
        role_id: OPENAI_USER.id.to_owned(),
        scope: account(1).resource.id,
    };
    let write = |path: &str| FileWrite { path: path.to_owned(), before: None, after: None };
    let state = if variant > 0 { Became::Done } else { Became::Begun };
    let deeds = [
        Deed::RoleAssigned(grant(&format!("oid-{variant}"))),
        Deed::RoleAssigned(grant("somebody")),
        Deed::EnvWritten(write("/project/.env")),
        Deed::CertificatesWritten(write("/data/certificates.pem")),
    ];
    let change = |(number, deed)| Change {
        number,
        began: "2026-11-20T09:00:00Z".to_owned(),
        ended: None,
        account: None,
        deed,
        undoes: None,
        state,
    };
    let found = (1..5).map(|number| (number, Lies::After { restorable: variant > 1 }));
    Record {
        changes: (1..5).zip(deeds).map(change).collect(),
        found: found.collect(),
        ..Record::default()
    }
}

/// As many as there are kept, at scopes as long as Azure's.
fn five_hundred_changes() -> Record {
    let scope = format!("/subscriptions/{}{}", "0".repeat(36), account(1).resource.id.repeat(2));
    let one = record(2).changes.remove(0);
    let grant = Grant {
        id: format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", "0".repeat(36)),
        scope,
        ..one.deed.grant().expect("a role").clone()
    };
    let change = |number| Change { number, deed: Deed::RoleAssigned(grant.clone()), ..one.clone() };
    Record { changes: (1..=500).map(change).collect(), ..Record::default() }
}

fn signed_in(tool: Tool) -> ToolSignIn {
    ToolSignIn { tool, account: "ada@contoso.example".to_owned() }
}

fn connectivity(exists: bool) -> ConnectivityPage {
    let file = CertificateFile { path: "/data/certificates.pem".to_owned(), exists };
    let programs = ProgramNeeds {
        authority: Some("Contoso Proxy".to_owned()),
        file: Some(file),
        variables: Vec::new(),
        commands: Vec::new(),
    };
    ConnectivityPage { programs: Some(programs), ..ConnectivityPage::default() }
}

fn failure(code: Code) -> Failure {
    let parameters = code.parameters();
    let failure =
        parameters.iter().fold(Failure::new(code), |failure, name| failure.with(name, "x"));
    Action::ALL.iter().fold(failure, |failure, action| failure.offer(*action))
}

/// The same where Azure said what would mend it.
fn challenged_failure(code: Code) -> Failure {
    let claims = r#"{"access_token":{"nbf":{"essential":true,"value":"1795165200"}}}"#;
    failure(code).challenged(Challenge {
        tenant: "t".to_owned(),
        scope: "https://management.azure.com/.default",
        service: Service::ResourceManager,
        claims: ClaimsRequest::parse(claims),
    })
}

fn is_sign_in(work: &Work) -> bool {
    matches!(work, Work::SignIn { .. })
}

/// What is done with tokens of the person, or for them, can be challenged; what concerns many
/// directories tells so of each.
fn can_be_challenged(work: &Work) -> bool {
    match work {
        Work::Resume
        | Work::SignIn { .. }
        | Work::ReadDeployments(_)
        | Work::CheckSubdomain(..)
        | Work::SetSubdomain(..)
        | Work::CheckAccess(_)
        | Work::AssignRole(..)
        | Work::UndoRole(..)
        | Work::WaitForRole(..)
        | Work::UndoChange(_)
        | Work::Ask(..) => true,
        Work::FindTools
        | Work::Unkeep { .. }
        | Work::OpenStore
        | Work::FindTenant(_)
        | Work::ReadDirectory(_)
        | Work::ReadTenants(..)
        | Work::NameGroups(..)
        | Work::LookFurther(..)
        | Work::ChooseFolder
        | Work::PrepareEnv(..)
        | Work::WriteEnv(_)
        | Work::CheckNetwork(_)
        | Work::SaveCertificates
        | Work::ReadChanges
        | Work::LookAtChanges(_) => false,
    }
}

/// The person's own directory is "t"; the others have names of their own.
fn tenant_id(number: u8) -> String {
    if number == 0 { "t".to_owned() } else { format!("tenant-{number}") }
}

/// What is seen of directories on the way: which there are, how one of them is, what is in it.
fn sights(variant: u8) -> Vec<Sight> {
    let listed = (0..=variant).map(|number| Tenant { id: tenant_id(number), name: None }).collect();
    let state = |number: u8, status, refused| TenantState {
        id: tenant_id(number),
        name: Some(format!("Tenant {number}")),
        home: number == 0,
        object_id: Some(format!("oid-in-{number}")),
        status,
        subscriptions: u32::from(variant),
        failure: (status != TenantStatus::Ready).then(|| failure(Code::SecondFactorNeeded)),
        refused,
    };
    let mut sights = vec![Sight::Listed(listed)];
    sights.extend((0..=variant).map(|number| {
        Sight::Tenant(Box::new(match (number + variant) % 4 {
            0 => state(number, TenantStatus::NeedsSignIn, None),
            1 => state(number, TenantStatus::Blocked, Some(Audience::Chat)),
            _ => state(number, TenantStatus::Ready, None),
        }))
    }));
    sights.push(found("t", (0..variant).map(account).collect()));
    sights
}

fn found(tenant: &str, accounts: Vec<Account>) -> Sight {
    let found = Found { unreached: accounts.len() / 2, accounts, refused: None };
    Sight::Accounts { tenant: tenant.to_owned(), found }
}

/// What work shows before it ends well.
fn on_the_way(work: &Work, variant: u8) -> Vec<Progress> {
    match work {
        Work::ReadDirectory(_) | Work::ReadTenants(..) => {
            sights(variant).into_iter().map(Progress::Sight).collect()
        }
        _ => Vec::new(),
    }
}

/// The wizard with a book of what it started and did not stop.
struct Bench {
    wizard: Wizard,
    running: BTreeMap<WorkId, Work>,
    /// The wishes to keep the sign-in, in their order.
    wishes: Vec<WorkId>,
    /// Work that somebody waits for who has pressed its button.
    pressed: BTreeSet<WorkId>,
    /// Work that goes on by itself after a proof.
    repeated: BTreeSet<WorkId>,
}

impl Bench {
    fn new() -> Self {
        let (wizard, effects) = Wizard::new(Setting {
            project_folder: Some(PathBuf::from("/project")),
            question: "Say hello.".to_owned(),
            ..Setting::default()
        });
        let mut bench = Bench {
            wizard,
            running: BTreeMap::new(),
            pressed: BTreeSet::new(),
            repeated: BTreeSet::new(),
            wishes: Vec::new(),
        };
        bench.book(effects);
        bench
    }

    /// Somewhere on the road: after `steps` of its clicks.
    fn walked(steps: usize) -> Self {
        let mut bench = Bench::new();
        bench.settle(3);
        for (command, variant) in road().into_iter().take(steps) {
            bench.handle(Event::Command(command));
            bench.settle(variant);
        }
        bench
    }

    /// On the page of the list, with a resource chosen that has no subdomain.
    fn at_keys_only() -> Self {
        let mut bench = Bench::walked(2);
        let mut effects = Vec::new();
        bench.wizard.start(Work::ReadDirectory(Source::Index), &mut effects);
        bench.book(effects);
        bench.settle(3);
        bench.handle(Event::Command(Command::SelectResource { id: account(2).resource.id }));
        bench.settle(3);
        bench
    }

    /// Lets all that runs end well.
    fn settle(&mut self, variant: u8) {
        while let Some((id, work)) =
            self.running.iter().map(|(id, work)| (*id, work.clone())).next()
        {
            self.end_well(id, &work, variant);
        }
    }

    fn end_well(&mut self, id: WorkId, work: &Work, variant: u8) -> Vec<Work> {
        let mut started = Vec::new();
        for progress in on_the_way(work, variant) {
            started.extend(self.handle(Event::Progress(id, progress)));
        }
        self.running.remove(&id);
        started.extend(self.handle(Event::Done(id, Ok(outcome(work, variant)))));
        started
    }

    /// Whether what happens next is a click that says that something is written or sent.
    fn asks(&mut self, happening: &Happening) -> bool {
        match happening {
            Happening::Command(
                Command::AssignRole { .. }
                | Command::UndoRole
                | Command::SetSubdomain { .. }
                | Command::UndoChange { .. }
                | Command::WriteEnv
                | Command::SendTestMessage,
            ) => true,
            Happening::Command(Command::PressRemedy { index }) => {
                let Snapshot { failure, aside, .. } = self.wizard.snapshot();
                let beside = match aside {
                    Some(Aside::Changes(page)) => page.failure,
                    _ => None,
                };
                let failure = beside.or(failure);
                let remedy =
                    failure.and_then(|failure| failure.remedies.into_iter().nth(*index as usize));
                [Action::TryAgain, Action::SendTestMessage]
                    .into_iter()
                    .any(|action| remedy == Some(Remedy::Action { action }))
            }
            // What is proved was asked for, and waits for the proof.
            Happening::Ends(which, true, ..) => {
                self.pick(which).is_some_and(|(_, work)| work.proving().is_some())
            }
            _ => false,
        }
    }

    /// Whether a page to sign in on may open over this: the person presses a button for it, or has
    /// pressed the button of what is challenged and still looks at its page.
    fn may_open_browser(&self, happening: &Happening) -> bool {
        match happening {
            Happening::Command(command) => matches!(
                command,
                Command::SignInWithBrowser
                    | Command::SignInWithDeviceCode
                    | Command::SignInToTenant { .. }
                    | Command::PressTenantRemedy { .. }
                    | Command::SwitchAccount
                    | Command::BorrowSignIn { .. }
                    | Command::PressRemedy { .. }
                    | Command::PressAdvice { .. }
            ),
            Happening::Challenged(which, _) => {
                self.pick_challenged(which).is_some_and(|(id, work)| {
                    let wizard = &self.wizard;
                    let borrowed = wizard.person.as_ref().is_some_and(|it| it.way.is_borrowed());
                    let looks = match work {
                        Work::UndoChange(_) => matches!(wizard.aside, Some(Aside::Changes(_))),
                        work => wizard.step == work.step() && wizard.aside.is_none(),
                    };
                    self.pressed.contains(&id) && looks && !borrowed
                })
            }
            // A code takes the place of the browser that did not open.
            Happening::NotOpened(which) => {
                self.pick(which).is_some_and(|(_, work)| work.proving().is_some())
            }
            _ => false,
        }
    }

    fn book(&mut self, effects: Vec<Effect>) -> Vec<Work> {
        let mut started = Vec::new();
        for effect in effects {
            match effect {
                Effect::Start(id, work) => {
                    started.push(work.clone());
                    assert!(self.running.insert(id, work).is_none(), "a number is used once");
                }
                Effect::Stop(id) => {
                    assert!(self.running.remove(&id).is_some(), "only running work is stopped");
                }
                Effect::Keep(id) => self.wishes.push(id),
                _ => {}
            }
        }
        started
    }

    fn handle(&mut self, event: Event) -> Vec<Work> {
        let waited_for = match &event {
            Event::Command(_) => true,
            Event::Done(id, _) => self.pressed.remove(id),
            Event::Progress(id, Progress::StillWaiting(_)) => {
                self.pressed.remove(id);
                false
            }
            _ => false,
        };
        let first = self.wizard.next_id;
        let effects = self.wizard.handle(event);
        let started = self.book(effects);
        if waited_for {
            self.pressed.extend(self.running.keys().filter(|id| **id >= first));
        }
        started
    }

    /// What runs there goes on after a proof.
    fn note_repeated(&mut self, slot: Slot) {
        self.repeated.extend(self.wizard.running.get(&slot).map(|(id, _)| *id));
    }

    fn happen(&mut self, happening: &Happening) -> Vec<Work> {
        match happening {
            Happening::Command(command) => self.handle(Event::Command(command.clone())),
            Happening::Ends(which, well, code, variant) => match self.pick(which) {
                Some((id, work)) if *well => self.end_well(id, &work, *variant),
                Some((id, _)) => {
                    self.running.remove(&id);
                    self.handle(Event::Done(id, Err(failure(*code))))
                }
                None => Vec::new(),
            },
            Happening::Challenged(which, code) => match self.pick_challenged(which) {
                Some((id, _)) => {
                    self.running.remove(&id);
                    self.handle(Event::Done(id, Err(challenged_failure(*code))))
                }
                None => Vec::new(),
            },
            Happening::NotOpened(which) => match self.pick(which) {
                Some((id, work)) if is_sign_in(&work) => {
                    self.handle(Event::Progress(id, Progress::BrowserNotOpened))
                }
                _ => Vec::new(),
            },
            Happening::GoesOn(which) => match self.pick(which) {
                Some((id, Work::SignIn { way: Way::Browser, .. })) => {
                    let address = "https://login.microsoftonline.com/x".to_owned();
                    self.handle(Event::Progress(id, Progress::BrowserReady { address }))
                }
                Some((id, Work::SignIn { way: Way::DeviceCode, .. })) => {
                    let ready = Progress::CodeReady {
                        code: "FXDLWKKMF".to_owned(),
                        address: "https://microsoft.com/devicelogin".to_owned(),
                        is_microsofts: id % 2 == 0,
                        lasts_seconds: 900,
                    };
                    self.handle(Event::Progress(id, ready));
                    self.handle(Event::Progress(
                        id,
                        Progress::CodeWaits { lasts_seconds: 895, is_lost: false },
                    ))
                }
                Some((id, Work::FindTools)) => {
                    let tool = signed_in(Tool::AzureDeveloperCli);
                    self.handle(Event::Progress(id, Progress::ToolFound(tool)))
                }
                Some((id, Work::WaitForRole(..))) => {
                    let waiting = Waiting {
                        elapsed_seconds: 2,
                        attempts: 1,
                        next_in_seconds: 2,
                        unanswered: false,
                    };
                    self.handle(Event::Progress(id, Progress::StillWaiting(waiting)))
                }
                Some((id, Work::Ask(..))) => {
                    self.handle(Event::Progress(id, Progress::Piece("word ".to_owned())))
                }
                _ => Vec::new(),
            },
            Happening::Late(id, variant) => {
                let work = Work::SignIn {
                    way: Way::Browser,
                    purpose: Purpose::Begin,
                    prompt: Prompt::default(),
                };
                self.handle(Event::Done(*id, Ok(outcome(&work, *variant))))
            }
            Happening::Kept(kept) => {
                let id = self.wishes.last().copied().unwrap_or_default();
                self.handle(Event::Kept(id, if *kept { Ok(()) } else { Err(StoreTrouble::Slow) }))
            }
        }
    }

    fn pick(&self, which: &Index) -> Option<(WorkId, Work)> {
        self.pick_of(which, |_| true)
    }

    fn pick_challenged(&self, which: &Index) -> Option<(WorkId, Work)> {
        self.pick_of(which, can_be_challenged)
    }

    fn pick_of(&self, which: &Index, wanted: fn(&Work) -> bool) -> Option<(WorkId, Work)> {
        let all: Vec<_> = self.running.iter().filter(|(_, work)| wanted(work)).collect();
        (!all.is_empty()).then(|| {
            let (id, work) = which.get(&all);
            (**id, (*work).clone())
        })
    }
}

/// The clicks of the straight road, each with how its work ends.
fn road() -> Vec<(Command, u8)> {
    vec![
        (Command::SignInWithBrowser, 2),
        (Command::GoToStep { step: Step::ChooseResource }, 1),
        (Command::SelectResource { id: account(1).resource.id }, 1),
        (Command::ConfirmResource, 1),
        (assign_shown(), 1),
        (Command::WriteEnv, 1),
        (Command::SendTestMessage, 1),
    ]
}

/// Mostly an endpoint that is written down, and the steps behind it.
fn endpoint_happening() -> impl Strategy<Value = Happening> {
    let steps = prop_oneof![
        select(vec![Command::ConfirmAccess, Command::WriteEnv, Command::SendTestMessage]),
        (0..4u32).prop_map(|index| Command::PressRemedy { index }),
        select(&Step::ALL).prop_map(|step| Command::GoToStep { step }),
    ];
    let codes = vec![Code::ChatNotPermitted, Code::ChatThrottled, Code::NetworkFailed];
    prop_oneof![
        4 => endpoint_command().prop_map(Happening::Command),
        4 => steps.prop_map(Happening::Command),
        4 => (any::<Index>(), any::<bool>(), select(codes), 0..4u8)
            .prop_map(|(which, well, code, variant)| Happening::Ends(which, well, code, variant)),
        1 => happening(),
    ]
}

/// Whether it needs the Azure Resource Manager id of an account that has none here.
fn asks_without_id(work: &Work) -> bool {
    let account = match work {
        Work::ReadDeployments(account)
        | Work::CheckSubdomain(account, _)
        | Work::SetSubdomain(account, ..)
        | Work::CheckAccess(account)
        | Work::AssignRole(account, ..)
        | Work::UndoRole(account, ..)
        | Work::WaitForRole(account, ..)
        | Work::LookFurther(account, _) => account,
        _ => return false,
    };
    !account.is_listed()
}

fn is_commit(work: &Work) -> bool {
    matches!(
        work,
        Work::AssignRole(..)
            | Work::UndoRole(..)
            | Work::SetSubdomain(..)
            | Work::UndoChange(_)
            | Work::WriteEnv(_)
            | Work::Ask(..)
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn every_page_is_whole_whatever_happens(
        start in 0..=6usize,
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut bench = Bench::walked(start);
        let mut revision = 0;
        for happening in &happenings {
            bench.happen(happening);
            let snapshot = bench.wizard.snapshot();
            prop_assert!(snapshot.revision > revision, "a page is never older than the one before");
            revision = snapshot.revision;
            let current: Vec<_> = snapshot.steps.iter().filter(|step| step.current).collect();
            prop_assert_eq!(snapshot.steps.len(), 5, "the steps are always five");
            prop_assert_eq!(current.len(), 1, "one step is shown");
            prop_assert!(current[0].reachable, "the page that is shown can be reached");
            let shown = match snapshot.page {
                Page::SignIn(_) => Step::SignIn,
                Page::ChooseResource(_) => Step::ChooseResource,
                Page::GetAccess(_) => Step::GetAccess,
                Page::ConnectProject(_) => Step::ConnectProject,
                Page::TestConnection(_) => Step::TestConnection,
            };
            prop_assert_eq!(current[0].step, shown, "the stepper and the page agree");
            if let Some(failure) = &snapshot.failure {
                prop_assert!(!failure.remedies.is_empty(), "a failure ends in a next step");
            }
            prop_assert_eq!(
                snapshot.person.is_some(),
                snapshot.steps[0].done,
                "signed in means that there is a person"
            );
            let size = serde_json::to_vec(&snapshot).expect("a snapshot is JSON").len();
            prop_assert!(size < 64 * 1024, "the snapshot has {} bytes", size);
        }
    }

    #[test]
    fn only_ways_in_that_are_there_and_may_pass_are_offered(
        start in 0..=6usize,
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            bench.happen(happening);
            let snapshot = bench.wizard.snapshot();
            let wizard = &bench.wizard;
            let Some(failure) = snapshot.failure else { continue };
            let (_, work) = &wizard.failures[&wizard.step];
            let offered = failure.remedies.iter().filter_map(|remedy| match remedy {
                Remedy::Action { action } => action.way(),
                _ => None,
            });
            for way in offered {
                let mut tools = wizard.sign_in.tools.iter();
                let is_there = !way.is_borrowed() || tools.any(|found| found.tool.way() == way);
                prop_assert!(is_there, "{:?} is signed in nowhere", way);
                let failed = match work {
                    Work::SignIn { way, .. } => Some(*way),
                    _ => wizard.person.as_ref().map(|person| person.way),
                };
                let again = failure.code.is_policy_of_way() && failed == Some(way);
                prop_assert!(!again, "{:?} would meet {:?} again", way, failure.code);
            }
        }
    }

    #[test]
    fn a_code_is_shown_while_it_waits_or_as_one_whose_time_is_over(
        start in 0..=3usize,
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            bench.happen(happening);
            let running = &bench.wizard.running;
            let running = running.get(&Slot::Person).or(running.get(&Slot::Proof));
            let address = &bench.wizard.sign_in.address;
            prop_assert!(running.is_some() || address.is_none(), "nobody waits there any more");
            let by_code = running.is_some_and(|(_, work)| {
                matches!(work, Work::SignIn { way: Way::DeviceCode, .. })
            });
            if let Some(code) = &bench.wizard.sign_in.code {
                prop_assert_eq!(code.expired, !by_code, "whoever types a code in is waited for");
                prop_assert_eq!(code.expired, code.lasts_seconds == 0);
            }
        }
    }

    #[test]
    fn what_runs_is_what_was_started_and_not_stopped(
        start in 0..=6usize,
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            bench.happen(happening);
            let wanted: BTreeMap<WorkId, Work> = bench.wizard.running.values().cloned().collect();
            prop_assert_eq!(&wanted, &bench.running, "no work runs unowned, none is waited for in vain");
        }
    }

    #[test]
    fn nothing_is_written_unless_the_person_asks(
        start in 0..=6usize,
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            let asked = bench.asks(happening);
            let started = bench.happen(happening);
            let commits: Vec<_> = started.iter().filter(|work| is_commit(work)).collect();
            prop_assert!(asked || commits.is_empty(), "{:?} came out of {:?}", commits, happening);
        }
    }

    #[test]
    fn only_chat_asks_a_resource_that_is_known_by_its_endpoint(
        start in 0..=2usize,
        happenings in prop::collection::vec(endpoint_happening(), 0..60),
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            let started = bench.happen(happening);
            let wrong = started.iter().find(|work| asks_without_id(work));
            prop_assert!(wrong.is_none(), "{wrong:?} came out of {happening:?}");
            if bench.wizard.is_unlisted() && bench.wizard.step == Step::GetAccess {
                let page = bench.wizard.get_access_page();
                let offered = (page.plan.is_some(), page.undo.is_some(), page.recipes.len());
                prop_assert_eq!(offered, (false, false, 0), "there is no id to do it with");
                prop_assert!(page.verdict != Some(Verdict::MayNotChat));
            }
        }
    }

    #[test]
    fn no_subdomain_is_set_unless_the_person_asks(
        happenings in prop::collection::vec(subdomain_happening(), 0..40),
    ) {
        let mut bench = Bench::at_keys_only();
        for happening in &happenings {
            let asked = bench.asks(happening);
            let started = bench.happen(happening);
            let sets = |work: &Work| matches!(work, Work::SetSubdomain(..));
            prop_assert!(asked || !started.iter().any(sets), "{:?} came out of {:?}", started, happening);
            let running = bench.running.values().filter(|work| sets(work)).count();
            prop_assert!(running <= 1, "one write at a time");
        }
    }

    #[test]
    fn no_browser_opens_for_what_nobody_waits_for(
        start in 0..=6usize,
        way in select(vec![Way::Browser, Way::DeviceCode, Way::AzureCli]),
        happenings in prop::collection::vec(proof_happening(), 0..80),
    ) {
        let mut bench = Bench::walked(start);
        if let Some(person) = &mut bench.wizard.person {
            person.way = way;
        }
        for happening in &happenings {
            let may_open = bench.may_open_browser(happening);
            let started = bench.happen(happening);
            let opens = started.iter().any(is_sign_in);
            prop_assert!(may_open || !opens, "{:?} came out of {:?}", started, happening);
        }
    }

    #[test]
    fn what_was_proved_is_repeated_once_and_another_challenge_is_told(
        start in 0..=6usize,
        happenings in prop::collection::vec(proof_happening(), 0..80),
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            let met = match happening {
                Happening::Ends(which, ..) => bench.pick(which),
                Happening::Challenged(which, _) => bench.pick_challenged(which),
                _ => None,
            };
            let started = bench.happen(happening);
            let Some((id, work)) = met else { continue };
            match (happening, work.proving()) {
                (Happening::Ends(_, true, ..), Some(proving)) => {
                    let again = started.iter().filter(|work| **work == proving.work).count();
                    // A sign-in that had to prove more is made by that proof.
                    let expected = usize::from(!is_sign_in(&proving.work));
                    prop_assert_eq!(again, expected, "what met the challenge goes on, once");
                    bench.note_repeated(proving.work.slot());
                }
                (Happening::Challenged(..), _) if bench.repeated.remove(&id) => {
                    let opens = started.iter().any(is_sign_in);
                    prop_assert!(!opens, "a second round would be a loop: {:?}", work);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_proof_is_shown_with_the_page_that_waits_for_it_and_with_no_failure_of_it(
        start in 0..=6usize,
        happenings in prop::collection::vec(proof_happening(), 0..80),
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            bench.happen(happening);
            let snapshot = bench.wizard.snapshot();
            let proves = bench.running.values().any(|work| work.proving().is_some());
            prop_assert_eq!(snapshot.proof.is_some(), proves, "the page says what is under way");
            prop_assert!(snapshot.proof.is_none() || snapshot.person.is_some(), "a proof of nobody");
            let sign_ins = bench.running.values().filter(|work| is_sign_in(work)).count();
            prop_assert!(sign_ins <= 1, "two pages to sign in on are open at once");
            let current = snapshot.steps.iter().find(|step| step.current).expect("one is shown");
            prop_assert!(current.reachable, "the page that is shown can be reached");
        }
    }

    #[test]
    fn no_directory_is_looked_at_for_ever(
        start in 0..=6usize,
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            bench.happen(happening);
            let looks = [Slot::Directory, Slot::Tenants].iter().any(|slot| bench.wizard.is_running(*slot));
            let checking = bench.wizard.tenants.iter().any(|it| it.status == TenantStatus::Checking);
            prop_assert!(looks || !checking, "nobody looks any more: {:?}", happening);
            let nobody = bench.wizard.person.is_none();
            prop_assert!(!nobody || bench.wizard.tenants.is_empty(), "directories of nobody");
        }
    }

    #[test]
    fn whoever_switches_the_account_leaves_nothing_behind(
        start in 0..=6usize,
        happenings in prop::collection::vec(happening(), 0..60),
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            bench.happen(happening);
        }
        bench.handle(Event::Command(Command::ChooseTenant { text: String::new() }));
        let effects = bench.wizard.handle(Event::Command(Command::SwitchAccount));
        prop_assert!(effects.contains(&Effect::Forget), "the secrets go");
        let asks = effects.iter().find_map(|effect| match effect {
            Effect::Start(_, Work::SignIn { prompt, .. }) => Some(prompt.clone()),
            _ => None,
        });
        prop_assert_eq!(asks, Some(Prompt::default()), "the next person is not called by a name");
        let mut snapshot = bench.wizard.snapshot();
        if let Page::SignIn(page) = &mut snapshot.page {
            // What tools are signed in with is not about the person before.
            page.tools.clear();
        }
        let shown = serde_json::to_string(&snapshot).expect("a snapshot is JSON");
        prop_assert!(!shown.contains("@contoso.example"), "{}", shown);
        prop_assert!(!shown.contains("Tenant "), "{}", shown);
    }

    #[test]
    fn going_back_and_forth_never_repeats_a_commit(
        start in 0..=6usize,
        happenings in prop::collection::vec(happening(), 0..60),
        steps in prop::collection::vec(select(&Step::ALL), 1..10),
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            bench.happen(happening);
        }
        for step in steps {
            let started = bench.handle(Event::Command(Command::GoToStep { step }));
            prop_assert!(!started.iter().any(is_commit), "a step was only shown");
        }
    }

    #[test]
    fn a_late_answer_changes_nothing(
        start in 0..=6usize,
        happenings in prop::collection::vec(happening(), 0..60),
        variant in 0..4u8,
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            bench.happen(happening);
        }
        let before = Snapshot { revision: 0, ..bench.wizard.snapshot() };
        let started = bench.happen(&Happening::Late(1_500_000, variant));
        let after = Snapshot { revision: 0, ..bench.wizard.snapshot() };
        prop_assert!(started.is_empty());
        prop_assert_eq!(before, after, "an answer to work that was stopped is dropped");
    }

    #[test]
    fn whoever_signs_out_leaves_nothing_behind(
        start in 0..=6usize,
        happenings in prop::collection::vec(happening(), 0..60),
    ) {
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            bench.happen(happening);
        }
        let effects = bench.wizard.handle(Event::Command(Command::SignOut));
        prop_assert!(effects.contains(&Effect::Forget), "the secrets go, whatever else happens");
        let snapshot = bench.wizard.snapshot();
        prop_assert!(snapshot.person.is_none());
        prop_assert!(bench.wizard.list_resources("", 0, 100).items.is_empty());
        prop_assert!(snapshot.steps.iter().skip(1).all(|step| !step.done && !step.reachable));
    }
}

#[test]
fn the_straight_road_takes_six_clicks_and_one_more_for_a_choice() {
    let choices = |command: &Command| matches!(command, Command::SelectResource { .. });
    let (choice, clicks): (Vec<_>, Vec<_>) =
        road().into_iter().partition(|(command, _)| choices(command));
    assert_eq!((clicks.len(), choice.len()), (6, 1), "one resource is chosen by itself");
    let steps = Bench::walked(7).wizard.snapshot().steps;
    assert!(steps.iter().all(|step| step.done), "every step is done: {steps:?}");
}

/// The properties are worth what they reach.
#[test]
fn the_properties_reach_every_page_and_every_commit() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (0..=6usize, prop::collection::vec(happening(), 0..80));
    let (mut shown, mut commits) = (BTreeMap::new(), BTreeMap::new());
    for _ in 0..512 {
        let (start, happenings) = strategy.new_tree(&mut runner).expect("a case").current();
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            for work in bench.happen(happening).iter().filter(|work| is_commit(work)) {
                *commits.entry(work.slot()).or_insert(0) += 1;
            }
            *shown.entry(bench.wizard.step).or_insert(0) += 1;
        }
    }
    println!("pages shown: {shown:?}; commits: {commits:?}");
    assert!(
        Step::ALL.iter().all(|step| shown.get(step).is_some_and(|times| *times > 100)),
        "{shown:?}"
    );
    assert!(
        [Slot::Role, Slot::Env, Slot::Chat, Slot::Undo]
            .iter()
            .all(|slot| commits.get(slot).is_some_and(|n| *n > 10)),
        "{commits:?}"
    );
}

/// Those of proofs, likewise.
#[test]
fn the_properties_reach_proofs_that_are_made_and_challenged_again() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (0..=6usize, prop::collection::vec(proof_happening(), 0..80));
    let (mut opened, mut made, mut again) = (0, 0, 0);
    for _ in 0..512 {
        let (start, happenings) = strategy.new_tree(&mut runner).expect("a case").current();
        let mut bench = Bench::walked(start);
        for happening in &happenings {
            let proved = match happening {
                Happening::Ends(which, true, ..) => bench.pick(which).map(|(_, work)| work),
                _ => None,
            };
            if let Happening::Challenged(which, _) = happening {
                let met = bench.pick_challenged(which);
                again += usize::from(met.is_some_and(|(id, _)| bench.repeated.contains(&id)));
            }
            let started = bench.happen(happening);
            opened += started.iter().filter(|work| work.proving().is_some()).count();
            if let Some(proving) = proved.as_ref().and_then(Work::proving) {
                made += 1;
                bench.note_repeated(proving.work.slot());
            }
        }
    }
    println!("proofs: {opened} begun, {made} made, {again} challenged again");
    assert!(opened > 80 && made > 40 && again > 15, "{opened}, {made}, {again}");
}

#[test]
fn a_sign_in_that_has_to_prove_more_is_made_by_the_proof_and_leads_back() {
    let mut bench = Bench::walked(4);
    bench.handle(Event::Command(assign_shown()));
    let end = |bench: &mut Bench, wanted: fn(&Work) -> bool, result: Result<Outcome, Failure>| {
        let id = *bench.running.iter().find(|(_, work)| wanted(work)).expect("it runs").0;
        bench.running.remove(&id);
        bench.handle(Event::Done(id, result))
    };
    let press = |bench: &mut Bench, action: Action| {
        let remedies = bench.wizard.snapshot().failure.expect("it failed").remedies;
        let at = remedies.iter().position(|one| *one == Remedy::Action { action });
        let index = u32::try_from(at.expect("it is offered")).expect("a few");
        bench.handle(Event::Command(Command::PressRemedy { index }))
    };
    let assigns = |work: &Work| matches!(work, Work::AssignRole(..));
    end(&mut bench, assigns, Err(failure(Code::SignInExpired)));
    press(&mut bench, Action::SignIn);
    end(&mut bench, is_sign_in, Err(challenged_failure(Code::SecondFactorNeeded)));
    assert_eq!(bench.wizard.step, Step::SignIn);
    press(&mut bench, Action::SignIn);
    let started = end(&mut bench, is_sign_in, Ok(Outcome::Proved));
    assert!(!started.iter().any(is_sign_in), "the browser does not open again: {started:?}");
    assert_eq!(bench.wizard.step, Step::GetAccess, "back where the sign-in was asked for");
    assert!(bench.wizard.snapshot().failure.is_none());
}

#[test]
fn a_resource_that_was_mended_is_used_as_it_is_now() {
    let mut bench = Bench::walked(2);
    let list = |obstacles: Vec<Obstacle>| {
        let mut mended = account(3);
        mended.resource.obstacles = obstacles;
        found("t", vec![mended])
    };
    let read = |bench: &mut Bench, sight: Sight| {
        let id =
            bench.wizard.running.values().find(|(_, work)| matches!(work, Work::ReadDirectory(_)));
        let id = id.expect("the list is being read").0;
        bench.running.remove(&id);
        bench.handle(Event::Progress(id, Progress::Sight(sight)));
        bench.handle(Event::Done(id, Ok(Outcome::Directory(None))));
        bench.settle(1);
    };
    let look_again = |bench: &mut Bench| {
        let mut effects = Vec::new();
        bench.wizard.start(Work::ReadDirectory(Source::Index), &mut effects);
        bench.book(effects);
    };
    look_again(&mut bench);
    read(&mut bench, list(vec![Obstacle::NoCustomSubdomain]));
    bench.handle(Event::Command(Command::SelectResource { id: account(3).resource.id }));
    bench.settle(1);
    bench.handle(Event::Command(Command::ConfirmResource));
    let failure = bench.wizard.snapshot().failure.expect("keys only");
    assert_eq!(failure.code, Code::NoCustomSubdomain);
    let again = failure
        .remedies
        .iter()
        .position(|r| *r == Remedy::Action { action: Action::ReadResources });
    let index = u32::try_from(again.expect("one can look again")).expect("a few remedies");
    bench.handle(Event::Command(Command::PressRemedy { index }));
    read(&mut bench, list(Vec::new()));
    bench.handle(Event::Command(Command::ConfirmResource));
    assert_eq!(bench.wizard.step, Step::GetAccess, "the mended resource can be used");
}

/// Resource Graph and Resource Manager spell the same thing each in its own way.
#[test]
fn a_resource_that_is_only_spelled_otherwise_is_the_same() {
    let mut bench = Bench::walked(5);
    assert!(bench.wizard.reachable(Step::ConnectProject));
    let mut effects = Vec::new();
    bench.wizard.start(Work::ReadDirectory(Source::Subscriptions), &mut effects);
    bench.book(effects);
    let (id, _) = bench.running.pop_first().expect("the list is being read");
    let mut now = account(1);
    now.resource.id = now.resource.id.replace("resourceGroups/g", "resourcegroups/G");
    now.resource.resource_group = "G".to_owned();
    now.resource.location = "elsewhere".to_owned();
    now.resource.takes_keys = true;
    let started = bench.handle(Event::Progress(id, Progress::Sight(found("t", vec![now]))));
    assert_eq!(started, [], "nothing is read anew");
    assert!(bench.wizard.reachable(Step::ConnectProject), "what was confirmed stays so");
    let chosen = bench.wizard.choice.account.as_ref().expect("it stays chosen");
    assert!(chosen.resource.takes_keys, "and tells what is known by now");
}

#[test]
fn a_resource_that_is_delegated_is_used_in_the_directory_that_it_belongs_to() {
    let mut bench = Bench::new();
    bench.settle(3);
    bench.handle(Event::Command(Command::SignInWithBrowser));
    bench.settle(2);
    let of = |tenant: &str, delegated_from: Option<String>| Account {
        tenant_id: tenant.to_owned(),
        delegated_from,
        ..account(1)
    };
    let (first, second) = (tenant_id(0), tenant_id(1));
    let mut effects = Vec::new();
    let mut see = |bench: &mut Bench, tenant: &str, account: Account| {
        bench.wizard.see(found(tenant, vec![account]), &mut effects);
    };
    // Until the subscriptions are listed, nobody knows that it is delegated.
    see(&mut bench, &first, of(&first, None));
    bench.handle(Event::Command(Command::SelectResource { id: account(1).resource.id }));
    see(&mut bench, &second, of(&second, None));
    see(&mut bench, &first, of(&first, Some(second.clone())));
    let listed: Vec<&str> = bench.wizard.list.accounts.iter().map(|it| &*it.tenant_id).collect();
    assert_eq!(listed, [&second], "once, and where its tokens count");
    let chosen = bench.wizard.choice.account.as_ref().map(|it| &it.tenant_id);
    assert_eq!(chosen, Some(&second), "what was chosen is asked there, too");
}

#[test]
fn a_subdomain_is_set_by_its_own_button_and_not_by_the_one_that_shows_it() {
    let mut bench = Bench::at_keys_only();
    let set = || Event::Command(Command::SetSubdomain { name: "resource-2".to_owned() });
    assert!(bench.handle(set()).is_empty(), "what was not shown before is not set");
    let opens = Command::PressAdvice { obstacle: Obstacle::NoCustomSubdomain, index: 0 };
    let started = bench.handle(Event::Command(opens));
    assert!(
        !started.is_empty() && !started.iter().any(is_commit),
        "a look at the name: {started:?}"
    );
    bench.settle(0);
    assert_eq!(bench.handle(set()).iter().filter(|work| is_commit(work)).count(), 1);
    assert!(bench.handle(set()).is_empty(), "it is being set already");
    bench.settle(0);
    bench.handle(Event::Command(Command::ConfirmResource));
    assert_eq!(bench.wizard.step, Step::GetAccess, "the resource can be used");
}

#[test]
fn what_is_looked_for_under_one_role_is_not_told_of_another() {
    let mut bench = Bench::walked(4);
    bench.handle(Event::Command(assign_shown()));
    while !bench.running.values().any(|work| matches!(work, Work::LookFurther(..))) {
        let (id, work) = bench
            .running
            .iter()
            .next()
            .map(|(id, work)| (*id, work.clone()))
            .expect("the role is assigned, then waited for in vain, and then looked at");
        match work {
            Work::WaitForRole(..) => {
                bench.running.remove(&id);
                bench.handle(Event::Done(id, Err(failure(Code::RoleNotEffective))));
            }
            work => drop(bench.end_well(id, &work, 1)),
        }
    }
    let look = bench.running.iter().find(|(_, work)| matches!(work, Work::LookFurther(..)));
    let (id, look) = look.map(|(id, work)| (*id, work.clone())).expect("it was just seen");
    let elsewhere = Command::ChooseRoleScope { scope: RoleScope::ResourceGroup };
    bench.handle(Event::Command(elsewhere));
    assert!(!bench.running.contains_key(&id), "nobody waits for it any more");
    bench.handle(Event::Done(id, Ok(outcome(&look, 1))));
    let findings = bench.wizard.get_access_page().findings;
    assert!(findings.iter().all(|it| !it.code.starts_with("cause_")), "{findings:?}");
}

#[test]
fn a_project_that_is_chosen_anew_takes_its_test_page_away() {
    let mut bench = Bench::walked(6);
    bench.handle(Event::Command(Command::GoToStep { step: Step::ConnectProject }));
    bench.handle(Event::Command(Command::ChooseFolder));
    bench.handle(Event::Command(Command::GoToStep { step: Step::TestConnection }));
    bench.settle(1);
    assert_eq!(bench.wizard.step, Step::ConnectProject, "the new change has to be written first");
}

#[test]
fn three_hundred_directories_that_all_fail_fit_into_a_snapshot() {
    // Whatever the refusal is, and however much it says; 1 is a number that no row knows.
    for number in [53003, 65001, 650_057, 50076, 50105, 50020, 7_000_218, 500_011, 1] {
        three_hundred_that_fail(number);
    }
}

fn three_hundred_that_fail(entra: u32) {
    let mut bench = Bench::new();
    bench.handle(Event::Command(Command::SignInWithBrowser));
    let signs_in = |work: &Work| matches!(work, Work::SignIn { .. });
    let id = *bench.running.iter().find(|(_, work)| signs_in(work)).expect("it runs").0;
    bench.running.remove(&id);
    bench.handle(Event::Done(id, Ok(Outcome::SignedIn(person(1)))));
    let reads = |work: &Work| matches!(work, Work::ReadDirectory(_));
    let id = *bench.running.iter().find(|(_, work)| reads(work)).expect("it runs").0;
    let mut refused = diagnosis::explain(
        &Evidence::text(&format!("AADSTS{entra}: {}", "Blocked by policy. ".repeat(40))),
        &[
            ("tenant", "8b1f0c54-0f0c-4a8e-9d55-2b1f6f0e7c11"),
            ("directory", "8b1f0c54-0f0c-4a8e-9d55-2b1f6f0e7c11"),
            ("application", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"),
        ],
    );
    refused = refused.detail("azure_message", "Blocked by policy. ".repeat(40));
    let tenant = |number: usize| Tenant {
        id: format!("{number:08}-0f0c-4a8e-9d55-2b1f6f0e7c11"),
        name: None,
    };
    let sights = std::iter::once(Sight::Listed((0..300).map(tenant).collect())).chain(
        (0..300).map(|number| {
            Sight::Tenant(Box::new(TenantState {
                id: tenant(number).id,
                name: Some(format!("Directory {number} {}", "of a group of companies ".repeat(2))),
                home: false,
                object_id: None,
                status: TenantStatus::Blocked,
                subscriptions: 0,
                failure: Some(refused.clone()),
                refused: None,
            }))
        }),
    );
    for sight in sights {
        bench.handle(Event::Progress(id, Progress::Sight(sight)));
    }
    bench.running.remove(&id);
    bench.handle(Event::Done(id, Ok(Outcome::Directory(None))));
    let snapshot = bench.wizard.snapshot();
    let size = serde_json::to_vec(&snapshot).expect("a snapshot is JSON").len();
    assert!(size < 64 * 1024, "AADSTS{entra}: {size} bytes are too many");
    bench.handle(Event::Command(Command::ShowChanges));
    let reads = |work: &Work| matches!(work, Work::ReadChanges);
    let id = *bench.running.iter().find(|(_, work)| reads(work)).expect("it runs").0;
    bench.running.remove(&id);
    bench.handle(Event::Done(id, Ok(Outcome::Changes(Box::new(five_hundred_changes())))));
    let full = bench.wizard.snapshot();
    let size = serde_json::to_vec(&full).expect("a snapshot is JSON").len();
    assert!(size < 64 * 1024, "AADSTS{entra}: {size} bytes with the changes are too many");
    let Some(Aside::Changes(page)) = full.aside else { panic!("the page is shown") };
    assert!(!page.items.is_empty(), "the newest are shown all the same");
    assert_eq!(page.items.len() + page.older as usize, 500, "the others are counted");
    assert!(snapshot.notices.iter().any(|notice| notice.code == "tenants_cut"), "that is told");
}

/// A guest, whose directory opens while the page is shown.
#[test]
fn a_change_in_a_directory_that_is_not_open_yet_is_looked_at_once_it_opens() {
    use crate::snapshot::changes::{ChangeUndo, UndoEffect};
    let there = |number: u32, state| {
        let mut change = record(0).changes.remove(0);
        let Deed::RoleAssigned(grant) = &mut change.deed else { panic!("a role comes first") };
        (grant.tenant_id, grant.object_id) = (tenant_id(1), "oid-in-1".to_owned());
        let account = Some(person(2).account);
        Change { number, account, state, ..change }
    };
    let record = Record {
        changes: vec![there(1, Became::Done), there(2, Became::Begun)],
        ..Record::default()
    };
    let mut bench = Bench::walked(1);
    bench.wizard.tenants.retain(|tenant| tenant.home);
    let reasons = |bench: &mut Bench| {
        let Some(Aside::Changes(page)) = bench.wizard.snapshot().aside else {
            panic!("the page is shown")
        };
        page.items.into_iter().map(|item| item.undo).collect::<Vec<_>>()
    };
    bench.handle(Event::Command(Command::ShowChanges));
    let (id, _) = bench.running.pop_last().expect("the record is being read");
    bench.handle(Event::Done(id, Ok(Outcome::Changes(Box::new(record.clone())))));
    let closed = ChangeUndo::No { reason: NoUndo::DirectoryNotOpen };
    assert_eq!(reasons(&mut bench), [closed.clone(), closed], "nobody else can undo it");
    assert!(bench.running.is_empty(), "and nothing is asked there: {:?}", bench.running);
    let mut effects = Vec::new();
    bench.wizard.start(Work::ReadDirectory(Source::Index), &mut effects);
    bench.book(effects);
    let (reading, _) = bench.running.last_key_value().expect("the directories are read");
    let reading = *reading;
    let looks: Vec<Work> = sights(1)
        .into_iter()
        .flat_map(|sight| bench.handle(Event::Progress(reading, Progress::Sight(sight))))
        .filter(|work| matches!(work, Work::LookAtChanges(_)))
        .collect();
    assert!(matches!(&looks[..], [Work::LookAtChanges(both)] if both.len() == 2), "{looks:?}");
    let looking = ChangeUndo::No { reason: NoUndo::Looking };
    let offered = ChangeUndo::Offered { effect: UndoEffect::TakeAway };
    assert_eq!(reasons(&mut bench), [looking, offered], "the newest first");
}

/// The page is closed before the record is read, or while something is being undone.
#[test]
fn whoever_has_opened_the_page_of_the_changes_is_not_sent_there_again() {
    let mut bench = Bench::walked(2);
    bench.handle(Event::Command(Command::ShowChanges));
    bench.handle(Event::Command(Command::CloseAside));
    bench.settle(0);
    bench.handle(Event::Command(Command::ShowChanges));
    bench.settle(2);
    let started = bench.handle(Event::Command(Command::UndoChange { number: 3 }));
    assert!(matches!(&started[..], [Work::UndoChange(_)]), "{started:?}");
    bench.handle(Event::Command(Command::CloseAside));
    bench.settle(0);
    let notices = bench.wizard.snapshot().notices;
    assert!(notices.iter().all(|notice| notice.code != UNFINISHED), "{notices:?}");
}

#[test]
fn a_thousand_resources_stay_out_of_the_snapshot() {
    let mut bench = Bench::new();
    bench.handle(Event::Command(Command::SignInWithBrowser));
    let finish = |bench: &mut Bench, wanted: fn(&Work) -> bool, outcome: Outcome| {
        let id = bench.running.iter().find(|(_, work)| wanted(work)).map(|(id, _)| *id);
        let id = id.expect("the work is running");
        bench.running.remove(&id);
        bench.handle(Event::Done(id, Ok(outcome)));
    };
    finish(&mut bench, |work| matches!(work, Work::SignIn { .. }), Outcome::SignedIn(person(1)));
    let accounts: Vec<Account> = (0..1000)
        .map(|number| {
            let mut account = account(1);
            account.resource.name = format!("resource-{number:04}");
            account.resource.id = format!("{}-{number}", account.resource.id);
            account
        })
        .collect();
    let id = bench.running.iter().find(|(_, work)| matches!(work, Work::ReadDirectory(_)));
    let id = *id.expect("the directories are being read").0;
    bench.handle(Event::Progress(id, Progress::Sight(found("t", accounts))));
    finish(&mut bench, |work| matches!(work, Work::ReadDirectory(_)), Outcome::Directory(None));
    let size = serde_json::to_vec(&bench.wizard.snapshot()).expect("a snapshot is JSON").len();
    assert!(size < 8 * 1024, "the list is not in the snapshot of {size} bytes");
    let window = bench.wizard.list_resources("resource-09 SWEDEN", 10, 500);
    assert_eq!(window.matching, 100, "every word has to match, in any case");
    assert_eq!(window.items.len(), 90, "the window starts at 10 and is never longer than 100");
    assert_eq!(window.items[0].name, "resource-0910");
}

#[test]
fn who_chose_not_to_stay_is_not_signed_in_by_what_was_kept_before() {
    let works = |session_only| -> Vec<Work> {
        let (mut wizard, effects) = Wizard::new(Setting { session_only, ..Setting::default() });
        let Page::SignIn(page) = wizard.snapshot().page else { panic!("the first page") };
        assert_eq!(page.stay_signed_in, !session_only);
        let work = |effect| match effect {
            Effect::Start(_, work) => Some(work),
            _ => None,
        };
        effects.into_iter().filter_map(work).collect()
    };
    assert!(works(false).contains(&Work::Resume), "else it continues");
    assert!(!works(true).contains(&Work::Resume), "it is not even read");
    assert!(
        works(true).contains(&Work::Unkeep { ask: false, all: false }),
        "it is removed, and nobody asked"
    );
}

#[test]
fn a_sign_in_that_was_cancelled_leaves_no_word_about_its_browser() {
    let mut bench = Bench::new();
    bench.settle(3);
    for work in bench.handle(Event::Command(Command::SignInWithBrowser)) {
        let id = *bench.running.iter().find(|(_, it)| **it == work).expect("it runs").0;
        bench.handle(Event::Progress(id, Progress::BrowserNotOpened));
    }
    assert!(bench.wizard.snapshot().notices.iter().any(|notice| notice.code == NO_BROWSER));
    bench.handle(Event::Command(Command::Cancel));
    assert_eq!(bench.wizard.snapshot().notices, [], "there is no address to copy any more");
}

#[test]
fn a_late_word_of_the_store_about_one_person_says_nothing_about_the_next() {
    let mut bench = Bench::walked(1);
    let adas = *bench.wishes.last().expect("her sign-in has proved itself");
    bench.handle(Event::Command(Command::SignOut));
    bench.handle(Event::Command(Command::SignInWithBrowser));
    bench.settle(2);
    bench.handle(Event::Kept(adas, Err(StoreTrouble::Slow)));
    let snapshot = bench.wizard.snapshot();
    assert!(snapshot.notices.is_empty(), "her trouble is over: {:?}", snapshot.notices);
    let theirs = *bench.wishes.last().expect("the next sign-in has proved itself");
    assert_ne!(adas, theirs);
    bench.handle(Event::Kept(theirs, Ok(())));
    assert!(bench.wizard.snapshot().person.is_some_and(|person| person.kept));
    bench.handle(Event::Kept(adas, Err(StoreTrouble::Slow)));
    assert!(bench.wizard.snapshot().person.is_some_and(|person| person.kept), "and stays over");
}

#[test]
fn whoever_takes_the_place_of_an_ended_sign_in_takes_it_in_the_store_too() {
    for (ended, removes) in [("grace@contoso.example", true), ("ada0@contoso.example", false)] {
        let mut bench = Bench::new();
        let (id, resume) = bench.wizard.running[&Slot::Person].clone();
        assert_eq!(resume, Work::Resume);
        bench.running.remove(&id);
        let (account, failure) = (ended.to_owned(), failure(Code::SignInExpired));
        let ended = Ended { account, tenant: "t".to_owned(), failure };
        bench.handle(Event::Done(id, Ok(Outcome::NotResumed(Box::new(ended)))));
        bench.handle(Event::Command(Command::SignInWithBrowser));
        let (id, _) = bench.wizard.running[&Slot::Person].clone();
        bench.running.remove(&id);
        let person = Person { account: "ada0@contoso.example".to_owned(), ..person(0) };
        let started = bench.handle(Event::Done(id, Ok(Outcome::SignedIn(person))));
        let unkept = started.iter().any(|work| matches!(work, Work::Unkeep { .. }));
        assert_eq!(unkept, removes, "the sign-in of {removes:?} must not come back instead");
    }
}

#[test]
fn what_one_directory_asked_to_prove_is_not_asked_of_another() {
    let mut bench = Bench::new();
    let claims =
        ClaimsRequest::parse(r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#);
    assert!(claims.is_some());
    let tenant = Some(tenant_id(1));
    bench.wizard.sign_in.ended = Some(Prompt { tenant, claims, ..Prompt::default() });
    let mut claims_of = |known: Option<u8>| {
        let state = known.map_or(TenantKnown::Empty, |it| TenantKnown::Known { id: tenant_id(it) });
        bench.wizard.sign_in.tenant.state = state;
        let prompt = bench.wizard.prompt_for(&Purpose::Begin).expect("it can begin");
        prompt.claims.is_some()
    };
    assert!(claims_of(None) && claims_of(Some(1)), "the directory that asked hears the answer");
    assert!(!claims_of(Some(2)), "another one is asked nothing of the kind");
}

#[test]
fn whoever_signs_out_is_not_left_on_the_page_about_the_connection() {
    let mut bench = Bench::walked(2);
    bench.handle(Event::Command(Command::CheckNetwork));
    assert!(bench.wizard.snapshot().aside.is_some());
    bench.handle(Event::Command(Command::SignOut));
    assert!(
        bench.wizard.snapshot().aside.is_none(),
        "the first page is shown, and nothing over it"
    );
}

/// Somebody who has signed in and writes down what a colleague told.
fn at_endpoint() -> Bench {
    let mut bench = Bench::walked(2);
    bench.handle(Event::Command(Command::OpenEndpoint));
    bench
}

fn endpoint_form(bench: &mut Bench) -> EndpointForm {
    match bench.wizard.snapshot().page {
        Page::ChooseResource(page) => page.endpoint.expect("the form is open"),
        page => panic!("another page: {page:?}"),
    }
}

fn use_endpoint(bench: &mut Bench, endpoint: &str, deployment: &str) -> Vec<Work> {
    bench.handle(Event::Command(Command::UseEndpoint {
        endpoint: endpoint.to_owned(),
        deployment: deployment.to_owned(),
    }))
}

#[test]
fn each_field_of_an_endpoint_says_what_is_wrong_with_it() {
    use crate::snapshot::{DeploymentTrouble, EndpointTrouble};
    let mut bench = at_endpoint();
    use_endpoint(&mut bench, "", "");
    let form = endpoint_form(&mut bench);
    let troubles = (form.endpoint_trouble, form.deployment_trouble);
    assert_eq!(troubles, (Some(EndpointTrouble::Empty), Some(DeploymentTrouble::Empty)));
    use_endpoint(&mut bench, "https://contoso.example", "chat");
    let form = endpoint_form(&mut bench);
    let troubles = (form.endpoint_trouble, form.deployment_trouble);
    assert_eq!(troubles, (Some(EndpointTrouble::Elsewhere), None));
    assert_eq!((&*form.endpoint, &*form.deployment), ("https://contoso.example", "chat"), "kept");
    assert_eq!(bench.wizard.step, Step::ChooseResource);
}

#[test]
fn the_deployment_in_an_address_is_offered_before_it_is_used() {
    let mut bench = at_endpoint();
    let address = format!("{COLLEAGUES}/openai/deployments/gpt/chat/completions?api-version=1");
    use_endpoint(&mut bench, &address, "");
    let form = endpoint_form(&mut bench);
    assert_eq!((&*form.deployment, form.deployment_offered), ("gpt", true));
    assert_eq!(form.deployment_trouble, None);
    assert!(bench.wizard.choice.account.is_none(), "nothing is chosen unseen");
    use_endpoint(&mut bench, &address, "mine");
    assert_eq!(bench.wizard.choice.deployment.as_deref(), Some("mine"), "what is typed counts");
    assert_eq!(bench.wizard.step, Step::GetAccess);
}

#[test]
fn a_look_at_the_list_leaves_an_endpoint_chosen() {
    let mut bench = at_endpoint();
    assert!(use_endpoint(&mut bench, COLLEAGUES, "chat").is_empty(), "nothing is asked of Azure");
    let mut effects = Vec::new();
    bench.wizard.start(Work::ReadDirectory(Source::Subscriptions), &mut effects);
    bench.book(effects);
    bench.settle(1);
    let account = bench.wizard.choice.account.clone().expect("it stays chosen");
    assert_eq!((&*account.resource.endpoint, &*account.tenant_id), (COLLEAGUES, "t"));
    bench.handle(Event::Command(Command::GoToStep { step: Step::ChooseResource }));
    bench.handle(Event::Command(Command::CloseEndpoint));
    assert!(bench.wizard.choice.account.is_none(), "the list has no such resource");
    assert!(!bench.wizard.reachable(Step::GetAccess));
}
