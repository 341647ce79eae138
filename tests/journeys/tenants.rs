//! The person's directories: chosen before the prompt, looked at after it, all of them side by
//! side and for both audiences; guests, personal accounts, people without anything; and the day
//! after.

use std::time::Duration;

use keyless::failure::{Action, Code, Failure, Remedy};
use keyless::session::Command;
use keyless::snapshot::{
    Audience, SignInPage, SignInPhase, Snapshot, Step, TenantKnown, TenantState, TenantStatus,
};
use serde_json::json;
use simulator::{Act, Entry, Fault, Scenario};

use crate::browser::Habit;
use crate::fixtures::show;
use crate::stage::{ADA, RESOURCE, Setup, Stage, choose, shown, sign_in};

const CONTOSO: &str = "4d083c51-407b-49e4-b919-9b6615eb8a8e";
const FABRIKAM: &str = "d1c7c857-c37a-4895-88e8-811f00aa7001";
/// The one that answers after four seconds in `twelve-tenants`.
const PROSEWARE: &str = "b3c89f66-b205-485e-80af-481ccedafc64";
const ADA_IN_FABRIKAM: &str = "00a154d8-5ed8-4bcc-b5c7-19c2add9ca88";

fn page(snapshot: &Snapshot) -> &SignInPage {
    sign_in(snapshot).expect("page one is shown")
}

fn tenant<'s>(snapshot: &'s Snapshot, id: &str) -> &'s TenantState {
    let tenants = sign_in(snapshot).map(|page| &page.tenants).expect("page one is shown");
    tenants.iter().find(|tenant| tenant.id == id).expect("the directory is on the page")
}

/// Whether page one shows somebody whose directories have all been looked at.
fn is_settled(snapshot: &Snapshot) -> bool {
    sign_in(snapshot).is_some_and(|page| {
        page.phase == SignInPhase::SignedIn
            && !page.tenants.is_empty()
            && page.tenants.iter().all(|tenant| tenant.status != TenantStatus::Checking)
    })
}

async fn settle(stage: &mut Stage) -> Snapshot {
    stage.send(Command::SignInWithBrowser).await;
    stage.until("every directory was looked at", is_settled).await;
    keep(stage).await;
    stage.page().clone()
}

fn offers(failure: &Failure, action: Action) -> bool {
    failure.remedies.contains(&Remedy::Action { action })
}

async fn press(stage: &mut Stage, action: Action) {
    let remedies = stage.failure().remedies.clone();
    let index = remedies.iter().position(|remedy| *remedy == Remedy::Action { action });
    let index = u32::try_from(index.expect("the page offers it")).expect("a few remedies");
    stage.send(Command::PressRemedy { index }).await;
}

async fn keep(stage: &mut Stage) {
    stage.until("the sign-in is kept", |s| s.person.as_ref().is_some_and(|p| p.kept)).await;
}

#[tokio::test]
async fn twelve_tenants_show_their_states_and_none_holds_up_another() {
    let mut stage = Stage::new("twelve-tenants").await;
    stage.send(Command::SignInWithBrowser).await;
    let all_but_one = |s: &Snapshot| {
        sign_in(s).is_some_and(|page| {
            let checking = page.tenants.iter().filter(|it| it.status == TenantStatus::Checking);
            page.tenants.len() == 12 && checking.map(|it| it.id.as_str()).eq([PROSEWARE])
        })
    };
    let snapshot =
        stage.until("only the slow directory is still being looked at", all_but_one).await;
    show("tenants-checking", &stage);
    let tenants = &page(&snapshot).tenants;
    assert!(tenants[0].home && tenants[0].id == CONTOSO, "the own directory comes first");
    let count = |status| tenants.iter().filter(|tenant| tenant.status == status).count();
    assert_eq!(count(TenantStatus::NeedsSignIn), 2, "two want a second factor: {tenants:#?}");
    assert_eq!(count(TenantStatus::Blocked), 1, "one lets nobody in");
    assert_eq!(count(TenantStatus::Ready), 8, "the others, the throttled one too, are ready");
    for tenant in tenants.iter().filter(|tenant| tenant.status == TenantStatus::Ready) {
        assert!(tenant.name.is_some(), "a directory tells its name to its own tokens: {tenant:?}");
        assert!(tenant.object_id.is_some(), "the id in that directory is known");
    }
    stage.send(Command::GoToStep { step: Step::ChooseResource }).await;
    let listed = |s: &Snapshot| choose(s).is_some_and(|page| page.total >= 8);
    let snapshot = stage.until("what is there already is listed", listed).await;
    assert!(choose(&snapshot).is_some_and(|page| page.reading), "the slow one is still asked");
    stage.pass(Duration::from_secs(4));
    stage.until("all is read", |s| choose(s).is_some_and(|page| !page.reading)).await;
    let notices = &stage.page().notices;
    let unreached = notices.iter().find(|notice| notice.code == "tenants_unreached");
    assert_eq!(unreached.expect("that is told").parameters["count"], "3");
    stage.send(Command::GoToStep { step: Step::SignIn }).await;
    keep(&mut stage).await;
    show("tenants-mixed", &stage);
    let proseware = tenant(stage.page(), PROSEWARE);
    assert_eq!(proseware.status, TenantStatus::Ready, "slow is not refused");
}

