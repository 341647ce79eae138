//! Ten thousand callbacks that no sign-in sent, through real sockets.

use std::fmt;
use std::time::Duration;

use keyless::session::Command;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::browser::{Habit, callback_of};
use crate::loopback::state_of;
use crate::stage::{Setup, Stage, is_waiting_for_browser};

const SIGN_INS: u32 = 1000;
/// For each sign-in; one more than a sign-in puts up with is left unread.
const CALLBACKS: usize = 10;
/// By the real clock: an answer on loopback that takes longer does not come.
const STUCK: Duration = Duration::from_secs(30);

/// A request with at least one flaw, in which `STATE`, `OTHER` and `PORT` stand for this sign-in's
/// state, that of another one, and the port.
#[derive(Clone)]
struct Hostile {
    request: Vec<u8>,
    /// Nothing more comes: the sender has hung up.
    ends: bool,
}

impl fmt::Debug for Hostile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.ends { ", and no more" } else { "" };
        write!(formatter, "{:?}{end}", String::from_utf8_lossy(&self.request))
    }
}

fn hostile() -> impl Strategy<Value = Hostile> {
    let whole = |request: String| Hostile { request: request.into_bytes(), ends: false };
    prop_oneof![
        4 => flawed_query().prop_map(get).prop_map(whole),
        2 => "[ -~]{0,200}".prop_map(|noise| get(escape(&noise))).prop_map(whole),
        2 => flawed_query().prop_map(|form| post("application/x-www-form-urlencoded", &form)).prop_map(whole),
        1 => select(vec!["text/plain", "multipart/form-data; boundary=x", "application/json", ""])
            .prop_map(|kind| post(kind, GOOD)).prop_map(whole),
        1 => "[a-zA-Z0-9/._%-]{1,40}".prop_map(|path| format!("GET /{path}?{GOOD} HTTP/1.1\r\n{HOST}\r\n"))
            .prop_map(whole),
        1 => select(vec!["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "HEAD", "CONNECT", "get", "BREW"])
            .prop_map(|method| format!("{method} /?{GOOD} HTTP/1.1\r\n{HOST}\r\n")).prop_map(whole),
        2 => flawed_host().prop_map(|host| format!("GET /?{GOOD} HTTP/1.1\r\n{host}\r\n")).prop_map(whole),
        1 => select(vec!["sec-purpose: prefetch", "purpose: prefetch", "x-moz: prefetch"])
            .prop_map(|header| format!("GET /?{GOOD} HTTP/1.1\r\n{HOST}{header}\r\n\r\n")).prop_map(whole),
        1 => (17_000_usize..20_000).prop_map(move |length| {
            whole(format!("GET /?{GOOD} HTTP/1.1\r\n{HOST}cookie: {}\r\n\r\n", "x".repeat(length)))
        }),
        // Cut off before its end.
        2 => (0_usize..get(GOOD.to_owned()).len()).prop_map(|length| Hostile {
            request: get(GOOD.to_owned()).into_bytes()[..length].to_vec(),
            ends: true,
        }),
        1 => (1_usize..GOOD.len()).prop_map(move |length| {
            let form = post("application/x-www-form-urlencoded", GOOD).into_bytes();
            Hostile { request: form[..form.len() - length].to_vec(), ends: true }
        }),
        // What speaks another protocol, or none.
        1 => select(vec![
            &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET /?code=x&state=STATE\r\n",
            b"GET /?code=x&state=STATE HTTP/1.1\nhost : localhost:PORT\n\n",
            b"POST / HTTP/1.1\r\nhost: localhost:PORT\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            b"POST / HTTP/1.1\r\nhost: localhost:PORT\r\ncontent-length: -1\r\n\r\n",
        ]).prop_map(|bytes| Hostile { request: bytes.to_vec(), ends: true }),
        2 => vec(any::<u8>(), 0..300).prop_map(|request| Hostile { request, ends: true }),
    ]
}

const GOOD: &str = "code=a-code&state=STATE";
const HOST: &str = "host: localhost:PORT\r\n";

/// Never both this sign-in's state and one code, each once.
fn flawed_query() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "",
            "code=x",
            "state=STATE",
            "code=&state=STATE",
            "code=x&state=",
            "code=x&state=OTHER",
            "error=access_denied",
            "error=access_denied&state=OTHER",
            "code=x&error=y&state=STATE",
            "code=x&code=x&state=STATE",
            "code=x&state=STATE&state=STATE",
            "Code=x&State=STATE",
            "code=x&state=STATE&state=OTHER",
            "error=x&error=y&state=STATE",
            "code=x;state=STATE",
            "code=x&state=STATE%00",
            "code=x&state=%53TATE",
            "code[]=x&state=STATE",
            "code=x&state=STATE=",
            "code=x&state= STATE",
            "code=x&amp;state=STATE",
            "code=x&state[]=STATE",
            "id_token=x&state=STATE",
            "code=x&state=STATE&error_description=a&error_description=b",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,60}".prop_map(|state| format!("code=x&state=STATE{}x", escape(&state))),
        "[ -~]{0,60}".prop_map(|state| format!("code=x&state={}", escape(&state))),
        vec(
            (select(vec!["code", "state", "error", "nonce", "%63ode"]), "[a-zA-Z0-9%+]{0,20}"),
            0..8
        )
        .prop_map(|pairs| {
            let pairs: Vec<String> =
                pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            pairs.join("&")
        }),
    ]
}

