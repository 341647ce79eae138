//! The transport: HTTP/1.1 on loopback, plain or in TLS, connections that can be cut, bodies that can be damaged.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use http::header::{CONTENT_TYPE, DATE, HOST, HeaderName, RETRY_AFTER};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::address::Entrance;
use crate::answer::{Answer, Content};
use crate::call::Call;
use crate::clock::http_date;
use crate::facts::Facts;
use crate::fault::Act;
use crate::mutant::Mutant;
use crate::route::{Route, find_route};
use crate::site::Site;

/// The largest request body that is read, in bytes.
const BODY_LIMIT: usize = 1 << 20;
/// The largest head of a request that is read, in bytes: a token of somebody in many groups has 16 kB.
const HEAD_LIMIT: usize = 128 << 10;
/// Without it, a process that is out of file handles would spin.
const PAUSE_AFTER_TROUBLE: Duration = Duration::from_millis(100);

/// The connection ends here, on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut")]
struct Cut;

type Body = UnsyncBoxBody<Bytes, Cut>;

/// Serves until the task is aborted, which also ends every connection.
pub(crate) async fn serve(listener: TcpListener, site: Arc<Site>, entrance: Entrance) {
    accept(listener, |stream| converse(stream, Arc::clone(&site), entrance)).await;
}

/// The same in TLS, under the real names.
#[cfg(feature = "hosts")]
pub(crate) async fn serve_names(
    listener: TcpListener,
    acceptor: tokio_rustls::TlsAcceptor,
    site: Arc<Site>,
) {
    /// How long a client may take for its part of the handshake.
    const HANDSHAKE: Duration = Duration::from_secs(20);
    accept(listener, |stream| {
        let (acceptor, site) = (acceptor.clone(), Arc::clone(&site));
        async move {
            // Who does not shake hands, or does not trust the certificate, is not talked to.
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                converse(stream, site, Entrance::Names).await;
            }
        }
    })
    .await;
}

async fn accept<Talk>(listener: TcpListener, talk: impl Fn(TcpStream) -> Talk)
where
    Talk: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                match accepted {
                    Ok((stream, _)) => {
                        let _ = stream.set_nodelay(true);
                        connections.spawn(talk(stream));
                    }
                    // The peer was gone before it was accepted, or there is no handle left.
                    Err(_) => tokio::time::sleep(PAUSE_AFTER_TROUBLE).await,
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse<Stream>(stream: Stream, site: Arc<Site>, entrance: Entrance)
where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let number = site.ledger.connect();
    let patience = site.patience;
    let service = service_fn(move |request| answer(request, number, Arc::clone(&site), entrance));
    // An error here is a connection that the peer dropped, that a fault cut, or that was too slow.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    connection: u64,
    site: Arc<Site>,
    entrance: Entrance,
) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let mut call = Call {
        method: head.method,
        path: head.uri.path().to_owned(),
        raw_query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: Bytes::new(),
        connection,
    };
    let path = whole_path(&call, entrance);
    if !is_for_us(&call, &site, entrance) {
        return Ok(whole(refuse(&site, &call, &path, StatusCode::BAD_REQUEST, "host.refused")));
    }
    let refused = |status| whole(refuse(&site, &call, &path, status, "body.refused"));
    match timeout(site.patience, Limited::new(body, BODY_LIMIT).collect()).await {
        Ok(Ok(collected)) => call.body = collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Ok(refused(StatusCode::PAYLOAD_TOO_LARGE));
        }
        Ok(Err(_)) => return Err(Cut),
        Err(_) => return Ok(refused(StatusCode::REQUEST_TIMEOUT)),
    }
    let route = find_route(&mut call, entrance);
    if matches!(route, Route::Control) {
        return Ok(whole(answer_control(&call, &site)));
    }
    answer_service(&route, &call, &path, &site).await
}

async fn answer_service(
    route: &Route,
    call: &Call,
    path: &str,
    site: &Arc<Site>,
) -> Result<Response<Body>, Cut> {
    let operation = route.operation();
    let arrived = site.clock.now();
    let pending = Pending {
        sequence: site.ledger.open(call, path, operation.unwrap_or("unknown"), operation.is_none()),
        site: Arc::clone(site),
    };
    site.ledger.keep_secrets_of(call);
    let acts = site.faults.strike(operation.unwrap_or("unknown"), call, path);
    let latency = site.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let mut decisive = None;
    for act in acts {
        match act {
            Act::Delay { milliseconds } => {
                site.clock.wait_until(arrived + Duration::from_millis(milliseconds)).await;
            }
            other => {
                decisive.get_or_insert(other);
            }
        }
    }
    match decisive {
        Some(Act::Cut) => Err(Cut),
        Some(Act::Answer { status, headers, body }) => {
            let facts = Facts::of(route, call, site);
            let prepared = prepared_answer(status, &headers, &body, &facts);
            Ok(pending.respond(prepared, None))
        }
        other => {
            let answer = route.answer(call, site);
            Ok(pending.respond(answer, other))
        }
    }
}

#[cfg(feature = "control")]
fn answer_control(call: &Call, site: &Site) -> Answer {
    crate::control::answer(call, site)
}

#[cfg(not(feature = "control"))]
fn answer_control(_: &Call, _: &Site) -> Answer {
    Answer::empty(StatusCode::NOT_FOUND)
}

