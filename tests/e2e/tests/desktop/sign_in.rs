//! The ways in, on practice Azure.

use e2e::{ADA, Browser, Home, Key, Road, Wizard, say};
use serde_json::json;

/// Counts what a person presses with the pointer.
const COUNT_CLICKS: &str = "
    window.clicks = 0;
    addEventListener('click', (event) => { clicks += event.isTrusted ? 1 : 0 }, true)";

/// The code as it is shown; beside it, it is spelled out for those who hear it.
const CODE: &str = "
    return [...document.querySelectorAll('[aria-hidden=true]')]
        .map((element) => element.textContent)
        .find((text) => /^[A-Z0-9]{8,9}$/.test(text))";

#[tokio::test]
async fn two_clicks_lead_from_the_first_page_to_the_resources() {
    let road = Road::begin().await;
    let wizard = &road.wizard;
    wizard.run(COUNT_CLICKS).await;
    wizard.press(&say("button.sign_in_with_browser", &[])).await;
    road.browser.sign_in(&road.opened.next().await).await;
    wizard.shows(&say("sign_in.signed_in", &[])).await;
    wizard.press(&say("button.continue", &[])).await;
    wizard.arrives_at("choose_resource", &[]).await;
    assert_eq!(wizard.run("return clicks").await, json!(2), "in the window; the page is Azure's");
}

#[tokio::test]
async fn a_code_signs_in_by_keyboard_alone() {
    let road = Road::begin().await;
    let wizard = &road.wizard;
    wizard.press_with_keyboard(&say("button.use_code", &[])).await;
    wizard.shows(&say("device_code.title", &[])).await;
    let code = wizard.run(CODE).await;
    let code = code.as_str().expect("the page shows a code");
    wizard.press_with_keyboard(&say("button.open_page", &[])).await;
    road.browser.enter_code(&road.opened.next().await, code, ADA).await;
    wizard.shows(&say("sign_in.signed_in", &[])).await;
    wizard.press_with_keyboard(&say("button.continue", &[])).await;
    wizard.arrives_at("choose_resource", &[]).await;
}

#[tokio::test]
async fn a_directory_that_wants_a_second_factor_is_entered_by_itself_and_by_keyboard() {
    let home = Home::new();
    let opened = home.catch_addresses();
    let wizard = Wizard::start(&home, &["--practice", "--scenario", "mfa-in-one-tenant"]);
    let (wizard, browser) = tokio::join!(wizard, Browser::start());
    wizard.press_with_keyboard(&say("button.sign_in_with_browser", &[])).await;
    browser.sign_in(&opened.next().await).await;
    wizard.shows(&say("tenants.status.needs_sign_in", &[])).await;
    wizard.shows(&say("tenants.summary.other", &[("ready", "1"), ("total", "2")])).await;

    // A directory tells its name only to those who have signed in to it.
    let fabrikam = say("directory.unnamed.name", &[("start", "d1c7c857")]);
    wizard.tab_to(&say("tenants.sign_in_named", &[("directory", &fabrikam)])).await;
    wizard.key(Key::Enter).await;
    browser.approve(&opened.next().await).await;
    wizard.shows(&say("tenants.summary.other", &[("ready", "2"), ("total", "2")])).await;
    wizard.press_with_keyboard(&say("button.continue", &[])).await;
    wizard.shows("fabrikam-joint-chat").await;
    wizard.shows("contoso-chat-dev").await;
}

#[tokio::test]
async fn where_no_browser_opens_the_address_leads_on() {
    let home = Home::new();
    home.break_openers();
    let wizard = Wizard::start(&home, &["--practice"]);
    let (wizard, browser) = tokio::join!(wizard, Browser::start());
    wizard.press(&say("button.sign_in_with_browser", &[])).await;
    wizard.shows(&say("sign_in.no_browser", &[])).await;
    let address = wizard.run("return document.querySelector('input[readonly]').value").await;
    let address = address.as_str().and_then(|text| text.parse().ok());
    browser.sign_in(&address.expect("the page shows the address")).await;
    wizard.shows(&say("sign_in.signed_in", &[])).await;
}
