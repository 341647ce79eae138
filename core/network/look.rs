//! The way to one host, walked stage by stage: name, connection, encryption, answer.
//!
//! The HTTP client tells that it did not get there; this tells how far one gets, with what the
//! proxy asks for and who signed the certificate. No token and no cookie is sent.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::future::select_ok;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5};
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tower_service::Service;
use url::Url;

use super::Machine;
use super::authorities::provider;
use super::certificate::Description;
use super::proxy::{Proxy, Route, Scheme};
use crate::diagnosis::{Connection, Evidence};
use crate::snapshot::connectivity::{NetworkStage, StageCheck, StageOutcome};

/// The next address of a host is tried when the one before it has not answered this long
/// (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// What was seen on the way to a host.
#[derive(Clone, Debug)]
pub struct Look {
    /// The four stages, in order.
    pub stages: Vec<StageCheck>,
    /// The certificate, where one was shown.
    pub shown: Option<Shown>,
    /// What ended the way before its end.
    pub trouble: Option<Trouble>,
}

/// The certificate that a host showed.
#[derive(Clone, Debug)]
pub struct Shown {
    /// It and those that vouch for it, as the host sent them.
    pub chain: Vec<CertificateDer<'static>>,
    /// Whether this computer accepts it for the host.
    pub accepted: bool,
    /// Who signed it.
    pub issuer: String,
}

/// What ended the way to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// How.
    pub connection: Connection,
    /// What can be named of it.
    pub values: Vec<(&'static str, String)>,
}

impl Trouble {
    fn new(connection: Connection) -> Self {
        Trouble { connection, values: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// The same, for the diagnosis.
    pub fn evidence(&self) -> Evidence {
        let evidence = Evidence::connection(self.connection);
        self.values.iter().fold(evidence, |evidence, (name, value)| evidence.given(name, value))
    }

    fn of_io(error: &io::Error) -> Self {
        Trouble::new(match error.kind() {
            io::ErrorKind::ConnectionRefused => Connection::Refused,
            io::ErrorKind::TimedOut => Connection::TimedOut,
            _ => Connection::Lost,
        })
    }
}

/// How far to walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Up to the certificate.
    Encryption,
    /// Up to an answer, of which the status is read and nothing more.
    Answer,
}

/// How long a walk may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Each of its stages.
    pub stage: Duration,
    /// All of them together.
    pub walk: Duration,
}

impl Limits {
    /// Nothing but each stage is limited.
    pub fn of_stage(stage: Duration) -> Self {
        Limits { stage, walk: stage.saturating_mul(NetworkStage::ALL.len() as u32) }
    }
}

/// Walks the way to `url`; `on_stage` is told each stage that begins or ends, with all of them as
/// they are then.
pub async fn look(
    machine: &Machine,
    route: &Route,
    url: &Url,
    extent: Extent,
    limits: Limits,
    on_stage: impl FnMut(&[StageCheck]) + Send,
) -> Look {
    let stages = NetworkStage::ALL.iter().map(|stage| StageCheck {
        stage: *stage,
        outcome: StageOutcome::Waiting,
        milliseconds: None,
        seen: None,
    });
    let end = Instant::now() + limits.walk;
    let stages = stages.collect();
    let mut walk = Walk { machine, route, url, limit: limits.stage, end, stages, on_stage };
    let witness = Arc::new(Mutex::new(None));
    let trouble = walk.go(extent, &witness).await.err();
    for stage in &mut walk.stages {
        if stage.outcome == StageOutcome::Waiting {
            stage.outcome = StageOutcome::Skipped;
        }
    }
    let shown = witness.lock().unwrap_or_else(PoisonError::into_inner).take();
    Look { stages: walk.stages, shown, trouble }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}
type AnyStream = Box<dyn Stream>;

struct Walk<'a, Told> {
    machine: &'a Machine,
    route: &'a Route,
    url: &'a Url,
    limit: Duration,
    end: Instant,
    stages: Vec<StageCheck>,
    on_stage: Told,
}

