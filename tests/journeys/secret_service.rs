//! What the wizard does with a real Secret Service: there, absent, locked, slow, restarted.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use keyless::failure::{Action, Code, Remedy};
use keyless::secrets::{OsStore, Secret, SecretStore, StoreTrouble};
use keyless::session::Command;
use keyless::snapshot::{Snapshot, Step};

use crate::fixtures::show;
use crate::keyring::Keyring;
use crate::stage::{Setup, Stage, sign_in};

/// Long enough for a busy machine.
const PATIENT: Duration = Duration::from_secs(60);
/// For a store that does not answer anyway.
const IMPATIENT: Duration = Duration::from_millis(500);

fn store(keyring: &Keyring) -> Arc<OsStore> {
    keyring.store(PATIENT, PATIENT)
}

async fn stage(store: Arc<OsStore>) -> Stage {
    Stage::with(Setup { store, ..Setup::default() }).await
}

fn is_kept(snapshot: &Snapshot) -> bool {
    snapshot.person.as_ref().is_some_and(|person| person.kept)
}

/// What the first page says about the store.
fn trouble(snapshot: &Snapshot) -> Option<&str> {
    sign_in(snapshot)?.store.as_ref().map(|notice| notice.code.as_str())
}

async fn sign_in_and_keep(stage: &mut Stage) {
    stage.sign_in().await;
    stage.until("the sign-in is kept", is_kept).await;
}

/// Sees that the sign-in works, and that the page says for how long.
async fn sign_in_for_the_session(stage: &mut Stage) {
    stage.sign_in().await;
    let told = |s: &Snapshot| s.notices.iter().any(|notice| notice.code == "session_only");
    stage.until("the page says how long it lasts", told).await;
    assert!(!is_kept(stage.page()));
    stage.send(Command::GoToStep { step: Step::SignIn }).await;
}

#[tokio::test]
async fn a_keyring_keeps_a_token_of_any_length() {
    let keyring = Keyring::open().await;
    let store = store(&keyring);
    assert!(store.read().await.expect("the keyring is open").is_none());
    for length in [3, 6 * 1024, 100 * 1024, 2] {
        let secret = Secret::new("s".repeat(length));
        store.write(&secret).await.expect("the keyring is open");
        let again = self::store(&keyring).read().await.expect("the keyring is open");
        assert_eq!(again.expect("it was written").expose().len(), length);
    }
    assert_eq!(keyring.items().await.len(), 1, "each takes the place of the one before");
    store.remove().await.expect("the keyring is open");
    assert!(keyring.items().await.is_empty(), "nothing stays behind");
}

#[tokio::test]
async fn a_kept_sign_in_outlives_the_window_and_the_keyring() {
    let mut keyring = Keyring::open().await;
    let mut stage = stage(store(&keyring)).await;
    assert_eq!(trouble(stage.page()), None);
    sign_in_and_keep(&mut stage).await;
    keyring.stop().await;
    keyring.start(true).await;
    stage.relaunch().await;
    stage.until("the person is back", |s| s.person.is_some()).await;
    stage.until("the newest token is kept", is_kept).await;
}

#[tokio::test]
async fn a_keyring_that_is_restarted_meanwhile_is_found_again() {
    let mut keyring = Keyring::open().await;
    let mut stage = stage(store(&keyring)).await;
    keyring.stop().await;
    keyring.start(true).await;
    sign_in_and_keep(&mut stage).await;
    keyring.stop().await;
    keyring.start(true).await;
    stage.send(Command::SignOut).await;
    stage.session.end().await;
    assert!(keyring.items().await.is_empty(), "the other daemon holds nothing of it any more");
}

#[tokio::test]
async fn an_absent_keyring_is_named_and_used_as_soon_as_it_is_there() {
    let mut keyring = Keyring::absent().await;
    let mut stage = stage(store(&keyring)).await;
    assert_eq!(trouble(stage.page()), Some("absent"));
    show("store-absent", &stage);
    sign_in_for_the_session(&mut stage).await;
    stage.send(Command::TryStoreAgain).await;
    stage.until("it is still absent", |s| trouble(s) == Some("absent")).await;
    keyring.start(true).await;
    stage.send(Command::TryStoreAgain).await;
    let page = stage.until("the sign-in is kept", is_kept).await;
    assert_eq!(trouble(&page), None);
    assert!(page.notices.is_empty(), "nothing speaks of the session any more: {:?}", page.notices);
}

