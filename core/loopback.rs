//! The listener that the browser comes back to (RFC 8252, section 7.3).
//!
//! It is bound on 127.0.0.1 and ::1 at one port before the browser opens, answers what does not
//! belong to this sign-in without giving anything away, takes one answer, and sends the browser
//! on to a page whose address holds no code.
//!
//! The answer is asked for in the query; one that is posted (`response_mode=form_post`) is
//! understood as well, because gateways between the browser and Entra turn one into the other.

mod page;

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::failure::{Action, Code, Failure};

pub use page::{EndPage, EndPages};

/// How many callbacks that do not belong to this sign-in are answered before it ends.
pub const STRANGERS: u32 = 10;
/// How long one connection may take, request and answer together. A browser on the same computer
/// needs milliseconds.
pub const CONNECTION_LIMIT: Duration = Duration::from_secs(15);
/// How long pages are shown after the answer: to the browser that was sent there, and to another
/// one in which the same person finishes as well.
pub const GRACE: Duration = Duration::from_secs(60);

const HEADER_LIMIT: usize = 16 * 1024;
/// A posted answer holds a code of about 1 kB, a state, and at most a session's id.
const BODY_LIMIT: usize = 64 * 1024;
/// Connections that are open at once, of each address. The oldest gives way: a browser sends its
/// request at once, whoever holds connections open does not.
const CONNECTIONS: usize = 64;
const SAME_PORT_ATTEMPTS: u32 = 20;
const DONE_PATH: &str = "/done";
const DECLINED_PATH: &str = "/declined";
const LATE_PATH: &str = "/late";
/// Without it, a process that is out of file handles would spin.
const PAUSE_AFTER_TROUBLE: Duration = Duration::from_millis(100);

/// What came back from the browser.
#[derive(Clone, PartialEq, Eq)]
pub enum Callback {
    /// A code to redeem.
    Code(String),
    /// Entra's `error`, and its `error_description`.
    Error(String, String),
    /// Something that does not belong to this sign-in.
    Stranger,
}

/// A bound listener.
pub struct Loopback {
    port: u16,
    listeners: Vec<TcpListener>,
}

/// A listener that answers; dropping it frees the port.
pub struct Listening {
    callbacks: mpsc::Receiver<Callback>,
    stop: CancellationToken,
    clock: Arc<dyn Clock>,
    finished: bool,
}

impl Loopback {
    /// Binds a free port on 127.0.0.1, and the same one on ::1; on one of them where the computer
    /// has only that.
    pub async fn bind() -> Result<Self, Failure> {
        Self::bind_with(std::net::TcpListener::bind)
    }

    /// Binds with `bind`, which stands for the system.
    pub fn bind_with(
        bind: impl Fn(SocketAddr) -> io::Result<std::net::TcpListener>,
    ) -> Result<Self, Failure> {
        let found = find_port(bind).and_then(|(port, listeners)| {
            let listeners = listeners.into_iter().map(|listener| {
                listener.set_nonblocking(true)?;
                TcpListener::from_std(listener)
            });
            Ok(Loopback { port, listeners: listeners.collect::<io::Result<_>>()? })
        });
        found.map_err(|error| {
            Failure::new(Code::LoopbackUnavailable)
                .detail("cause", error.to_string())
                .offer(Action::TryAgain)
                .offer(Action::SignInWithDeviceCode)
        })
    }

    /// The port that was bound.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts to answer. `state` is the one that the callback has to bring.
    pub fn listen(self, state: String, pages: EndPages, clock: Arc<dyn Clock>) -> Listening {
        let (sender, callbacks) = mpsc::channel(STRANGERS as usize + 1);
        let stop = CancellationToken::new();
        let first = Mutex::default();
        let door = Arc::new(Door { port: self.port, state, pages, sender, first });
        for listener in self.listeners {
            let accepting = accept(listener, door.clone(), clock.clone());
            tokio::spawn(stop.clone().run_until_cancelled_owned(accepting));
        }
        Listening { callbacks, stop, clock, finished: false }
    }
}

impl Listening {
    /// The next callback. The listener ends with the one that is not a stranger.
    pub async fn next(&mut self) -> Callback {
        let callback = self.callbacks.recv().await.unwrap_or(Callback::Stranger);
        self.finished = callback != Callback::Stranger;
        callback
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if self.finished {
            let (stop, clock) = (self.stop.clone(), self.clock.clone());
            tokio::spawn(async move {
                clock.sleep(GRACE).await;
                stop.cancel();
            });
        } else {
            self.stop.cancel();
        }
    }
}