impl<Told: FnMut(&[StageCheck]) + Send> Walk<'_, Told> {
    async fn go(
        &mut self,
        extent: Extent,
        witness: &Arc<Mutex<Option<Shown>>>,
    ) -> Result<(), Trouble> {
        let (machine, route, url) = (self.machine, self.route, self.url);
        let (host, port) = first_hop(route, url);
        let addresses = self.pass(NetworkStage::Name, find(machine, host.clone(), port)).await;
        let addresses = addresses.map_err(|trouble| blame_proxy(trouble, route, self.limit))?;
        let reached =
            self.pass(NetworkStage::Connection, reach(machine, route, url, addresses)).await;
        let stream = reached.map_err(|trouble| blame_proxy(trouble, route, self.limit))?;
        if url.scheme() != "https" {
            self.skip(NetworkStage::Encryption);
            return match extent {
                Extent::Answer => self.pass(NetworkStage::Answer, ask(stream, url)).await,
                Extent::Encryption => Ok(()),
            };
        }
        let shaken = encrypt(machine, stream, url, witness.clone());
        let stream = self.pass(NetworkStage::Encryption, shaken).await;
        let stream = stream.map_err(|trouble| match (&trouble.connection, route) {
            (Connection::Lost, Route::Through(proxy)) => {
                Trouble::new(Connection::ProxyClosed).with("proxy", proxy.address())
            }
            _ => trouble,
        })?;
        match extent {
            Extent::Answer => self.pass(NetworkStage::Answer, ask(stream, url)).await,
            Extent::Encryption => Ok(()),
        }
    }

    /// Passes one stage, or tells why not.
    async fn pass<T>(
        &mut self,
        stage: NetworkStage,
        work: impl Future<Output = Result<(T, String), Trouble>>,
    ) -> Result<T, Trouble> {
        let started = Instant::now();
        let silence = || Err(Trouble::new(Connection::TimedOut));
        let limit = self.limit.min(self.end.saturating_duration_since(started));
        let result = tokio::time::timeout(limit, work).await.unwrap_or_else(|_| silence());
        let took = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
        let (outcome, seen) = match &result {
            Ok((_, seen)) => (StageOutcome::Passed, seen.clone()),
            Err(_) => (StageOutcome::Failed, String::new()),
        };
        self.note(stage, outcome, Some(took), seen);
        result.map(|(value, _)| value)
    }

    fn skip(&mut self, stage: NetworkStage) {
        self.note(stage, StageOutcome::Skipped, None, String::new());
    }

    fn note(
        &mut self,
        stage: NetworkStage,
        outcome: StageOutcome,
        milliseconds: Option<u32>,
        seen: String,
    ) {
        if let Some(check) = self.stages.iter_mut().find(|check| check.stage == stage) {
            let seen = Some(seen).filter(|seen| !seen.is_empty());
            *check = StageCheck { stage, outcome, milliseconds, seen };
        }
        (self.on_stage)(&self.stages);
    }
}

/// The host whose name is resolved here, and its port.
fn first_hop(route: &Route, url: &Url) -> (String, u16) {
    match route {
        Route::Through(proxy) => (proxy.host.clone(), proxy.port),
        Route::Direct => host_and_port(url),
    }
}

fn host_and_port(url: &Url) -> (String, u16) {
    let host = url.host_str().unwrap_or_default().to_owned();
    (host, url.port_or_known_default().unwrap_or(443))
}

/// What goes wrong before the proxy has answered is the proxy's.
fn blame_proxy(trouble: Trouble, route: &Route, limit: Duration) -> Trouble {
    let Route::Through(proxy) = route else { return trouble };
    let blamed = match trouble.connection {
        Connection::TimedOut => Trouble::new(Connection::ProxySilent)
            .with("seconds", limit.as_secs().max(1).to_string()),
        Connection::NameNotFound | Connection::Refused => Trouble::new(Connection::ProxyRefused),
        Connection::Lost => Trouble::new(Connection::ProxyClosed),
        _ => return trouble,
    };
    blamed.with("proxy", proxy.address())
}

async fn find(
    machine: &Machine,
    host: String,
    port: u16,
) -> Result<(Vec<SocketAddr>, String), Trouble> {
    let host = host.trim_matches(['[', ']']);
    let addresses = match host.parse() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => machine.names.look_up(host).await.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => Trouble::new(Connection::TimedOut),
            _ => Trouble::new(Connection::NameNotFound),
        })?,
    };
    let usual = |mut address: SocketAddr| {
        if address.port() == 0 {
            address.set_port(port);
        }
        address
    };
    let addresses: Vec<SocketAddr> = addresses.into_iter().map(usual).collect();
    let Some(first) = addresses.first() else {
        return Err(Trouble::new(Connection::NameNotFound));
    };
    let seen = first.ip().to_string();
    Ok((addresses, seen))
}

