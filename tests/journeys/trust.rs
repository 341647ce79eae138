//! What is believed of what comes back, and whom a kept sign-in is shown to.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyless::failure::Code;
use keyless::secrets::{Secret, SecretStore, SessionStore};
use keyless::session::Command;
use serde_json::{Value, json};
use simulator::{Act, Fault};

use crate::stage::{Setup, Stage};

/// Somebody is signed in and kept; then the kept sign-in is changed and the window opened again.
async fn relaunch_after(change: impl Fn(&mut Value)) -> (Stage, usize) {
    let store = Arc::new(SessionStore::default());
    let mut stage = Stage::with(Setup { store: store.clone(), ..Setup::default() }).await;
    stage.sign_in().await;
    stage.until("it is kept", |s| s.person.as_ref().is_some_and(|person| person.kept)).await;
    stage.session.end().await;
    let kept = store.read().await.expect("memory does not fail").expect("it is kept");
    let mut kept: Value = serde_json::from_str(kept.expose()).expect("what is kept is JSON");
    change(&mut kept);
    store.write(&Secret::new(kept.to_string())).await.expect("memory does not fail");
    let before = stage.history().len();
    stage.relaunch().await;
    stage.until("the wizard is ready", |s| s.busy.is_none()).await;
    (stage, before)
}

#[tokio::test]
async fn a_sign_in_of_another_application_or_cloud_is_sent_nowhere() {
    for (field, foreign) in [
        ("client_id", "1950a258-227b-4e31-a9cf-717495945fc2"),
        ("authority", "https://login.microsoftonline.us/"),
    ] {
        let (stage, before) = relaunch_after(|kept| kept[0][field] = json!(foreign)).await;
        assert!(stage.page().person.is_none(), "{field} is another one");
        assert!(stage.page().failure.is_none(), "that is the first page, not a failure");
        assert_eq!(stage.history().len(), before, "the token of another {field} went somewhere");
    }
    let (stage, before) = relaunch_after(|_| {}).await;
    assert!(stage.page().person.is_some(), "unchanged, it continues");
    assert!(stage.history().len() > before, "the history does show what is sent");
}

#[tokio::test]
async fn tokens_that_were_made_for_another_sign_in_are_refused() {
    let mut stage = Stage::new("default").await;
    let claims = json!({
        "oid": "b2182484-0000-4000-8000-000000000000", "tid": "4d083c51-407b-49e4-b919-9b6615eb8a8e",
        "preferred_username": "mallory@contoso.example", "name": "Mallory", "nonce": "of another sign-in",
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(&claims));
    let body = json!({
        "token_type": "Bearer", "scope": "https://management.azure.com/.default", "expires_in": 3600,
        "access_token": token, "id_token": token, "refresh_token": "a-refresh-token",
    });
    let answer = Act::Answer { status: 200, headers: BTreeMap::new(), body };
    stage.simulator.add_fault(Fault::on("entra.token", answer).times(1));
    stage.send(Command::SignInWithBrowser).await;
    stage.until_failure(Code::SignInDisturbed).await;
    assert!(stage.page().person.is_none(), "nobody is signed in as somebody else");
}
