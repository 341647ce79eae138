//! One window for each data folder.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use keyless::clock::SystemClock;
use keyless::instance::{Claim, Instance, Knock, claim};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::hand_clock::HandClock;

/// By the real clock: what takes longer does not come.
const STUCK: Duration = Duration::from_secs(30);

/// A start whose clock is turned whenever it waits.
async fn start(folder: &Path) -> Claim {
    let (clock, knock) = (HandClock::new(), Knock::default());
    let turning = async {
        loop {
            clock.slept.notified().await;
            while let Some(next) = clock.next() {
                clock.advance(next);
                tokio::task::yield_now().await;
            }
        }
    };
    tokio::select! {
        claimed = claim(folder, &knock, &clock) => claimed.expect("the folder can be written"),
        never = turning => never,
    }
}

async fn first(folder: &Path) -> Instance {
    match start(folder).await {
        Claim::First(instance) => instance,
        Claim::Raised => panic!("somebody else was raised"),
        Claim::Stuck { process } => panic!("somebody else is stuck: {process:?}"),
    }
}

/// A window that comes to the front at once, and counts how often.
fn show(instance: Instance) -> (JoinHandle<()>, Arc<AtomicU32>) {
    let raised = Arc::new(AtomicU32::new(0));
    let count = raised.clone();
    let raise = move |_: Knock, done: oneshot::Sender<()>| {
        count.fetch_add(1, Ordering::SeqCst);
        // Whoever knocked may have gone.
        let _ = done.send(());
    };
    (tokio::spawn(instance.answer(Arc::new(HandClock::new()), raise)), raised)
}

/// A start on the system's clock: it waits for an answer that does come.
async fn knock(folder: &Path) -> Claim {
    let knock = Knock { activation: Some("a-token".to_owned()) };
    let claimed = timeout(STUCK, claim(folder, &knock, &SystemClock)).await;
    claimed.expect("in time").expect("the folder can be written")
}

fn address(folder: &Path) -> (u16, String) {
    let text = fs::read(folder.join("instance.json")).expect("the first leaves its address");
    let address: Value = serde_json::from_slice(&text).expect("JSON");
    let port = address["port"].as_u64().and_then(|port| u16::try_from(port).ok());
    (port.expect("a port"), address["secret"].as_str().expect("a secret").to_owned())
}

#[tokio::test]
async fn a_second_start_raises_the_first_window_and_no_third_is_needed() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().join("not/yet/there");
    let (window, raised) = show(first(&folder).await);
    for times in 1..=3 {
        assert!(matches!(knock(&folder).await, Claim::Raised), "the window is there");
        assert_eq!(raised.load(Ordering::SeqCst), times, "it comes to the front each time");
    }
    window.abort();
    assert!(window.await.is_err_and(|ended| ended.is_cancelled()), "the first has ended");
    assert!(matches!(knock(&folder).await, Claim::First(_)), "the next start is the first");
    let other = home.path().join("another");
    assert!(matches!(start(&other).await, Claim::First(_)), "another folder is another window");
}

#[tokio::test]
async fn a_first_that_does_not_answer_is_told_with_its_process() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let silent = first(home.path()).await;
    let own = std::process::id();
    let told = |claimed: Claim| matches!(claimed, Claim::Stuck { process: Some(id) } if id == own);
    assert!(told(start(home.path()).await), "nobody listens");

    let clock = Arc::new(HandClock::new());
    let held = Arc::new(std::sync::Mutex::new(Vec::new()));
    let hanging = {
        let held = held.clone();
        silent.answer(clock, move |_, done| held.lock().expect("a lock").push(done))
    };
    let window = tokio::spawn(hanging);
    assert!(told(start(home.path()).await), "it listens, but its window hangs");
    window.abort();
}

#[tokio::test]
async fn what_lets_the_window_take_the_focus_is_handed_on() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let instance = first(home.path()).await;
    let (sender, mut knocks) = tokio::sync::mpsc::unbounded_channel();
    let raise = move |knock: Knock, done: oneshot::Sender<()>| {
        sender.send(knock).expect("the test looks");
        done.send(()).expect("the second start waits");
    };
    let window = tokio::spawn(instance.answer(Arc::new(HandClock::new()), raise));
    assert!(matches!(knock(home.path()).await, Claim::Raised), "it answers");
    let knock = knocks.recv().await.expect("it was raised");
    assert_eq!(knock.activation.as_deref(), Some("a-token"));
    window.abort();
}

#[tokio::test]
async fn of_many_starts_at_once_one_is_the_first_and_all_others_raise_it() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let starts = (0..20).map(|_| async {
        match knock(home.path()).await {
            Claim::First(instance) => Some(show(instance)),
            Claim::Raised => None,
            Claim::Stuck { process } => panic!("{process:?} is not stuck, it is starting"),
        }
    });
    let firsts: Vec<_> = join_all(starts).await.into_iter().flatten().collect();
    assert_eq!(firsts.len(), 1, "there is one window");
    assert_eq!(firsts[0].1.load(Ordering::SeqCst), 19, "everybody else raised it");
    firsts[0].0.abort();
}

#[tokio::test]
async fn whoever_cannot_read_the_folder_raises_nothing_and_keeps_nobody_out() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (window, raised) = show(first(home.path()).await);
    let (port, secret) = address(home.path());
    let mut silent = TcpStream::connect(("127.0.0.1", port)).await.expect("the port is open");
    silent.write_all(b"{").await.expect("the port is open");
    let wrong = format!("{{\"secret\":\"{}\",\"knock\":{{}}}}\n", secret.to_lowercase() + "x");
    let long = format!("{{\"secret\":\"{}", "x".repeat(10_000));
    for visit in [wrong.as_str(), &long, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", "\n", ""] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the port is open");
        // A listener that has heard enough hangs up before everything is written or read.
        let _ = stream.write_all(visit.as_bytes()).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = timeout(STUCK, stream.read_to_end(&mut answer)).await.expect("it hangs up");
        assert_eq!(answer, b"", "{visit:?} gets no answer");
    }
    assert_eq!(raised.load(Ordering::SeqCst), 0, "nobody brings the window to the front");
    assert!(matches!(knock(home.path()).await, Claim::Raised), "who can read the folder does");
    window.abort();
}

#[tokio::test]
async fn what_a_crash_left_behind_stops_nobody() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let left = [&b"{\"port\":1,\"secret\":\"x\",\"process\":1}"[..], b"{\"port\":", b"\xff\x00"];
    for rest in left {
        fs::write(home.path().join("instance.json"), rest).expect("the folder is ours");
        let (window, raised) = show(first(home.path()).await);
        assert!(matches!(knock(home.path()).await, Claim::Raised), "the new address counts");
        assert_eq!(raised.load(Ordering::SeqCst), 1);
        window.abort();
        let _ = window.await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_lock_and_the_secret_are_this_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().expect("a temporary folder");
    let _instance = first(home.path()).await;
    for name in ["instance.lock", "instance.json"] {
        let file = fs::metadata(home.path().join(name)).expect("the file is there");
        assert_eq!(file.permissions().mode() & 0o077, 0, "{name} is for nobody else");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_said() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let file = home.path().join("file");
    fs::write(&file, "").expect("the folder is ours");
    let claimed = claim(&file.join("data"), &Knock::default(), &SystemClock).await;
    assert!(claimed.is_err(), "a file is no folder");
}