#[tokio::test]
async fn a_directory_that_never_answers_is_told_as_too_slow_and_tried_again_by_itself() {
    let mut stage = Stage::new("twelve-tenants").await;
    stage.simulator.clear_faults();
    let never = Act::Delay { milliseconds: 10_000_000 };
    let mut fault = Fault::on("entra.token", never);
    fault.when.path_contains = Some(PROSEWARE.to_owned());
    stage.simulator.add_fault(fault);
    stage.send(Command::SignInWithBrowser).await;
    let others = |s: &Snapshot| {
        sign_in(s).is_some_and(|page| {
            let checking = page.tenants.iter().filter(|it| it.status == TenantStatus::Checking);
            page.tenants.len() == 12 && checking.count() == 1
        })
    };
    stage.until("the others were looked at", others).await;
    stage.clock.advance(Duration::from_secs(30));
    stage.until("it is given up", is_settled).await;
    let failure = tenant(stage.page(), PROSEWARE).failure.clone().expect("it is told why");
    assert_eq!(failure.code, Code::TimedOut);
    stage.simulator.clear_faults();
    let again = Remedy::Action { action: Action::TryAgain };
    let index = failure.remedies.iter().position(|it| *it == again).expect("it can be tried again");
    let index = u32::try_from(index).expect("a few remedies");
    stage.send(Command::PressTenantRemedy { id: PROSEWARE.to_owned(), index }).await;
    let ready = |s: &Snapshot| tenant(s, PROSEWARE).status == TenantStatus::Ready;
    stage.until("it is there now", ready).await;
}

