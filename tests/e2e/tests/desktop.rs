//! The promises of the desktop app, kept in its real window.

#[path = "desktop/access.rs"]
mod access;
#[path = "desktop/filter.rs"]
mod filter;
#[path = "desktop/second_start.rs"]
mod second_start;
#[path = "desktop/sign_in.rs"]
mod sign_in;

use std::fs;
use std::process::Command;

use e2e::{ATTEMPTS, Browser, CountingListener, Home, Keyring, Road, Wizard, program, say, search};
use serde_json::{Value, json};

#[tokio::test]
async fn a_newcomer_walks_the_straight_road_by_keyboard_alone() {
    let road = Road::begin().await;
    road.walk().await;

    let results = road.wizard.text().await;
    let answered = say("result.answered", &[("deployment", "gpt-4o-mini")]);
    assert!(results.contains(&answered), "the last page says what is true now: {results}");
    assert!(results.contains("Hello!"), "the model's answer stands on the page: {results}");

    let env = fs::read_to_string(road.env_file()).expect("the wizard wrote the file");
    let lines: Vec<&str> = env.lines().collect();
    assert_eq!(lines[0], "# practice Azure: works while Keyless is open", "{env}");
    let endpoint = lines.iter().find_map(|line| line.strip_prefix("AZURE_OPENAI_ENDPOINT="));
    let endpoint = endpoint.expect("the file names the endpoint");
    assert!(endpoint.starts_with("http://127.0.0.1:"), "practice lives here: {endpoint}");
    assert!(endpoint.ends_with("/contoso-chat-dev"), "it is the chosen resource: {endpoint}");
    assert!(lines.contains(&"AZURE_OPENAI_DEPLOYMENT=gpt-4o-mini"), "{env}");
    assert!(lines.contains(&"AZURE_TOKEN_CREDENTIALS=dev"), "{env}");
    assert!(!env.to_lowercase().contains("key="), "no key is written: {env}");
}

#[tokio::test]
async fn a_declined_sign_in_is_told_and_the_next_one_works() {
    let road = Road::begin().await;
    let wizard = &road.wizard;
    wizard.press(&say("button.sign_in_with_browser", &[])).await;
    road.browser.decline(&road.opened.next().await).await;
    wizard.shows(&say("failure.sign_in_declined.title", &[])).await;
    wizard.shows(&say("failure.sign_in_declined.body", &[])).await;

    wizard.press(&say("action.sign_in", &[])).await;
    road.browser.sign_in(&road.opened.next().await).await;
    wizard.press(&say("button.continue", &[])).await;
    wizard.arrives_at("choose_resource", &[]).await;
    let page = wizard.text().await;
    let told = say("failure.sign_in_declined.title", &[]);
    assert!(!page.contains(&told), "what was mended is not shown any more: {page}");
}

#[tokio::test]
async fn back_loses_nothing_and_repeats_no_commit() {
    let road = Road::begin().await;
    let wizard = &road.wizard;
    road.sign_in().await;
    road.choose_resource().await;
    road.check_access().await;

    wizard.press(&say("button.back", &[])).await;
    wizard.arrives_at("choose_resource", &[]).await;
    let chosen = "document.querySelector('input[type=radio]:checked')?.value === 'gpt-4o-mini'";
    wizard.becomes_true(chosen).await;
    wizard.press(&say("button.back", &[])).await;
    wizard.arrives_at("sign_in", &[]).await;
    wizard.shows(&say("sign_in.signed_in", &[])).await;

    wizard.press(&say("button.continue", &[])).await;
    wizard.arrives_at("choose_resource", &[]).await;
    wizard.becomes_true(chosen).await;
    road.check_access().await;
    wizard.offers(&say("button.assign_role", &[])).await;
}

#[tokio::test]
async fn the_page_reaches_nothing_outside_of_the_app() {
    let listener = CountingListener::start().await;
    let browser = Browser::start().await;
    for attempt in ATTEMPTS {
        browser.client().goto(&listener.address("start")).await.expect("the page opens");
        let script = format!("const address = arguments[0]; {}", attempt.script);
        let address = json!(listener.address(attempt.name));
        browser.client().execute(&script, vec![address]).await.expect("the page runs the script");
        assert!(
            listener.sees(attempt.name).await,
            "an open page must reach it by {}",
            attempt.name
        );
    }

    let unreached = CountingListener::start().await;
    let home = Home::new();
    let wizard = Wizard::start(&home, &["--practice"]).await;
    for attempt in ATTEMPTS {
        let script = format!(
            "const [address, done] = arguments;
             const settled = () => __TAURI_INTERNALS__
                 .invoke('list_resources', {{ filter: '', from: 0, count: 1 }})
                 .then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));
             try {{ {} }} catch {{ /* Refused on the spot. */ }}
             setTimeout(settled);",
            attempt.script
        );
        wizard.run_async(&script, vec![json!(unreached.address(attempt.name))]).await;
        let url = wizard.client().current_url().await.expect("the page has an address");
        assert_eq!(url.as_str(), "tauri://localhost", "{} must not lead away", attempt.name);
    }
    wizard.shows(&say("sign_in.lead_practice", &[])).await;
    let windows = wizard.client().windows().await.expect("the windows can be counted");
    assert_eq!(windows.len(), 1, "no other window opens");
    assert_eq!(unreached.paths(), [""; 0], "nothing reaches the network from the page");
}

