//! The straight road, and how long it is.

use std::sync::Arc;
use std::time::Duration;

use keyless::session::Command;
use keyless::snapshot::{AccessPhase, Snapshot, Step, TestPhase, Tool, Verdict, Way};
use serde_json::{Value, json};
use simulator::{Entry, Simulator};

use crate::fixtures::show;
use crate::stage::{ADA, RESOURCE, Setup, Stage, access, choose, shown, test};

#[tokio::test]
async fn a_newcomer_reaches_a_chat_answer() {
    let mut stage = Stage::new("default").await;
    show("sign-in", &stage);
    stage.sign_in().await;
    show("resources", &stage);
    let person = stage.page().person.clone().expect("somebody is signed in");
    assert_eq!(person.account, ADA);
    assert_eq!(person.tenant_name.as_deref(), Some("Contoso"));
    assert_eq!(person.way, Way::Browser);
    assert_ne!(person.object_id, person.tenant_id, "the ids are not mixed up");

    stage.select(RESOURCE).await;
    show("resource-chosen", &stage);
    let page = choose(stage.page()).expect("the resources are shown").clone();
    assert!(
        page.deployments.iter().any(|deployment| !deployment.can_chat),
        "embeddings cannot chat"
    );
    assert_eq!(page.deployment.as_deref(), Some("gpt-4.1"), "the first that can chat is chosen");
    stage.choose(RESOURCE).await;
    show("access-may-not", &stage);
    let page = access(stage.page()).expect("the access is shown").clone();
    assert_eq!(page.verdict, Some(Verdict::MayNotChat), "a contributor may not chat");

    stage.get_role().await;
    show("project-ready", &stage);
    let plan = page.plan.expect("what will be assigned is shown first");
    assert!(plan.scope.ends_with(RESOURCE), "the role is assigned at the resource, not above");
    stage.write_env().await;
    show("test-ready", &stage);
    let env = stage.env();
    assert!(env.contains("AZURE_OPENAI_DEPLOYMENT=gpt-4.1"), "{env}");
    assert!(
        env.contains("/openai/contoso-chat-dev\n"),
        "the endpoint has no trailing slash: {env}"
    );

    let answer = stage.test_connection().await;
    show("test-answered", &stage);
    assert!(answer.split_whitespace().count() >= 3, "the model says something: {answer}");
    assert!(stage.page().steps.iter().all(|step| step.done), "every step is done");
    let creations =
        stage.history().iter().filter(|entry| entry.operation == "roleAssignments.create").count();
    assert_eq!(creations, 1, "one role was assigned");
    stage.back_works().await;
    stage.history();
}