/// A stream to the host itself, through the proxy where there is one.
async fn reach(
    machine: &Machine,
    route: &Route,
    url: &Url,
    addresses: Vec<SocketAddr>,
) -> Result<(AnyStream, String), Trouble> {
    let Route::Through(proxy) = route else {
        let stream = connect(&addresses).await?;
        let seen = stream.peer_addr().map(|address| address.to_string()).unwrap_or_default();
        return Ok((Box::new(stream), seen));
    };
    let stream: AnyStream = match proxy.scheme {
        Scheme::Http => tunnel(connect(&addresses).await?, proxy, url).await?,
        Scheme::Https => {
            let stream = connect(&addresses).await?;
            let address = format!("https://{}", proxy.address());
            let own = Url::parse(&address).map_err(|_| Trouble::new(Connection::ProxyRefused))?;
            let refused = |_| Trouble::new(Connection::ProxyRefused).with("proxy", proxy.address());
            let encrypted = encrypt(machine, Box::new(stream), &own, Arc::default()).await;
            tunnel(encrypted.map_err(refused)?.0, proxy, url).await?
        }
        _ => socks(machine, proxy, url, &addresses).await?,
    };
    Ok((stream, proxy.address()))
}

/// Connects to the first address that answers, each with a head start before the next.
async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Trouble> {
    let attempts = (0..).zip(addresses).map(|(number, address)| {
        Box::pin(async move {
            tokio::time::sleep(HEAD_START * number).await;
            TcpStream::connect(address).await
        })
    });
    let (stream, _) = select_ok(attempts).await.map_err(|error| Trouble::of_io(&error))?;
    Ok(stream)
}

/// Asks the proxy for a way to the host (RFC 9110, section 9.3.6).
async fn tunnel(
    stream: impl Stream + 'static,
    proxy: &Proxy,
    url: &Url,
) -> Result<AnyStream, Trouble> {
    let closed = || Trouble::new(Connection::ProxyClosed).with("proxy", proxy.address());
    let (host, port) = host_and_port(url);
    let authority = format!("{host}:{port}");
    let mut request = Request::connect(&authority).header(header::HOST, &authority);
    if let Some(basic) = proxy.basic() {
        request = request.header(header::PROXY_AUTHORIZATION, basic);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|_| closed())?;
    let shaken = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(|_| closed())?;
    // It ends with this set, whatever becomes of the request.
    let mut driving = JoinSet::new();
    driving.spawn(connection.with_upgrades());
    let answer = sender.send_request(request).await.map_err(|_| closed())?;
    if answer.status().is_success() {
        let upgraded = hyper::upgrade::on(answer).await.map_err(|_| closed())?;
        return Ok(Box::new(TokioIo::new(upgraded)));
    }
    Err(refusal(answer.status(), answer.headers()).with("proxy", proxy.address()))
}

/// What a proxy means that does not make the way.
fn refusal(status: StatusCode, headers: &HeaderMap) -> Trouble {
    if status != StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Trouble::new(Connection::ProxyBlocked).with("status", status.as_str());
    }
    let mut schemes: Vec<String> = Vec::new();
    for value in headers.get_all(header::PROXY_AUTHENTICATE) {
        let scheme = value.to_str().unwrap_or_default().split_whitespace().next();
        let scheme: String = scheme.unwrap_or_default().chars().take(20).collect();
        if !scheme.is_empty() && !schemes.contains(&scheme) {
            schemes.push(scheme);
        }
    }
    let takes_password = schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
    let connection = match takes_password || schemes.is_empty() {
        true => Connection::ProxyNeedsPassword,
        false => Connection::ProxyNeedsSystemSignIn,
    };
    let schemes = if schemes.is_empty() { "Basic".to_owned() } else { schemes.join(", ") };
    Trouble::new(connection).with("schemes", schemes)
}

