//! Another cloud than the public one, and the organization's own application.

use keyless::failure::{Code, Remedy, TextKind};
use keyless::session::Command;
use keyless::settings::{Settings, Sources};
use keyless::snapshot::CloudName;
use simulator::Fault;

use crate::browser::Habit;
use crate::fixtures::show;
use crate::stage::{RESOURCE, Setup, Stage, sign_in};

const OFFICIAL: &str = "ada@agency.example";
const OWN: &str = "6f3c7a52-1d6b-4f3e-9a57-2c5d0e8b4a19";

/// Settings as somebody has set them.
fn settings(variables: &[(&str, &str)]) -> Settings {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Settings::read(&Sources {
        variables: variables.iter().map(owned).collect(),
        ..Sources::default()
    })
}

fn government() -> Setup {
    Setup {
        scenario: "us-government",
        habit: Habit::ContinueAs(OFFICIAL),
        settings: settings(&[("KEYLESS_CLOUD", "us_government")]),
        ..Setup::default()
    }
}

async fn own_application(scenario: &'static str) -> Stage {
    let settings = settings(&[("KEYLESS_CLIENT_ID", OWN)]);
    Stage::with(Setup { scenario, settings, ..Setup::default() }).await
}

#[tokio::test]
async fn the_whole_road_leads_through_us_government() {
    let mut stage = Stage::with(government()).await;
    assert_eq!(sign_in(stage.page()).expect("the first page").cloud, CloudName::UsGovernment);
    stage.sign_in().await;
    let person = stage.page().person.clone().expect("somebody");
    assert_eq!((person.cloud, person.account.as_str()), (CloudName::UsGovernment, OFFICIAL));
    stage.choose("agency-chat").await;
    stage.get_role().await;
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty());
    stage.history();
}

/// Practice Azure plays one cloud and the settings name the other: not one token is to be had.
#[tokio::test]
async fn nothing_is_asked_of_one_cloud_in_the_name_of_another() {
    let mut stage = Stage::with(Setup { settings: Settings::default(), ..government() }).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until_failure(Code::ServiceUnknownToDirectory).await;
    assert!(stage.page().person.is_none());
    assert!(stage.history().iter().all(|entry| entry.operation.starts_with("entra.")));
}

#[tokio::test]
async fn remedies_lead_into_the_cloud_of_the_sign_in() {
    let mut stage = Stage::with(government()).await;
    let when = r#"{"when": {"operation": "entra.token"}, "act": {"answer": {"status": 400, "body": {"error": "invalid_grant", "error_description": "AADSTS53003: Access has been blocked by Conditional Access policies.", "error_codes": [53003]}}}}"#;
    stage.simulator.add_fault(serde_json::from_str::<Fault>(when).expect("a fault"));
    stage.send(Command::SignInWithBrowser).await;
    let failure = stage.until_failure(Code::ConditionalAccessBlocked).await;
    let links = failure.remedies.iter().filter_map(|remedy| match remedy {
        Remedy::Link { url, .. } => Some(url.as_str()),
        _ => None,
    });
    assert_eq!(links.collect::<Vec<_>>(), ["https://login.microsoftonline.us/error?code=53003"]);
}

#[tokio::test]
async fn an_own_application_is_named_before_and_after_the_sign_in() {
    let mut stage = own_application("own-application").await;
    let page = sign_in(stage.page()).expect("the first page");
    assert_eq!(page.application.as_deref(), Some(OWN), "Microsoft's page will name it");
    show("sign-in-own-application", &stage);
    assert!(!stage.walk().await.is_empty());
    let person = stage.page().person.as_ref().expect("somebody");
    assert_eq!(person.application.as_deref(), Some(OWN));
    let asked = stage.desktop.last_opened();
    assert!(asked.contains(&format!("client_id={OWN}")), "{asked}");
}

#[tokio::test]
async fn an_own_application_without_the_permission_is_told_what_it_needs() {
    let mut stage = own_application("own-application-lacking").await;
    stage.sign_in().await;
    stage.choose(RESOURCE).await;
    stage.assign_role().await;
    let failure = stage.until_failure(Code::ApplicationLacksPermission).await;
    show("application-lacks-permission", &stage);
    assert_eq!(failure.parameters["application"], OWN);
    assert_eq!(failure.parameters["service"], "https://cognitiveservices.azure.com");
    let text = failure.remedies.iter().find_map(|remedy| match remedy {
        Remedy::Text { text: TextKind::RegisterApplication, content } => Some(content.as_str()),
        _ => None,
    });
    let text = text.expect("it is offered");
    assert!(text.contains(OWN) && text.contains("7d312290-28c8-473c-a0ed-8e53749b6d6d"), "{text}");
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_told_on_the_first_page() {
    let settings = settings(&[("KEYLESS_CLOUD", "mars"), ("KEYLESS_CLIENT_ID", "me")]);
    let mut stage = Stage::with(Setup { settings, ..Setup::default() }).await;
    show("settings-not-used", &stage);
    let told = |stage: &Stage| -> Vec<String> {
        stage.page().notices.iter().map(|notice| notice.code.clone()).collect()
    };
    assert_eq!(told(&stage), ["setting_not_a_cloud", "setting_not_a_client"]);
    stage.sign_in().await;
    assert_eq!(told(&stage), Vec::<String>::new(), "it is said where it can be seen to");
    assert_eq!(stage.page().person.as_ref().and_then(|person| person.application.clone()), None);
}
