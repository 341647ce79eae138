//! The ways in, and the one that is offered where another is blocked. The tools are scripts that
//! print the simulator's tokens, through the process that runs real ones.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use azure_identity::Executor;
use keyless::developer_tools::HiddenProcess;
use keyless::failure::{Action, Code, Failure, Remedy};
use keyless::session::Command;
use keyless::snapshot::{SignInPhase, Snapshot, Step, TenantStatus, Tool, Way};
use serde_json::json;
use simulator::{Act, Fault, Simulator};
use tempfile::TempDir;

use crate::browser::{Habit, answer_code, enter_code};
use crate::failures::names_of;
use crate::fixtures::show;
use crate::hand_clock::START;
use crate::stage::{
    ADA, RESOURCE, Setup, Stage, choose, is_signed_in, is_waiting_for_browser, sign_in,
};
use crate::tools::{add_tool, process_in};

const FABRIKAM: &str = "d1c7c857-c37a-4895-88e8-811f00aa7001";
const CONTOSO: &str = "4d083c51-407b-49e4-b919-9b6615eb8a8e";
const GRACE: &str = "grace@contoso.example";
const LIMIT: Duration = Duration::from_secs(20);
const BLOCKED: &str = "AADSTS53003: Access has been blocked by Conditional Access policies. The \
    access policy does not allow token issuance.";

/// Prints the answer that was written down for its tenant and scope, or fails with what was.
const PRINTS_TOKENS: &str = r#"
tenant=home; service=arm
while [ $# -gt 0 ]; do
  case "$1" in
    --tenant|--tenant-id) tenant="$2";;
    --scope) case "$2" in *cognitive*|*ai.azure*) service=chat;; esac;;
  esac
  shift
done
cat "$0.$tenant.$service"
"#;

/// Scripts in a folder of their own, run as real tools are.
#[derive(Debug)]
struct Scripts {
    folder: TempDir,
    process: HiddenProcess,
}

#[async_trait::async_trait]
impl Executor for Scripts {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        self.process.run(program, arguments).await
    }
}

impl Scripts {
    fn new() -> Self {
        Scripts::with_limit(LIMIT)
    }

    fn with_limit(limit: Duration) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // Each test ends its own tools; the folder goes with them.
        Scripts { process: process_in(folder.path(), limit), folder }
    }

    fn at(&self) -> &Path {
        self.folder.path()
    }

    /// `az` as it is when this person is signed in.
    fn az(self, simulator: &Simulator, account: &str) -> Self {
        self.signed_in("az", simulator, account, |token, ends| {
            json!({ "accessToken": token, "expires_on": ends, "tokenType": "Bearer" })
        })
    }

    /// `azd` as it is when this person is signed in.
    fn azd(self, simulator: &Simulator, account: &str) -> Self {
        let moment = (START + LIMIT * 180).format(&time::format_description::well_known::Rfc3339);
        let moment = moment.expect("a moment has a text");
        self.signed_in(
            "azd",
            simulator,
            account,
            move |token, _| json!({ "token": token, "expiresOn": moment }),
        )
    }

    fn signed_in(
        self,
        name: &str,
        simulator: &Simulator,
        account: &str,
        print: impl Fn(String, i64) -> serde_json::Value,
    ) -> Self {
        add_tool(self.at(), name, PRINTS_TOKENS);
        let ends = (START + Duration::from_secs(3600)).unix_timestamp();
        for (tenant, label) in [(CONTOSO, "home"), (CONTOSO, CONTOSO)] {
            for (service, audience) in [
                ("arm", "https://management.core.windows.net/"),
                ("chat", "https://cognitiveservices.azure.com"),
            ] {
                let token = simulator.issue_token(account, tenant, audience);
                let path = self.at().join(format!("{name}.{label}.{service}"));
                std::fs::write(path, print(token, ends).to_string()).expect("it is written down");
            }
        }
        self
    }
}