fn flawed_host() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "",
            "host: localhost\r\n",
            "host: \r\n",
            "host: localhost:1\r\n",
            "host: evil.example:PORT\r\n",
            "host: localhost:PORT\r\nhost: localhost:PORT\r\n",
            "host: localhost.evil.example:PORT\r\n",
            "host: localhost:PORT@evil.example\r\n",
            "host: 127.1:PORT\r\n",
            "host: 0.0.0.0:PORT\r\n",
        ])
        .prop_map(str::to_owned),
        "[a-z0-9.-]{1,30}".prop_map(|name| format!("host: {name}.example:PORT\r\n")),
    ]
}

fn get(query: String) -> String {
    format!("GET /?{query} HTTP/1.1\r\n{HOST}\r\n")
}

/// The length is that of the form with the states in it: every state is as long as its name here.
fn post(kind: &str, form: &str) -> String {
    format!("POST / HTTP/1.1\r\n{HOST}content-type: {kind}\r\ncontent-length: LENGTH\r\n\r\n{form}")
}

fn escape(noise: &str) -> String {
    url::form_urlencoded::byte_serialize(noise.as_bytes()).collect()
}

impl Hostile {
    fn bytes(&self, port: &str, state: &str) -> Vec<u8> {
        let other: String = state.chars().rev().collect();
        let names = [("STATE", state), ("OTHER", &other), ("PORT", port)];
        let mut bytes = self.request.clone();
        for (name, value) in names {
            bytes = replace(&bytes, name.as_bytes(), value.as_bytes());
        }
        let Some(end) = find(&bytes, b"\r\n\r\n") else { return bytes };
        // A form that was cut off is as long as it was to be.
        let cut = if self.ends { GOOD.len() + state.len() } else { bytes.len() - end - 4 };
        replace(&bytes, b"LENGTH", cut.to_string().as_bytes())
    }

    /// Sends it, and reads what the listener says before it hangs up.
    async fn send(&self, port: u16, state: &str) -> String {
        let mut stream =
            TcpStream::connect(("127.0.0.1", port)).await.expect("the listener is there");
        let mut answer = Vec::new();
        // A listener that has heard enough hangs up before everything is written or read.
        let _ = stream.write_all(&self.bytes(&port.to_string(), state)).await;
        if self.ends {
            let _ = stream.shutdown().await;
        }
        let read = timeout(STUCK, stream.read_to_end(&mut answer)).await;
        let _ = read.unwrap_or_else(|_| panic!("{self:?} is never answered"));
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn replace(bytes: &[u8], name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut rest = bytes;
    let mut replaced = Vec::with_capacity(bytes.len());
    while let Some(at) = find(rest, name) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(value);
        rest = &rest[at + name.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

#[test]
fn ten_thousand_hostile_callbacks_get_no_token_and_leave_no_port_taken() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let setup = Setup { habit: Habit::Nothing, ..Setup::default() };
    let stage = tokio::sync::Mutex::new(runtime.block_on(Stage::with(setup)));
    let sent = std::cell::Cell::new(0);
    let mut runner =
        TestRunner::new(Config { cases: SIGN_INS, failure_persistence: None, ..Config::default() });
    let result = runner.run(&vec(hostile(), CALLBACKS), |callbacks| {
        runtime.block_on(async {
            attack(&mut *stage.lock().await, &callbacks).await;
        });
        sent.set(sent.get() + callbacks.len());
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(sent.get(), 10_000);
    println!("{} hostile callbacks in {SIGN_INS} sign-ins", sent.get());
}

/// Begins a sign-in, sends these to its listener, and ends it.
async fn attack(stage: &mut Stage, callbacks: &[Hostile]) {
    stage.send(Command::SignInWithBrowser).await;
    stage.until("the browser is open", is_waiting_for_browser).await;
    let page = stage.desktop.last_opened();
    let state = state_of(&page);
    let port = callback_of(&page).rsplit(':').next().and_then(|port| port.parse().ok());
    let port = port.expect("a port");
    for callback in callbacks {
        let answer = callback.send(port, &state).await;
        assert!(!answer.starts_with("HTTP/1.1 3"), "{callback:?} was taken: {answer}");
        assert!(!answer.starts_with("HTTP/1.1 5") || answer.contains(" 503 "), "{answer}");
    }
    stage.send(Command::Cancel).await;
    stage.until("the wait is over", |s| !is_waiting_for_browser(s)).await;
    let freed = async {
        while std::net::TcpListener::bind(("127.0.0.1", port)).is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(STUCK, freed).await.expect("the port is free again");
    let redeemed = stage.history().iter().any(|entry| entry.operation == "entra.token");
    assert!(!redeemed, "nothing that was sent is redeemed: {callbacks:?}");
    assert!(stage.page().person.is_none(), "nobody is signed in");
}