#[tokio::test]
async fn the_page_may_call_the_listed_commands_and_no_other() {
    let home = Home::new();
    let wizard = Wizard::start(&home, &["--practice"]).await;
    let call = async |command: &str, parameters: Value| {
        let script = "const [command, parameters, done] = arguments;
            __TAURI_INTERNALS__.invoke(command, parameters).then(() => done('done'), (reason) => done(`${reason}`))";
        wizard.run_async(script, vec![json!(command), parameters]).await
    };
    let window = json!({ "filter": "", "from": 0, "count": 1 });
    assert_eq!(call("list_resources", window).await, "done", "a listed command works");
    for command in [
        "no_such_command",
        "plugin:app|version",
        "plugin:dialog|open",
        "plugin:event|listen",
        "plugin:fs|read_text_file",
        "plugin:path|resolve_directory",
        "plugin:shell|open",
        "plugin:webview|create_webview_window",
        "plugin:window|close",
    ] {
        let answer = call(command, json!({})).await;
        let reason = answer.as_str().expect("a call has an answer");
        assert!(
            reason.contains("not allowed") || reason.contains("not found"),
            "{command}: {reason}"
        );
    }
}

#[tokio::test]
async fn the_strict_policy_leaves_the_pages_styled_and_is_never_violated() {
    let road = Road::begin().await;
    let wizard = &road.wizard;
    wizard.run(COUNT_VIOLATIONS).await;
    let colors = wizard
        .run(
            "const button = document.querySelector('button[data-primary]');
             const sample = document.body.appendChild(document.createElement('i'));
             const theme = getComputedStyle(button).getPropertyValue('--colorBrandBackground');
             sample.style.color = theme;
             const colors = [getComputedStyle(button).backgroundColor, getComputedStyle(sample).color, theme];
             sample.remove();
             return colors",
        )
        .await;
    assert!(
        colors[2].as_str().is_some_and(|theme| theme.starts_with('#')),
        "the theme has colors: {colors}"
    );
    assert_eq!(colors[0], colors[1], "the primary button has the color of the theme: {colors}");

    road.walk().await;
    assert_eq!(wizard.run("return violations").await, json!([]), "the road keeps to the policy");
    assert_eq!(wizard.run(REFUSED_STYLES).await, 0, "no style was refused before that");

    let policy = wizard
        .run_async(
            "const [done] = arguments;
             addEventListener('securitypolicyviolation', (event) => done(event.originalPolicy));
             const style = document.createElement('style');
             style.append('i { color: red }');
             document.head.append(style)",
            Vec::new(),
        )
        .await;
    assert_ne!(wizard.run("return violations").await, json!([]), "a violation is counted");
    assert_eq!(wizard.run(REFUSED_STYLES).await, 1, "a refused style is counted");
    let policy = policy.as_str().expect("a violation names the policy");
    assert!(!policy.contains("unsafe"), "nothing unsafe is allowed: {policy}");
    for directive in [
        "default-src 'self'",
        "connect-src ipc: http://ipc.localhost",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(
            policy.split("; ").any(|part| part == directive),
            "{directive} is missing: {policy}"
        );
    }
}

const COUNT_VIOLATIONS: &str = "
    window.violations = [];
    addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));";

/// How many styles of the page the policy refused at any time: they have no sheet.
const REFUSED_STYLES: &str = "
    return [...document.querySelectorAll('style, link[rel=stylesheet]')]
        .filter((style) => style.sheet === null).length";