/// Both tools, signed in as different people.
fn both(simulator: &Simulator) -> Arc<dyn Executor> {
    Arc::new(Scripts::new().az(simulator, ADA).azd(simulator, GRACE))
}

fn azd_only(simulator: &Simulator) -> Arc<dyn Executor> {
    Arc::new(Scripts::new().azd(simulator, ADA))
}

/// An `az` that can be found and is refused as soon as it is borrowed: the first answer is good.
fn refused_later(simulator: &Simulator, name: &str, said: &str) -> Scripts {
    let scripts = Scripts::new().az(simulator, ADA).azd(simulator, ADA);
    let once = format!(
        "if mkdir \"$0.asked\" 2>/dev/null; then :; else cat \"$0.said\" >&2; exit 1; fi\n{PRINTS_TOKENS}"
    );
    add_tool(scripts.at(), name, &once);
    std::fs::write(scripts.at().join(format!("{name}.said")), said).expect("it is written");
    scripts
}

async fn offered(stage: &mut Stage, count: usize) -> Vec<(Tool, String)> {
    let enough = move |s: &Snapshot| sign_in(s).is_some_and(|page| page.tools.len() == count);
    let page = stage.until("the tools are offered", enough).await;
    let tools = &sign_in(&page).expect("the first page").tools;
    tools.iter().map(|found| (found.tool, found.account.clone())).collect()
}

fn refusal_of(failure: &Failure) -> Vec<String> {
    names_of(&failure.remedies)
}

async fn press(stage: &mut Stage, action: Action) {
    let wanted = Remedy::Action { action };
    let at = stage.failure().remedies.iter().position(|remedy| *remedy == wanted);
    let index = u32::try_from(at.expect("it is offered")).expect("a few");
    stage.send(Command::PressRemedy { index }).await;
}

#[tokio::test]
async fn both_tools_are_offered_each_by_its_own_account() {
    let setup = Setup { scenario: "two-people", tools: both, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    let tools = offered(&mut stage, 2).await;
    let expected = [(Tool::AzureCli, ADA.to_owned()), (Tool::AzureDeveloperCli, GRACE.to_owned())];
    assert_eq!(tools, expected);
    show("sign-in-tools", &stage);
    stage.send(Command::BorrowSignIn { tool: Tool::AzureDeveloperCli }).await;
    stage.until("somebody is signed in", is_signed_in).await;
    let person = stage.page().person.clone().expect("somebody is signed in");
    assert_eq!((person.account.as_str(), person.way), (GRACE, Way::AzureDeveloperCli));
}

#[tokio::test]
async fn the_sign_in_of_the_azure_developer_cli_walks_the_whole_road() {
    let mut stage = Stage::with(Setup { tools: azd_only, ..Setup::default() }).await;
    offered(&mut stage, 1).await;
    show("azd-signed-in", &stage);
    stage.send(Command::BorrowSignIn { tool: Tool::AzureDeveloperCli }).await;
    stage.go_on().await;
    stage
        .until("the resources are listed", |s| choose(s).is_some_and(|p| !p.reading && p.total > 0))
        .await;
    stage.choose(RESOURCE).await;
    stage.get_role().await;
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty());
    assert!(stage.store.read().await.expect("the store works").is_none(), "it is not kept");
}

/// The first page is there at once, and `az` is offered before a slower `azd` has ended.
#[tokio::test]
async fn a_tool_that_hangs_delays_neither_the_page_nor_the_other_tool() {
    fn hanging(simulator: &Simulator) -> Arc<dyn Executor> {
        let scripts = Scripts::with_limit(LIMIT).az(simulator, ADA);
        add_tool(scripts.at(), "azd", "while :; do sleep 1000; done");
        Arc::new(scripts)
    }
    let mut stage = Stage::with(Setup { tools: hanging, ..Setup::default() }).await;
    assert_eq!(sign_in(stage.page()).map(|page| page.phase), Some(SignInPhase::SignedOut));
    assert_eq!(offered(&mut stage, 1).await[0].0, Tool::AzureCli);
    stage.sign_in().await;
}

