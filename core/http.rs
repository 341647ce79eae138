//! The one HTTP client: one retry layer, one place that knows Azure's error envelopes.
//!
//! Idempotence decides whether a request is repeated, `Retry-After` is honoured up to 60 s, no
//! redirect is followed, and a body is read up to 16 MB. Each request carries its own id and the
//! ids of the answers that it needed ([`Cause`]), so that a test can count the dependent ones.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, Method, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use crate::challenge::ClaimsRequest;
use crate::clock::{self, Clock, Correction};
use crate::cloud::{Cloud, Service};
use crate::diagnosis::{self, Asked, Connection, Evidence};
use crate::failure::{Action, Code, Failure};
use crate::network::check::evidence_of;
use crate::network::look::{Extent, Limits, look};
use crate::network::machine::{Machine, NamesOf};
use crate::network::proxy::{Proxies, Route};
use crate::network::settings::read_settings;

const IDLE_LIMIT: Duration = Duration::from_secs(30);
const BODY_LIMIT: usize = 16 * 1024 * 1024;
const ATTEMPTS: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it may take to look once more at a way that failed: the person waits for it.
const LOOK_LIMIT: Duration = Duration::from_secs(5);

/// The ids of the answers that a request needs before it can be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause(Vec<String>);

impl Cause {
    /// A request that needs no answer.
    pub fn none() -> Self {
        Cause::default()
    }

    /// A request that needs both.
    pub fn and(&self, other: &Cause) -> Cause {
        let mut ids = self.0.clone();
        ids.extend(other.0.iter().filter(|id| !self.0.contains(id)).cloned());
        Cause(ids)
    }
}

/// A request, before it is sent.
#[derive(Clone, Debug)]
pub struct Request {
    service: Service,
    method: Method,
    url: Url,
    body: Body,
    repeatable: bool,
    asking: Option<Asked>,
    cause: Cause,
}

#[derive(Clone)]
enum Body {
    None,
    Json(Value),
    Form(Vec<(&'static str, String)>),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Body::None => "no body",
            Body::Json(_) => "a JSON body",
            Body::Form(_) => "a form",
        })
    }
}

impl Request {
    /// A read: it may be repeated.
    pub fn get(service: Service, url: Url, cause: Cause) -> Self {
        Request::with(service, Method::GET, url, Body::None, cause).repeatable()
    }

    /// A write under a name that we chose: it may be repeated.
    pub fn put(service: Service, url: Url, body: Value, cause: Cause) -> Self {
        Request::with(service, Method::PUT, url, Body::Json(body), cause).repeatable()
    }

    /// Takes something away by its name: it may be repeated.
    pub fn delete(service: Service, url: Url, cause: Cause) -> Self {
        Request::with(service, Method::DELETE, url, Body::None, cause).repeatable()
    }

    /// A request that does something each time: it is sent once.
    pub fn post(service: Service, url: Url, body: Value, cause: Cause) -> Self {
        Request::with(service, Method::POST, url, Body::Json(body), cause)
    }

    /// A change of a part: it is sent once.
    pub fn patch(service: Service, url: Url, body: Value, cause: Cause) -> Self {
        Request::with(service, Method::PATCH, url, Body::Json(body), cause)
    }

    /// A read whose question stands in its body: it may be repeated.
    pub fn query(service: Service, url: Url, body: Value, cause: Cause) -> Self {
        Request::post(service, url, body, cause).repeatable().asking(Asked::Read)
    }