#[tokio::test]
async fn code_in_hand_to_the_subscriptions_of_twelve_tenants_is_four_requests_deep() {
    let latency = Duration::from_millis(20);
    let setup = Setup { scenario: "twelve-tenants", latency, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    stage.simulator.clear_faults();
    settle(&mut stage).await;
    let history = stage.history();
    let code = history.iter().position(|entry| entry.operation == "entra.token");
    let since: Vec<Entry> = history[code.expect("the code is redeemed")..].to_vec();
    let wanted: Vec<Entry> =
        since.iter().filter(|entry| !entry.operation.starts_with("accounts.")).cloned().collect();
    let path = simulator::critical_path(&wanted);
    let names: Vec<_> = path.iter().map(|entry| entry.operation.as_str()).collect();
    println!("{} requests, {} deep: {names:?}", wanted.len(), path.len());
    assert!(path.len() <= 4, "{names:?}");
    assert!(path.len() >= 3, "the tokens of a directory need the list of directories: {names:?}");
    let lists = wanted.iter().filter(|entry| entry.operation == "subscriptions.list");
    assert_eq!(lists.count(), 9, "those of each directory that opens");
    overlap(&since, "entra.token", 10);
    overlap(&since, "subscriptions.list", 2);
    let one = |operation: &str| since.iter().find(|entry| entry.operation == operation);
    let (tenants, own) = (one("tenants.list"), one("subscriptions.list"));
    assert!(
        tenants.zip(own).is_some_and(|(tenants, own)| tenants.overlaps(own)),
        "the list of directories and the own subscriptions do not need each other"
    );
}

/// At least so many requests of an operation were under way together with another of them.
fn overlap(history: &[Entry], operation: &str, least: usize) {
    let all: Vec<_> = history.iter().filter(|entry| entry.operation == operation).collect();
    let together = all.iter().enumerate().filter(|(at, one)| {
        all.iter().enumerate().any(|(other, two)| other != *at && one.overlaps(two))
    });
    let together = together.count();
    assert!(together >= least, "of {} {operation} only {together} overlap", all.len());
}

#[tokio::test]
async fn a_relaunch_lists_the_resources_of_twelve_tenants_in_three_requests() {
    let latency = Duration::from_millis(20);
    let setup = Setup { scenario: "twelve-tenants", latency, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    stage.simulator.clear_faults();
    settle(&mut stage).await;
    keep(&mut stage).await;
    let before = stage.history().len();
    stage.relaunch().await;
    let read = |s: &Snapshot| choose(s).is_some_and(|page| !page.reading && page.total > 0);
    let snapshot = stage.until("the resources are listed", read).await;
    assert!(choose(&snapshot).is_some_and(|page| page.total >= 9), "of every directory that opens");
    let history = stage.history()[before..].to_vec();
    let path = simulator::critical_path(&history);
    let names: Vec<_> = path.iter().map(|entry| entry.operation.as_str()).collect();
    println!("relaunch: {} requests, {} deep: {names:?}", history.len(), path.len());
    assert!(path.len() <= 3, "{names:?}");
    overlap(&history, "entra.token", 12);
    let tokens = history.iter().filter(|entry| entry.operation == "entra.token").count();
    assert_eq!(tokens, 24, "each directory is asked once for each audience");
}

#[tokio::test]
async fn a_directory_that_the_person_has_left_is_not_brought_back_by_the_day_before() {
    let mut stage = Stage::new("mfa-in-one-tenant").await;
    settle(&mut stage).await;
    keep(&mut stage).await;
    let kept = stage.store.read().await.expect("it reads").expect("it is kept");
    assert!(kept.expose().contains(FABRIKAM), "the directories are remembered");
    let listed = Act::Answer {
        status: 200,
        headers: [].into(),
        body: serde_json::json!({ "value": [{ "id": format!("/tenants/{CONTOSO}"),
            "tenantId": CONTOSO, "displayName": "Contoso" }] }),
    };
    stage.simulator.add_fault(Fault::on("tenants.list", listed));
    stage.relaunch().await;
    let read = |s: &Snapshot| choose(s).is_some_and(|page| !page.reading && page.total > 0);
    stage.until("the resources are listed", read).await;
    stage.send(Command::GoToStep { step: Step::SignIn }).await;
    let ids: Vec<_> = page(stage.page()).tenants.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, [CONTOSO], "what Azure lists counts");
}

#[tokio::test]
async fn a_second_factor_in_one_directory_opens_it_and_leaves_the_others_alone() {
    let mut stage = Stage::new("mfa-in-one-tenant").await;
    let snapshot = settle(&mut stage).await;
    show("tenant-needs-sign-in", &stage);
    assert_eq!(tenant(&snapshot, CONTOSO).status, TenantStatus::Ready);
    let fabrikam = tenant(&snapshot, FABRIKAM).clone();
    assert_eq!(fabrikam.status, TenantStatus::NeedsSignIn);
    assert_eq!(fabrikam.refused, None, "both audiences want it");
    let failure = fabrikam.failure.expect("it is told why");
    assert_eq!(failure.code, Code::SecondFactorNeeded);
    assert!(offers(&failure, Action::SignIn));
    assert!(snapshot.failure.is_none(), "one directory is not the page's failure");
    let before = stage.history().len();
    stage.send(Command::SignInToTenant { id: FABRIKAM.to_owned() }).await;
    let opened = |s: &Snapshot| is_settled(s) && tenant(s, FABRIKAM).status == TenantStatus::Ready;
    let snapshot = stage.until("it opens", opened).await;
    show("tenants-ready", &stage);
    let address = stage.desktop.last_opened();
    assert!(address.contains(&format!("/{FABRIKAM}/oauth2/v2.0/authorize")), "{address}");
    assert!(address.contains("login_hint=ada%40contoso.example"), "the name is filled in");
    assert!(address.contains("capolids"), "what the refusal asks to prove is carried along");
    let fabrikam = tenant(&snapshot, FABRIKAM);
    assert_eq!(fabrikam.object_id.as_deref(), Some(ADA_IN_FABRIKAM));
    assert_eq!(fabrikam.name.as_deref(), Some("Fabrikam"));
    let person = snapshot.person.expect("the same person");
    assert_eq!((person.account.as_str(), person.tenant_id.as_str()), (ADA, CONTOSO));
    let codes = stage.history()[before..]
        .iter()
        .filter(|entry| entry.fields.iter().any(|field| field == "code"))
        .count();
    assert_eq!(codes, 1, "one sign-in, and the rest silently with its token");
    stage.go_on().await;
    let joined = |s: &Snapshot| choose(s).is_some_and(|page| page.total == 2);
    stage.until("its resources join the list", joined).await;
    // The newest token is kept: the second factor counts on the next day too.
    stage.relaunch().await;
    stage.until("both are there", |s| joined(s) && choose(s).is_some_and(|p| !p.reading)).await;
}

#[tokio::test]
async fn somebody_else_who_signs_in_to_one_directory_changes_nothing() {
    let mut stage = Stage::new("mfa-in-one-tenant").await;
    let grace = serde_json::json!({
        "based_on": "mfa-in-one-tenant", "name": "two people",
        "users": [
            { "upn": ADA, "given_name": "Ada", "family_name": "Lovelace", "home": CONTOSO,
              "object_ids": { CONTOSO: "b2182484-7b2e-4569-b898-f8c2fb1355bd", FABRIKAM: ADA_IN_FABRIKAM } },
            { "upn": "grace@fabrikam.example", "given_name": "Grace", "family_name": "Hopper",
              "home": FABRIKAM, "object_ids": { FABRIKAM: "5b0dbbf1-5a06-4b3f-9d1c-3f6d2a4a7c55" } },
        ],
    });
    let scenario = Scenario::from_json(&grace.to_string()).expect("a scenario");
    stage.simulator.set_scenario(scenario);
    settle(&mut stage).await;
    *stage.desktop.habit.lock().expect("no test panics with the lock") =
        Habit::ContinueAs("grace@fabrikam.example");
    stage.send(Command::SignInToTenant { id: FABRIKAM.to_owned() }).await;
    let failure = stage.until_failure(Code::AnotherAccount).await;
    show("another-account", &stage);
    assert_eq!(failure.parameters["account"], "grace@fabrikam.example");
    assert_eq!(failure.parameters["known"], ADA);
    assert_eq!(stage.page().person.as_ref().expect("somebody").account, ADA);
    assert_eq!(tenant(stage.page(), FABRIKAM).status, TenantStatus::NeedsSignIn);
    *stage.desktop.habit.lock().expect("no test panics with the lock") = Habit::ContinueAs(ADA);
    press(&mut stage, Action::TryAgain).await;
    let opened = |s: &Snapshot| is_settled(s) && tenant(s, FABRIKAM).status == TenantStatus::Ready;
    stage.until("it opens for the same person", opened).await;
    assert!(stage.page().failure.is_none());
}

#[tokio::test]
async fn a_policy_that_stops_only_the_chat_is_seen_on_page_one() {
    let mut stage = Stage::new("chat-audience-blocked").await;
    let snapshot = settle(&mut stage).await;
    show("tenants-blocked", &stage);
    let contoso = tenant(&snapshot, CONTOSO);
    assert_eq!(contoso.status, TenantStatus::Blocked, "ready means that both can be had");
    assert_eq!(contoso.refused, Some(Audience::Chat), "it is said which of the two");
    let failure = contoso.failure.as_ref().expect("it is told why");
    assert_eq!(failure.code, Code::ConditionalAccessBlocked);
    assert!(failure.remedies.iter().any(|remedy| matches!(remedy, Remedy::Text { .. })));
    assert!(snapshot.failure.is_none());
    stage.go_on().await;
    stage.until("the resources are listed", |s| choose(s).is_some_and(|p| p.total > 0)).await;
}

#[tokio::test]
async fn a_second_factor_that_only_the_chat_wants_is_given_on_page_one() {
    let mut stage = Stage::new("S1").await;
    let snapshot = settle(&mut stage).await;
    let contoso = tenant(&snapshot, CONTOSO);
    assert_eq!(
        (contoso.status, contoso.refused),
        (TenantStatus::NeedsSignIn, Some(Audience::Chat))
    );
    stage.send(Command::PressTenantRemedy { id: CONTOSO.to_owned(), index: 0 }).await;
    let ready = |s: &Snapshot| is_settled(s) && tenant(s, CONTOSO).status == TenantStatus::Ready;
    stage.until("both can be had", ready).await;
    assert!(stage.desktop.last_opened().contains("cognitiveservices"), "for what was refused");
    stage.go_on().await;
    stage.until("the resources are listed", |s| choose(s).is_some_and(|p| p.total > 0)).await;
    stage.choose(RESOURCE).await;
    stage.confirm_access().await;
    stage.write_env().await;
    assert!(!stage.test_connection().await.is_empty(), "page five has nothing left to say");
}

#[tokio::test]
async fn an_answer_that_is_not_entras_ends_no_sign_in() {
    let mut stage = Stage::new("default").await;
    settle(&mut stage).await;
    keep(&mut stage).await;
    let portal = Act::Answer {
        status: 200,
        headers: [("content-type".to_owned(), "text/html".to_owned())].into(),
        body: serde_json::json!("<html>Welcome to the hotel's network</html>"),
    };
    stage.simulator.add_fault(Fault::on("entra.token", portal));
    stage.relaunch().await;
    stage.until_failure(Code::UnexpectedAnswer).await;
    assert!(stage.page().notices.is_empty(), "nobody says that the sign-in has ended");
    assert!(stage.store.read().await.expect("it reads").is_some(), "it is still kept");
    stage.simulator.clear_faults();
    press(&mut stage, Action::TryAgain).await;
    let read = |s: &Snapshot| choose(s).is_some_and(|page| !page.reading && page.total > 0);
    stage.until("the road goes on by itself", read).await;
}

#[tokio::test]
async fn a_guest_finds_what_is_there_and_who_they_are_there() {
    let mut stage = Stage::new("guest").await;
    let snapshot = settle(&mut stage).await;
    show("guest", &stage);
    assert!(snapshot.failure.is_none(), "nothing at home is no failure where there is more");
    assert_eq!(tenant(&snapshot, CONTOSO).subscriptions, 0);
    let fabrikam = tenant(&snapshot, FABRIKAM);
    assert_eq!((fabrikam.status, fabrikam.subscriptions), (TenantStatus::Ready, 1));
    assert_eq!(fabrikam.object_id.as_deref(), Some(ADA_IN_FABRIKAM), "another id than at home");
    stage.go_on().await;
    stage.until("the resources are listed", |s| choose(s).is_some_and(|p| p.total == 1)).await;
}

#[tokio::test]
async fn a_guest_without_a_subscription_is_told_where_and_whom_to_ask() {
    let mut stage = Stage::new("mfa-in-one-tenant").await;
    let nothing = serde_json::json!({
        "based_on": "guest", "name": "a guest without anything", "subscriptions": [], "assignments": [],
    });
    let scenario = Scenario::from_json(&nothing.to_string()).expect("a scenario");
    stage.simulator.set_scenario(scenario);
    stage.send(Command::ChooseTenant { text: "fabrikam.example".to_owned() }).await;
    stage.send(Command::SignInWithBrowser).await;
    let failure = stage.until_failure(Code::GuestWithoutSubscription).await;
    keep(&mut stage).await;
    show("guest-without-subscription", &stage);
    assert_eq!(failure.parameters["account"], ADA);
    assert_eq!(failure.parameters["tenant"], "Fabrikam");
    let text = failure.remedies.iter().find_map(|remedy| match remedy {
        Remedy::Text { content, .. } => Some(content.clone()),
        _ => None,
    });
    let text = text.expect("a text to send");
    assert!(text.contains(ADA_IN_FABRIKAM) && text.contains(FABRIKAM), "{text}");
    let person = stage.page().person.clone().expect("somebody");
    assert!(person.guest, "at home elsewhere");
    assert_eq!(person.tenant_id, FABRIKAM, "the directory that was chosen");
    press(&mut stage, Action::ChooseTenant).await;
    stage.until("another one can be chosen", |s| s.person.is_none()).await;
}

#[tokio::test]
async fn a_personal_account_is_named_as_such() {
    let habit = Habit::ContinueAs("ada@outlook.example");
    let setup = Setup { scenario: "personal-account", habit, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    stage.send(Command::SignInWithBrowser).await;
    let failure = stage.until_failure(Code::PersonalAccount).await;
    keep(&mut stage).await;
    show("personal-account", &stage);
    assert_eq!(failure.parameters["account"], "ada@outlook.example");
    assert!(offers(&failure, Action::SwitchAccount) && offers(&failure, Action::ChooseTenant));
    assert_eq!(shown(stage.page()), Step::SignIn);
}

#[tokio::test]
async fn a_personal_account_that_was_invited_finds_its_way() {
    let habit = Habit::ContinueAs("ada@outlook.example");
    let setup = Setup { scenario: "personal-guest", habit, ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    let snapshot = settle(&mut stage).await;
    assert!(snapshot.failure.is_none(), "there is something to choose");
    assert_eq!(tenant(&snapshot, FABRIKAM).status, TenantStatus::Ready);
    stage.go_on().await;
    stage.until("the resources are listed", |s| choose(s).is_some_and(|p| p.total == 1)).await;
}

#[tokio::test]
async fn nobody_is_left_on_an_empty_list_without_a_subscription() {
    let mut stage = Stage::new("no-subscription").await;
    stage.send(Command::SignInWithBrowser).await;
    let failure = stage.until_failure(Code::NoSubscription).await;
    keep(&mut stage).await;
    show("no-subscription", &stage);
    assert_eq!(shown(stage.page()), Step::SignIn, "that is page one's business");
    assert!(offers(&failure, Action::ReadResources) && offers(&failure, Action::SwitchAccount));
    stage.send(Command::GoToStep { step: Step::ChooseResource }).await;
    assert_eq!(stage.failure().code, Code::NoSubscription, "the next page says so as well");
}

#[tokio::test]
async fn a_directory_is_chosen_before_the_prompt_and_checked() {
    let mut stage = Stage::new("guest").await;
    for (text, state) in [
        ("not one", TenantKnown::Malformed),
        ("common", TenantKnown::Malformed),
        ("https://fabrikam.example", TenantKnown::Malformed),
        ("", TenantKnown::Empty),
    ] {
        let before = stage.history().len();
        stage.send(Command::ChooseTenant { text: text.to_owned() }).await;
        assert_eq!(page(stage.page()).tenant.state, state, "{text:?}");
        assert_eq!(stage.history().len(), before, "the form is checked without asking anybody");
    }
    stage.send(Command::ChooseTenant { text: "nowhere.example".to_owned() }).await;
    let unknown = |s: &Snapshot| page(s).tenant.state == TenantKnown::Unknown;
    stage.until("it is not found", unknown).await;
    show("tenant-unknown", &stage);
    assert!(stage.page().failure.is_none(), "that is told beside the field");
    stage.send(Command::SignInWithBrowser).await;
    assert!(stage.desktop.opened.lock().expect("no panic").is_empty(), "no page would come back");
    stage.send(Command::ChooseTenant { text: " Fabrikam.example ".to_owned() }).await;
    let known =
        |s: &Snapshot| page(s).tenant.state == TenantKnown::Known { id: FABRIKAM.to_owned() };
    stage.until("it is found", known).await;
    show("tenant-known", &stage);
    stage.send(Command::SignInWithBrowser).await;
    stage.until("somebody is signed in", is_settled).await;
    assert!(stage.desktop.last_opened().contains(&format!("/{FABRIKAM}/oauth2/v2.0/authorize")));
    let person = stage.page().person.clone().expect("somebody");
    assert_eq!(person.tenant_id, FABRIKAM);
    assert_eq!(person.object_id, ADA_IN_FABRIKAM);
    assert_eq!(person.tenant_name.as_deref(), Some("Fabrikam"));
    assert!(person.guest);
}

#[tokio::test]
async fn a_sign_in_that_is_pressed_while_the_directory_is_checked_waits_for_it() {
    let mut stage = Stage::new("guest").await;
    stage.send(Command::ChooseTenant { text: "fabrikam.example".to_owned() }).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("somebody is signed in", is_settled).await;
    assert!(stage.desktop.last_opened().contains(&format!("/{FABRIKAM}/")), "by its id");

    let mut stage = Stage::new("guest").await;
    stage.send(Command::ChooseTenant { text: "nowhere.example".to_owned() }).await;
    stage.send(Command::SignInWithBrowser).await;
    let told = |s: &Snapshot| s.busy.is_none() && page(s).tenant.state == TenantKnown::Unknown;
    stage.until("it is told beside the field", told).await;
    assert!(stage.desktop.opened.lock().expect("no panic").is_empty());
    assert!(stage.page().failure.is_none());
}

#[tokio::test]
async fn a_directory_that_cannot_be_checked_now_is_checked_by_the_sign_in() {
    let mut stage = Stage::new("guest").await;
    stage.simulator.add_fault(Fault::on("entra.configuration", Act::Cut).times(3));
    stage.send(Command::ChooseTenant { text: "fabrikam.example".to_owned() }).await;
    let unchecked = |s: &Snapshot| page(s).tenant.state == TenantKnown::Unchecked;
    stage.until("it could not be checked", unchecked).await;
    assert!(stage.page().failure.is_none(), "nobody has asked for anything yet");
    stage.send(Command::SignInWithBrowser).await;
    stage.until("somebody is signed in", is_settled).await;
    assert_eq!(stage.page().person.as_ref().map(|it| it.tenant_id.as_str()), Some(FABRIKAM));
}

#[tokio::test]
async fn whoever_signs_in_sees_who_they_are_before_it_is_used() {
    let mut stage = Stage::new("default").await;
    let snapshot = settle(&mut stage).await;
    keep(&mut stage).await;
    show("who-am-i", &stage);
    let person = snapshot.person.expect("somebody");
    assert_eq!(person.name, "Ada Lovelace");
    assert_eq!(person.account, ADA);
    assert_eq!(person.tenant_name.as_deref(), Some("Contoso"));
    assert_eq!(person.tenant_id, CONTOSO);
    assert_eq!(person.object_id, "b2182484-7b2e-4569-b898-f8c2fb1355bd");
    assert!(!person.guest);
    assert_eq!(shown(stage.page()), Step::SignIn, "it is used only after Continue");
}

#[tokio::test]
async fn a_switch_of_the_account_leaves_nothing_of_the_person_before() {
    let mut stage = Stage::new("guest").await;
    settle(&mut stage).await;
    keep(&mut stage).await;
    *stage.desktop.habit.lock().expect("no test panics with the lock") = Habit::Nothing;
    stage.send(Command::SwitchAccount).await;
    let waiting = |s: &Snapshot| crate::stage::is_waiting_for_browser(s);
    let snapshot = stage.until("the browser asks who it is", waiting).await;
    let shown = serde_json::to_string(&snapshot).expect("a page is JSON").replace("redirect", "");
    for trace in ["ada@", "Ada", "Fabrikam", "Contoso", ADA_IN_FABRIKAM, CONTOSO] {
        assert!(!shown.contains(trace), "{trace} is still on the page: {shown}");
    }
    let address = stage.desktop.last_opened();
    assert!(address.contains("prompt=select_account") && !address.contains("login_hint"));
}

/// A sign-in that was kept and ended since; the page one that comes instead.
async fn ended(scenario: &'static str, hours: u64) -> Stage {
    let mut stage = Stage::new(scenario).await;
    settle(&mut stage).await;
    keep(&mut stage).await;
    stage.pass(Duration::from_secs(hours * 60 * 60));
    stage.relaunch().await;
    stage.until("the wizard is ready", |s| s.busy.is_none() && !s.notices.is_empty()).await;
    stage
}

#[tokio::test]
async fn an_ended_sign_in_says_why_and_fills_in_the_name() {
    for (scenario, hours, code, fixture) in [
        ("sign-in-frequency", 2, "resume_frequency", "resume-frequency"),
        ("revoked", 2, "resume_revoked", "resume-revoked"),
        ("default", 91 * 24, "resume_expired", "resume-expired"),
    ] {
        let mut stage = ended(scenario, hours).await;
        show(fixture, &stage);
        let notices = &stage.page().notices;
        assert_eq!(notices.len(), 1, "one sentence: {notices:?}");
        assert_eq!(notices[0].code, code);
        assert_eq!(notices[0].parameters["account"], ADA);
        assert!(stage.page().failure.is_none() && stage.page().person.is_none());
        assert_eq!(page(stage.page()).phase, SignInPhase::SignedOut);
        stage.send(Command::SignInWithBrowser).await;
        stage.until("somebody is signed in", is_settled).await;
        let address = stage.desktop.last_opened();
        assert!(address.contains("login_hint=ada%40contoso.example"), "{address}");
        assert!(!address.contains("select_account"), "nobody is asked who they are: {address}");
        assert!(stage.page().notices.is_empty(), "it is mended");
    }
}

#[tokio::test]
async fn a_network_that_is_down_at_the_start_costs_nobody_their_sign_in() {
    let mut stage = Stage::new("default").await;
    settle(&mut stage).await;
    keep(&mut stage).await;
    let before = stage.store.read().await.expect("it reads").expect("it is kept");
    stage.simulator.add_fault(Fault::on_every(Act::Cut));
    stage.relaunch().await;
    let failure = stage.until_failure(Code::NetworkFailed).await;
    show("resume-offline", &stage);
    assert_eq!(shown(stage.page()), Step::SignIn);
    assert_eq!(failure.remedies[0], Remedy::Action { action: Action::TryAgain });
    let after = stage.store.read().await.expect("it reads").expect("it is still kept");
    assert_eq!(before.expose(), after.expose());
    stage.simulator.clear_faults();
    press(&mut stage, Action::TryAgain).await;
    let read = |s: &Snapshot| choose(s).is_some_and(|page| !page.reading && page.total > 0);
    stage.until("the road goes on by itself", read).await;
    assert!(stage.history().iter().filter(|it| it.operation == "entra.signIn").count() <= 1);
}

#[tokio::test]
async fn directories_that_cannot_be_listed_are_told_and_the_own_one_is_used() {
    let mut stage = Stage::new("default").await;
    stage.simulator.add_fault(Fault::on("tenants.list", Act::Cut));
    stage.send(Command::SignInWithBrowser).await;
    stage.until_failure(Code::NetworkFailed).await;
    assert_eq!(tenant(stage.page(), CONTOSO).status, TenantStatus::Ready);
    stage.send(Command::GoToStep { step: Step::ChooseResource }).await;
    let listed = |s: &Snapshot| choose(s).is_some_and(|page| !page.reading && page.total > 0);
    let snapshot = stage.until("the resources are listed", listed).await;
    assert!(snapshot.notices.iter().any(|notice| notice.code == "tenants_unlisted"));
}

/// Somebody at home in Contoso who is a guest of so many more companies.
fn guest_of(companies: usize) -> (Scenario, Vec<String>) {
    let id = |what: &str, number: usize| {
        uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, format!("{what} {number}").as_bytes())
            .to_string()
    };
    let others: Vec<String> = (0..companies).map(|number| id("company", number)).collect();
    let described = others.iter().enumerate().map(|(number, other)| {
        let domain = format!("company-{number}.example");
        json!({"id": other, "name": format!("Company {number}"), "domains": [domain]})
    });
    let home = json!({"id": CONTOSO, "name": "Contoso", "domains": ["contoso.example"]});
    let mut ids: serde_json::Map<String, serde_json::Value> = others
        .iter()
        .enumerate()
        .map(|(number, other)| (other.clone(), id("ada", number).into()))
        .collect();
    ids.insert(CONTOSO.to_owned(), "b2182484-7b2e-4569-b898-f8c2fb1355bd".into());
    let scenario = json!({
        "based_on": "default",
        "name": "many-tenants",
        "tenants": std::iter::once(home).chain(described).collect::<Vec<_>>(),
        "users": [{"upn": ADA, "given_name": "Ada", "family_name": "Lovelace", "home": CONTOSO,
            "object_ids": ids}],
    });
    (Scenario::from_json(&scenario.to_string()).expect("it is whole"), others)
}

/// How many of these requests were under way at once.
pub fn most_at_once(history: &[Entry]) -> usize {
    let mut ticks: Vec<(u64, i32)> = history
        .iter()
        .flat_map(|entry| [(entry.began, 1), (entry.ended.unwrap_or(u64::MAX), -1)])
        .collect();
    ticks.sort_unstable();
    let mut now = 0;
    let most = ticks.into_iter().map(|(_, change)| {
        now += change;
        now
    });
    usize::try_from(most.max().unwrap_or_default()).expect("a count")
}

#[tokio::test]
async fn three_hundred_directories_are_asked_a_few_at_a_time_and_each_for_its_name_once() {
    let (scenario, others) = guest_of(300);
    let latency = Duration::from_millis(20);
    let mut stage = Stage::in_scenario(scenario, Setup { latency, ..Setup::default() }).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.go_on().await;
    let read = |s: &Snapshot| choose(s).is_some_and(|page| !page.reading && page.total > 0);
    stage.until("all is read", read).await;
    let history = stage.history();
    let most = most_at_once(&history);
    println!("{} requests, at most {most} at once", history.len());
    assert!(most <= 4 * 32, "{most} requests at once would drown a proxy");
    assert!(most >= 32, "they do not wait for each other either: {most}");
    let count =
        |operation: &str| history.iter().filter(|entry| entry.operation == operation).count();
    assert_eq!(count("subscriptions.list"), 301, "every directory was asked");
    assert_eq!(count("tenants.list"), 301, "and each for its name");
    stage.send(Command::GoToStep { step: Step::SignIn }).await;
    let again = stage.history().len();
    stage.send(Command::SignInToTenant { id: others[0].clone() }).await;
    let ready = |s: &Snapshot| s.busy.is_none() && is_settled(s);
    stage.until("it was looked at once more", ready).await;
    let since = stage.history()[again..].to_vec();
    assert!(since.iter().any(|entry| entry.operation == "subscriptions.list"), "{since:#?}");
    let asked = since.iter().filter(|entry| entry.operation == "tenants.list").count();
    assert_eq!(asked, 0, "its name is known by now");
}

#[tokio::test]
async fn a_directory_that_waits_for_its_turn_is_not_too_slow() {
    let (scenario, others) = guest_of(80);
    let mut stage = Stage::in_scenario(scenario, Setup::default()).await;
    for other in &others[..40] {
        let mut fault = Fault::on("entra.token", Act::Delay { milliseconds: 10_000_000 });
        fault.when.path_contains = Some(other.clone());
        stage.simulator.add_fault(fault);
    }
    stage.send(Command::SignInWithBrowser).await;
    let count = |s: &Snapshot, wanted: TenantStatus| {
        sign_in(s).map_or(0, |page| page.tenants.iter().filter(|it| it.status == wanted).count())
    };
    stage.until("the first turns are taken", |s| count(s, TenantStatus::Checking) == 80).await;
    stage.clock.advance(Duration::from_secs(30));
    stage.until("the quick ones had theirs", |s| count(s, TenantStatus::Ready) == 41).await;
    stage.clock.advance(Duration::from_secs(30));
    let snapshot = stage.until("all had theirs", is_settled).await;
    assert_eq!(count(&snapshot, TenantStatus::Ready), 41, "the own one and the quick ones");
    assert_eq!(count(&snapshot, TenantStatus::Blocked), 40, "none but the silent ones is given up");
}
