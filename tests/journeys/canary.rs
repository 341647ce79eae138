//! Promise 1: no secret leaves the core.
//!
//! Whole journeys are walked, each way to sign in and each way in which that fails, then every
//! place that a secret could reach is searched for every token, code and verifier that Azure
//! issued or received. A positive control plants one in each place and expects to find it.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use azure_identity::Executor;
use keyless::secrets::{Secret, SecretStore, SessionStore, StoreTrouble};
use keyless::session::Command;
use keyless::snapshot::changes::ChangeDeed;
use keyless::snapshot::{AccessPhase, Aside, Snapshot, Step, TenantState, TenantStatus, Tool};
use serde_json::json;
use simulator::{Act, Fault, Simulator};

use crate::browser::{Habit, callback_of, enter_code};
use crate::leaks::Net;
use crate::proxy::Manner;
use crate::road::{played_azure_cli, played_azure_developer_cli};
use crate::stage::{ADA, RESOURCE, Setup, Stage, access, choose, is_waiting_for_browser, sign_in};
use crate::wire::Wire;

/// Goes through the log as any line does.
const LOGGED: &str = "a-canary-that-the-log-has-to-show-0123456789";
const FOREIGN: &str = "hunter2-foreign-value-of-somebody-else-0123456789";
/// What a store that holds something else gives back.
const GARBLED: &str = "garbled-refresh-token-of-an-earlier-day-0123456789";
/// A code that a hostile page sends.
const HOSTILE: &str = "hostile-code-of-another-page-0123456789-0123456789";

/// What the address of a proxy holds.
const PASSWORD: &str = "password-of-a-proxy-0123456789-0123456789";

/// A place with everything that lies there, and something that is known to lie there.
struct Place {
    name: &'static str,
    known: &'static str,
    bytes: Vec<u8>,
}

/// What the journeys left behind.
#[derive(Default)]
struct Trail {
    secrets: Vec<String>,
    told: String,
    opened: String,
    env: String,
    data: Vec<u8>,
    record: String,
    history: String,
    arguments: String,
}

