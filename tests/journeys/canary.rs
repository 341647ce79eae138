//! Promise 1: no secret leaves the core.
//!
//! A whole journey is walked, then every place that a secret could reach is searched for every
//! token, code and verifier that Azure issued or received, in several spellings and by pieces.
//! The positive control plants one in each place and expects to find it.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keyless::session::Command;
use keyless::snapshot::{AccessPhase, Snapshot};

use crate::stage::{RESOURCE, Stage, access};

/// A piece of a secret that is this long gives it away.
const PIECE: usize = 24;
/// Goes through the log as any line does.
const LOGGED: &str = "a-canary-that-the-log-has-to-show-0123456789";
const FOREIGN: &str = "hunter2-foreign-value-of-somebody-else-0123456789";

/// A place with everything that lies there.
struct Place {
    name: &'static str,
    bytes: Vec<u8>,
}

#[tokio::test(flavor = "current_thread")]
async fn no_secret_leaves_the_core() {
    let logs = tempfile::tempdir().expect("a temporary folder");
    let guard = keyless::journal::start(logs.path()).expect("the log starts once in this program");
    let mut stage = Stage::new("default").await;
    let foreign = format!("OTHER_SECRET={FOREIGN}\nMULTI=\"{FOREIGN}\n{FOREIGN}\"\n");
    std::fs::write(stage.project().join(".env"), foreign).expect("a new file");
    stage.walk().await;
    failures_on_the_way(&mut stage).await;
    tracing::info!(target: "keyless", "{LOGGED}");
    drop(guard);

    let mut secrets = stage.simulator.secrets();
    assert!(secrets.len() >= 5, "codes, verifiers and tokens were issued: {}", secrets.len());
    let env = stage.env();
    let data = read_all(&stage.home.path().join("data"));
    let places = [
        Place { name: "log", bytes: read_all(logs.path()) },
        Place { name: "window", bytes: stage.told.join("\n").into_bytes() },
        Place { name: ".env", bytes: env.clone().into_bytes() },
        Place { name: "data", bytes: data },
        Place { name: "history", bytes: format!("{:?}", stage.history()).into_bytes() },
        Place { name: "opened", bytes: opened_without_public_parts(&stage).into_bytes() },
    ];
    // Each place is really the place: what is known to lie there is found there.
    let known = [
        LOGGED,
        "ada@contoso.example",
        "AZURE_OPENAI_ENDPOINT=",
        FOREIGN,
        "entra.token",
        "code_challenge=",
    ];
    for (place, known) in places.iter().zip(known) {
        assert!(contains(&place.bytes, known), "{} holds {known}", place.name);
    }
    for place in &places {
        for secret in &secrets {
            assert!(
                !contains(&place.bytes, secret),
                "a secret of {} characters lies in: {}",
                secret.len(),
                place.name
            );
        }
    }
    // Other people's values may lie in their own file and in its backup, nowhere else.
    secrets.push(FOREIGN.to_owned());
    for place in places.iter().filter(|place| ![".env", "data"].contains(&place.name)) {
        assert!(!contains(&place.bytes, FOREIGN), "a foreign value lies in: {}", place.name);
    }
    positive_control(&places, &secrets);
}

/// Failures carry details: they are made to happen, too.
async fn failures_on_the_way(stage: &mut Stage) {
    use simulator::{Act, Fault};
    stage.simulator.add_fault(Fault::on("deployments.list", Act::Garble).times(1));
    stage.simulator.add_fault(Fault::on("chat.create", Act::CutMidBody).times(1));
    stage.send(Command::SendTestMessage).await;
    stage.until("a failure is told", |s: &Snapshot| s.failure.is_some()).await;
    stage.send(Command::GoToStep { step: keyless::snapshot::Step::ChooseResource }).await;
    let other = stage.session.list_resources("contoso-foundry-dev", 0, 1).items[0].id.clone();
    stage.send(Command::SelectResource { id: other }).await;
    stage.until("a failure is told", |s: &Snapshot| s.failure.is_some()).await;
    stage.select(RESOURCE).await;
    stage.send(Command::ConfirmResource).await;
    stage
        .until("the access is known", |s| {
            access(s).is_some_and(|p| matches!(p.phase, AccessPhase::Works | AccessPhase::Known))
        })
        .await;
}

/// Finds what it looks for, in every place and in every spelling.
fn positive_control(places: &[Place], secrets: &[String]) {
    for place in places {
        for secret in secrets {
            for spelling in spellings(secret) {
                let mut planted = place.bytes.clone();
                planted.extend_from_slice(b" before ");
                planted.extend_from_slice(&spelling);
                planted.extend_from_slice(b" after ");
                assert!(contains(&planted, secret), "a planted secret is found in: {}", place.name);
            }
            if secret.len() > PIECE {
                let mut planted = place.bytes.clone();
                planted.extend_from_slice(&secret.as_bytes()[secret.len() - PIECE..]);
                assert!(contains(&planted, secret), "a planted piece is found in: {}", place.name);
            }
        }
    }
}

/// The address of the sign-in page is public but for what it is made of: the verifier.
fn opened_without_public_parts(stage: &Stage) -> String {
    stage.desktop.opened.lock().expect("a lock").join("\n")
}

fn contains(bytes: &[u8], secret: &str) -> bool {
    spellings(secret).iter().any(|spelling| pieces(spelling).any(|piece| find(bytes, piece)))
}

/// As it is, in base64, base64url, percent-encoded, as JSON text, and in UTF-16.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let json = serde_json::to_string(secret).expect("text is JSON");
    let percent: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let utf16 = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        secret.as_bytes().to_vec(),
        STANDARD.encode(secret).into_bytes(),
        URL_SAFE_NO_PAD.encode(secret).into_bytes(),
        percent.into_bytes(),
        json.trim_matches('"').as_bytes().to_vec(),
        utf16,
    ]
}

/// Whole if it is short; else in pieces, each of which gives the secret away. The head of a JSON
/// web token is the same in all of them and says nothing.
fn pieces(spelling: &[u8]) -> impl Iterator<Item = &[u8]> {
    let start = spelling.iter().position(|byte| *byte == b'.').map_or(0, |at| at + 1);
    let body = &spelling[start..];
    let step = if body.len() <= PIECE { body.len().max(1) } else { PIECE };
    let last = body.len().saturating_sub(step);
    body.windows(step).step_by(step).chain(std::iter::once(&body[last..]))
}

fn find(bytes: &[u8], piece: &[u8]) -> bool {
    !piece.is_empty() && bytes.windows(piece.len()).any(|window| window == piece)
}

fn read_all(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return all;
    };
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        if path.is_dir() {
            all.extend(read_all(&path));
        } else {
            all.extend_from_slice(path.display().to_string().as_bytes());
            all.extend(std::fs::read(&path).expect("a file of ours"));
        }
    }
    all
}
