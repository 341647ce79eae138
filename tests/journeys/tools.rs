//! Tools that misbehave, as scripts on a `PATH` of their own, through the process that runs them.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

use azure_identity::Executor;
use keyless::developer_tools::{HiddenProcess, get_token};
use keyless::snapshot::Tool;
use tempfile::TempDir;

/// What a test waits for in earnest; far below the limit of the product.
const SHORT: Duration = Duration::from_millis(400);
/// What only a machine that is very busy needs.
const LONG: Duration = Duration::from_secs(20);

/// A folder with a tool of this name and this script.
pub fn tool(name: &str, script: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    add_tool(folder.path(), name, script);
    folder
}

/// Another tool in that folder.
pub fn add_tool(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("the script is written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it may run");
}

/// The process that finds its tools in this folder, and then where every system has its own.
pub fn process_in(folder: &Path, limit: Duration) -> HiddenProcess {
    let mut path = OsString::from(folder);
    path.push(":/usr/bin:/bin");
    HiddenProcess::on(path, limit)
}

async fn run(folder: &Path, limit: Duration) -> io::Result<Output> {
    let line = OsStr::new("cd /bin && az account get-access-token");
    process_in(folder, limit).run(OsStr::new("/bin/sh"), &[OsStr::new("-c"), line]).await
}

/// Waits until nothing of this script runs any more.
fn is_gone(folder: &Path) -> bool {
    let deadline = Instant::now() + LONG;
    let mark = folder.as_os_str().as_encoded_bytes();
    let runs = || {
        let processes = std::fs::read_dir("/proc").expect("the processes of this system");
        processes.flatten().any(|entry| {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            line.windows(mark.len()).any(|part| part == mark)
        })
    };
    while runs() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

#[tokio::test]
async fn a_tool_that_hangs_and_ignores_being_asked_to_end_is_ended_with_its_children() {
    let folder = tool("az", "trap '' TERM INT HUP; sh \"$0.child\" & sh \"$0.child\"");
    add_tool(folder.path(), "az.child", "trap '' TERM INT HUP; while :; do sleep 1000; done");
    let error = run(folder.path(), SHORT).await.expect_err("it never ends");
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(is_gone(folder.path()), "nothing of it survives");
}

#[tokio::test]
async fn a_tool_that_is_not_wanted_any_more_is_ended_with_its_children() {
    let folder = tool("az", "touch \"$0.runs\"; sh \"$0.child\" & wait");
    add_tool(folder.path(), "az.child", "while :; do sleep 1000; done");
    let path = folder.path().to_owned();
    let running = tokio::spawn(async move { run(&path, LONG).await });
    while !folder.path().join("az.runs").exists() {
        tokio::task::yield_now().await;
    }
    running.abort();
    assert!(running.await.is_err_and(|ended| ended.is_cancelled()));
    assert!(is_gone(folder.path()), "nothing of it survives");
}

#[tokio::test]
async fn a_tool_that_prints_without_end_is_stopped_early() {
    let folder = tool("az", "head -c 100000000 /dev/zero; sh \"$0.child\"");
    add_tool(folder.path(), "az.child", "while :; do sleep 1000; done");
    let error = run(folder.path(), LONG).await.expect_err("nobody reads 100 MB of a token");
    assert_eq!(error.to_string(), "it printed more than 1 MB");
    assert!(is_gone(folder.path()));
}

#[tokio::test]
async fn a_tool_whose_child_keeps_the_pipe_open_is_not_waited_for() {
    let folder = tool("az", "sh \"$0.child\" & echo '{\"accessToken\": \"t\"}'");
    add_tool(folder.path(), "az.child", "sleep 5");
    let began = Instant::now();
    let output = run(folder.path(), LONG).await.expect("the tool itself has ended");
    assert_eq!(output.stdout, b"{\"accessToken\": \"t\"}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_tool_is_asked_not_to_decorate_what_it_prints() {
    let folder = tool("az", "env");
    let output = run(folder.path(), LONG).await.expect("it prints what it was given");
    let given = String::from_utf8(output.stdout).expect("names and values");
    let has = |line: &str| given.lines().any(|given| given == line);
    assert!(has("NO_COLOR=1") && has("AZURE_CORE_ONLY_SHOW_ERRORS=true"), "{given}");
}

/// The test runs itself once more, as an app that was started with these variables: no other way
/// sets them for nothing but that.
#[tokio::test]
async fn what_makes_a_tool_talkative_does_not_reach_it_from_the_apps_own_environment() {
    const FOLDER: &str = "KEYLESS_FOLDER_OF_TOOLS";
    const SCOPE: &str = "https://management.azure.com/.default";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let process = Arc::new(process_in(Path::new(&folder), LONG));
        // It prints no token; what it was given lies in its file.
        let _ = get_token(Tool::AzureDeveloperCli, None, SCOPE, process).await;
        return;
    }
    let folder = tool("azd", "env > \"$0.environment\"");
    let name = "tools::what_makes_a_tool_talkative_does_not_reach_it_from_the_apps_own_environment";
    let app = tokio::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", name])
        .env(FOLDER, folder.path())
        .envs([("AZD_DEBUG", "true"), ("AZURE_CORE_OUTPUT", "table"), ("NO_COLOR", "")])
        .env("KEYLESS_CONTROL", "arrives")
        .output()
        .await
        .expect("it starts");
    assert!(app.status.success(), "{}", String::from_utf8_lossy(&app.stderr));
    let given = std::fs::read_to_string(folder.path().join("azd.environment"));
    let given = given.expect("the tool was run");
    let has = |line: &str| given.lines().any(|given| given == line);
    assert!(has("KEYLESS_CONTROL=arrives"), "the app's environment is passed on");
    assert!(has("NO_COLOR=1"), "with what the tool is asked for");
    for silenced in ["AZD_DEBUG=", "AZURE_CORE_OUTPUT="] {
        assert!(!given.contains(silenced), "{silenced} makes it print more than a token");
    }
}