    /// A form for Microsoft Entra, whose codes can be used once: it is sent once.
    pub fn form(url: Url, form: Vec<(&'static str, String)>, cause: Cause) -> Self {
        Request::with(Service::Entra, Method::POST, url, Body::Form(form), cause)
    }

    fn with(service: Service, method: Method, url: Url, body: Body, cause: Cause) -> Self {
        Request { service, method, url, body, repeatable: false, asking: None, cause }
    }

    /// The same, where it may be sent again: a form with a refresh token, what is only read.
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// The same, for this purpose, where its method does not tell.
    pub fn asking(mut self, asked: Asked) -> Self {
        self.asking = Some(asked);
        self
    }

    /// Which service it goes to.
    pub fn service(&self) -> Service {
        self.service
    }

    /// What it asks for.
    fn asked(&self) -> Asked {
        if let Some(asked) = self.asking {
            return asked;
        }
        match (self.service, self.repeatable) {
            (Service::Entra, false) => Asked::Code,
            (Service::Entra, true) => Asked::Refresh,
            (Service::Inference, _) => Asked::Chat,
            (Service::Graph, _) => Asked::Read,
            (Service::ResourceManager, _) if self.method == Method::GET => Asked::Read,
            (Service::ResourceManager, _) if self.method == Method::DELETE => Asked::Undo,
            (Service::ResourceManager, _) => Asked::Assignment,
        }
    }

    /// What it needs.
    pub fn caused_by(mut self, cause: &Cause) -> Self {
        self.cause = self.cause.and(cause);
        self
    }
}

/// An answer whose body was read.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as it came.
    pub body: Bytes,
    /// This answer, as the cause of the next request.
    pub cause: Cause,
    asked: Asked,
    host: String,
    attempts: u32,
    arrived: OffsetDateTime,
}

/// An answer whose body is still arriving.
pub struct StreamedAnswer {
    /// The body, piece by piece.
    pub body: futures::stream::BoxStream<'static, Result<Bytes, Failure>>,
    /// This answer, as the cause of the next request.
    pub cause: Cause,
}

/// A client for one cloud.
pub struct Http {
    machine: Machine,
    /// The way out as it was found last; a look at the connection finds it anew.
    line: RwLock<Arc<Line>>,
    /// Whether the system's settings were asked for.
    asked: tokio::sync::OnceCell<()>,
    cloud: Cloud,
    clock: Arc<dyn Clock>,
    correction: Correction,
}

/// The way out of this machine.
struct Line {
    client: reqwest::Client,
    proxies: Arc<Proxies>,
}

impl Http {
    /// A client that goes the ways of this machine and trusts whom it trusts.
    pub fn new(cloud: Cloud, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        Http::on(Machine::this(), cloud, clock)
    }

    /// A client that goes the ways of `machine` and trusts whom it trusts; to practice Azure,
    /// which lives on a loopback address, it goes directly.
    pub fn on(machine: Machine, cloud: Cloud, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let proxies = match cloud.is_practice() {
            true => Proxies::none(),
            false => Proxies::of_variables(&machine).unwrap_or_else(Proxies::none),
        };
        let line = RwLock::new(Arc::new(Line::new(&machine, &cloud, proxies)?));
        let (asked, correction) = (tokio::sync::OnceCell::new(), Correction::default());
        Ok(Http { machine, line, asked, cloud, clock, correction })
    }

    /// The machine whose ways it goes.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Asks the system's settings and its trust store again, and goes by them from now on.
    pub async fn renew(&self) -> Arc<Proxies> {
        // The variables stay what they were when this program began, and go first.
        let proxies = match Proxies::of_variables(&self.machine) {
            _ if self.cloud.is_practice() => Proxies::none(),
            Some(proxies) => proxies,
            None => Proxies::of_settings(&read_settings(&self.machine).await),
        };
        match Line::new(&self.machine, &self.cloud, proxies) {
            Ok(line) => *self.line.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(line),
            Err(failure) => tracing::warn!(?failure, "the settings of the system are not usable"),
        }
        // Whoever looks has asked.
        let _ = self.asked.set(());
        self.current_line().proxies.clone()
    }

    /// The way out; the system's settings are asked for when it is first needed.
    async fn line(&self) -> Arc<Line> {
        if !self.cloud.is_practice() && Proxies::of_variables(&self.machine).is_none() {
            self.asked.get_or_init(|| async { drop(self.renew().await) }).await;
        }
        self.current_line()
    }