#[tokio::test]
async fn the_answer_arrives_in_pieces_that_add_up() {
    let mut stage = Stage::new("already-has-access").await;
    let answer = stage.walk_with_access().await;
    let mut text = String::new();
    let mut next = 0;
    for message in &stage.told {
        let message: serde_json::Value = serde_json::from_str(message).expect("JSON");
        if message["kind"] == "piece" {
            assert_eq!(message["number"], next, "the pieces are numbered without a gap");
            text.push_str(message["text"].as_str().expect("a piece has text"));
            next += 1;
        } else if message["snapshot"]["page"]["step"] == "test_connection" {
            text = message["snapshot"]["page"]["answer"].as_str().expect("an answer").to_owned();
            next = message["snapshot"]["page"]["pieces"].as_u64().expect("a number");
        }
    }
    assert_eq!(text, answer, "the pieces add up to the answer");
    assert!(
        stage.told.iter().any(|m| m.starts_with(r#"{"kind":"piece""#)),
        "pieces were sent at all"
    );
}

#[tokio::test]
async fn the_whole_journey_is_at_most_eight_requests_deep() {
    let latency = Duration::from_millis(20);
    let mut stage = Stage::with(Setup { latency, ..Setup::default() }).await;
    stage.walk().await;
    let history: Vec<Entry> = stage.history();
    let path = simulator::critical_path(&history);
    println!("depth {} of {} requests:", path.len(), history.len());
    for entry in &path {
        println!("  {} {} {}", entry.operation, entry.method, entry.status);
    }
    assert!(path.len() <= 8, "the journey is {} requests deep", path.len());
    assert!(path.len() >= 6, "a journey of {} steps counts too little", path.len());
    let one = |operation: &str| {
        history
            .iter()
            .find(|entry| entry.operation == operation)
            .unwrap_or_else(|| panic!("no {operation}"))
    };
    for (a, b) in [
        ("tenants.list", "subscriptions.list"),
        ("resourceGraph.query", "subscriptions.list"),
        ("deployments.list", "permissions.list"),
        ("permissions.list", "roleAssignments.list"),
    ] {
        assert!(
            one(a).overlaps(one(b)),
            "{a} and {b} do not need each other, yet one waited for the other"
        );
    }
    let named = one("deployments.list").client_request_id.clone().expect("requests have ids");
    assert!(one("chat.create").caused_by.contains(&named), "a message goes to a deployment listed");
    let query = one("resourceGraph.query");
    let needed = history.iter().filter(|entry| {
        entry.client_request_id.as_ref().is_some_and(|id| query.caused_by.contains(id))
    });
    let needed: Vec<&str> = needed.map(|entry| entry.operation.as_str()).collect();
    assert_eq!(
        needed,
        ["entra.token"],
        "the first resources come after one request from the token"
    );
}

/// The group that the role was given to.
const GROUP: &str = "AI developers";

#[tokio::test]
async fn whoever_has_the_role_is_told_through_what_and_goes_on() {
    let mut stage = Stage::new("through-group").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    let named = |s: &Snapshot| {
        let findings = access(s).map(|page| page.findings.as_slice()).unwrap_or_default();
        findings.first().and_then(|it| it.parameters.get("group")).is_some_and(|it| it == GROUP)
    };
    stage.until("the group has its name", named).await;
    show("access-through-group", &stage);
    let page = access(stage.page()).expect("the access is shown").clone();
    assert_eq!(page.phase, AccessPhase::Works);
    assert_eq!(page.findings[0].code, "may_chat_through_group");
    assert_eq!(page.findings[0].parameters["scope"], "rg-openai-dev");
    stage.confirm_access().await;
    stage.write_env().await;
    stage.test_connection().await;
    assert!(
        stage.history().iter().all(|entry| entry.operation != "roleAssignments.create"),
        "nothing is assigned to somebody who has access"
    );
}

#[tokio::test]
async fn a_role_that_takes_forty_seconds_is_waited_for() {
    let mut stage = Stage::new("role-after-40-s").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.assign_role().await;
    stage
        .until("half a minute has passed", |s| {
            access(s)
                .and_then(|page| page.waiting.as_ref())
                .is_some_and(|waiting| waiting.elapsed_seconds >= 30)
        })
        .await;
    show("access-waiting", &stage);
    stage.until("the road goes on by itself", |s| shown(s) == Step::ConnectProject).await;
    let looks = stage.history().iter().filter(|entry| entry.operation == "chat.create").count();
    assert!((20..=22).contains(&looks), "40 s at one look every 2 s were {looks} looks");
}

#[tokio::test]
async fn a_wait_can_be_stopped_and_taken_up_again() {
    let mut stage = Stage::new("role-after-40-s").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.assign_role().await;
    stage.until("the wait began", |s| access(s).is_some_and(|page| page.waiting.is_some())).await;
    stage.send(Command::Cancel).await;
    stage
        .until("the wait is stopped", |s| access(s).is_some_and(|p| p.phase == AccessPhase::Paused))
        .await;
    show("access-paused", &stage);
    stage.pass(Duration::from_secs(45));
    stage.assign_role().await;
    stage.until("the road goes on", |s| shown(s) == Step::ConnectProject).await;
    let creations =
        stage.history().iter().filter(|entry| entry.operation == "roleAssignments.create").count();
    assert_eq!(creations, 1, "to wait on is not to assign again");
}

#[tokio::test]
async fn a_kept_sign_in_leads_back_to_the_list_in_three_requests() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.until("the sign-in is kept", |s| s.person.as_ref().is_some_and(|p| p.kept)).await;
    let before = stage.history().len();
    stage.relaunch().await;
    stage
        .until("the resources are listed", |s| choose(s).is_some_and(|p| !p.reading && p.total > 0))
        .await;
    let history = stage.history();
    let path = simulator::critical_path(&history[before..]);
    println!("relaunch: depth {}", path.len());
    assert!(path.len() <= 3, "a relaunch is {} requests deep", path.len());
}

#[tokio::test]
async fn signing_out_forgets_the_kept_sign_in() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    stage.until("the sign-in is kept", |s| s.person.as_ref().is_some_and(|p| p.kept)).await;
    stage.send(Command::SignOut).await;
    stage.until("nobody is signed in", |s| s.person.is_none()).await;
    let page = crate::stage::sign_in(stage.page()).expect("the first page");
    assert!(page.can_stay_signed_in, "the store works: the next sign-in may be kept");
    let codes: Vec<_> = stage.page().notices.iter().map(|notice| notice.code.as_str()).collect();
    assert_eq!(codes, ["signed_out"], "nothing else is said");
    let before = stage.history().len();
    stage.relaunch().await;
    stage.until("the wizard is ready", |s| s.busy.is_none()).await;
    assert!(stage.page().person.is_none(), "nobody comes back");
    assert_eq!(stage.history().len(), before, "nothing was sent on behalf of nobody");
}

