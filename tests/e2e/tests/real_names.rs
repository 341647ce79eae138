//! The desktop app as it is on a person's machine: with real Azure's names, the system's store for
//! secrets and the developer's tools. It is not told that Azure is practice.

use e2e::{Azure, Browser, Home, Keyring, Wizard, say};
use serde_json::json;

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
