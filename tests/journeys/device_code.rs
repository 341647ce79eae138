//! Signing in with a code that is typed in on any device: played, let pass, refused, cut off.

use std::time::Duration;

use keyless::failure::{Action, Code, Remedy};
use keyless::session::Command;
use keyless::snapshot::{DeviceCode, SignInPhase, Snapshot, Way};
use simulator::{Act, Fault};

use crate::browser::{Habit, decline_code, enter_code};
use crate::failures::names_of;
use crate::fixtures::show;
use crate::stage::{ADA, Setup, Stage, is_signed_in, sign_in};

async fn stage_with_code(scenario: &'static str) -> (Stage, DeviceCode) {
    let setup = Setup { scenario, habit: Habit::Nothing, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    let code = ask_for_code(&mut stage).await;
    (stage, code)
}

async fn ask_for_code(stage: &mut Stage) -> DeviceCode {
    stage.send(Command::SignInWithDeviceCode).await;
    let page = stage.until("a code is shown", |s| code_of(s).is_some()).await;
    code_of(&page).expect("it was just seen").clone()
}

fn code_of(snapshot: &Snapshot) -> Option<&DeviceCode> {
    sign_in(snapshot)?.device_code.as_ref().filter(|code| !code.expired)
}

fn polls(stage: &Stage) -> usize {
    stage.history().iter().filter(|entry| entry.operation == "entra.token").count()
}

fn answer(status: u16, error: &str) -> Act {
    let body = serde_json::json!({ "error": error, "error_description": "AADSTS70000: As said." });
    Act::Answer { status, headers: [].into(), body }
}

#[tokio::test]
async fn a_code_that_is_typed_in_signs_its_person_in() {
    let (mut stage, code) = stage_with_code("default").await;
    assert_eq!((code.code.len(), code.lasts_seconds), (9, 900), "{code:?}");
    assert_eq!(stage.desktop.last_opened(), code.address, "the page to type it in is opened");
    assert_eq!(sign_in(stage.page()).map(|page| page.phase), Some(SignInPhase::Waiting));
    assert!(stage.page().busy.as_ref().is_some_and(|busy| busy.can_cancel));
    show("device-code", &stage);
    enter_code(&code, ADA).await;
    stage.until("somebody is signed in", is_signed_in).await;
    let person = stage.page().person.clone().expect("somebody is signed in");
    assert_eq!((person.account.as_str(), person.way), (ADA, Way::DeviceCode));
    assert!(sign_in(stage.page()).is_some_and(|page| page.device_code.is_none()));
    stage.go_on().await;
    stage.until("it is kept", |s| s.person.as_ref().is_some_and(|person| person.kept)).await;
    stage.relaunch().await;
    stage.until("it goes on", |s| s.person.is_some()).await;
    let way = stage.page().person.as_ref().map(|person| person.way);
    assert_eq!(way, Some(Way::DeviceCode), "the way is kept with the sign-in");
}

#[tokio::test]
async fn a_code_counts_down_and_another_one_can_be_had() {
    let (mut stage, first) = stage_with_code("default").await;
    let half = |s: &Snapshot| code_of(s).is_some_and(|code| code.lasts_seconds <= 450);
    stage.until("half of its time is over", half).await;
    let asked = polls(&stage);
    assert!((80..=91).contains(&asked), "one poll every 5 seconds: {asked} in 450 seconds");
    let failure = stage.until_failure(Code::DeviceCodeExpired).await;
    assert_eq!(failure.parameters["minutes"], "15");
    assert_eq!(names_of(&failure.remedies), ["action:sign_in_with_device_code", "action:sign_in"]);
    let page = sign_in(stage.page()).expect("the first page");
    let old = page.device_code.clone().expect("the old code is shown as such");
    assert!(old.expired && old.code == first.code && old.lasts_seconds == 0, "{old:?}");
    show("device-code-expired", &stage);
    let second = ask_for_code(&mut stage).await;
    assert_ne!(second.code, first.code);
    enter_code(&second, ADA).await;
    stage.until("somebody is signed in", is_signed_in).await;
}

#[tokio::test]
async fn a_code_that_is_declined_ends_at_once() {
    let (mut stage, code) = stage_with_code("default").await;
    decline_code(&code).await;
    let failure = stage.until_failure(Code::SignInDeclined).await;
    assert_eq!(names_of(&failure.remedies), ["action:sign_in_with_device_code", "action:sign_in"]);
    let asked = polls(&stage);
    stage.pass(Duration::from_secs(60));
    assert_eq!(polls(&stage), asked, "nobody asks after a refusal");
}

#[tokio::test]
async fn a_code_that_is_cancelled_is_not_asked_for_any_more() {
    let (mut stage, _) = stage_with_code("default").await;
    stage.send(Command::Cancel).await;
    stage.until("the code is gone", |s| code_of(s).is_none() && s.busy.is_none()).await;
    let asked = polls(&stage);
    stage.pass(Duration::from_secs(60));
    assert_eq!(polls(&stage), asked);
    assert!(stage.page().failure.is_none(), "cancelling is no failure");
}

#[tokio::test]
async fn a_network_that_goes_while_a_code_waits_is_waited_for() {
    let (mut stage, code) = stage_with_code("default").await;
    stage.simulator.add_fault(Fault::on("entra.token", Act::Cut).times(2));
    stage
        .simulator
        .add_fault(Fault::on("entra.token", answer(503, "temporarily_unavailable")).times(1));
    enter_code(&code, ADA).await;
    loop {
        if polls(&stage) >= 3 {
            break;
        }
        let before = polls(&stage);
        let left = code_of(stage.page()).map(|code| code.lasts_seconds);
        stage.pass(Duration::from_secs(40));
        stage
            .until("the next poll is over", |s| {
                is_signed_in(s) || code_of(s).map(|code| code.lasts_seconds) != left
            })
            .await;
        assert!(polls(&stage) > before || is_signed_in(stage.page()));
    }
    stage.pass(Duration::from_secs(40));
    stage.until("somebody is signed in", is_signed_in).await;
    assert!(stage.page().failure.is_none());
}

#[tokio::test]
async fn polls_without_an_answer_are_told_until_one_comes() {
    let (mut stage, code) = stage_with_code("default").await;
    let is_told = |s: &Snapshot| s.notices.iter().any(|it| it.code == "code_polls_lost");
    stage.simulator.add_fault(Fault::on("entra.token", Act::Cut).times(1));
    stage.until("the page says so", is_told).await;
    show("device-code-polls-lost", &stage);
    stage.until("the next answer ends it", |s| !is_told(s) && code_of(s).is_some()).await;
    enter_code(&code, ADA).await;
    stage.until("somebody is signed in", is_signed_in).await;
}

#[tokio::test]
async fn a_code_lasts_as_long_as_it_lasts_whatever_the_clock_is_set_to() {
    for hours in [-2, 2] {
        let (mut stage, code) = stage_with_code("default").await;
        stage.clock.set(time::Duration::hours(hours));
        let polled = |s: &Snapshot| code_of(s).is_some_and(|code| code.lasts_seconds < 900);
        let page = stage.until("it counts down", polled).await;
        let lasts = code_of(&page).expect("it was just seen").lasts_seconds;
        assert!(lasts > 880, "{hours} h: {lasts} s are left");
        enter_code(&code, ADA).await;
        stage.until("somebody is signed in", is_signed_in).await;
    }
}

#[tokio::test]
async fn an_entra_that_is_silent_after_the_persons_part_is_told_after_a_minute() {
    let mut stage = Stage::new("default").await;
    let never = Act::Delay { milliseconds: 10_000_000 };
    stage.simulator.add_fault(Fault::on("entra.token", never.clone()));
    stage.send(Command::SignInWithBrowser).await;
    let redeems = |s: &Snapshot| sign_in(s).is_some_and(|p| p.phase == SignInPhase::Finishing);
    stage.until("the code is redeemed", redeems).await;
    stage.clock.advance(Duration::from_secs(60));
    let failure = stage.until_failure(Code::TimedOut).await;
    assert_eq!(failure.parameters["seconds"], "60");

    let mut stage = Stage::new("default").await;
    stage.simulator.add_fault(Fault::on("entra.deviceCode", never));
    stage.send(Command::SignInWithDeviceCode).await;
    let (clock, minute) = (stage.clock.clone(), Duration::from_secs(60));
    stage.until("a code is asked for", |_| clock.next() == Some(minute)).await;
    stage.clock.advance(minute);
    stage.until_failure(Code::TimedOut).await;
}

#[tokio::test]
async fn a_poll_that_comes_too_early_makes_the_next_ones_slower() {
    let (mut stage, code) = stage_with_code("default").await;
    stage.simulator.add_fault(Fault::on("entra.token", answer(400, "slow_down")).times(1));
    let slower = |s: &Snapshot| code_of(s).is_some_and(|code| code.lasts_seconds <= 885);
    stage.until("it was polled twice", slower).await;
    let seen: Vec<u32> = stage
        .told
        .iter()
        .filter_map(|text| serde_json::from_str::<serde_json::Value>(text).ok())
        .filter_map(|it| it["snapshot"]["page"]["device_code"]["lasts_seconds"].as_u64())
        .filter_map(|seconds| u32::try_from(seconds).ok())
        .collect();
    assert!(seen.ends_with(&[900, 895, 885]), "5 seconds, then 10: {seen:?}");
    enter_code(&code, ADA).await;
    stage.until("somebody is signed in", is_signed_in).await;
}

#[tokio::test]
async fn a_code_that_entra_does_not_know_any_more_is_replaced() {
    let (mut stage, _) = stage_with_code("default").await;
    stage.simulator.add_fault(Fault::on("entra.token", answer(400, "bad_verification_code")));
    let failure = stage.until_failure(Code::DeviceCodeExpired).await;
    assert_eq!(failure.remedies[0], Remedy::Action { action: Action::SignInWithDeviceCode });
    stage.simulator.clear_faults();
    stage.send(Command::PressRemedy { index: 0 }).await;
    let page = stage.until("another code is shown", |s| code_of(s).is_some()).await;
    enter_code(code_of(&page).expect("it was just seen"), ADA).await;
    stage.until("somebody is signed in", is_signed_in).await;
}

/// Whoever can answer in Entra's place must not get a code typed in on a page of theirs.
#[tokio::test]
async fn a_page_that_is_not_microsofts_is_shown_and_not_opened() {
    let setup = Setup { habit: Habit::Nothing, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    let address = "https://microsoft.com.evil.example/devicelogin";
    let act = Act::Answer {
        status: 200,
        headers: [].into(),
        body: serde_json::json!({
            "user_code": "FXDLWKKMF", "device_code": "not-a-real-one", "verification_uri": address,
            "expires_in": 900, "interval": "5", "message": "",
        }),
    };
    stage.simulator.add_fault(Fault::on("entra.deviceCode", act));
    let code = ask_for_code(&mut stage).await;
    assert_eq!(code.address, address);
    let page = sign_in(stage.page()).expect("the first page");
    assert!(!page.browser_opened && page.address.is_none(), "{page:?}");
    let notice = stage.page().notices.iter().find(|notice| notice.code == "page_not_known");
    assert_eq!(notice.map(|notice| notice.parameters["address"].as_str()), Some(address));
    stage.send(Command::OpenBrowserAgain).await;
    assert_eq!(stage.desktop.last_opened(), "", "nothing was opened, also when asked again");
}

#[tokio::test]
async fn a_code_is_had_when_no_browser_opens() {
    let setup = Setup { habit: Habit::NoBrowser, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    let code = ask_for_code(&mut stage).await;
    let told = |s: &Snapshot| s.notices.iter().any(|it| it.code == "browser_not_opened");
    stage.until("it is told", told).await;
    enter_code(&code, ADA).await;
    stage.until("somebody is signed in", is_signed_in).await;
}
