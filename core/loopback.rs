//! The listener that the browser comes back to (RFC 8252, section 7.3).
//!
//! It is bound on 127.0.0.1 and ::1 at one port before the browser opens, answers what does not
//! belong to this sign-in without giving anything away, takes one answer, and sends the browser
//! on to a page whose address holds no code.

use std::convert::Infallible;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::failure::{Action, Code, Failure};

const HEADER_LIMIT: usize = 16 * 1024;
/// How many callbacks that do not belong to this sign-in are answered before it ends.
pub const STRANGERS: u32 = 10;
const SAME_PORT_ATTEMPTS: u32 = 20;
const DONE_PATH: &str = "/done";
const DECLINED_PATH: &str = "/declined";
/// Without it, a process that is out of file handles would spin.
const PAUSE_AFTER_TROUBLE: std::time::Duration = std::time::Duration::from_millis(100);
/// How long the clean page stays up for a browser that was sent there.
const GRACE: std::time::Duration = std::time::Duration::from_secs(10);

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
    finished: bool,
}

impl Loopback {
    /// Binds a free port on 127.0.0.1, and the same one on ::1 where there is IPv6.
    pub async fn bind() -> Result<Self, Failure> {
        let mut last = None;
        for _ in 0..SAME_PORT_ATTEMPTS {
            let v4 = match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await {
                Ok(listener) => listener,
                Err(error) => {
                    last = Some(error);
                    continue;
                }
            };
            let port = match v4.local_addr() {
                Ok(address) => address.port(),
                Err(error) => {
                    last = Some(error);
                    continue;
                }
            };
            match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
                Ok(v6) => {
                    return Ok(Loopback { port, listeners: vec![v4, v6] });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => last = Some(error),
                Err(_) => {
                    return Ok(Loopback { port, listeners: vec![v4] });
                }
            }
        }
        let cause = last.map(|error| error.to_string()).unwrap_or_default();
        Err(Failure::new(Code::LoopbackUnavailable).detail("cause", cause).offer(Action::TryAgain))
    }

    /// The port that was bound.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts to answer. `state` is the one that the callback has to bring.
    pub fn listen(self, state: String, pages: EndPages) -> Listening {
        let (sender, callbacks) = mpsc::channel(STRANGERS as usize + 1);
        let stop = CancellationToken::new();
        let door = Arc::new(Door { port: self.port, state, pages, sender });
        for listener in self.listeners {
            tokio::spawn(accept(listener, door.clone(), stop.clone()));
        }
        Listening { callbacks, stop, finished: false }
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
            let stop = self.stop.clone();
            tokio::spawn(async move {
                tokio::time::sleep(GRACE).await;
                stop.cancel();
            });
        } else {
            self.stop.cancel();
        }
    }
}

/// The pages that the browser ends on.
#[derive(Clone, Debug)]
pub struct EndPages {
    /// After a code.
    pub done: EndPage,
    /// After an error.
    pub declined: EndPage,
}

/// The sentences of a page that the browser ends on.
#[derive(Clone, Debug)]
pub struct EndPage {
    /// The heading.
    pub heading: String,
    /// What to do now.
    pub body: String,
}

/// What a callback's query says (RFC 6749, section 4.1.2). Without the right state, with a name
/// twice, or with both a code and an error it is a stranger's.
pub fn read_callback(query: &str, state: &str) -> Callback {
    let mut values = std::collections::HashMap::new();
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

struct Door {
    port: u16,
    state: String,
    pages: EndPages,
    sender: mpsc::Sender<Callback>,
}

async fn accept(listener: TcpListener, door: Arc<Door>, stop: CancellationToken) {
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if is_loopback(peer) => stream,
                Ok(_) => continue,
                Err(error) => {
                    tracing::warn!(%error, "the loopback listener could not accept");
                    tokio::time::sleep(PAUSE_AFTER_TROUBLE).await;
                    continue;
                }
            },
        };
        let (door, stop) = (door.clone(), stop.clone());
        tokio::spawn(async move {
            let answer = service_fn(|request| {
                let door = door.clone();
                async move { Ok::<_, Infallible>(door.answer(request).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(hyper_util::rt::TokioTimer::new())
                .header_read_timeout(std::time::Duration::from_secs(5))
                .max_buf_size(HEADER_LIMIT)
                .serve_connection(TokioIo::new(stream), answer);
            tokio::select! {
                () = stop.cancelled() => {}
                served = connection => if let Err(error) = served {
                    tracing::debug!(%error, "a loopback connection ended early");
                },
            }
        });
    }
}

impl Door {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.is_own_host(&request) {
            return self.stranger(StatusCode::FORBIDDEN).await;
        }
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/") if request.uri().query().is_some() => {
                let callback =
                    read_callback(request.uri().query().unwrap_or_default(), &self.state);
                self.take(callback).await
            }
            (&Method::GET, DONE_PATH) => page(&self.pages.done),
            (&Method::GET, DECLINED_PATH) => page(&self.pages.declined),
            (&Method::GET, "/favicon.ico") => empty(StatusCode::NO_CONTENT),
            (&Method::GET, _) => self.stranger(StatusCode::NOT_FOUND).await,
            _ => self.stranger(StatusCode::METHOD_NOT_ALLOWED).await,
        }
    }

    fn is_own_host(&self, request: &Request<Incoming>) -> bool {
        let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
        let port = self.port;
        [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")]
            .iter()
            .any(|own| host == Some(own))
    }

    async fn take(&self, callback: Callback) -> Response<Full<Bytes>> {
        if callback == Callback::Stranger {
            return self.stranger(StatusCode::BAD_REQUEST).await;
        }
        let end = match callback {
            Callback::Code(_) => DONE_PATH,
            _ => DECLINED_PATH,
        };
        self.tell(callback);
        Response::builder()
            .status(StatusCode::SEE_OTHER)
            .header(header::LOCATION, end)
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::REFERRER_POLICY, "no-referrer")
            .body(Full::default())
            .expect("every header is a constant")
    }

    async fn stranger(&self, status: StatusCode) -> Response<Full<Bytes>> {
        self.tell(Callback::Stranger);
        empty(status)
    }

    /// After the answer, or after too many strangers, nobody listens any more: that is no fault.
    fn tell(&self, callback: Callback) {
        if self.sender.try_send(callback).is_err() {
            tracing::debug!("a callback came after the sign-in had ended");
        }
    }
}

fn is_loopback(peer: SocketAddr) -> bool {
    peer.ip().is_loopback()
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    Response::builder()
        .status(status)
        .header(header::CACHE_CONTROL, "no-store")
        .body(Full::default())
        .expect("every header is a constant")
}

fn page(words: &EndPage) -> Response<Full<Bytes>> {
    let text = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{heading}</title><style>\
         body{{font:16px/1.5 system-ui,sans-serif;display:grid;place-content:center;min-height:90vh;margin:0 24px;text-align:center}}\
         h1{{font-size:24px;font-weight:600;margin:0 0 8px}}p{{margin:0;opacity:.8}}\
         </style><main><h1>{heading}</h1><p>{body}</p></main></html>",
        heading = escape(&words.heading),
        body = escape(&words.body),
    );
    Response::builder()
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .header(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        )
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(Full::from(text))
        .expect("every header is a constant")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
