//! The desktop app as it is on a person's machine: with real Azure's names, the system's store for
//! secrets and the developer's tools. It is not told that Azure is practice.

use std::fs;
use std::process::Command;

use e2e::{ADA, Azure, Browser, Home, Keyring, Road, Wizard, say};
use serde_json::{Value, json};

#[tokio::test]
async fn a_sign_in_lasts_over_a_relaunch_until_it_is_signed_out() {
    let azure = Azure::begin(&json!({ "name": "default" })).await;
    let mut home = Home::new();
    home.certificate = Some(azure.certificate.clone());
    let opened = home.catch_addresses();
    let _keyring = Keyring::start(&mut home).await;
    let (wizard, browser) = tokio::join!(Wizard::start(&home, &[]), Browser::trusting_anybody());
    wizard.press(&say("button.sign_in_with_browser", &[])).await;
    let address = opened.next().await;
    assert_eq!(address.host_str(), Some("login.microsoftonline.com"), "this is no practice");
    browser.sign_in(&address).await;
    let way = say("label.way.browser", &[]);
    wizard.shows(&say("sign_in.kept", &[("way", &way)])).await;
    assert_eq!(azure.count("entra.authorize"), 1);
    drop(wizard);

    let wizard = Wizard::start(&home, &[]).await;
    wizard.arrives_at("choose_resource", &[]).await;
    wizard.shows("contoso-chat-dev").await;
    assert_eq!(azure.count("entra.authorize"), 1, "nobody is asked to sign in again");
    wizard.press(&say("button.sign_out", &[])).await;
    wizard.shows(&say("sign_in.lead", &[])).await;
    wizard.offers(&say("button.sign_in_with_browser", &[])).await;
    drop(wizard);

    let wizard = Wizard::start(&home, &[]).await;
    wizard.shows(&say("sign_in.lead", &[])).await;
    wizard.offers(&say("button.sign_in_with_browser", &[])).await;
}

#[tokio::test]
async fn a_borrowed_sign_in_that_may_not_write_is_proven_in_the_browser_once() {
    let scenario = include_str!("../../../simulator/scenarios/mfa-for-writes.json");
    let azure = Azure::begin(&serde_json::from_str(scenario).expect("a scenario is JSON")).await;
    let mut home = Home::new();
    home.certificate = Some(azure.certificate.clone());
    let opened = home.catch_addresses();
    let browser = Browser::trusting_anybody().await;
    sign_in_to_azure_cli(&home, &browser).await;
    let wizard = Wizard::start(&home, &[]).await;
    let tool = say("label.way.azure_cli", &[]);
    let borrow = say("button.borrow_sign_in", &[("account", ADA), ("tool", &tool)]);
    wizard.press_with_keyboard(&borrow).await;
    wizard.shows(&say("sign_in.signed_in", &[])).await;
    wizard.press_with_keyboard(&say("button.continue", &[])).await;
    let road = Road { wizard, browser, opened, home };
    road.choose_resource().await;
    road.check_access().await;

    road.wizard.press_with_keyboard(&say("button.assign_role", &[])).await;
    road.wizard.shows(&say("failure.borrowed_proof_needed.title", &[])).await;
    road.wizard.press_with_keyboard(&say("action.sign_in", &[])).await;
    road.wizard.shows(&say("proof.heading", &[])).await;
    road.browser.approve(&road.opened.next().await).await;
    road.wizard.arrives_at("connect_project", &[]).await;
    assert_eq!(azure.count("entra.authorize"), 1, "the browser opened once");
    assert_eq!(azure.count("roleAssignments.create"), 2, "what was challenged is repeated once");
}

const DEVELOPER_CLIENT: &str = "client_id=04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const SCOPE: &str =
    "scope=https://management.core.windows.net//.default offline_access openid profile";

/// `az login --use-device-code`, with a program that stands for `az`: it asks Azure for each token.
async fn sign_in_to_azure_cli(home: &Home, browser: &Browser) {
    let authority = "https://login.microsoftonline.com/organizations/oauth2/v2.0";
    let asked = ask(home, &format!("{authority}/devicecode"), &[DEVELOPER_CLIENT, SCOPE]);
    let text = |answer: &Value, name: &str| answer[name].as_str().expect("a text").to_owned();
    let page = text(&asked, "verification_uri").parse().expect("an address");
    browser.enter_code(&page, &text(&asked, "user_code"), ADA).await;
    let code = format!("device_code={}", text(&asked, "device_code"));
    let grant = "grant_type=urn:ietf:params:oauth:grant-type:device_code";
    let tokens = ask(home, &format!("{authority}/token"), &[DEVELOPER_CLIENT, grant, &code]);
    let file = home.path().join("az-refresh-token");
    fs::write(&file, text(&tokens, "refresh_token")).expect("the folder is ours");
    home.install("az", &AZURE_CLI.replace("FILE", &file.display().to_string()));
}

/// A form that is posted, and the JSON that comes back.
fn ask(home: &Home, address: &str, fields: &[&str]) -> Value {
    let mut curl = Command::new("curl");
    home.lend_to(&mut curl).args(["--silent", "--show-error", address]);
    for field in fields {
        curl.args(["--data-urlencode", field]);
    }
    let output = curl.output().expect("curl is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said} {output:?}"))
}

const AZURE_CLI: &str = r#"#!/bin/bash
tenant=organizations
while [ $# -gt 0 ]; do
    case "$1" in
        --scope) scope="$2" ;;
        --tenant) tenant="$2" ;;
    esac
    shift
done
answer=$(curl --silent --show-error --fail-with-body \
    --data client_id=04b07795-8ddb-461a-bbee-02f9e1bf7b46 --data grant_type=refresh_token \
    --data-urlencode refresh_token@FILE --data-urlencode "scope=$scope offline_access" \
    "https://login.microsoftonline.com/$tenant/oauth2/v2.0/token") || { echo "ERROR: $answer" >&2; exit 1; }
token=$(sed -E 's/.*"access_token": ?"([^"]+)".*/\1/' <<< "$answer")
printf '{"accessToken": "%s", "expires_on": %s, "tokenType": "Bearer"}\n' \
    "$token" "$(($(date +%s) + 3600))"
"#;
