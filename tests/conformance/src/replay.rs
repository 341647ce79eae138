//! A server on loopback that gives a recorded answer to whoever asks: what core is fed with.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::record::{Answer, Body};

/// Headers that belong to the recorded connection, or to a body that was packed.
const CONNECTION_HEADERS: [&str; 5] =
    ["content-length", "transfer-encoding", "content-encoding", "connection", "keep-alive"];

/// A running replay. Dropping it ends the listener.
pub struct Replay {
    base: String,
    script: Arc<Mutex<BTreeMap<String, Answer>>>,
    serving: JoinHandle<()>,
}

impl Replay {
    /// Starts on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let script = Arc::new(Mutex::new(BTreeMap::new()));
        let serving = tokio::spawn(serve(listener, Arc::clone(&script)));
        Ok(Self { base, script, serving })
    }

    /// The base address; the services live below `/entra`, `/arm` and `/openai`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Sets what is answered: the first path part that a request's path ends with decides. What
    /// is not set is an empty list, or a made-up token.
    pub fn set<P: Into<String>>(&self, script: impl IntoIterator<Item = (P, Answer)>) {
        *lock(&self.script) =
            script.into_iter().map(|(path, answer)| (path.into(), answer)).collect();
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A token of the form that clients read, with no signature: claims of a made-up person.
pub fn made_up_token(tenant: &str) -> String {
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let header = part(json!({"alg": "none", "typ": "JWT"}));
    let claims = part(json!({
        "tid": tenant,
        "oid": "3f1a2b3c-0d1e-4f5a-8b6c-7d8e9f0a1b2c",
        "preferred_username": "grace@conformance.example",
        "name": "Grace Hopper",
    }));
    format!("{header}.{claims}.")
}

/// An answer with a JSON body.
pub fn json_answer(status: u16, body: Value) -> Answer {
    Answer {
        status: Some(status),
        headers: BTreeMap::new(),
        body: Body::Json(body),
        trimmed: false,
    }
}

async fn serve(listener: TcpListener, script: Arc<Mutex<BTreeMap<String, Answer>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let script = Arc::clone(&script);
        let service = service_fn(move |request: Request<Incoming>| {
            let script = Arc::clone(&script);
            async move { Ok::<_, Infallible>(answer(&request, &lock(&script))) }
        });
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            // A client that goes away ends its own connection only.
            let _ = connection.await;
        });
    }
}

fn answer(request: &Request<Incoming>, script: &BTreeMap<String, Answer>) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    // The page behind a link is empty, so that every list ends.
    let is_next = request.uri().query().is_some_and(|query| query.contains("skiptoken"));
    let scripted = script.iter().find(|(tail, _)| path.ends_with(tail.as_str()) && !is_next);
    match scripted {
        Some((_, answer)) => respond(answer),
        None if path.ends_with("/token") => {
            let tenant = path.split('/').nth(2).unwrap_or_default();
            respond(&json_answer(
                200,
                json!({
                    "token_type": "Bearer", "expires_in": 3600,
                    "access_token": made_up_token(tenant), "refresh_token": "made up",
                }),
            ))
        }
        None => respond(&json_answer(200, json!({"value": []}))),
    }
}

fn respond(answer: &Answer) -> Response<Full<Bytes>> {
    let mut builder = Response::builder().status(answer.status.unwrap_or(500));
    for (name, value) in &answer.headers {
        if !CONNECTION_HEADERS.contains(&name.as_str())
            && let (Ok(name), Ok(value)) =
                (http::HeaderName::try_from(name.as_str()), http::HeaderValue::from_str(value))
        {
            builder = builder.header(name, value);
        }
    }
    builder
        .body(Full::new(Bytes::from(answer.body.to_text())))
        .unwrap_or_else(|_| Response::new(Full::default()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