#[tokio::test]
async fn the_sign_in_of_the_azure_cli_can_be_borrowed() {
    let mut stage = Stage::with(Setup { tools: played_azure_cli, ..Setup::default() }).await;
    stage
        .until("the sign-in is offered", |s| {
            crate::stage::sign_in(s).is_some_and(|page| !page.tools.is_empty())
        })
        .await;
    show("sign-in-azure-cli", &stage);
    stage.send(Command::BorrowSignIn { tool: Tool::AzureCli }).await;
    stage.go_on().await;
    stage
        .until("the resources are listed", |s| choose(s).is_some_and(|p| !p.reading && p.total > 0))
        .await;
    assert_eq!(stage.page().person.as_ref().expect("somebody").way, Way::AzureCli);
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.write_env().await;
    stage.test_connection().await;
    assert!(
        stage.history().iter().all(|entry| !entry.operation.starts_with("entra.")),
        "a borrowed sign-in asks Entra for nothing itself"
    );
    assert!(
        stage.store.read().await.expect("the store works").is_none(),
        "a borrowed sign-in is not kept"
    );
}

/// `az account get-access-token -o json --scope S --tenant T`, answered with the simulator's tokens.
pub fn played_azure_cli(simulator: &Simulator) -> Arc<dyn azure_identity::Executor> {
    PlayedTool::play(simulator, "az account get-access-token -o json --scope ", |token| {
        let ends = crate::hand_clock::START + Duration::from_secs(3600);
        json!({ "accessToken": token, "expires_on": ends.unix_timestamp(), "tokenType": "Bearer" })
    })
}

/// `azd auth token -o json --no-prompt --scope S --tenant-id T`, answered likewise.
pub fn played_azure_developer_cli(simulator: &Simulator) -> Arc<dyn azure_identity::Executor> {
    PlayedTool::play(
        simulator,
        "azd auth token -o json --no-prompt",
        |token| json!({ "token": token, "expiresOn": "2026-11-20T10:00:00Z" }),
    )
}

struct PlayedTool {
    /// What it answers to.
    command: &'static str,
    resource_manager: String,
    inference: String,
    print: fn(&str) -> Value,
}

impl PlayedTool {
    fn play(
        simulator: &Simulator,
        command: &'static str,
        print: fn(&str) -> Value,
    ) -> Arc<dyn azure_identity::Executor> {
        let tenant = "4d083c51-407b-49e4-b919-9b6615eb8a8e";
        let token = |audience: &str| simulator.issue_token(ADA, tenant, audience);
        Arc::new(PlayedTool {
            command,
            resource_manager: token("https://management.core.windows.net/"),
            inference: token("https://cognitiveservices.azure.com"),
            print,
        })
    }
}

impl std::fmt::Debug for PlayedTool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PlayedTool")
    }
}

#[async_trait::async_trait]
impl azure_identity::Executor for PlayedTool {
    async fn run(
        &self,
        _: &std::ffi::OsStr,
        arguments: &[&std::ffi::OsStr],
    ) -> std::io::Result<std::process::Output> {
        let line =
            arguments.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join(" ");
        if !line.contains(self.command) {
            return Err(std::io::ErrorKind::NotFound.into());
        }
        let token = if line.contains("cognitiveservices") {
            &self.inference
        } else {
            &self.resource_manager
        };
        Ok(std::process::Output {
            status: std::process::ExitStatus::default(),
            stdout: (self.print)(token).to_string().into_bytes(),
            stderr: Vec::new(),
        })
    }
}

impl Stage {
    /// The road of somebody who may chat already.
    pub async fn walk_with_access(&mut self) -> String {
        self.sign_in().await;
        self.choose(RESOURCE).await;
        self.confirm_access().await;
        self.write_env().await;
        let answer = self.test_connection().await;
        assert!(test(self.page()).is_some_and(|page| page.phase == TestPhase::Answered));
        answer
    }
}