    fn current_line(&self) -> Arc<Line> {
        self.line.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The cloud that it serves.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The clock that its waits follow.
    pub fn clock(&self) -> &std::sync::Arc<dyn Clock> {
        &self.clock
    }

    /// The present by Azure's clock, as far as its answers told: what the times of tokens and of
    /// `Retry-After` are compared with. Only hosts of the cloud are asked, over TLS.
    pub fn now(&self) -> OffsetDateTime {
        self.correction.apply(self.clock.now())
    }

    /// What comes of the work, or the failure of a host that is too slow for this limit.
    pub async fn within<T>(
        &self,
        limit: Duration,
        host: &str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let done = clock::within(&*self.clock, limit, work).await;
        done.unwrap_or_else(|| Err(diagnosis::too_slow(host, limit)))
    }

    /// Sends a request, repeats it where that is safe, and reads the whole answer.
    ///
    /// Every status is an answer; a failure means that there was none.
    pub async fn send(&self, request: &Request, token: Option<&str>) -> Result<Answer, Failure> {
        let started = self.clock.elapsed();
        let mut attempt = 1;
        loop {
            // What is on the heap does not fill the stack of whoever waits for many answers.
            let outcome = Box::pin(self.send_once(request, token, attempt, started)).await;
            let Some(pause) = self.pause_before_repeat(request, &outcome, attempt, started) else {
                return match outcome {
                    Err(failure) => Err(Box::pin(self.look_closer(request, failure)).await),
                    answer => answer,
                };
            };
            self.clock.sleep(pause).await;
            attempt += 1;
        }
    }

    /// Sends a request once. A success streams; any other answer is read whole.
    pub async fn open(
        &self,
        request: &Request,
        token: Option<&str>,
    ) -> Result<Result<StreamedAnswer, Answer>, Failure> {
        let started = self.clock.elapsed();
        let sent = Box::pin(self.dispatch(request, token, 1, started)).await;
        let (response, cause) = match sent {
            Ok(sent) => sent,
            Err(failure) => return Err(Box::pin(self.look_closer(request, failure)).await),
        };
        if !response.status().is_success() {
            return self.read(response, request, cause, 1, started).await.map(Err);
        }
        let trial =
            Trial { asked: request.asked(), host: host_of(&request.url), attempts: 1, seconds: 0 };
        let mut read = 0;
        let body = response
            .bytes_stream()
            .map(move |piece| {
                let piece = piece.map_err(|error| trial.lost(&error))?;
                read += piece.len();
                if read > BODY_LIMIT { Err(trial.too_long()) } else { Ok(piece) }
            })
            .boxed();
        Ok(Ok(StreamedAnswer { body, cause }))
    }

    async fn send_once(
        &self,
        request: &Request,
        token: Option<&str>,
        attempt: u32,
        started: Duration,
    ) -> Result<Answer, Failure> {
        let (response, cause) = self.dispatch(request, token, attempt, started).await?;
        self.read(response, request, cause, attempt, started).await
    }

    async fn dispatch(
        &self,
        request: &Request,
        token: Option<&str>,
        attempt: u32,
        started: Duration,
    ) -> Result<(reqwest::Response, Cause), Failure> {
        if !self.cloud.owns(request.service, &request.url) {
            let failure = Failure::new(Code::ForeignHost).with("host", host_of(&request.url));
            return Err(match request.service {
                Service::Inference => failure.offer(Action::ChooseResource),
                _ => failure.offer(Action::TryAgain),
            });
        }
        let id = Uuid::new_v4().to_string();
        let line = self.line().await;
        let mut builder = line
            .client
            .request(request.method.clone(), request.url.clone())
            .header("x-ms-client-request-id", &id);
        if self.cloud.is_practice() {
            builder = builder.header("keyless-caused-by", request.cause.0.join(","));
        }
        if let Some(token) = token {
            builder = builder.bearer_auth(token);
        }
        builder = match &request.body {
            Body::None => builder,
            Body::Json(json) => builder.json(json),
            Body::Form(form) => builder.form(form),
        };
        let began = self.clock.now();
        let sent = builder.send().await;
        if let Some(date) = sent.as_ref().ok().and_then(|answer| date_of(answer.headers())) {
            self.correction.learn(began, self.clock.now(), date);
        }
        let host = host_of(&request.url);
        let status = sent.as_ref().map(|response| response.status().as_u16()).ok();
        tracing::info!(method = %request.method, host, status, id, attempt, "request");
        match sent {
            Ok(response) => Ok((response, Cause(vec![id]))),
            Err(error) => Err(self
                .trial(request, attempt, started)
                .lost(&error)
                .detail("client_request_id", id)),
        }
    }

    /// What stands in the way of a request that got no answer: the HTTP client tells neither what
    /// a proxy asks for nor who signed a certificate. A way that is free by now changes nothing.
    async fn look_closer(&self, request: &Request, failure: Failure) -> Failure {
        let is_lost =
            is_lost(failure.code) || matches!(failure.code, Code::TlsFailed | Code::TimedOut);
        if !is_lost || self.cloud.is_practice() {
            return failure;
        }
        let line = self.current_line();
        let route = line.proxies.route(&request.url);
        let limit = LOOK_LIMIT.min(self.machine.connect_limit);
        let limits = Limits { stage: limit, walk: limit };
        let extent = Extent::Encryption;
        let look = look(&self.machine, &route, &request.url, extent, limits, |_| ()).await;
        let Some(trouble) = look.trouble else { return failure };
        let evidence = evidence_of(&self.machine, &trouble, &route, &line.proxies);
        let evidence = failure.parameters.iter().fold(evidence, |evidence, (name, value)| {
            if trouble.values.iter().any(|(known, _)| known == name) {
                return evidence;
            }
            evidence.given(name, value)
        });
        let host = host_of(&request.url);
        let evidence = evidence.asked(request.asked()).at(&host);
        let mut closer = diagnosis::explain(&evidence, &[("attempts", "1"), ("seconds", "0")]);
        if let Route::Through(proxy) = &route {
            closer = closer.detail("proxy", proxy.address());
        }
        closer.details.extend(failure.details.into_iter().filter(|it| it.name != "diagnosis"));
        closer
    }

    async fn read(
        &self,
        response: reqwest::Response,
        request: &Request,
        cause: Cause,
        attempts: u32,
        started: Duration,
    ) -> Result<Answer, Failure> {
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = BytesMut::new();
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let trial = self.trial(request, attempts, started);
            let piece = piece.map_err(|error| trial.lost(&error))?;
            if body.len() + piece.len() > BODY_LIMIT {
                return Err(trial.too_long());
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer {
            status,
            headers,
            body: body.freeze(),
            cause,
            asked: request.asked(),
            host: host_of(&request.url),
            attempts,
            arrived: self.now(),
        })
    }

    fn trial(&self, request: &Request, attempts: u32, started: Duration) -> Trial {
        let seconds = self.clock.elapsed().saturating_sub(started).as_secs();
        Trial { asked: request.asked(), host: host_of(&request.url), attempts, seconds }
    }

    fn pause_before_repeat(
        &self,
        request: &Request,
        outcome: &Result<Answer, Failure>,
        attempt: u32,
        started: Duration,
    ) -> Option<Duration> {
        if !request.repeatable || attempt >= ATTEMPTS {
            return None;
        }
        let backoff = Duration::from_millis(500) * 2u32.pow(attempt - 1);
        let pause = match outcome {
            Err(failure) if is_lost(failure.code) => backoff,
            Err(_) => return None,
            Ok(answer) => match answer.status.as_u16() {
                429 => answer.retry_after(self.now())?,
                500 | 502 | 503 | 504 => answer.retry_after(self.now()).unwrap_or(backoff),
                _ => return None,
            },
        };
        let spent = self.clock.elapsed().saturating_sub(started);
        (spent.saturating_add(pause) <= PATIENCE).then_some(pause)
    }
}

/// Whether no answer came although one might the next time.
pub(crate) fn is_lost(code: Code) -> bool {
    [Code::NetworkFailed, Code::NameNotFound, Code::ConnectionRefused].contains(&code)
}

impl Line {
    fn new(machine: &Machine, cloud: &Cloud, proxies: Proxies) -> Result<Self, Failure> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("keyless/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(NamesOf(machine.names.clone())))
            .connect_timeout(machine.connect_limit)
            .read_timeout(IDLE_LIMIT);
        let build = || {
            let builder = match cloud.is_practice() {
                true => builder.no_proxy(),
                false => {
                    proxies.configure(machine.authorities.configure(builder))?.https_only(true)
                }
            };
            builder.build()
        };
        let client = build().map_err(|error: reqwest::Error| {
            Failure::new(Code::NetworkFailed)
                .with("host", "this computer")
                .with("attempts", 1)
                .with("seconds", 0)
                .detail("cause", chain(&error))
                .offer(Action::TryAgain)
                .offer(Action::CheckNetwork)
        })?;
        Ok(Line { client, proxies: Arc::new(proxies) })
    }
}

impl Answer {
    /// The body as `T`, or a failure that names the host.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| self.failure(&[]).detail("cause", error))
    }

