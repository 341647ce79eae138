//! Tokens that end: renewed by Azure's clock, and without a word.

use std::ffi::OsStr;
use std::io;
use std::process::{ExitStatus, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use azure_identity::Executor;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyless::cloud::{Cloud, DEVELOPER_CLIENT, Service};
use keyless::directory::Subscription;
use keyless::failure::{Action, Code};
use keyless::http::{Cause, Http, Request};
use keyless::identity::{Identity, Kept};
use keyless::kept_sign_in::{KeptSignIn, Owner};
use keyless::resources::{self, Account, Pace};
use keyless::snapshot::{Step, Tool};
use serde_json::{Value, json};
use simulator::{Act, Clock, Fault, Options, Scenario, Simulator};
use time::OffsetDateTime;

use crate::hand_clock::{HandClock, START};
use crate::stage::{ADA, RESOURCE, Stage, access, shown};

const CONTOSO: &str = "4d083c51-407b-49e4-b919-9b6615eb8a8e";

fn list_of_tenants(http: &Http) -> Request {
    let url = http.cloud().resource_manager("tenants", "2022-12-01");
    Request::get(Service::ResourceManager, url, Cause::none())
}

/// `az account get-access-token` of a tool whose tokens end when Entra says.
#[derive(Clone)]
struct AzureCliByAzuresClock {
    simulator: Arc<Simulator>,
    asked: Arc<AtomicUsize>,
}

impl std::fmt::Debug for AzureCliByAzuresClock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AzureCliByAzuresClock")
    }
}

#[async_trait::async_trait]
impl Executor for AzureCliByAzuresClock {
    async fn run(&self, _: &OsStr, _: &[&OsStr]) -> io::Result<Output> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let audience = "https://management.core.windows.net/";
        let token = self.simulator.issue_token(ADA, CONTOSO, audience);
        let answer =
            json!({ "accessToken": token, "expires_on": end_of(&token), "tokenType": "Bearer" });
        let stdout = answer.to_string().into_bytes();
        Ok(Output { status: ExitStatus::default(), stdout, stderr: Vec::new() })
    }
}

fn end_of(token: &str) -> i64 {
    let claims = token.split('.').nth(1).expect("three parts");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("claims are JSON");
    claims["exp"].as_i64().expect("every token ends")
}

/// How far this computer's clock is ahead of Azure's, in hours.
const WRONG_BY: [i32; 4] = [-10, -1, 1, 10];

/// Sets this computer's clock and Azure's apart.
fn set_apart(simulator: &Simulator, clock: &HandClock, hours: i32) {
    let time = Duration::from_secs(3600) * hours.unsigned_abs();
    match hours > 0 {
        true => clock.advance(time),
        false => simulator.advance(time),
    }
}

#[tokio::test]
async fn the_tokens_of_a_tool_end_by_azures_clock_and_not_by_this_computers() {
    for hours in WRONG_BY {
        let scenario = Scenario::named("default").expect("a scenario");
        let options = Options { scenario, clock: Clock::manual(START), ..Options::default() };
        let simulator = Arc::new(Simulator::start(options).await.expect("a port"));
        let clock = Arc::new(HandClock::new());
        set_apart(&simulator, &clock, hours);
        let at = simulator.addresses();
        let cloud =
            Cloud::practice(&at.authority, &at.arm, &at.openai, &at.graph).expect("loopback");
        let http = Arc::new(Http::new(cloud, clock.clone()).expect("a client"));
        let asked = Arc::new(AtomicUsize::new(0));
        let tool = AzureCliByAzuresClock { simulator: simulator.clone(), asked: asked.clone() };
        let identity = Identity::from_tool(http.clone(), Tool::AzureCli, Arc::new(tool), None)
            .await
            .expect("the tool is signed in");
        let look = || async {
            let answer = identity.send(CONTOSO, list_of_tenants(&http)).await.expect("an answer");
            assert_eq!(answer.status, 200, "{hours} h");
        };
        let pass = |minutes: u64| {
            simulator.advance(Duration::from_secs(60 * minutes));
            clock.advance(Duration::from_secs(60 * minutes));
        };
        look().await;
        let before = asked.load(Ordering::SeqCst);
        pass(40);
        look().await;
        look().await;
        assert_eq!(asked.load(Ordering::SeqCst), before, "{hours} h: the token is still good");
        pass(60);
        look().await;
        assert_eq!(asked.load(Ordering::SeqCst), before + 1, "{hours} h: the token has ended");
        let history = simulator.history();
        assert!(history.iter().all(|one| one.status == 200), "{hours} h: no ended token was sent");
    }
}

