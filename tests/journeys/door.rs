//! The listener by itself: what reaches it that no browser of the person sent.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use keyless::failure::Code;
use keyless::loopback::{
    CONNECTION_LIMIT, Callback, EndPage, EndPages, GRACE, Listening, Loopback,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::hand_clock::HandClock;

const STATE: &str = "Zm9yLXRoaXM";
/// By the real clock: an answer on loopback that takes longer does not come.
const STUCK: Duration = Duration::from_secs(30);

struct Door {
    port: u16,
    listening: Option<Listening>,
    clock: Arc<HandClock>,
}

impl Door {
    async fn open() -> Self {
        let loopback = Loopback::bind().await.expect("a port of loopback is free");
        let (port, clock) = (loopback.port(), Arc::new(HandClock::new()));
        let listening = loopback.listen(STATE.to_owned(), pages(), clock.clone());
        Door { port, listening: Some(listening), clock }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.expect("the port is open")
    }

    /// Sends these bytes, and reads until the listener hangs up.
    async fn send(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        let request = request.replace("PORT", &self.port.to_string());
        // A listener that has heard enough may hang up before everything is written.
        let _ = stream.write_all(request.as_bytes()).await;
        hear(&mut stream).await
    }

    async fn ask(&self, first_line: &str, headers: &str) -> String {
        self.send(&format!("{first_line} HTTP/1.1\r\nhost: localhost:PORT\r\n{headers}\r\n")).await
    }

    async fn next(&mut self) -> Callback {
        let listening = self.listening.as_mut().expect("somebody waits");
        timeout(STUCK, listening.next()).await.expect("an answer was taken")
    }

    /// Nobody waits any more.
    fn leave(&mut self) {
        drop(self.listening.take());
    }

    async fn code(&mut self) -> String {
        match self.next().await {
            Callback::Code(code) => code,
            Callback::Error(error, _) => panic!("an error was taken: {error}"),
            Callback::Stranger => panic!("a stranger came before the answer"),
        }
    }
}

fn pages() -> EndPages {
    let page = |name: &str| EndPage {
        heading: format!("{name} heading"),
        body: format!("<script>{name}</script>"),
    };
    EndPages {
        done: page("done"),
        declined: page("declined"),
        late: page("late"),
        stranger: page("stranger"),
    }
}

async fn hear(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // What was said before a reset was said.
    let _ = timeout(STUCK, stream.read_to_end(&mut answer)).await.expect("the listener hangs up");
    String::from_utf8_lossy(&answer).into_owned()
}

fn good(code: &str) -> String {
    format!("GET /?code={code}&state={STATE}")
}

fn status(answer: &str) -> &str {
    answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or("none")
}

fn location(answer: &str) -> Option<&str> {
    answer.lines().find_map(|line| line.strip_prefix("location: "))
}

async fn is_free(port: u16) {
    let bind = || std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let freed = async {
        while bind().is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(STUCK, freed).await.expect("the port is free again");
}

#[tokio::test]
async fn what_the_browser_does_by_itself_uses_up_neither_the_answer_nor_the_patience() {
    let mut door = Door::open().await;
    for header in [
        "sec-purpose: prefetch",
        "sec-purpose: prefetch;prerender",
        "purpose: prefetch",
        "x-moz: prefetch",
    ] {
        let answer = door.ask(&good("x"), &format!("{header}\r\n")).await;
        assert_eq!(status(&answer), "503", "{header} is not the person: {answer}");
    }
    let head = good("x").replace("GET", "HEAD");
    assert_eq!(status(&door.ask(&head, "").await), "204", "a scanner looks without asking");
    for path in ["/favicon.ico", "/apple-touch-icon.png", "/.well-known/appspecific/x.json"] {
        for _ in 0..5 {
            assert_eq!(status(&door.ask(&format!("GET {path}"), "").await), "204", "{path}");
        }
    }
    let answer = door.ask(&good("the-code"), "").await;
    assert_eq!((status(&answer), location(&answer)), ("303", Some("/done")));
    assert_eq!(door.code().await, "the-code", "the first that counts is the person's");
}

#[tokio::test]
async fn the_first_of_two_tabs_wins_and_the_other_gets_a_page_and_not_an_error() {
    let mut door = Door::open().await;
    assert_eq!(location(&door.ask(&good("first"), "").await), Some("/done"));
    assert_eq!(location(&door.ask(&good("second"), "").await), Some("/late"));
    assert_eq!(door.code().await, "first");
    let declined = format!("GET /?error=access_denied&state={STATE}");
    assert_eq!(location(&door.ask(&declined, "").await), Some("/late"), "declined too late");
    let again = door.ask(&good("first"), "").await;
    assert_eq!(location(&again), Some("/done"), "a browser that asks twice is led the same way");

    door.leave();
    assert_eq!(
        location(&door.ask(&good("third"), "").await),
        Some("/late"),
        "still, after the end"
    );
    let late = door.ask("GET /late", "").await;
    assert_eq!(status(&late), "200", "{late}");
    assert!(late.contains("late heading"), "{late}");
    door.clock.advance(GRACE);
    is_free(door.port).await;
}

#[tokio::test]
async fn the_pages_hold_no_script_load_nothing_and_are_not_kept() {
    let mut door = Door::open().await;
    let wrong_state = door.ask("GET /?code=x&state=other", "").await;
    assert_eq!(status(&wrong_state), "400");
    assert!(door.next().await == Callback::Stranger, "it is counted");
    let shown = [
        door.ask("GET /done", "").await,
        door.ask("GET /declined", "").await,
        door.ask("GET /late", "").await,
        wrong_state,
    ];
    for page in shown {
        let (head, text) = page.split_once("\r\n\r\n").expect("a header and a page");
        let policy = "content-security-policy: default-src 'none'; style-src 'sha256-";
        assert!(head.contains(policy) && !head.contains("unsafe"), "{head}");
        assert!(head.contains("cache-control: no-store"), "{head}");
        assert!(!text.contains("<script"), "words are no markup: {text}");
        assert!(!text.contains("http") && !text.contains("src="), "nothing is loaded: {text}");
        assert!(!text.contains("code=") && !text.contains(STATE), "nothing is given away: {text}");
    }
}

#[tokio::test]
async fn only_a_form_that_ends_is_taken() {
    let mut door = Door::open().await;
    let form = format!("code=the-code&state={STATE}");
    let typed = "content-type: application/x-www-form-urlencoded\r\n";
    let post = async |headers: &str, body: &str| {
        let length = body.len();
        let headers = format!("{headers}content-length: {length}\r\n");
        let start = "POST / HTTP/1.1\r\nhost: localhost:PORT\r\n";
        door.send(&format!("{start}{headers}\r\n{body}")).await
    };
    let answer = post("content-type: text/plain\r\n", &form).await;
    assert_eq!(status(&answer), "415", "what any page may post is not taken");
    let long = format!("{form}&session_state={}", "x".repeat(70_000));
    let answer = post(typed, &long).await;
    assert!(["413", "none"].contains(&status(&answer)), "a form has an end: {answer}");
    let answer = post(typed, &format!("{form}&state={STATE}")).await;
    assert_eq!(status(&answer), "400", "a parameter comes once");

    let mut unfinished = door.connect().await;
    let headers = format!("host: localhost:{}\r\n{typed}content-length: 9000", door.port);
    let part = format!("POST / HTTP/1.1\r\n{headers}\r\n\r\n{form}");
    unfinished.write_all(part.as_bytes()).await.expect("the port is open");
    assert_eq!(location(&post(typed, &form).await), Some("/done"));
    door.clock.advance(CONNECTION_LIMIT);
    assert_eq!(location(&hear(&mut unfinished).await), None, "half a form is no form");
    for _ in 0..3 {
        assert!(door.next().await == Callback::Stranger, "what was refused is counted");
    }
    assert_eq!(door.code().await, "the-code");
}

#[tokio::test]
async fn only_a_host_of_our_own_is_served() {
    let mut door = Door::open().await;
    let line = format!("{} HTTP/1.1\r\n", good("x"));
    let elsewhere = line.replace("/?", "http://evil.example:PORT/?");
    for request in [
        format!("{line}\r\n"),
        format!("{line}host: evil.example:PORT\r\n\r\n"),
        format!("{line}host: localhost\r\n\r\n"),
        format!("{line}host: localhost:PORT.evil.example\r\n\r\n"),
        format!("{line}host: localhost:PORT\r\nhost: evil.example\r\n\r\n"),
        format!("{elsewhere}host: localhost:PORT\r\n\r\n"),
    ] {
        let answer = door.send(&request).await;
        assert_eq!(location(&answer), None, "{request} is for somebody else: {answer}");
        assert!(status(&answer).starts_with('4'), "{request}: {answer}");
    }
    let answer = door.send(&format!("{line}host: LocalHost:PORT\r\n\r\n")).await;
    assert_eq!(location(&answer), Some("/done"), "names of hosts have no case");
    while door.next().await == Callback::Stranger {}
}

#[tokio::test]
async fn of_what_comes_in_one_connection_the_first_request_counts() {
    let mut door = Door::open().await;
    let request = |code: &str| format!("{} HTTP/1.1\r\nhost: localhost:PORT\r\n\r\n", good(code));
    let answer = door.send(&format!("{}{}", request("one"), request("two"))).await;
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert_eq!(door.code().await, "one");
}

#[tokio::test]
async fn whoever_sends_slowly_is_hung_up_on_and_holds_nobody_up() {
    let mut door = Door::open().await;
    let mut slow = Vec::new();
    for part in ["", "G", "GET /?code=x", "GET / HTTP/1.1\r\nhost: local"] {
        let mut stream = door.connect().await;
        stream.write_all(part.as_bytes()).await.expect("the port is open");
        slow.push(stream);
    }
    // The listener serves in order of arrival: whoever is answered came after all of them.
    assert_eq!(location(&door.ask(&good("the-code"), "").await), Some("/done"));
    door.clock.advance(CONNECTION_LIMIT);
    for stream in &mut slow {
        assert_eq!(hear(stream).await, "", "half a request gets no answer");
    }
    assert_eq!(door.code().await, "the-code");
}

#[tokio::test]
async fn a_thousand_silent_connections_keep_nobody_out() {
    let mut door = Door::open().await;
    let mut silent = Vec::new();
    for _ in 0..1000 {
        silent.push(door.connect().await);
    }
    assert_eq!(location(&door.ask(&good("the-code"), "").await), Some("/done"));
    assert_eq!(door.code().await, "the-code");
    door.leave();
    assert_eq!(status(&door.ask("GET /done", "").await), "200", "the page is there for a while");
    door.clock.advance(GRACE);
    is_free(door.port).await;
    for stream in &mut silent {
        assert_eq!(hear(stream).await, "", "nobody is left hanging");
    }
}

#[tokio::test]
async fn giving_up_frees_the_port_at_once_on_both_addresses() {
    let mut door = Door::open().await;
    let open = door.connect().await;
    door.leave();
    is_free(door.port).await;
    assert!(
        std::net::TcpListener::bind(("::1", door.port)).is_ok() || !has_ipv6(),
        "on ::1 as well"
    );
    drop(open);
}

fn has_ipv6() -> bool {
    std::net::TcpListener::bind("[::1]:0").is_ok()
}

/// Binds as a system would that has only these addresses.
fn bind_only(v4: bool, v6: bool) -> impl Fn(SocketAddr) -> io::Result<std::net::TcpListener> {
    move |address| match if address.is_ipv4() { v4 } else { v6 } {
        // The real ::1 may be missing where this test runs.
        true => std::net::TcpListener::bind((
            Ipv4Addr::LOCALHOST,
            if address.is_ipv4() { address.port() } else { 0 },
        )),
        false => Err(io::ErrorKind::AddrNotAvailable.into()),
    }
}

#[tokio::test]
async fn one_of_the_two_addresses_is_enough() {
    for (v4, v6) in [(true, false), (false, true)] {
        let loopback = Loopback::bind_with(bind_only(v4, v6)).expect("one address is enough");
        let clock = Arc::new(HandClock::new());
        let port = loopback.port();
        let listening = loopback.listen(STATE.to_owned(), pages(), clock.clone());
        let mut door = Door { port, listening: Some(listening), clock };
        assert_eq!(location(&door.ask(&good("the-code"), "").await), Some("/done"));
        assert_eq!(door.code().await, "the-code");
    }
    let none = Loopback::bind_with(bind_only(false, false)).err().expect("there is no address");
    assert_eq!(none.code, Code::LoopbackUnavailable);
    assert!(!none.remedies.is_empty(), "it can be tried again");
}

#[tokio::test]
async fn a_port_that_somebody_has_on_the_other_address_is_given_up_for_another() {
    let taken = |times: u32| {
        let asked = AtomicU32::new(0);
        move |address: SocketAddr| {
            if address.is_ipv6() && asked.fetch_add(1, Ordering::SeqCst) < times {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            bind_only(true, true)(address)
        }
    };
    assert!(Loopback::bind_with(taken(5)).is_ok(), "the sixth port is free on both");
    let failure = Loopback::bind_with(taken(u32::MAX)).err().expect("no port is free on both");
    assert_eq!(failure.code, Code::LoopbackUnavailable);
    let held_alone = |address: SocketAddr| match address.is_ipv6() {
        true => Err(io::ErrorKind::PermissionDenied.into()),
        false => bind_only(true, true)(address),
    };
    let failure = Loopback::bind_with(held_alone).err().expect("somebody holds every ::1");
    assert_eq!(failure.code, Code::LoopbackUnavailable, "half a port is not taken");
    let full = |_: SocketAddr| Err(io::ErrorKind::PermissionDenied.into());
    let failure = Loopback::bind_with(full).err().expect("nothing may be bound");
    assert_eq!(failure.code, Code::LoopbackUnavailable);
}