/// What a callback says (RFC 6749, section 4.1.2), in the query or in a posted form. Without the
/// right state, with a name twice, or with both a code and an error it is a stranger's.
pub fn read_callback(query: &str, state: &str) -> Callback {
    let mut values = HashMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if values.insert(name.into_owned(), value.into_owned()).is_some() {
            return Callback::Stranger;
        }
    }
    let sent = values.get("state").map(String::as_bytes).unwrap_or_default();
    if !bool::from(sent.ct_eq(state.as_bytes())) {
        return Callback::Stranger;
    }
    match (values.remove("code"), values.remove("error")) {
        (Some(code), None) if !code.is_empty() => Callback::Code(code),
        (None, Some(error)) => {
            Callback::Error(error, values.remove("error_description").unwrap_or_default())
        }
        _ => Callback::Stranger,
    }
}

/// A port that is free on both addresses, or on the one that the computer has.
fn find_port(
    bind: impl Fn(SocketAddr) -> io::Result<std::net::TcpListener>,
) -> io::Result<(u16, Vec<std::net::TcpListener>)> {
    let v6 = |port| bind((Ipv6Addr::LOCALHOST, port).into());
    let mut attempts = SAME_PORT_ATTEMPTS;
    loop {
        attempts -= 1;
        let v4 = match bind((Ipv4Addr::LOCALHOST, 0).into()) {
            Ok(listener) => listener,
            Err(error) if is_unknown(&error) => {
                let only = v6(0)?;
                return Ok((only.local_addr()?.port(), vec![only]));
            }
            Err(error) => return Err(error),
        };
        let port = v4.local_addr()?.port();
        match v6(port) {
            Ok(v6) => return Ok((port, vec![v4, v6])),
            Err(error) if is_unknown(&error) => return Ok((port, vec![v4])),
            Err(error) if is_taken(&error) && attempts > 0 => {}
            // Whoever may hold the other half of the port would get the browser's answer.
            Err(error) => return Err(error),
        }
    }
}

/// The port belongs to somebody else; Windows says so with a refusal where it is held alone.
fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
}

/// The computer does not have this address, or does not know its family (EAFNOSUPPORT of Linux,
/// of macOS, and of Windows, for which the standard library has no name).
fn is_unknown(error: &io::Error) -> bool {
    let no_family = if cfg!(windows) {
        10047
    } else if cfg!(target_os = "linux") {
        97
    } else {
        47
    };
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || error.raw_os_error() == Some(no_family)
}

struct Door {
    port: u16,
    state: String,
    pages: EndPages,
    sender: mpsc::Sender<Callback>,
    /// The answer that was taken, and where it led.
    first: Mutex<Option<([u8; 32], &'static str)>>,
}

/// Serves until it is dropped, which closes every connection.
async fn accept(listener: TcpListener, door: Arc<Door>, clock: Arc<dyn Clock>) {
    let mut connections = JoinSet::new();
    let mut by_age = VecDeque::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, peer)) if peer.ip().is_loopback() => stream,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(%error, "the loopback listener could not accept");
                clock.sleep(PAUSE_AFTER_TROUBLE).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        by_age.retain(|connection: &tokio::task::AbortHandle| !connection.is_finished());
        if by_age.len() >= CONNECTIONS
            && let Some(oldest) = by_age.pop_front()
        {
            oldest.abort();
        }
        let (door, clock) = (door.clone(), clock.clone());
        by_age.push_back(connections.spawn(async move {
            tokio::select! {
                () = serve(stream, door) => {}
                () = clock.sleep(CONNECTION_LIMIT) => {}
            }
        }));
    }
}

