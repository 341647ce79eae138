//! Signing out: what is gone, what stays and is said, and that nobody sees who was here before.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use keyless::failure::{Action, Code, Remedy};
use keyless::secrets::{Secret, SecretStore, SessionStore, StoreTrouble};
use keyless::session::Command;
use keyless::snapshot::{Snapshot, Step};
use serde_json::Value;
use simulator::{Act, Fault};

use crate::browser::Habit;
use crate::fixtures::show;
use crate::stage::{ADA, RESOURCE, Setup, Stage, sign_in};

fn is_kept(snapshot: &Snapshot) -> bool {
    snapshot.person.as_ref().is_some_and(|person| person.kept)
}

async fn sign_in_and_keep(stage: &mut Stage) {
    stage.sign_in().await;
    stage.until("the sign-in is kept", is_kept).await;
}

#[tokio::test]
async fn the_browsers_own_session_stays_and_its_page_is_offered() {
    let mut stage = Stage::new("default").await;
    sign_in_and_keep(&mut stage).await;
    let tenant = stage.page().person.as_ref().expect("somebody").tenant_id.clone();
    stage.send(Command::SignOut).await;
    stage.until("nobody is signed in", |s| s.person.is_none()).await;
    show("signed-out", &stage);
    let address = sign_in(stage.page()).expect("the first page").browser_session.clone();
    let address = address.expect("the page that ends the other session");
    assert!(address.ends_with(&format!("/{tenant}/oauth2/v2.0/logout")), "{address}");

    *stage.desktop.habit.lock().expect("a lock") = Habit::Nothing;
    stage.send(Command::EndBrowserSession).await;
    while !stage.history().iter().any(|entry| entry.operation == "entra.logout") {
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.desktop.last_opened(), address);

    stage.send(Command::SignInWithBrowser).await;
    let page = sign_in(stage.page()).expect("the first page");
    assert_eq!(page.browser_session, None, "whoever signs in again is past that");
}

#[tokio::test]
async fn without_a_network_signing_out_is_as_good_as_with_one() {
    let store = Arc::new(SessionStore::default());
    let mut stage = Stage::with(Setup { store: store.clone(), ..Setup::default() }).await;
    sign_in_and_keep(&mut stage).await;
    for operation in ["entra.token", "tenants.list", "subscriptions.list", "accounts.list"] {
        stage.simulator.add_fault(Fault::on(operation, Act::Cut));
    }
    let before = stage.history().len();
    stage.send(Command::SignOut).await;
    stage.until("nobody is signed in", |s| s.person.is_none()).await;
    stage.session.end().await;
    assert!(store.read().await.expect("memory does not fail").is_none(), "nothing is kept");
    assert_eq!(stage.history().len(), before, "nothing had to be asked");
}

/// A store whose removals and writes hang or fail while it is jammed.
#[derive(Default)]
struct JammedStore {
    inner: SessionStore,
    jammed: AtomicBool,
}

#[async_trait]
impl SecretStore for JammedStore {
    async fn read(&self) -> Result<Option<Secret>, StoreTrouble> {
        self.inner.read().await
    }

    async fn write(&self, secret: &Secret) -> Result<(), StoreTrouble> {
        self.inner.write(secret).await
    }

    async fn remove(&self) -> Result<(), StoreTrouble> {
        match self.jammed.load(Ordering::SeqCst) {
            true => Err(StoreTrouble::Failed("jammed".to_owned())),
            false => self.inner.remove().await,
        }
    }
}

#[tokio::test]
async fn a_store_that_does_not_let_go_is_told_and_the_sign_in_is_dead_anyhow() {
    let store = Arc::new(JammedStore::default());
    let mut stage = Stage::with(Setup { store: store.clone(), ..Setup::default() }).await;
    sign_in_and_keep(&mut stage).await;
    store.jammed.store(true, Ordering::SeqCst);
    stage.send(Command::SignOut).await;
    let failure = stage.until_failure(Code::SignInStillKept).await;
    assert_eq!(failure.remedies, [Remedy::Action { action: Action::TryAgain }]);
    assert!(stage.page().person.is_none(), "the window has forgotten the person");

    let before = stage.history().len();
    stage.relaunch().await;
    stage.until("the wizard is ready", |s| s.busy.is_none()).await;
    assert!(stage.page().person.is_none(), "what is still there is not used");
    assert_eq!(stage.history().len(), before, "nor sent anywhere");
    assert!(store.read().await.expect("it reads").is_some(), "though it is still there");

    store.jammed.store(false, Ordering::SeqCst);
    stage.relaunch().await;
    stage.until("the wizard is ready", |s| s.busy.is_none()).await;
    assert!(store.read().await.expect("it reads").is_none(), "it is removed at the next chance");
}

#[tokio::test]
async fn whoever_does_not_stay_signed_in_leaves_nothing_in_the_store_at_once() {
    let store = Arc::new(SessionStore::default());
    let mut stage = Stage::with(Setup { store: store.clone(), ..Setup::default() }).await;
    sign_in_and_keep(&mut stage).await;
    stage.send(Command::StaySignedIn { on: false }).await;
    stage.until("it is not kept any more", |s| !is_kept(s)).await;
    assert!(store.read().await.expect("memory does not fail").is_none(), "at once, not at the end");
    assert!(stage.page().person.is_some(), "the window goes on");
    stage.send(Command::StaySignedIn { on: true }).await;
    stage.until("it is kept again", is_kept).await;
    assert!(store.read().await.expect("memory does not fail").is_some());
}

#[tokio::test]
async fn a_sign_in_that_proves_nothing_is_not_kept() {
    let store = Arc::new(SessionStore::default());
    let setup = Setup { store: store.clone(), ..Setup::default() };
    let mut stage = Stage::with(setup).await;
    let refused = Act::Answer { status: 401, headers: BTreeMap::new(), body: Value::Null };
    for operation in ["tenants.list", "subscriptions.list", "accounts.list"] {
        stage.simulator.add_fault(Fault::on(operation, refused.clone()));
    }
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the lists are refused", |s| s.person.is_some() && s.busy.is_none()).await;
    stage.session.end().await;
    assert!(store.read().await.expect("memory does not fail").is_none(), "it may be worthless");
}

#[tokio::test]
async fn another_account_chooses_anew_and_sees_nothing_of_the_one_before() {
    let mut stage = Stage::new("default").await;
    stage.walk().await;
    let traces = [ADA, "Ada", RESOURCE];
    let before = stage.told.len();
    stage.send(Command::SignOut).await;
    *stage.desktop.habit.lock().expect("a lock") = Habit::Nothing;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the browser is open", crate::stage::is_waiting_for_browser).await;
    let address = stage.desktop.last_opened();
    assert!(address.contains("prompt=select_account"), "Microsoft asks which account: {address}");
    assert!(!address.contains("login_hint"), "nobody is suggested: {address}");
    for message in &stage.told[before..] {
        for trace in traces {
            assert!(!message.contains(trace), "{trace} is still told: {message}");
        }
    }
    assert_eq!(stage.session.list_resources("", 0, 10).matching, 0, "the list is gone, too");
    for state in &stage.page().steps {
        assert_eq!(state.reachable, state.step == Step::SignIn, "only the first page is left");
    }
}