/// Whether the Host header names this simulator, which keeps pages of other origins out.
fn is_for_us(call: &Call, site: &Site, entrance: Entrance) -> bool {
    let Some(host) = call.header(HOST.as_str()) else {
        return false;
    };
    match entrance {
        #[cfg(feature = "hosts")]
        Entrance::Names => crate::hosts::find_service(host).is_some(),
        _ => site.hosts.iter().any(|own| own.eq_ignore_ascii_case(host)),
    }
}

/// The path as the history has it: where hosts name the services, with the host before it
/// (`//graph.microsoft.com/v1.0/me`).
fn whole_path(call: &Call, entrance: Entrance) -> String {
    match entrance {
        #[cfg(feature = "hosts")]
        Entrance::Names => {
            format!("//{}{}", call.header(HOST.as_str()).unwrap_or_default(), call.path)
        }
        _ => call.path.clone(),
    }
}

fn refuse(site: &Site, call: &Call, path: &str, status: StatusCode, operation: &str) -> Answer {
    let sequence = site.ledger.open(call, path, operation, true);
    site.ledger.answer(sequence, status.as_u16(), None);
    site.ledger.close(sequence);
    Answer::text(status, operation.to_owned())
}

fn prepared_answer(
    status: u16,
    headers: &std::collections::BTreeMap<String, String>,
    body: &Value,
    facts: &Facts,
) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = match body {
        Value::Null => Answer::empty(status),
        Value::String(text) => {
            let mut answer = Answer::text(status, facts.fill_text(text));
            answer.set(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            answer
        }
        body => Answer::json(status, &facts.fill(body)),
    };
    for (name, value) in headers {
        let value = facts.fill_text(value);
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(&value)) {
            answer.set(name, value);
        }
    }
    answer
}

/// A request that has arrived; its end is recorded when this is dropped, if not before.
struct Pending {
    sequence: u64,
    site: Arc<Site>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.site.ledger.close(self.sequence);
    }
}

impl Pending {
    /// Turns an answer into a response, damaged where a fault says so.
    fn respond(self, answer: Answer, damage: Option<Act>) -> Response<Body> {
        self.site.ledger.answer(self.sequence, answer.status.as_u16(), answer.caller.as_ref());
        let Answer { status, mut headers, content, .. } = dated(answer, &self.site);
        if Mutant::RetryAfterDropped.is_on() {
            headers.retain(|(name, _)| *name != RETRY_AFTER);
        }
        let body = match (damage, content) {
            (Some(Act::CutMidBody), content) => {
                let mut pieces = first_half(content);
                pieces.push(Err(Cut));
                self.body_in_pieces(pieces, Duration::ZERO)
            }
            (Some(Act::Garble), Content::Whole(bytes)) => full(garble(&bytes)),
            (Some(Act::Garble), Content::Pieces(pieces, pause)) => {
                self.body_in_pieces(garble_pieces(pieces).into_iter().map(Ok).collect(), pause)
            }
            (_, Content::Whole(bytes)) => full(bytes),
            (_, Content::Pieces(pieces, pause)) => {
                self.body_in_pieces(pieces.into_iter().map(Ok).collect(), pause)
            }
        };
        respond(status, headers, body)
    }

    /// Sends piece by piece, each flushed before the next is begun.
    fn body_in_pieces(self, pieces: Vec<Result<Bytes, Cut>>, pause: Duration) -> Body {
        let last = pieces.len().saturating_sub(1);
        // A pause would never end on a clock that stands still.
        let pause = (!self.site.clock.is_manual() && !pause.is_zero()).then_some(pause);
        let mut pending = Some(self);
        let frames = stream::iter(pieces.into_iter().enumerate()).then(move |(index, piece)| {
            // Recorded before the last piece leaves: no client sees an end that the history does not.
            let finished = if index == last { pending.take() } else { None };
            async move {
                match pause {
                    Some(pause) if index > 0 => tokio::time::sleep(pause).await,
                    _ => tokio::task::yield_now().await,
                }
                drop(finished);
                piece.map(Frame::data)
            }
        });
        StreamBody::new(frames).boxed_unsync()
    }
}

/// Whatever is answered, its date is that of the simulated services and not the machine's.
fn dated(answer: Answer, site: &Site) -> Answer {
    match answer.header(DATE.as_str()) {
        Some(_) => answer,
        None => answer.with("date", http_date(site.clock.now())),
    }
}

fn whole(answer: Answer) -> Response<Body> {
    let body = match answer.content {
        Content::Whole(bytes) => full(bytes),
        Content::Pieces(pieces, _) => full(pieces.concat().into()),
    };
    respond(answer.status, answer.headers, body)
}

fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never: Infallible| match never {}).boxed_unsync()
}

fn respond(
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}

fn first_half(content: Content) -> Vec<Result<Bytes, Cut>> {
    match content {
        Content::Whole(bytes) => vec![Ok(bytes.slice(..bytes.len() / 2))],
        Content::Pieces(mut pieces, _) => {
            pieces.truncate(pieces.len() / 2);
            pieces.into_iter().map(Ok).collect()
        }
    }
}

fn garble_pieces(mut pieces: Vec<Bytes>) -> Vec<Bytes> {
    let middle = pieces.len() / 2;
    if let Some(piece) = pieces.get_mut(middle) {
        let mut noise = garble(piece).to_vec();
        noise.extend_from_slice(b"\n\n");
        *piece = noise.into();
    }
    pieces
}

/// The first half, then bytes that are neither JSON nor UTF-8.
fn garble(bytes: &Bytes) -> Bytes {
    let mut noise = bytes[..bytes.len() / 2].to_vec();
    noise.extend_from_slice(b"\xff\xfe<%garbled");
    noise.into()
}