/// Answers one request.
async fn serve(stream: tokio::net::TcpStream, door: Arc<Door>) {
    let answer = service_fn(|request| {
        let door = door.clone();
        async move { Ok::<_, Infallible>(door.answer(request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(HEADER_LIMIT)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a loopback connection ended early");
    }
}

impl Door {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.is_own_host(&request) {
            return self.stranger(StatusCode::FORBIDDEN);
        }
        let query = request.uri().query();
        match (request.method(), request.uri().path()) {
            // Neither is the person who comes back: a browser that guesses where they will go, or
            // a scanner that looks at links. The answer keeps; it is not for them.
            (&Method::HEAD, _) => empty(StatusCode::NO_CONTENT),
            _ if is_prefetch(&request) => empty(StatusCode::SERVICE_UNAVAILABLE),
            (&Method::GET, "/") if query.is_some() => {
                self.take(read_callback(query.unwrap_or_default(), &self.state))
            }
            (&Method::POST, "/") => match read_form(request).await {
                Ok(form) => self.take(read_callback(&form, &self.state)),
                Err(status) => self.stranger(status),
            },
            (&Method::GET, DONE_PATH) => page::show(&self.pages.done, page::Mark::Done),
            (&Method::GET, DECLINED_PATH) => {
                page::show(&self.pages.declined, page::Mark::Attention)
            }
            (&Method::GET, LATE_PATH) => page::show(&self.pages.late, page::Mark::Attention),
            (&Method::GET, path) if is_asked_by_itself(path) => empty(StatusCode::NO_CONTENT),
            (&Method::GET, _) => self.stranger(StatusCode::NOT_FOUND),
            _ => self.stranger(StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    /// A page of another origin that was led here by a rebound name says that name.
    fn is_own_host<B>(&self, request: &Request<B>) -> bool {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return false;
        };
        let port = self.port;
        let own =
            [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")];
        let is_own = |name: &str| own.iter().any(|own| own.eq_ignore_ascii_case(name));
        host.to_str().is_ok_and(is_own)
            && request.uri().authority().is_none_or(|named| is_own(named.as_str()))
    }

    /// The first answer wins. A browser that repeats it is led to the same page, any other to one
    /// that says so.
    fn take(&self, callback: Callback) -> Response<Full<Bytes>> {
        let (kind, end) = match &callback {
            Callback::Code(code) => (digest(&["code", code]), DONE_PATH),
            Callback::Error(error, text) => (digest(&["error", error, text]), DECLINED_PATH),
            Callback::Stranger => {
                self.tell(Callback::Stranger);
                let mut page = page::show(&self.pages.stranger, page::Mark::Attention);
                *page.status_mut() = StatusCode::BAD_REQUEST;
                return page;
            }
        };
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        match *first {
            Some((taken, end)) if taken == kind => see(end),
            None if self.tell(callback) => {
                *first = Some((kind, end));
                see(end)
            }
            _ => see(LATE_PATH),
        }
    }

    fn stranger(&self, status: StatusCode) -> Response<Full<Bytes>> {
        self.tell(Callback::Stranger);
        empty(status)
    }

    /// After the answer, or after too many strangers, nobody listens any more: that is no fault.
    fn tell(&self, callback: Callback) -> bool {
        let told = self.sender.try_send(callback).is_ok();
        if !told {
            tracing::debug!("a callback came after the sign-in had ended");
        }
        told
    }
}

/// What identifies an answer, without keeping its code.
fn digest(parts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// Fetch, section 2.2.5 (`Sec-Purpose`); older browsers say `Purpose` or `X-Moz`.
fn is_prefetch<B>(request: &Request<B>) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().any(|name| {
        request.headers().get_all(*name).iter().any(|value| {
            let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
            ["prefetch", "prerender", "preview"].iter().any(|purpose| value.contains(purpose))
        })
    })
}

/// What browsers ask every host for, whatever page they are on.
fn is_asked_by_itself(path: &str) -> bool {
    path == "/favicon.ico"
        || path == "/robots.txt"
        || path.starts_with("/apple-touch-icon")
        || path.starts_with("/.well-known/")
}

async fn read_form(
    request: Request<impl Body<Data = Bytes, Error = hyper::Error>>,
) -> Result<String, StatusCode> {
    let content = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = content.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let body = Limited::new(request.into_body(), BODY_LIMIT).collect().await;
    let body = body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?.to_bytes();
    String::from_utf8(body.into()).map_err(|_| StatusCode::BAD_REQUEST)
}

fn see(path: &'static str) -> Response<Full<Bytes>> {
    let mut answer = empty(StatusCode::SEE_OTHER);
    let headers = answer.headers_mut();
    headers.insert(header::LOCATION, header::HeaderValue::from_static(path));
    headers.insert(header::REFERRER_POLICY, header::HeaderValue::from_static("no-referrer"));
    answer
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    Response::builder()
        .status(status)
        .header(header::CACHE_CONTROL, "no-store")
        .body(Full::default())
        .expect("every header is a constant")
}