    /// What Azure says is wrong, in whichever envelope it says it.
    pub fn error(&self) -> AzureError {
        AzureError::read(&self.body)
    }

    /// What the answer says about what went wrong.
    pub fn evidence(&self) -> Evidence {
        let evidence = Evidence::answer(self.status.as_u16(), self.headers.clone(), &self.body);
        let evidence = evidence.asked(self.asked).at(&self.host).given("attempts", self.attempts);
        match self.retry_after(self.arrived) {
            Some(wait) => evidence.given("seconds", wait.as_secs().max(1)),
            None => evidence,
        }
    }

    /// The code of what went wrong.
    pub fn meaning(&self) -> Option<Code> {
        diagnosis::recognise(&self.evidence()).map(|diagnosis| diagnosis.row.code)
    }

    /// The failure that the answer means. `known` are the values that the caller can name.
    pub fn failure(&self, known: &[(&str, &str)]) -> Failure {
        self.describe(diagnosis::explain(&self.evidence(), known))
    }

    /// How long Azure asks to wait: `retry-after-ms` before `Retry-After`, in seconds or as a
    /// date (RFC 9110, section 10.2.3).
    pub fn retry_after(&self, now: OffsetDateTime) -> Option<Duration> {
        let text = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(milliseconds) = text("retry-after-ms").and_then(|value| value.parse().ok()) {
            return Some(Duration::from_millis(milliseconds));
        }
        let value = text("retry-after")?;
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = read_date(value)?;
        Some(Duration::try_from(date - now).unwrap_or_default())
    }

