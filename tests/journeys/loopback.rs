//! The listener that the browser comes back to, attacked.

use keyless::failure::{Code, Remedy};
use keyless::session::Command;
use keyless::snapshot::Snapshot;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::browser::{Habit, callback_of, plain_client};
use crate::stage::{ADA, Setup, Stage, is_waiting_for_browser};

async fn waiting() -> (Stage, String) {
    let mut stage = Stage::with(Setup { habit: Habit::Nothing, ..Setup::default() }).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the browser is open", is_waiting_for_browser).await;
    let callback = callback_of(&stage.desktop.last_opened());
    (stage, callback)
}

#[tokio::test]
async fn a_favicon_is_nobodys_fault() {
    let (mut stage, callback) = waiting().await;
    for _ in 0..20 {
        let answer =
            plain_client().get(format!("{callback}/favicon.ico")).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }
    stage.until("the sign-in goes on", is_waiting_for_browser).await;
    assert!(stage.page().failure.is_none(), "a browser asks for icons as often as it likes");
}

#[tokio::test]
async fn only_our_own_page_may_come_back() {
    let (stage, callback) = waiting().await;
    let state = state_of(&stage.desktop.last_opened());
    let good = format!("{callback}/?code=x&state={state}");
    let put = plain_client().request(Method::PUT, &good).send().await.expect("an answer");
    assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
    let post = plain_client().request(Method::POST, &good).send().await.expect("an answer");
    assert_eq!(post.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "a post brings a form");
    let path = plain_client()
        .get(format!("{callback}/x?code=x&state={state}"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(path.status(), StatusCode::NOT_FOUND);
    let host =
        plain_client().get(&good).header("host", "evil.example").send().await.expect("an answer");
    assert_eq!(host.status(), StatusCode::FORBIDDEN, "a rebound name is refused");
    let twice = plain_client()
        .get(format!("{callback}/?code=x&code=y&state={state}"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(twice.status(), StatusCode::BAD_REQUEST, "a parameter comes once");
}

#[tokio::test]
async fn an_answer_that_a_gateway_posts_signs_in_as_well() {
    let (mut stage, callback) = waiting().await;
    let page = stage.desktop.last_opened();
    let answer = plain_client().post(&page).form(&[("user", ADA)]).send().await.expect("an answer");
    let sent = answer.headers()["location"].to_str().expect("an address is text");
    let (_, form) = sent.split_once('?').expect("the answer is in the query");
    let posted = plain_client()
        .post(&callback)
        .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
        .body(form.to_owned())
        .send()
        .await
        .expect("an answer");
    assert_eq!(posted.status(), StatusCode::SEE_OTHER, "the page after it is asked for with GET");
    assert_eq!(posted.headers()["location"], "/done");
    stage.until("somebody is signed in", |s| s.person.is_some()).await;
}

#[tokio::test]
async fn a_header_that_never_ends_is_cut_off() {
    let (stage, callback) = waiting().await;
    let port: u16 = callback.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the port is open");
    let endless = format!("GET /?{} HTTP/1.1\r\n", "x".repeat(100_000));
    // The listener may hang up before everything is written.
    let _ = stream.write_all(endless.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    drop(stage);
}

#[tokio::test]
async fn the_same_port_answers_on_both_loopback_addresses() {
    let (_stage, callback) = waiting().await;
    let port = callback.rsplit(':').next().expect("a port");
    let mut reached = 0;
    for host in ["127.0.0.1", "[::1]"] {
        if let Ok(answer) =
            plain_client().get(format!("http://{host}:{port}/favicon.ico")).send().await
        {
            assert_eq!(answer.status(), StatusCode::NO_CONTENT);
            reached += 1;
        }
    }
    let has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    assert_eq!(reached, if has_ipv6 { 2 } else { 1 });
}

#[tokio::test]
async fn the_page_that_the_browser_ends_on_holds_no_code() {
    let mut stage = Stage::new("default").await;
    stage.sign_in().await;
    let visited = stage.desktop.visited.lock().expect("a lock").clone();
    let last = visited.last().expect("the browser went somewhere");
    assert!(last.ends_with("/done"), "{visited:?}");
    assert!(!last.contains("code="));
}

#[tokio::test]
async fn cancelling_frees_the_port_and_late_callbacks_reach_nobody() {
    let (mut stage, callback) = waiting().await;
    let state = state_of(&stage.desktop.last_opened());
    stage.send(Command::Cancel).await;
    stage.until("the wait is over", |s| !is_waiting_for_browser(s)).await;
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the browser is open", is_waiting_for_browser).await;
    let late = plain_client().get(format!("{callback}/?code=x&state={state}")).send().await;
    assert!(late.is_err(), "nobody listens on the old port");
    assert_ne!(callback_of(&stage.desktop.last_opened()), callback);
    assert_ne!(state_of(&stage.desktop.last_opened()), state, "every attempt has its own state");
}

pub fn state_of(address: &str) -> String {
    let url = url::Url::parse(address).expect("an absolute address");
    let state = url.query_pairs().find(|(name, _)| name == "state");
    state.expect("every sign-in has a state").1.into_owned()
}

#[tokio::test]
async fn whoever_declined_is_not_told_that_the_sign_in_goes_on() {
    let (stage, callback) = waiting().await;
    let state = state_of(&stage.desktop.last_opened());
    let declined = format!("{callback}/?error=access_denied&state={state}");
    let answer = plain_client().get(declined).send().await.expect("an answer");
    assert_eq!(answer.headers()["location"], "/declined");
    let page = plain_client().get(format!("{callback}/declined")).send().await.expect("an answer");
    let text = page.text().await.expect("a page");
    assert!(
        text.contains(&keyless::words::say("browser.declined.heading", &[]).replace('\'', "&#39;")),
        "{text}"
    );
}

#[tokio::test]
async fn a_link_that_no_browser_opens_is_told_with_its_address() {
    let (mut stage, callback) = waiting().await;
    let state = state_of(&stage.desktop.last_opened());
    let refusal = [
        ("error", "invalid_request"),
        ("error_description", "AADSTS50105: The signed in user is not assigned to a role."),
        ("state", &state),
    ];
    plain_client().get(&callback).query(&refusal).send().await.expect("an answer");
    let failure = stage.until_failure(Code::SignInRefused).await;
    let is_link = |remedy: &Remedy| matches!(remedy, Remedy::Link { .. });
    let index = failure.remedies.iter().position(is_link).expect("there is more to read");
    *stage.desktop.habit.lock().expect("no test panics with the lock") = Habit::NoBrowser;
    stage.send(Command::PressRemedy { index: u32::try_from(index).expect("a few") }).await;
    let told = |s: &Snapshot| s.notices.iter().any(|n| n.code == "address_not_opened");
    let page = stage.until("the address is told", told).await;
    let notice = page.notices.iter().find(|notice| notice.code == "address_not_opened");
    let address = &notice.expect("it was just seen").parameters["address"];
    assert!(address.starts_with("https://"), "{address} can be opened by hand");
}