#[tokio::test]
async fn without_a_bus_the_store_is_absent_and_nothing_else_is_disturbed() {
    let keyring = Keyring::absent().await;
    let store = store(&keyring);
    drop(keyring);
    let mut stage = stage(store).await;
    assert_eq!(trouble(stage.page()), Some("absent"));
    sign_in_for_the_session(&mut stage).await;
    stage.send(Command::SignOut).await;
    stage.until("nobody is signed in", |s| s.person.is_none() && s.busy.is_none()).await;
    stage.session.end().await;
    assert!(stage.page().failure.is_none(), "where nothing was kept, nothing stays");
}

#[tokio::test]
async fn where_nobody_made_a_keyring_yet_the_page_says_so_before_the_sign_in() {
    let mut keyring = Keyring::absent().await;
    keyring.start(false).await;
    let mut stage = stage(store(&keyring)).await;
    assert_eq!(trouble(stage.page()), Some("locked"));
    sign_in_for_the_session(&mut stage).await;
}

#[tokio::test]
async fn a_locked_keyring_asks_nothing_by_surprise_and_gives_the_sign_in_back_when_it_opens() {
    let keyring = Keyring::open().await;
    let asked = keyring.hang_prompts().await;
    let mut stage = stage(keyring.store(PATIENT, IMPATIENT)).await;
    sign_in_and_keep(&mut stage).await;
    keyring.lock().await;
    stage.relaunch().await;
    stage.until("the wizard is ready", |s| s.busy.is_none()).await;
    assert_eq!(trouble(stage.page()), Some("locked"));
    show("store-locked", &stage);
    assert_eq!(asked.load(Ordering::SeqCst), 0, "no window opens over a wizard that just started");

    stage.send(Command::TryStoreAgain).await;
    assert_eq!(trouble(stage.page()), Some("opening"));
    show("store-opening", &stage);
    stage.until("nobody typed the password", |s| trouble(s) == Some("slow")).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1, "this time the person asked for it");

    keyring.unlock().await;
    stage.send(Command::TryStoreAgain).await;
    let page = stage.until("the person is back", |s| s.person.is_some()).await;
    assert_eq!(page.person.expect("somebody").account, crate::stage::ADA);
}

#[tokio::test]
async fn a_prompt_that_nobody_can_see_is_a_locked_keyring() {
    let keyring = Keyring::open().await;
    keyring.lock().await;
    let store = store(&keyring);
    assert_eq!(store.open().await, Err(StoreTrouble::Locked), "there is no window to ask with");
    assert_eq!(store.write(&Secret::new("s".to_owned())).await, Err(StoreTrouble::Locked));
    keyring.unlock().await;
    assert_eq!(store.open().await, Ok(()));
}

#[tokio::test]
async fn a_keyring_that_does_not_answer_is_not_waited_for() {
    let keyring = Keyring::open().await;
    keyring.freeze();
    let mut stage = stage(keyring.store(IMPATIENT, PATIENT)).await;
    assert_eq!(trouble(stage.page()), Some("slow"));
    show("store-slow", &stage);
    sign_in_for_the_session(&mut stage).await;
    stage.send(Command::TryStoreAgain).await;
    assert_eq!(trouble(stage.page()), Some("opening"));
    keyring.thaw();
    stage.until("it is asked once more", |s| trouble(s) != Some("opening")).await;
    // A busy machine may take longer than an impatient store waits.
    while !is_kept(stage.page()) {
        stage.send(Command::TryStoreAgain).await;
        stage.until("it answers", |s| trouble(s) != Some("opening")).await;
        stage.until("it is kept or not", |s| is_kept(s) || trouble(s).is_some()).await;
    }
    assert_eq!(keyring.items().await.len(), 1, "one sign-in is kept");
}

#[tokio::test]
async fn whoever_signs_out_of_a_locked_keyring_does_not_come_back() {
    let keyring = Keyring::open().await;
    let mut stage = stage(store(&keyring)).await;
    sign_in_and_keep(&mut stage).await;
    keyring.lock().await;
    stage.send(Command::SignOut).await;
    let failure = stage.until_failure(Code::SignInStillKept).await;
    assert_eq!(failure.remedies, [Remedy::Action { action: Action::TryAgain }]);
    assert!(stage.page().person.is_none(), "the window has forgotten the person anyhow");
    keyring.unlock().await;
    stage.relaunch().await;
    stage.until("the wizard is ready", |s| s.busy.is_none()).await;
    assert!(stage.page().person.is_none(), "nobody comes back");
    assert!(keyring.items().await.is_empty(), "the rest is removed as soon as it can be");
}