    /// The claims that Azure wants to see in a new token, from the header or from the message.
    pub fn claims_challenge(&self) -> Option<ClaimsRequest> {
        if self.status == StatusCode::UNAUTHORIZED {
            return ClaimsRequest::in_headers(&self.headers);
        }
        let error = self.error();
        ClaimsRequest::in_message(&error.code, &error.message)
    }

    /// Whether a 401 says that the token itself is no good: `statusCode` without an envelope on
    /// the data plane, `invalid_token` in the header of Azure Resource Manager.
    pub fn refuses_token(&self) -> bool {
        let mut challenges = self.headers.get_all(header::WWW_AUTHENTICATE).into_iter();
        let invalid = challenges
            .any(|value| value.to_str().is_ok_and(|challenge| challenge.contains("invalid_token")));
        self.status == StatusCode::UNAUTHORIZED && (invalid || self.error().bare_status)
    }

    /// Adds what support asks for: status, code, ids and how often it was tried.
    pub fn describe(&self, failure: Failure) -> Failure {
        let error = self.error();
        let mut failure = failure.detail("host", &self.host).detail("status", self.status.as_u16());
        if !error.code.is_empty() {
            failure = failure.detail("azure_code", &error.code);
        }
        if let Some(number) = error.numbers.first() {
            failure = failure.detail("entra_number", number);
        }
        if !error.message.is_empty() {
            failure = failure.detail("azure_message", &error.message);
        }
        for name in ["x-ms-request-id", "x-ms-correlation-request-id", "apim-request-id"] {
            if let Some(value) = self.headers.get(name).and_then(|value| value.to_str().ok()) {
                failure = failure.detail(name, value);
            }
        }
        for id in &self.cause.0 {
            failure = failure.detail("client_request_id", id);
        }
        failure.detail("attempts", self.attempts)
    }
}

/// What Azure says is wrong. Its services use several envelopes: `error.code`, `Error.Code`,
/// a bare `code` or `Code`, a bare `statusCode`, and Entra's `error` with `error_description`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AzureError {
    /// The code; empty where there is none.
    pub code: String,
    /// The message; empty where there is none.
    pub message: String,
    /// Codes of errors within: `innererror.code`, `details[].code`.
    pub inner: Vec<String>,
    /// Entra's numbers: of `error_codes`, or else of the text (`AADSTS50076`).
    pub numbers: Vec<u32>,
    /// Whether the body is the bare `{statusCode, message}` of a refused token.
    pub bare_status: bool,
    /// What Entra wants to see in the next sign-in, as JSON; sent back unchanged.
    pub claims: Option<String>,
}