/// The person of a stage who has signed in, as every caller of the core has them.
async fn signed_in(stage: &mut Stage) -> (Arc<Http>, Arc<Identity>) {
    stage.sign_in().await;
    stage.until("the sign-in is kept", |s| s.person.as_ref().is_some_and(|p| p.kept)).await;
    let at = stage.simulator.addresses();
    let cloud = Cloud::practice(&at.authority, &at.arm, &at.openai, &at.graph).expect("loopback");
    let http = Arc::new(Http::new(cloud, stage.clock.clone()).expect("a client"));
    let authority = http.cloud().authority().to_owned();
    let owner = Owner { authority: authority.clone(), client_id: DEVELOPER_CLIENT.to_owned() };
    let folder = stage.home.path().join("data");
    let kept = KeptSignIn::new(stage.store.clone(), folder, owner).read().await;
    let kept = kept.expect("the store works").expect("it is kept");
    let kept = Kept::read(kept.expose(), &authority, DEVELOPER_CLIENT).expect("it is whole");
    let identity = Identity::from_kept(http.clone(), kept).await.expect("it is still good");
    // What was asked for ahead has come by then.
    identity.prepare_inference(CONTOSO, &Cause::none()).await.expect("a token");
    (http, Arc::new(identity))
}

/// The statuses of the answers that fifty callers get who ask at once.
async fn ask_fifty_times(http: &Arc<Http>, identity: &Arc<Identity>) -> Vec<u16> {
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let (http, identity) = (http.clone(), identity.clone());
            tokio::spawn(async move { identity.send(CONTOSO, list_of_tenants(&http)).await })
        })
        .collect();
    let mut statuses = Vec::new();
    for caller in callers {
        let answer = caller.await.expect("no caller breaks down").expect("each gets an answer");
        statuses.push(answer.status.as_u16());
    }
    statuses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_callers_with_one_ended_token_ask_for_one_new_token_and_all_get_answers() {
    let mut stage = Stage::new("default").await;
    let (http, identity) = signed_in(&mut stage).await;
    stage.pass(Duration::from_secs(25 * 60 * 60));
    let before = stage.statuses("entra.token").len();
    assert_eq!(ask_fifty_times(&http, &identity).await, [200; 50]);
    assert_eq!(stage.statuses("entra.token").len(), before + 1, "one asks for all");
    assert!(stage.statuses("tenants.list").iter().all(|it| *it == 200), "no ended token was sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_callers_whose_token_is_challenged_ask_for_one_new_token_and_all_get_answers() {
    let mut stage = Stage::new("session-changed").await;
    let (http, identity) = signed_in(&mut stage).await;
    stage.pass(Duration::from_secs(3600));
    let before = stage.statuses("entra.token").len();
    assert_eq!(ask_fifty_times(&http, &identity).await, [200; 50]);
    assert_eq!(stage.statuses("entra.token").len(), before + 1, "one answers for all");
    assert!(stage.statuses("tenants.list").contains(&401), "the old token was challenged");
}

/// Reads the accounts of one subscription, one on a page, while time passes during the answers of
/// the first pages, in minutes for each. Returns their names as they came.
async fn read_pages(minutes: &[u64]) -> (Stage, Vec<String>) {
    let mut stage = Stage::new("default").await;
    let small = json!({ "based_on": "default", "name": "small", "about": "Pages are small.", "page_size": 1 });
    stage.simulator.set_scenario(Scenario::from_json(&small.to_string()).expect("a scenario"));
    let (_, identity) = signed_in(&mut stage).await;
    for (page, minutes) in (1..).zip(minutes) {
        let held = Act::Delay { milliseconds: minutes * 60_000 };
        stage.simulator.add_fault(Fault::on("accounts.list", held).nth(page));
    }
    let before = stage.statuses("accounts.list").len();
    let subscription = Subscription {
        id: "04a91150-4b4d-434b-9a09-43e90cc8f48f".to_owned(),
        name: "Contoso Development".to_owned(),
        tenant_id: CONTOSO.to_owned(),
        delegated_from: None,
    };
    let reading = tokio::spawn(async move {
        let pace = Pace::within(Duration::from_secs(30 * 24 * 3600));
        resources::list_accounts(&identity, &[(subscription, Cause::none())], &pace).await
    });
    for (pages, minutes) in minutes.iter().enumerate() {
        while stage.statuses("accounts.list").len() <= before + pages {
            tokio::task::yield_now().await;
        }
        stage.pass(Duration::from_secs(minutes * 60));
    }
    let found = reading.await.expect("it does not break down");
    assert!(found.refused.is_none(), "nothing is said about it: {:?}", found.refused);
    let mut accounts = found.accounts;
    accounts.sort_by_key(Account::place);
    (stage, accounts.into_iter().map(|account| account.resource.name).collect())
}

/// What there is in the subscription.
const ACCOUNTS: [&str; 4] =
    ["contoso-chat-dev", "contoso-first-try", "contoso-foundry-dev", "contoso-search-index"];

#[tokio::test]
async fn a_token_that_ends_between_two_pages_of_a_list_is_renewed_before_the_next_page() {
    // When the first page has come, the token has three minutes left; the second takes four.
    let (stage, names) = read_pages(&[24 * 60 - 3, 4]).await;
    assert_eq!(names, ACCOUNTS, "the list is whole, and nothing is there twice");
    let statuses = stage.statuses("accounts.list");
    assert!(statuses.iter().all(|it| *it == 200), "no ended token was sent: {statuses:?}");
    assert_eq!(stage.opened(), 1, "only the first sign-in opened the browser");
}

#[tokio::test]
async fn a_token_that_ends_under_a_page_of_a_list_is_renewed_and_only_that_page_is_asked_again() {
    let (stage, names) = read_pages(&[0, 25 * 60]).await;
    assert_eq!(names, ACCOUNTS, "the list is whole, and nothing is there twice");
    let statuses = stage.statuses("accounts.list");
    // Five accounts, one of which is not Azure OpenAI's; the last answers are those of this list.
    assert_eq!(statuses[statuses.len() - 6..], [200, 401, 200, 200, 200, 200]);
    assert_eq!(stage.opened(), 1, "only the first sign-in opened the browser");
}

fn now(stage: &Stage) -> OffsetDateTime {
    keyless::clock::Clock::now(&*stage.clock)
}

#[tokio::test]
async fn tokens_that_end_in_ninety_minutes_of_waiting_for_a_role_are_renewed_without_a_word() {
    let mut stage = Stage::new("default").await;
    let slow = json!({ "based_on": "default", "name": "slow", "about": "A role takes 90 minutes.", "role_effective_after_seconds": 5400 });
    stage.simulator.set_scenario(Scenario::from_json(&slow.to_string()).expect("a scenario"));
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    // A token that can be challenged lives 24 hours: these end two minutes into the wait.
    stage.pass(Duration::from_secs((23 * 60 + 53) * 60));
    let (began, tokens) = (now(&stage), stage.statuses("entra.token").len());
    stage.assign_role().await;
    stage
        .until("four minutes have passed", |s| {
            access(s)
                .and_then(|page| page.waiting.as_ref())
                .is_some_and(|waiting| waiting.elapsed_seconds >= 240)
        })
        .await;
    assert!(stage.statuses("entra.token").len() > tokens, "the tokens that end are renewed");
    assert!(stage.page().failure.is_none(), "and nothing is said about it");
    let mut looks = 1;
    loop {
        let page = stage
            .until("it works or the wait is over", |s| {
                s.failure.is_some() || shown(s) == Step::ConnectProject
            })
            .await;
        let Some(failure) = page.failure else { break };
        assert_eq!(failure.code, Code::RoleNotEffective, "nothing else stands in the way");
        stage.press(Action::KeepWaiting).await;
        looks += 1;
    }
    let waited = (now(&stage) - began).whole_minutes();
    assert!((89..=92).contains(&waited), "{waited} minutes");
    assert!(looks >= 9, "{looks}: every ten minutes the person decides");
    assert_eq!(stage.opened(), 1, "only the first sign-in opened the browser");
    assert_eq!(stage.statuses("roleAssignments.create"), [201]);
    stage.see_change().await;
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty());
}