/// A tool in any of these states is no offer, and nothing is said about it.
#[tokio::test]
async fn a_tool_that_cannot_be_borrowed_is_not_offered() {
    fn states(simulator: &Simulator) -> Vec<(&'static str, Scripts)> {
        let says = |name: &'static str, script: &str| {
            let scripts = Scripts::new();
            add_tool(scripts.at(), "az", script);
            (name, scripts)
        };
        let signed_out = r#"printf '%s' '{"type":"consoleMessage","data":{"message":"\nERROR: not logged in, run `azd auth login` to login\n"}}' >&2; exit 1"#;
        let mut states = vec![
            says(
                "signed out",
                "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1",
            ),
            says(
                "a traceback",
                "echo 'Traceback (most recent call last):\nImportError: azure' >&2; exit 1",
            ),
            says("of another machine", "exit 126"),
            says("as Windows says it", "echo \"'az' is not recognized as a command\" >&2; exit 9"),
            says("noise", "echo 'WARNING: colours'; echo '<not json>'"),
            says(
                "no token",
                "echo '{\"accessToken\": \"not.a.token\", \"expires_on\": 1, \"tokenType\": \"Bearer\"}'",
            ),
            says("nothing", "true"),
        ];
        let azd = Scripts::new();
        add_tool(azd.at(), "azd", signed_out);
        states.push(("azd signed out", azd));
        for (name, claims) in [
            ("an application", json!({ "tid": CONTOSO, "oid": "1", "idtyp": "app" })),
            (
                "another cloud",
                json!({ "tid": CONTOSO, "oid": "1", "upn": ADA, "aud": "https://management.core.usgovcloudapi.net/" }),
            ),
        ] {
            let scripts = Scripts::new().az(simulator, ADA);
            use base64::Engine;
            let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims.to_string());
            let answer = json!({ "accessToken": format!("e30.{body}.x"), "expires_on": START.unix_timestamp() + 3600, "tokenType": "Bearer" });
            std::fs::write(scripts.at().join("az.home.arm"), answer.to_string()).expect("written");
            states.push((name, scripts));
        }
        states
    }
    let simulator = Stage::new("default").await;
    for (name, scripts) in states(&simulator.simulator) {
        let http = keyless::http::Http::new(
            keyless::cloud::Cloud::public(),
            Arc::new(crate::hand_clock::HandClock::new()),
        );
        let http = Arc::new(http.expect("a client"));
        let found = keyless::identity::find_tools(&http, Arc::new(scripts), |_| {}).await;
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

/// S4: `az` falls to the browser.
#[tokio::test]
async fn a_tool_that_a_policy_blocks_leads_to_the_browser() {
    fn blocked(simulator: &Simulator) -> Arc<dyn Executor> {
        Arc::new(refused_later(simulator, "az", &format!("ERROR: {BLOCKED}")))
    }
    let mut stage = Stage::with(Setup { tools: blocked, ..Setup::default() }).await;
    offered(&mut stage, 2).await;
    stage.send(Command::BorrowSignIn { tool: Tool::AzureCli }).await;
    let failure = stage.until_failure(Code::ConditionalAccessBlocked).await;
    let expected =
        ["action:sign_in", "action:borrow_azure_developer_cli", "action:sign_in_with_device_code"];
    assert_eq!(refusal_of(&failure)[..3], expected, "all but the one that failed");
    show("tool-blocked", &stage);
    press(&mut stage, Action::SignIn).await;
    stage.until("somebody is signed in", is_signed_in).await;
    assert_eq!(stage.page().person.as_ref().map(|person| person.way), Some(Way::Browser));
}

#[tokio::test]
async fn a_tool_that_is_signed_out_meanwhile_says_so_with_its_own_command() {
    fn signed_out(simulator: &Simulator) -> Arc<dyn Executor> {
        let said = r#"{"type":"consoleMessage","data":{"message":"\nERROR: not logged in, run `azd auth login` to login\n"}}"#;
        Arc::new(refused_later(simulator, "azd", said))
    }
    let mut stage = Stage::with(Setup { tools: signed_out, ..Setup::default() }).await;
    offered(&mut stage, 2).await;
    stage.send(Command::BorrowSignIn { tool: Tool::AzureDeveloperCli }).await;
    let failure = stage.until_failure(Code::ToolNeedsSignIn).await;
    assert_eq!(failure.parameters["tool"], "Azure Developer CLI");
    assert_eq!(refusal_of(&failure), ["action:sign_in", "command:azd_login", "action:try_again"]);
    show("azd-signed-out", &stage);
}

#[tokio::test]
async fn a_tool_that_is_signed_in_as_somebody_else_meanwhile_lends_no_token() {
    fn switched(simulator: &Simulator) -> Arc<dyn Executor> {
        let scripts = Scripts::new().az(simulator, ADA);
        // Whoever is asked for a directory by its id is asked after the first sign-in.
        let theirs = Scripts::new().az(simulator, GRACE);
        for service in ["arm", "chat"] {
            let name = format!("az.{CONTOSO}.{service}");
            std::fs::copy(theirs.at().join(&name), scripts.at().join(&name)).expect("a token");
        }
        Arc::new(scripts)
    }
    let mut stage =
        Stage::with(Setup { scenario: "two-people", tools: switched, ..Setup::default() }).await;
    offered(&mut stage, 1).await;
    stage.send(Command::BorrowSignIn { tool: Tool::AzureCli }).await;
    let tenant = |snapshot: &Snapshot| match &snapshot.page {
        keyless::snapshot::Page::SignIn(page) => {
            page.tenants.first().and_then(|tenant| tenant.failure.clone())
        }
        _ => None,
    };
    stage.until("the directory is told", |snapshot| tenant(snapshot).is_some()).await;
    let failure = tenant(stage.page()).expect("it was there");
    assert_eq!(failure.code, Code::ToolChangedPerson);
    assert_eq!(failure.parameters["account"], GRACE);
    assert_eq!(failure.parameters["known"], ADA);
}

#[tokio::test]
async fn whoever_a_tool_was_offered_as_is_whom_it_continues_as() {
    fn switched(simulator: &Simulator) -> Arc<dyn Executor> {
        let scripts = Scripts::new().az(simulator, ADA);
        let theirs = Scripts::new().az(simulator, GRACE);
        // Between the offer and the press somebody else signs in to the tool.
        let whose = "mkdir \"$0.asked\" 2>/dev/null && whose= || whose=.theirs";
        let prints = PRINTS_TOKENS.replace("cat \"$0.", "cat \"$0$whose.");
        let script = format!("{whose}\n{prints}");
        add_tool(scripts.at(), "az", &script);
        for label in ["home", CONTOSO] {
            for service in ["arm", "chat"] {
                let from = theirs.at().join(format!("az.{label}.{service}"));
                let to = scripts.at().join(format!("az.theirs.{label}.{service}"));
                std::fs::copy(from, to).expect("a token");
            }
        }
        Arc::new(scripts)
    }
    let mut stage =
        Stage::with(Setup { scenario: "two-people", tools: switched, ..Setup::default() }).await;
    assert_eq!(offered(&mut stage, 1).await, [(Tool::AzureCli, ADA.to_owned())]);
    stage.send(Command::BorrowSignIn { tool: Tool::AzureCli }).await;
    let failure = stage.until_failure(Code::ToolChangedPerson).await;
    assert_eq!((&*failure.parameters["account"], &*failure.parameters["known"]), (GRACE, ADA));
    let expected = ["action:borrow_azure_cli", "action:sign_in", "action:try_again"];
    assert_eq!(refusal_of(&failure), expected);
    assert!(stage.page().person.is_none(), "nobody goes on as somebody they did not choose");
    show("tool-changed-person", &stage);
    assert_eq!(offered(&mut stage, 1).await, [(Tool::AzureCli, GRACE.to_owned())]);
    press(&mut stage, Action::BorrowAzureCli).await;
    stage.until("somebody is signed in", is_signed_in).await;
    let account = stage.page().person.as_ref().map(|person| person.account.clone());
    assert_eq!(account.as_deref(), Some(GRACE), "with open eyes they may");
}

#[tokio::test]
async fn a_tool_that_breaks_meanwhile_says_what_it_said() {
    fn broken(simulator: &Simulator) -> Arc<dyn Executor> {
        let said = "Traceback (most recent call last):\n  File \"az\"\nImportError: no azure\n";
        Arc::new(refused_later(simulator, "az", said))
    }
    let mut stage = Stage::with(Setup { tools: broken, ..Setup::default() }).await;
    offered(&mut stage, 2).await;
    stage.send(Command::BorrowSignIn { tool: Tool::AzureCli }).await;
    let failure = stage.until_failure(Code::ToolFailed).await;
    assert_eq!(failure.parameters["tool"], "Azure CLI");
    assert_eq!(failure.parameters["reason"], "ImportError: no azure");
    show("tool-failed", &stage);
    press(&mut stage, Action::SignIn).await;
    stage.until("somebody is signed in", is_signed_in).await;
}

/// S4: what the poll is told where a policy forbids the flow.
#[tokio::test]
async fn a_code_that_a_policy_blocks_leads_to_the_browser() {
    let mut stage = Stage::new("device-code-blocked").await;
    let body =
        json!({ "error": "invalid_grant", "error_description": BLOCKED, "error_codes": [53003] });
    let act = Act::Answer { status: 400, headers: [].into(), body };
    stage.simulator.add_fault(Fault::on("entra.token", act).times(1));
    stage.send(Command::SignInWithDeviceCode).await;
    let failure = stage.until_failure(Code::ConditionalAccessBlocked).await;
    assert_eq!(
        refusal_of(&failure),
        ["action:sign_in", "text:ask_administrator", "action:switch_account", "link:entra_error"],
        "another code would be blocked again"
    );
    show("device-code-blocked", &stage);
    press(&mut stage, Action::SignIn).await;
    stage.until("somebody is signed in", is_signed_in).await;
}

/// A block that only Microsoft's page tells: the code waits until its time is over, and the
/// browser is there all the while.
#[tokio::test]
async fn a_code_that_microsofts_page_refuses_gives_way_to_the_browser() {
    for scenario in ["device-code-blocked", "managed-device"] {
        let mut stage =
            Stage::with(Setup { scenario, habit: Habit::Nothing, ..Setup::default() }).await;
        stage.send(Command::SignInWithDeviceCode).await;
        let page = stage
            .until("a code is shown", |s| sign_in(s).is_some_and(|p| p.device_code.is_some()))
            .await;
        let code = sign_in(&page).and_then(|page| page.device_code.clone()).expect("just seen");
        let told = answer_code(&code, ("user", ADA)).await;
        assert!(told.contains("AADSTS5"), "{scenario}: {told}");
        *stage.desktop.habit.lock().expect("a lock") = Habit::ContinueAs(ADA);
        stage.send(Command::SignInWithBrowser).await;
        stage.until("somebody is signed in", is_signed_in).await;
        assert!(sign_in(stage.page()).is_some_and(|page| page.device_code.is_none()));
    }
}

/// The other way round, as some organizations have it.
#[tokio::test]
async fn a_browser_that_a_policy_blocks_gives_way_to_a_code() {
    let setup = Setup { scenario: "browser-blocked", habit: Habit::Nothing, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the browser is open", is_waiting_for_browser).await;
    refuse_in_browser(&stage).await;
    let failure = stage.until_failure(Code::ConditionalAccessBlocked).await;
    assert_eq!(refusal_of(&failure)[0], "action:sign_in_with_device_code");
    show("browser-blocked-offers-code", &stage);
    press(&mut stage, Action::SignInWithDeviceCode).await;
    let page = stage
        .until("a code is shown", |s| sign_in(s).is_some_and(|p| p.device_code.is_some()))
        .await;
    let code = sign_in(&page).and_then(|page| page.device_code.clone()).expect("just seen");
    enter_code(&code, ADA).await;
    stage.until("somebody is signed in", is_signed_in).await;
}

/// S6: only a broker can satisfy it, and a tool may have one.
#[tokio::test]
async fn bound_tokens_lead_to_the_tool_that_may_have_a_broker() {
    let setup =
        Setup { scenario: "two-people", tools: both, habit: Habit::Nothing, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    offered(&mut stage, 2).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the browser is open", is_waiting_for_browser).await;
    let callback = crate::browser::callback_of(&stage.desktop.last_opened());
    let said = "AADSTS530084: Access has been blocked by conditional access token protection \
        policy configured by this organization.";
    come_back(&stage, &callback, said).await;
    let failure = stage.until_failure(Code::TokenProtection).await;
    assert_eq!(
        refusal_of(&failure)[..2],
        ["action:borrow_azure_cli", "action:borrow_azure_developer_cli"]
    );
    press(&mut stage, Action::BorrowAzureCli).await;
    stage.until("somebody is signed in", is_signed_in).await;
    assert_eq!(stage.page().person.as_ref().map(|person| person.way), Some(Way::AzureCli));
}

async fn refuse_in_browser(stage: &Stage) {
    let callback = crate::browser::callback_of(&stage.desktop.last_opened());
    come_back(stage, &callback, BLOCKED).await;
}

/// The browser comes back with a refusal.
async fn come_back(stage: &Stage, callback: &str, description: &str) {
    let address = url::Url::parse(&stage.desktop.last_opened()).expect("an address");
    let state = address.query_pairs().find(|(name, _)| name == "state").expect("a state").1;
    let refusal =
        [("error", "access_denied"), ("error_description", description), ("state", state.as_ref())];
    let sent = crate::browser::plain_client().get(callback).query(&refusal).send().await;
    sent.expect("the listener answers");
}

#[tokio::test]
async fn a_tool_in_a_directory_that_wants_more_names_the_exact_command() {
    fn wanting(simulator: &Simulator) -> Arc<dyn Executor> {
        let scripts = Scripts::new().az(simulator, ADA);
        let said = "ERROR: Interactive authentication is needed. Please run:\naz login --scope https://cognitiveservices.azure.com/.default\n";
        std::fs::remove_file(scripts.at().join(format!("az.{CONTOSO}.chat")))
            .expect("it was there");
        std::fs::write(scripts.at().join("az.s15"), said).expect("it is written");
        let script = PRINTS_TOKENS.replace(
            "cat \"$0.$tenant.$service\"",
            "[ $service = chat ] && { cat \"$0.s15\" >&2; exit 1; }\ncat \"$0.$tenant.$service\"",
        );
        add_tool(scripts.at(), "az", &script);
        Arc::new(scripts)
    }
    let mut stage = Stage::with(Setup { tools: wanting, ..Setup::default() }).await;
    offered(&mut stage, 1).await;
    stage.send(Command::BorrowSignIn { tool: Tool::AzureCli }).await;
    let needs = |s: &Snapshot| {
        let page = sign_in(s)?;
        page.tenants.iter().find(|one| one.id == CONTOSO)?.failure.clone()
    };
    let page = stage.until("the directory says what it wants", |s| needs(s).is_some()).await;
    let failure = needs(&page).expect("it was just seen");
    assert_eq!(failure.code, Code::ToolNeedsSignIn, "{failure:?}");
    let line =
        format!("az login --tenant {CONTOSO} --scope https://cognitiveservices.azure.com/.default");
    let offers =
        |remedy: &Remedy| matches!(remedy, Remedy::Command { line: it, .. } if *it == line);
    assert!(failure.remedies.iter().any(offers), "{:?}", failure.remedies);
}

/// How often the tool was asked about Fabrikam.
static ASKED_ABROAD: AtomicUsize = AtomicUsize::new(0);

/// A tool of whom it is known where it is asked about.
#[derive(Debug)]
struct Counted(Scripts);

#[async_trait::async_trait]
impl Executor for Counted {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        if arguments.iter().any(|part| part.to_string_lossy().contains(FABRIKAM)) {
            ASKED_ABROAD.fetch_add(1, Ordering::SeqCst);
        }
        self.0.run(program, arguments).await
    }
}

#[tokio::test]
async fn a_directory_that_a_tool_does_not_open_is_reached_by_the_browser_from_then_on() {
    fn stopped_abroad(simulator: &Simulator) -> Arc<dyn Executor> {
        let scripts = Scripts::new().az(simulator, ADA);
        let said = format!(
            "ERROR: AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '797f4846-ba00-4fd7-ba43-dac1f8f63013'.\nInteractive authentication is needed. Please run:\naz login --tenant \"{FABRIKAM}\" --scope \"https://management.core.windows.net//.default\"\n"
        );
        for service in ["arm", "chat"] {
            let path = scripts.at().join(format!("az.{FABRIKAM}.{service}.said"));
            std::fs::write(path, &said).expect("it is written");
        }
        let script = PRINTS_TOKENS.replace(
            "cat \"$0.$tenant.$service\"",
            "said=\"$0.$tenant.$service.said\"\n[ -e \"$said\" ] && { cat \"$said\" >&2; exit 1; }\ncat \"$0.$tenant.$service\"",
        );
        add_tool(scripts.at(), "az", &script);
        Arc::new(Counted(scripts))
    }
    let setup = Setup { scenario: "mfa-in-one-tenant", tools: stopped_abroad, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    offered(&mut stage, 1).await;
    stage.send(Command::BorrowSignIn { tool: Tool::AzureCli }).await;
    let is = |s: &Snapshot, status| {
        let mut tenants = sign_in(s).into_iter().flat_map(|page| &page.tenants);
        tenants.any(|tenant| tenant.id == FABRIKAM && tenant.status == status)
    };
    stage.until("Fabrikam wants more", |s| is(s, TenantStatus::NeedsSignIn)).await;
    assert_eq!(stage.opened(), 0, "no browser opens unasked");
    stage.send(Command::SignInToTenant { id: FABRIKAM.to_owned() }).await;
    stage.until("Fabrikam is open", |s| is(s, TenantStatus::Ready)).await;
    let address = stage.desktop.last_opened();
    assert!(address.contains(&format!("/{FABRIKAM}/oauth2/v2.0/authorize?")), "{address}");
    assert!(address.contains("login_hint=ada%40contoso.example"), "{address}");
    let asked = ASKED_ABROAD.load(Ordering::SeqCst);
    assert!(asked > 0, "before, the tool was asked");
    stage.send(Command::GoToStep { step: Step::ChooseResource }).await;
    let both = |s: &Snapshot| choose(s).is_some_and(|page| !page.reading && page.total == 2);
    stage.until("what is in both is listed", both).await;
    stage.choose("fabrikam-joint-chat").await;
    stage.confirm_access().await;
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty());
    assert_eq!(ASKED_ABROAD.load(Ordering::SeqCst), asked, "from then on it is not asked");
    assert_eq!(stage.opened(), 1, "one sign-in is enough");
    let person = stage.page().person.clone().expect("somebody is signed in");
    assert_eq!((person.account.as_str(), person.way), (ADA, Way::AzureCli), "still borrowed");
    assert!(stage.store.read().await.expect("the store works").is_none(), "nothing is kept");
}