impl AzureError {
    /// Reads a body; what is not JSON has neither code nor message.
    pub fn read(body: &[u8]) -> Self {
        let Ok(json) = serde_json::from_slice::<Value>(body) else {
            let numbers = entra_numbers(&String::from_utf8_lossy(body));
            return AzureError { numbers, ..AzureError::default() };
        };
        if json.get("statusCode").is_some_and(Value::is_number) {
            return AzureError { bare_status: true, ..AzureError::of(&json, "", "message") };
        }
        if json.get("error").is_some_and(Value::is_string) {
            return AzureError::of(&json, "error", "error_description");
        }
        let (inner, bare) = (json.get("error").or_else(|| json.get("Error")), &json);
        let envelope = inner.unwrap_or(bare);
        if envelope.get("Code").is_some() {
            return AzureError::of(envelope, "Code", "Message");
        }
        AzureError::of(envelope, "code", "message")
    }

    /// Reads what Entra wrote into a redirect (RFC 6749, section 4.1.2.1).
    pub fn of_redirect(error: &str, description: &str) -> Self {
        AzureError {
            code: error.to_owned(),
            message: description.to_owned(),
            numbers: entra_numbers(description),
            ..AzureError::default()
        }
    }

    /// The code and those within.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.code).chain(&self.inner).map(String::as_str)
    }

    fn of(json: &Value, code: &str, message: &str) -> Self {
        let text =
            |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let details = json.get("details").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let within = json.get("innererror").into_iter().chain(details);
        let listed = json.get("error_codes").and_then(Value::as_array);
        let numbers = listed.map(|all| all.iter().filter_map(|it| it.as_u64()?.try_into().ok()));
        AzureError {
            code: text(code),
            message: text(message),
            inner: within
                .filter_map(|error| error.get("code")?.as_str().map(str::to_owned))
                .collect(),
            numbers: numbers.map_or_else(|| entra_numbers(&text(message)), Iterator::collect),
            bare_status: false,
            claims: json.get("claims").and_then(Value::as_str).map(str::to_owned),
        }
    }
}

fn entra_numbers(text: &str) -> Vec<u32> {
    let digits = |rest: &str| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    text.split("AADSTS").skip(1).filter_map(digits).collect()
}

/// An attempt that brought nothing whole.
struct Trial {
    asked: Asked,
    host: String,
    attempts: u32,
    seconds: u64,
}

impl Trial {
    fn lost(&self, error: &reqwest::Error) -> Failure {
        let connection = connection_of(error);
        let seconds = match connection {
            Connection::TimedOut => self.seconds.max(IDLE_LIMIT.as_secs()),
            _ => self.seconds,
        };
        let evidence = Evidence::connection(connection)
            .asked(self.asked)
            .at(&self.host)
            .given("attempts", self.attempts)
            .given("seconds", seconds);
        diagnosis::explain(&evidence, &[]).detail("cause", chain(error))
    }

    fn too_long(&self) -> Failure {
        let evidence = Evidence::default().asked(self.asked).at(&self.host);
        diagnosis::explain(&evidence, &[]).detail("cause", "the answer is longer than 16 MB")
    }
}

/// What the connection failed of, as far as reqwest and the layers below tell it.
fn connection_of(error: &reqwest::Error) -> Connection {
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if cause.is::<rustls::Error>() {
            return Connection::Tls;
        }
        // The connector's error for it is private; its text is not.
        if cause.to_string().starts_with("dns error") {
            return Connection::NameNotFound;
        }
        let io = cause.downcast_ref::<std::io::Error>();
        match io.map(std::io::Error::kind) {
            Some(std::io::ErrorKind::ConnectionRefused) => return Connection::Refused,
            Some(std::io::ErrorKind::TimedOut) => return Connection::TimedOut,
            _ => {}
        }
        // An input/output error passes over what it wraps when it is asked for its source.
        next = match io.and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    if error.is_timeout() { Connection::TimedOut } else { Connection::Lost }
}

/// The error and its causes, without the address: a query may hold a code.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    if causes.is_empty() { "no answer".to_owned() } else { causes.join(": ") }
}

/// When the answer was made; none where a cache between gave it (RFC 9111, section 5.1).
fn date_of(headers: &HeaderMap) -> Option<OffsetDateTime> {
    if headers.contains_key(header::AGE) {
        return None;
    }
    read_date(headers.get(header::DATE)?.to_str().ok()?)
}