#[tokio::test]
async fn no_token_lies_around_after_the_whole_road() {
    let road = Road::begin().await;
    let wizard = &road.wizard;
    road.walk().await;
    let found = search_everything(&road).await;
    assert_eq!(found, [""; 0], "a token left the core");

    let planted = "eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiJiMjE4MjQ4NCJ9.c2lnbmF0dXJl";
    let plant = format!(
        "document.body.dataset.planted = '{planted}';
         localStorage.setItem('planted', '{planted}'); sessionStorage.setItem('planted', '{planted}')"
    );
    wizard.run(&plant).await;
    fs::write(road.home.path().join("home/planted"), planted).expect("the folder is ours");
    fs::write(road.home.temporary().join("planted"), planted).expect("the folder is ours");
    let found = search_everything(&road).await.join("\n");
    for place in ["page", "localStorage", "sessionStorage", "home/planted", "tmp/planted"] {
        assert!(found.contains(place), "what is planted in {place} must be found: {found}");
    }
}

/// The page, the storage of the web view, the last snapshot, and every file: those of the app, of
/// the web view, of the project, and what was printed.
async fn search_everything(road: &Road) -> Vec<String> {
    let wizard = &road.wizard;
    let snapshot = wizard
        .run_async(
            "const [done] = arguments;
             const callback = __TAURI_INTERNALS__.transformCallback((message) => done(JSON.stringify(message)));
             __TAURI_INTERNALS__.invoke('watch', { channel: `__CHANNEL__:${callback}` })",
            Vec::new(),
        )
        .await;
    let snapshot = snapshot.as_str().expect("the page is told its snapshot").to_owned();
    assert!(snapshot.contains("test_connection"), "this is the snapshot: {snapshot}");
    let page = wizard.client().source().await.expect("the page has a source");
    let storage = async |name: &str| {
        let entries = wizard.run(&format!("return JSON.stringify({name})")).await;
        entries.as_str().unwrap_or_default().to_owned()
    };
    let places = [
        ("page", page),
        ("snapshot", snapshot),
        ("localStorage", storage("localStorage").await),
        ("sessionStorage", storage("sessionStorage").await),
    ];
    let mut found = Vec::new();
    for (place, text) in places {
        let secrets = search::find_secrets(text.as_bytes());
        found.extend(secrets.into_iter().map(|secret| format!("{place}: {secret}")));
    }
    let files = search::search_files(road.home.path()).expect("every file can be read");
    found.extend(files.into_iter().map(|(path, secret)| format!("{}: {secret}", path.display())));
    let programs = search::search_processes(road.home.path()).expect("the programs are listed");
    found.extend(programs.into_iter().map(|(place, secret)| format!("{place}: {secret}")));
    found
}

#[tokio::test]
async fn the_window_says_whether_this_machine_can_keep_a_sign_in() {
    let mut home = Home::new();
    let _keyring = Keyring::start(&mut home).await;
    let wizard = Wizard::start(&home, &[]).await;
    wizard.shows(&say("sign_in.stay", &[])).await;
    drop(wizard);

    let home = Home::new();
    let wizard = Wizard::start(&home, &[]).await;
    wizard.shows(&say("store.absent", &[])).await;
}

#[tokio::test]
async fn practice_begins_and_ends_on_the_first_page_and_real_azure_is_microsofts() {
    let home = Home::new();
    let opened = home.catch_addresses();
    let wizard = Wizard::start(&home, &[]).await;
    wizard.press(&say("button.start_practice", &[])).await;
    wizard.shows(&say("practice.body", &[])).await;
    wizard.press(&say("button.sign_in_with_browser", &[])).await;
    let practice = opened.next().await;
    assert_eq!(practice.host_str(), Some("127.0.0.1"), "practice stays on this computer");
    wizard.press(&say("button.cancel", &[])).await;

    wizard.press(&say("button.leave_practice", &[])).await;
    wizard.shows(&say("sign_in.or_practice", &[])).await;
    let page = wizard.text().await;
    assert!(!page.contains(&say("practice.body", &[])), "practice is over: {page}");
    wizard.press(&say("button.sign_in_with_browser", &[])).await;
    let real = opened.next().await;
    assert_eq!(real.scheme(), "https", "nothing is said in the open");
    assert_eq!(real.host_str(), Some("login.microsoftonline.com"), "Microsoft's own page signs in");
    wizard.press(&say("button.cancel", &[])).await;
    wizard.becomes_true("document.querySelector('input[readonly]') === null").await;
}

#[test]
fn without_a_display_the_app_says_so_and_ends() {
    let home = Home::new();
    let mut app = Command::new(program());
    home.lend_to(&mut app).env_remove("DISPLAY");
    let output = app.output().expect("the app starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "it ends as a failure, not as a crash: {said}");
    assert!(said.contains("no display"), "it says what is missing: {said}");
}
