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
use keyless::cloud::{Cloud, Service};
use keyless::failure::{Action, Code};
use keyless::http::{Cause, Http, Request};
use keyless::identity::Identity;
use keyless::session::Command;
use keyless::snapshot::{Step, Tool};
use serde_json::{Value, json};
use simulator::{Clock, Options, Scenario, Simulator};
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
        let cloud = Cloud::practice(&at.authority, &at.arm, &at.openai).expect("loopback");
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
    stage.send(Command::AssignRole).await;
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