impl Trail {
    fn take(&mut self, stage: &Stage) {
        self.secrets.extend(stage.simulator.secrets());
        self.told += &stage.told.join("\n");
        self.opened += &stage.desktop.opened.lock().expect("a lock").join("\n");
        self.history += &format!("{:?}", stage.history());
        self.env += &std::fs::read_to_string(stage.project().join(".env")).unwrap_or_default();
        self.data.extend(read_all(&stage.home.path().join("data")));
        let record = stage.home.path().join("data/changes.jsonl");
        self.record += &std::fs::read_to_string(record).unwrap_or_default();
        let arguments = ARGUMENTS.lock().expect("a lock").join("\n");
        self.arguments += &arguments;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn no_secret_leaves_the_core() {
    let logs = tempfile::tempdir().expect("a temporary folder");
    let guard = keyless::journal::start(logs.path()).expect("the log starts once in this program");
    let mut trail = Trail::default();
    walk_the_whole_road(&mut trail).await;
    type_a_code_in(&mut trail).await;
    borrow_a_sign_in(&mut trail).await;
    take_a_posted_answer(&mut trail).await;
    fail_to_sign_in(&mut trail).await;
    meet_bad_answers(&mut trail).await;
    fail_to_keep(&mut trail).await;
    meet_policies(&mut trail).await;
    enter_tenants_one_by_one(&mut trail).await;
    prove_it_again(&mut trail).await;
    ask_a_proxy(&mut trail).await;
    tracing::info!(target: "keyless", "{LOGGED}");
    drop(guard);

    trail.secrets.extend([GARBLED, HOSTILE, PASSWORD].map(str::to_owned));
    trail.secrets.sort();
    trail.secrets.dedup();
    println!("{} secrets", trail.secrets.len());
    assert!(trail.secrets.len() >= 100, "every journey has its own: {}", trail.secrets.len());
    for tool in ["az account get-access-token", "azd auth token"] {
        assert!(trail.arguments.contains(tool), "{tool} was run: its sign-in was borrowed");
    }
    let places = [
        Place { name: "log", known: LOGGED, bytes: read_all(logs.path()) },
        Place { name: "window", known: ADA, bytes: trail.told.into_bytes() },
        Place { name: ".env", known: "AZURE_OPENAI_ENDPOINT=", bytes: trail.env.into_bytes() },
        Place { name: "data", known: FOREIGN, bytes: trail.data },
        Place { name: "record", known: "env_restored", bytes: trail.record.into_bytes() },
        Place { name: "history", known: "entra.token", bytes: trail.history.into_bytes() },
        Place { name: "opened", known: "code_challenge=", bytes: trail.opened.into_bytes() },
        Place { name: "arguments", known: "get-access-token", bytes: trail.arguments.into_bytes() },
    ];
    let net = Net::new(&trail.secrets);
    for Place { name, known, bytes } in &places {
        assert!(find(bytes, known.as_bytes()), "{name} holds {known}: the place is the right one");
        if let Some(index) = net.find(bytes) {
            let length = trail.secrets[index].len();
            panic!("a secret of {length} characters lies in: {name}");
        }
    }
    // Other people's values may lie in their own file and in its backup, nowhere else.
    for place in places.iter().filter(|place| ![".env", "data"].contains(&place.name)) {
        assert!(!find(&place.bytes, FOREIGN.as_bytes()), "a foreign value lies in: {}", place.name);
    }
    positive_control(&net, &places, &trail.secrets);
}

/// From the first page to an answer, with failures on the way: they carry details.
async fn walk_the_whole_road(trail: &mut Trail) {
    let mut stage = Stage::new("default").await;
    let foreign = format!("OTHER_SECRET={FOREIGN}\nMULTI=\"{FOREIGN}\n{FOREIGN}\"\n");
    std::fs::write(stage.project().join(".env"), foreign).expect("a new file");
    stage.walk().await;
    stage.simulator.add_fault(Fault::on("deployments.list", Act::Garble).times(1));
    stage.simulator.add_fault(Fault::on("chat.create", Act::CutMidBody).times(1));
    stage.send(Command::SendTestMessage).await;
    stage.until("a failure is told", |s: &Snapshot| s.failure.is_some()).await;
    stage.send(Command::GoToStep { step: Step::ChooseResource }).await;
    let other = stage.session.list_resources("contoso-foundry-dev", 0, 1).items[0].id.clone();
    stage.send(Command::SelectResource { id: other }).await;
    stage.until("a failure is told", |s: &Snapshot| s.failure.is_some()).await;
    stage.select(RESOURCE).await;
    stage.send(Command::ConfirmResource).await;
    stage
        .until("the access is known", |s| {
            access(s).is_some_and(|p| matches!(p.phase, AccessPhase::Works | AccessPhase::Known))
        })
        .await;
    stage.relaunch().await;
    stage.until("it goes on by itself", |s| s.person.is_some() && s.busy.is_none()).await;
    let written = stage.open_changes().await.items;
    let written = written.iter().find(|item| item.deed == ChangeDeed::EnvWritten);
    stage.undo(written.expect("a .env was written").number).await;
    trail.take(&stage);
}

/// The code that is shown is no secret; the one behind it, with which the token is fetched, is.
async fn type_a_code_in(trail: &mut Trail) {
    let mut stage = Stage::with(Setup { habit: Habit::Nothing, ..Setup::default() }).await;
    stage.send(Command::SignInWithDeviceCode).await;
    let shown = |s: &Snapshot| sign_in(s).is_some_and(|page| page.device_code.is_some());
    let page = stage.until("a code is shown", shown).await;
    let code = sign_in(&page).and_then(|page| page.device_code.clone()).expect("it was just seen");
    assert!(!stage.simulator.secrets().contains(&code.code), "the person is to see this one");
    enter_code(&code, ADA).await;
    stage.until("somebody is signed in", |s| s.person.is_some() && s.busy.is_none()).await;
    stage.send(Command::SignOut).await;
    stage.send(Command::SignInWithDeviceCode).await;
    stage.until("another code is shown", shown).await;
    stage.send(Command::Cancel).await;
    trail.take(&stage);
}

static ARGUMENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Runs the tools and notes with which arguments.
#[derive(Debug)]
struct NotedTools(Arc<dyn Executor>);

#[async_trait]
impl Executor for NotedTools {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        ARGUMENTS.lock().expect("a lock").push(format!("{program:?} {arguments:?}"));
        self.0.run(program, arguments).await
    }
}

fn noted_azure_cli(simulator: &Simulator) -> Arc<dyn Executor> {
    Arc::new(NotedTools(played_azure_cli(simulator)))
}

fn noted_azure_developer_cli(simulator: &Simulator) -> Arc<dyn Executor> {
    Arc::new(NotedTools(played_azure_developer_cli(simulator)))
}

async fn borrow_a_sign_in(trail: &mut Trail) {
    for tool in [Tool::AzureCli, Tool::AzureDeveloperCli] {
        let tools = match tool {
            Tool::AzureCli => noted_azure_cli,
            Tool::AzureDeveloperCli => noted_azure_developer_cli,
        };
        let mut stage = Stage::with(Setup { tools, ..Setup::default() }).await;
        let offered = |s: &Snapshot| sign_in(s).is_some_and(|page| !page.tools.is_empty());
        stage.until("the sign-in is offered", offered).await;
        stage.send(Command::BorrowSignIn { tool }).await;
        stage.go_on().await;
        let listed = |s: &Snapshot| choose(s).is_some_and(|page| !page.reading && page.total > 0);
        stage.until("the resources are listed", listed).await;
        stage.choose(RESOURCE).await;
        stage.get_role().await;
        stage.write_env().await;
        stage.test_connection().await;
        trail.take(&stage);
    }
}

/// A gateway turns the answer into a form; before it, a hostile page sends a code of its own.
async fn take_a_posted_answer(trail: &mut Trail) {
    let mut stage = Stage::with(Setup { habit: Habit::Nothing, ..Setup::default() }).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the browser is open", is_waiting_for_browser).await;
    let page = stage.desktop.last_opened();
    let callback = callback_of(&page);
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a plain client");
    let form = [("code", HOSTILE), ("state", "not-ours"), ("error_description", HOSTILE)];
    client.post(&callback).form(&form).send().await.expect("an answer");
    let query = format!("{callback}/?code={HOSTILE}&state=not-ours&error={HOSTILE}");
    client.get(query).send().await.expect("an answer");
    let answer = client.post(&page).form(&[("user", ADA)]).send().await.expect("an answer");
    let sent = answer.headers()["location"].to_str().expect("an address is text").to_owned();
    let (_, form) = sent.split_once('?').expect("the answer is in the query");
    let kind = "application/x-www-form-urlencoded";
    let posted = client.post(&callback).header("content-type", kind).body(form.to_owned());
    posted.send().await.expect("an answer");
    stage.until("somebody is signed in", |s| s.person.is_some() && s.busy.is_none()).await;
    trail.take(&stage);
}

/// Declined, refused, disturbed.
async fn fail_to_sign_in(trail: &mut Trail) {
    for habit in [Habit::Decline, Habit::StrangersFirst(11), Habit::NoBrowser] {
        let ends = !matches!(habit, Habit::NoBrowser);
        let mut stage = Stage::with(Setup { habit, ..Setup::default() }).await;
        stage.send(Command::SignInWithBrowser).await;
        let told = |s: &Snapshot| s.failure.is_some() || (!ends && is_waiting_for_browser(s));
        stage.until("it failed, or nobody is there", told).await;
        trail.take(&stage);
    }
    for (status, body) in [
        (
            400,
            json!({"error": "invalid_grant", "error_description": "AADSTS50076: A second factor is needed.",
                     "error_codes": [50076], "claims": "{\"access_token\":{\"polids\":{\"essential\":true}}}"}),
        ),
        (
            400,
            json!({"error": "interaction_required", "error_description": "AADSTS53003: Blocked.", "error_codes": [53003]}),
        ),
        (503, json!("<html><body>The proxy is busy.</body></html>")),
    ] {
        let mut stage = Stage::new("default").await;
        let answer = Act::Answer { status, headers: [].into(), body };
        stage.simulator.add_fault(Fault::on("entra.token", answer));
        stage.send(Command::SignInWithBrowser).await;
        stage.until("it failed", |s| s.failure.is_some()).await;
        trail.take(&stage);
    }
}

/// Half a token answer, a noisy one, and one that only looks like one.
async fn meet_bad_answers(trail: &mut Trail) {
    let token =
        "eyJhbGciOiJSUzI1NiJ9.this-is-not-json-but-looks-like-a-token-0123456789.c2lnbmF0dXJl";
    trail.secrets.push(token.to_owned());
    let odd = json!({"token_type": "Bearer", "access_token": token, "expires_in": "soon"});
    for act in [
        Act::Garble,
        Act::CutMidBody,
        Act::Answer { status: 200, headers: [].into(), body: odd },
        Act::Answer {
            status: 200,
            headers: [].into(),
            body: json!({"access_token": token, "expires_in": 60}),
        },
    ] {
        let mut stage = Stage::new("default").await;
        stage.simulator.add_fault(Fault::on("entra.token", act));
        stage.send(Command::SignInWithBrowser).await;
        stage.until("it failed", |s| s.failure.is_some()).await;
        trail.take(&stage);
    }
}

/// A store that gives back something else, takes nothing and lets nothing go.
struct BadStore;

#[async_trait]
impl SecretStore for BadStore {
    async fn read(&self) -> Result<Option<Secret>, StoreTrouble> {
        Ok(Some(Secret::new(format!("{{\"refresh_token\":\"{GARBLED}\",\"client_id\":7}}"))))
    }