fn read_date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &time::format_description::well_known::Rfc2822).ok()
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_envelope_of_azure_is_read() {
        let read = |text: &str| AzureError::read(text.as_bytes());
        let error = |code: &str, message: &str| AzureError {
            code: code.to_owned(),
            message: message.to_owned(),
            ..AzureError::default()
        };
        let cases = [
            (r#"{"error":{"code":"A","message":"b"}}"#, error("A", "b")),
            (r#"{"Error":{"Code":"A","Message":"b"}}"#, error("A", "b")),
            (r#"{"code":"403","message":"b"}"#, error("403", "b")),
            (r#"{"error":"invalid_grant","error_description":"b"}"#, error("invalid_grant", "b")),
            (r#"{"error":{"message":"b","code":null}}"#, error("", "b")),
            ("<html>404</html>", error("", "")),
            ("", error("", "")),
            ("[]", error("", "")),
        ];
        for (body, expected) in cases {
            assert_eq!(read(body), expected, "the body was {body}");
        }
        assert!(read(r#"{ "statusCode": 401, "message": "Unauthorized." }"#).bare_status);
    }

    #[test]
    fn the_date_of_an_answer_out_of_a_cache_is_no_clock() {
        let mut headers = HeaderMap::new();
        let date = header::HeaderValue::from_static("Fri, 20 Nov 2026 12:00:00 GMT");
        headers.insert(header::DATE, date);
        assert!(date_of(&headers).is_some());
        headers.insert(header::AGE, header::HeaderValue::from_static("7200"));
        assert_eq!(date_of(&headers), None, "it is two hours old");
    }

    #[test]
    fn a_request_never_prints_what_it_carries() {
        let url =
            Url::parse("https://login.microsoftonline.com/organizations").expect("an address");
        let request = Request::form(url, vec![("code", "a-secret-code".to_owned())], Cause::none());
        assert!(!format!("{request:?}").contains("a-secret-code"));
    }

    /// What a request over a connection ends in that `behave` spoils.
    async fn failed_connection(
        scheme: &str,
        patience: Duration,
        behave: fn(std::net::TcpStream),
    ) -> Connection {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        std::thread::spawn(move || behave(listener.accept().expect("a caller").0));
        let client =
            reqwest::Client::builder().no_proxy().read_timeout(patience).build().expect("a client");
        let sent = client.get(format!("{scheme}://127.0.0.1:{port}/")).send().await;
        connection_of(&sent.expect_err("nothing whole comes back"))
    }

    #[tokio::test]
    async fn a_connection_that_fails_says_how() {
        use std::io::{Read, Write};
        let ends = failed_connection("http", IDLE_LIMIT, drop).await;
        assert_eq!(ends, Connection::Lost);
        let short = Duration::from_millis(50);
        let silent = failed_connection("http", short, |mut stream| {
            // Until the client gives up and closes.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        assert_eq!(silent.await, Connection::TimedOut);
        let plain = failed_connection("https", IDLE_LIMIT, |mut stream| {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            let _ = stream.read_to_end(&mut Vec::new());
        });
        assert_eq!(plain.await, Connection::Tls);

        let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = closed.local_addr().expect("it is bound").port();
        drop(closed);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let sent = client.get(format!("http://127.0.0.1:{port}/")).send().await;
        assert_eq!(connection_of(&sent.expect_err("nobody listens")), Connection::Refused);
    }

    /// Knows no name, and asks nobody.
    struct Nameless;

    impl reqwest::dns::Resolve for Nameless {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            Box::pin(std::future::ready(Err("no such host is known".into())))
        }
    }

    #[tokio::test]
    async fn a_name_that_is_not_known_is_told_apart_from_a_host_that_is_away() {
        let client = reqwest::Client::builder()
            .no_proxy()
            .dns_resolver(std::sync::Arc::new(Nameless))
            .build()
            .expect("a client");
        let sent = client.get("http://contoso.openai.azure.com/").send().await;
        let error = sent.expect_err("the name is not known");
        let trial = Trial {
            asked: Asked::Chat,
            host: "contoso.openai.azure.com".to_owned(),
            attempts: 1,
            seconds: 0,
        };
        let failure = trial.lost(&error);
        assert_eq!(failure.code, Code::NameNotFound);
        assert_eq!(failure.parameters["host"], "contoso.openai.azure.com");
    }
}