/// The same through SOCKS (RFC 1928), which hyper-util speaks.
async fn socks(
    machine: &Machine,
    proxy: &Proxy,
    url: &Url,
    addresses: &[SocketAddr],
) -> Result<AnyStream, Trouble> {
    // To know which of the troubles is the proxy's own, it is connected to first.
    drop(connect(addresses).await?);
    let blocked = |why: String| {
        Trouble::new(Connection::ProxyBlocked).with("status", why).with("proxy", proxy.address())
    };
    let (host, port) = host_and_port(url);
    let target = match proxy.resolves() {
        true => format!("{host}:{port}"),
        false => {
            let found = find(machine, host, port).await?.0;
            found.first().map(ToString::to_string).unwrap_or_default()
        }
    };
    let own = addresses.first().map(ToString::to_string).unwrap_or_default();
    let uri = |address: &str| format!("http://{address}").parse::<http::Uri>();
    let (Ok(own), Ok(target)) = (uri(&own), uri(&target)) else {
        return Err(blocked(String::new()));
    };
    let stream = match proxy.scheme {
        Scheme::Socks4 | Scheme::Socks4a => {
            SocksV4::new(own, HttpConnector::new()).call(target).await.map_err(|e| e.to_string())
        }
        _ => {
            let mut connector = SocksV5::new(own, HttpConnector::new());
            if let Some((name, password)) = proxy.account() {
                connector = connector.with_auth(name.to_owned(), password.to_owned());
            }
            connector.call(target).await.map_err(|error| error.to_string())
        }
    };
    Ok(Box::new(stream.map_err(blocked)?.into_inner()))
}

/// TLS with the host of `url`; the witness keeps what it showed.
async fn encrypt(
    machine: &Machine,
    stream: AnyStream,
    url: &Url,
    witness: Arc<Mutex<Option<Shown>>>,
) -> Result<(AnyStream, String), Trouble> {
    let failed = |cause: String| Trouble::new(Connection::Tls).with("cause", cause);
    let host = url.host_str().unwrap_or_default().to_owned();
    let name = ServerName::try_from(host).map_err(|error| failed(error.to_string()))?;
    let inner = machine.authorities.verifier().map_err(|error| failed(error.to_string()))?;
    let verifier = Witness { inner, seen: witness.clone() };
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    match TlsConnector::from(Arc::new(config)).connect(name, stream).await {
        Ok(stream) => {
            let version = stream.get_ref().1.protocol_version();
            let seen = version.and_then(|version| Some(version.as_str()?.replace('_', ".")));
            Ok((Box::new(stream), seen.unwrap_or_default().replace("TLSv", "TLS ")))
        }
        Err(error) => Err(tls_trouble(&error, &witness)),
    }
}

fn tls_trouble(error: &io::Error, witness: &Mutex<Option<Shown>>) -> Trouble {
    let Some(cause) = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>())
    else {
        return Trouble::of_io(error);
    };
    let seen = witness.lock().unwrap_or_else(PoisonError::into_inner);
    let description = seen.as_ref().and_then(|shown| Description::of(shown.chain.first()?));
    let Some(Description { issuer, from, until }) = description else {
        return Trouble::new(Connection::Tls).with("cause", cause.to_string());
    };
    let date = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    match cause {
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => Trouble::new(Connection::CertificateDate)
            .with("from", date(from))
            .with("until", date(until))
            .with("now", date(OffsetDateTime::now_utc())),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => Trouble::new(Connection::Tls).with("cause", cause.to_string()),
        rustls::Error::InvalidCertificate(_) => {
            Trouble::new(Connection::CertificateUntrusted).with("issuer", issuer)
        }
        _ => Trouble::new(Connection::Tls).with("cause", cause.to_string()),
    }
}

/// Asks the host for anything, without a token, and reads what kind of answer comes.
async fn ask(stream: AnyStream, url: &Url) -> Result<((), String), Trouble> {
    let lost = |_| Trouble::new(Connection::Lost);
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let request = Request::get(path)
        .header(header::HOST, host)
        .header(header::USER_AGENT, concat!("keyless/", env!("CARGO_PKG_VERSION")))
        .header(header::ACCEPT, "application/json")
        .body(Empty::<Bytes>::new())
        .map_err(|_| Trouble::new(Connection::Lost))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
    let mut driving = JoinSet::new();
    driving.spawn(connection);
    let answer = sender.send_request(request).await.map_err(lost)?;
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    // Every host of Azure answers in JSON; a page, or the way to one, is somebody else's.
    if kind.is_some_and(|kind| kind.starts_with("text/html")) || answer.status().is_redirection() {
        return Err(Trouble::new(Connection::Page));
    }
    Ok(((), answer.status().as_str().to_owned()))
}

/// Lets the computer decide, and keeps what was shown.
#[derive(Debug)]
struct Witness {
    inner: Arc<dyn ServerCertVerifier>,
    seen: Arc<Mutex<Option<Shown>>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.inner.verify_server_cert(leaf, rest, host, ocsp, now);
        let chain = std::iter::once(leaf).chain(rest).map(|one| one.clone().into_owned());
        let issuer = Description::of(leaf).map(|it| it.issuer).unwrap_or_default();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Shown { chain: chain.collect(), accepted: verdict.is_ok(), issuer });
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