    async fn write(&self, _: &Secret) -> Result<(), StoreTrouble> {
        Err(StoreTrouble::Failed("it is full".to_owned()))
    }

    async fn remove(&self) -> Result<(), StoreTrouble> {
        Err(StoreTrouble::Locked)
    }
}

async fn fail_to_keep(trail: &mut Trail) {
    let mut stage = Stage::with(Setup { store: Arc::new(BadStore), ..Setup::default() }).await;
    stage.sign_in().await;
    stage.until("it is told", |s| !s.notices.is_empty()).await;
    stage.send(Command::SignOut).await;
    stage.until("it is still kept", |s| s.failure.is_some()).await;
    trail.take(&stage);

    let store = Arc::new(SessionStore::default());
    let kept = json!({"client_id": keyless::cloud::DEVELOPER_CLIENT, "authority": "x", "tenant": "t",
                      "refresh_token": GARBLED});
    store.write(&Secret::new(kept.to_string())).await.expect("memory does not fail");
    let stage = Stage::with(Setup { store, ..Setup::default() }).await;
    trail.take(&stage);
}

/// Companies let people in, stop them, or want more: each in its own way.
async fn meet_policies(trail: &mut Trail) {
    for (scenario, account) in [
        ("chat-audience-blocked", ADA),
        ("guest", ADA),
        ("personal-account", "ada@outlook.example"),
        ("revoked", ADA),
        ("sign-in-frequency", ADA),
        ("twelve-tenants", ADA),
    ] {
        let habit = Habit::ContinueAs(account);
        let mut stage = Stage::with(Setup { scenario, habit, ..Setup::default() }).await;
        stage.send(Command::SignInWithBrowser).await;
        let ends = |s: &Snapshot| s.busy.is_none() || s.failure.is_some();
        stage.until(&format!("{scenario} ends"), ends).await;
        trail.take(&stage);
    }
}

/// A directory that did not open silently is signed in to by itself, before and after the other.
async fn enter_tenants_one_by_one(trail: &mut Trail) {
    let mut stage = Stage::new("mfa-in-one-tenant").await;
    stage.send(Command::ChooseTenant { text: "contoso.example".to_owned() }).await;
    stage.send(Command::SignInWithBrowser).await;
    let closed = |s: &Snapshot| tenant_in(s, TenantStatus::NeedsSignIn);
    let page = stage.until("one directory wants more", |s| closed(s).is_some()).await;
    let id = closed(&page).expect("it was just seen");
    stage.send(Command::SignInToTenant { id: id.clone() }).await;
    let open = |s: &Snapshot| tenants_of(s).iter().any(|one| one.id == id && is_ready(one));
    stage.until("it is open", |s| open(s) || s.failure.is_some()).await;
    stage.send(Command::SwitchAccount).await;
    trail.take(&stage);
}

/// Azure asks for a stronger sign-in in the middle of the road: in the browser, then of a tool.
async fn prove_it_again(trail: &mut Trail) {
    let scenario = "mfa-for-writes";
    let mut stage = Stage::new(scenario).await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.write_env().await;
    stage.test_connection().await;
    trail.take(&stage);

    let mut stage =
        Stage::with(Setup { scenario, tools: noted_azure_cli, ..Setup::default() }).await;
    let offered = |s: &Snapshot| sign_in(s).is_some_and(|page| !page.tools.is_empty());
    stage.until("the sign-in is offered", offered).await;
    stage.send(Command::BorrowSignIn { tool: Tool::AzureCli }).await;
    stage.go_on().await;
    let listed = |s: &Snapshot| choose(s).is_some_and(|page| !page.reading && page.total > 0);
    stage.until("the resources are listed", listed).await;
    stage.choose(RESOURCE).await;
    stage.assign_role().await;
    stage.until("the tool cannot prove it", |s| s.failure.is_some()).await;
    trail.take(&stage);
}

/// A proxy that takes no such password, and the page about the connection that names it.
async fn ask_a_proxy(trail: &mut Trail) {
    let wire = Wire::new().await;
    let proxy = wire.proxy(Manner::WantsPassword).await;
    let address = proxy.url_with(&format!("ada:{PASSWORD}"));
    let (mut stage, _folder) = wire.set("HTTPS_PROXY", &address).stage().await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("it fails", |s| s.failure.is_some()).await;
    stage.send(Command::CheckNetwork).await;
    let whole =
        |s: &Snapshot| matches!(&s.aside, Some(Aside::Connectivity(page)) if !page.checking);
    stage.until("the connection is looked at", whole).await;
    trail.take(&stage);
}

fn tenants_of(snapshot: &Snapshot) -> Vec<TenantState> {
    sign_in(snapshot).map_or_else(Vec::new, |page| page.tenants.clone())
}

fn tenant_in(snapshot: &Snapshot, status: TenantStatus) -> Option<String> {
    tenants_of(snapshot).into_iter().find(|one| one.status == status).map(|one| one.id)
}

fn is_ready(tenant: &TenantState) -> bool {
    tenant.status == TenantStatus::Ready
}

/// Finds what it looks for, in every place.
fn positive_control(net: &Net, places: &[Place], secrets: &[String]) {
    for Place { name, bytes, .. } in places {
        for secret in [&secrets[0], &secrets[secrets.len() / 2], &secrets[secrets.len() - 1]] {
            let planted = [bytes, b" before ".as_slice(), secret.as_bytes(), b" after "].concat();
            assert!(net.find(&planted).is_some(), "a planted secret is found in: {name}");
        }
    }
    for secret in secrets {
        let planted = format!("before {secret} after");
        assert!(net.find(planted.as_bytes()).is_some(), "each secret is looked for");
    }
}

fn find(bytes: &[u8], piece: &[u8]) -> bool {
    bytes.windows(piece.len()).any(|window| window == piece)
}

fn read_all(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return all;
    };
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        if path.is_dir() {
            all.extend(read_all(&path));
        } else {
            all.extend_from_slice(path.display().to_string().as_bytes());
            all.extend(std::fs::read(&path).expect("a file of ours"));
        }
    }
    all
}
