//! A proxy on loopback, as companies run them: one that asks for a password, one that reads the
//! traffic and signs it anew, and those that fail in their own ways.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// `ada:hunter2`, as Basic sends it.
const PASSWORD: &str = "Basic YWRhOmh1bnRlcjI=";
/// The authority of a company whose proxy reads the traffic.
pub const COMPANY: &str = "Contoso Proxy Authority";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How a proxy behaves.
#[derive(Clone, Debug)]
pub enum Manner {
    /// It leads every host to where it lives.
    Forwards,
    /// The same for whoever knows the password.
    WantsPassword,
    /// It wants a sign-in by these schemes and takes none.
    Announces(&'static [&'static str]),
    /// It reads the traffic and signs it anew; certificates are valid from so many days ago on,
    /// for a week.
    SignsAnew(u32),
    /// It does not let this host through.
    Forbids(&'static str),
    /// It answers everything with a page.
    ShowsPage,
    /// It takes the connection and says nothing.
    Silent,
    /// It makes a way and ends the connection.
    ClosesAfterConnect,
    /// It makes a way, and what comes there is no TLS.
    SpeaksPlain,
    /// It speaks SOCKS 5 and resolves names itself.
    Socks,
}

/// A running proxy; it ends with this value.
pub struct Proxy {
    address: SocketAddr,
    /// Which hosts it was asked for.
    asked: Arc<Mutex<Vec<String>>>,
    /// Its own authority, where it has one.
    pub authority: CertificateDer<'static>,
    serving: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Proxy {
    /// Starts to serve; every host lives at `home`, whose certificate `trusted` signed.
    pub async fn start(
        manner: Manner,
        home: SocketAddr,
        trusted: &CertificateDer<'static>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let company = Arc::new(Company::new(trusted));
        let authority = company.certificate.clone();
        let desk = Desk { manner, home, asked: asked.clone(), company };
        let serving = tokio::spawn(async move {
            let mut visitors = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                visitors.spawn(desk.clone().receive(stream));
            }
        });
        Proxy { address, asked, authority, serving }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same with a name and a password in it.
    pub fn url_with(&self, account: &str) -> String {
        format!("http://{account}@{}", self.address)
    }

    pub fn host_and_port(&self) -> String {
        self.address.to_string()
    }

    /// The hosts that were asked for, each once.
    pub fn hosts(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("no test panics with the lock");
        let mut hosts: Vec<String> = asked.clone();
        hosts.sort();
        hosts.dedup();
        hosts
    }
}

/// An address of loopback where nobody listens.
pub async fn dead() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("it is bound")
}

#[derive(Clone)]
struct Desk {
    manner: Manner,
    home: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    company: Arc<Company>,
}

impl Desk {
    /// A visitor who goes away early is no trouble of the proxy's.
    async fn receive(self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        if matches!(self.manner, Manner::Socks) {
            let host = read_socks(&mut stream).await?;
            self.asked.lock().expect("no test panics with the lock").push(host);
            let mut there = TcpStream::connect(self.home).await.ok()?;
            return splice(&mut stream, &mut there).await;
        }
        let (host, account) = read_connect(&mut stream).await?;
        self.asked.lock().expect("no test panics with the lock").push(host.clone());
        let made = b"HTTP/1.1 200 Connection established\r\n\r\n";
        match &self.manner {
            Manner::WantsPassword if account.as_deref() != Some(PASSWORD) => {
                refuse(
                    &mut stream,
                    "407 Proxy Authentication Required",
                    &["Basic realm=\"Contoso\""],
                )
                .await
            }
            Manner::Forwards | Manner::WantsPassword => {
                let mut there = TcpStream::connect(self.home).await.ok()?;
                stream.write_all(made).await.ok()?;
                splice(&mut stream, &mut there).await
            }
            Manner::Announces(schemes) => {
                refuse(&mut stream, "407 Proxy Authentication Required", schemes).await
            }
            Manner::SignsAnew(days) => {
                stream.write_all(made).await.ok()?;
                let mut here = self.company.pose_as(&host, *days).accept(stream).await.ok()?;
                let there = TcpStream::connect(self.home).await.ok()?;
                let name = ServerName::try_from(host).ok()?;
                let mut there = self.company.client().connect(name, there).await.ok()?;
                splice(&mut here, &mut there).await
            }
            Manner::Forbids(forbidden) if host == *forbidden => {
                refuse(&mut stream, "403 Forbidden", &[]).await
            }
            Manner::Forbids(_) => {
                let mut there = TcpStream::connect(self.home).await.ok()?;
                stream.write_all(made).await.ok()?;
                splice(&mut stream, &mut there).await
            }
            Manner::ShowsPage => {
                stream.write_all(made).await.ok()?;
                let mut here = self.company.pose_as(&host, 1).accept(stream).await.ok()?;
                let page = "<html><body>Welcome to the guest network</body></html>";
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n";
                let answer = format!("{head}content-length: {}\r\n\r\n{page}", page.len());
                here.write_all(answer.as_bytes()).await.ok()?;
                here.shutdown().await.ok()
            }
            Manner::Socks => None,
            Manner::Silent => std::future::pending().await,
            Manner::ClosesAfterConnect => stream.write_all(made).await.ok(),
            Manner::SpeaksPlain => {
                stream.write_all(made).await.ok()?;
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok()?;
                // Until the visitor gives up and closes.
                tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.ok().map(drop)
            }
        }
    }
}

/// The host of a CONNECT and what `Proxy-Authorization` says; none for anything else.
async fn read_connect(stream: &mut BufReader<TcpStream>) -> Option<(String, Option<String>)> {
    let (mut host, mut account) = (None, None);
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let text = line.trim_end();
        if text.is_empty() {
            return Some((host?, account));
        }
        if let Some(target) = text.strip_prefix("CONNECT ") {
            host = target.split(':').next().map(str::to_owned);
        }
        if let Some((name, value)) = text.split_once(": ")
            && name.eq_ignore_ascii_case("proxy-authorization")
        {
            account = Some(value.to_owned());
        }
    }
}

/// The name that somebody wants to be led to, after it was granted (RFC 1928).
async fn read_socks(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut greeting = [0; 2];
    stream.read_exact(&mut greeting).await.ok()?;
    let mut methods = vec![0; usize::from(greeting[1])];
    stream.read_exact(&mut methods).await.ok()?;
    stream.write_all(&[5, 0]).await.ok()?;
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.ok()?;
    assert_eq!(head[3], 3, "socks5h hands the name over");
    let mut name = vec![0; usize::from(head[4]) + 2];
    stream.read_exact(&mut name).await.ok()?;
    name.truncate(usize::from(head[4]));
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await.ok()?;
    String::from_utf8(name).ok()
}

async fn refuse(stream: &mut BufReader<TcpStream>, status: &str, schemes: &[&str]) -> Option<()> {
    let schemes: String =
        schemes.iter().map(|scheme| format!("Proxy-Authenticate: {scheme}\r\n")).collect();
    let answer = format!("HTTP/1.1 {status}\r\n{schemes}content-length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}

async fn splice(
    here: &mut (impl AsyncRead + AsyncWrite + Unpin),
    there: &mut (impl AsyncRead + AsyncWrite + Unpin),
) -> Option<()> {
    tokio::io::copy_bidirectional(here, there).await.ok().map(drop)
}

/// A company that reads what goes through its proxy.
struct Company {
    certificate: CertificateDer<'static>,
    issuer: CertifiedIssuer<'static, KeyPair>,
    trusted: CertificateDer<'static>,
}

impl Company {
    fn new(trusted: &CertificateDer<'static>) -> Self {
        let mut authority = named(COMPANY, Vec::new());
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key"))
            .expect("an authority signs itself");
        Company { certificate: issuer.der().clone(), issuer, trusted: trusted.clone() }
    }

    /// What answers in the name of a host.
    fn pose_as(&self, host: &str, days: u32) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let mut leaf = named(host, vec![host.to_owned()]);
        let begin = SystemTime::now() - DAY * days;
        leaf.not_before = begin.into();
        leaf.not_after = (begin + DAY * 7).into();
        let leaf = leaf.signed_by(&key, &self.issuer).expect("the authority signs");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the usual versions")
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .expect("the key fits");
        TlsAcceptor::from(Arc::new(config))
    }

    fn client(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.trusted.clone()).expect("an authority");
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the usual versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }
}

fn named(name: &str, names: Vec<String>) -> CertificateParams {
    let mut params = CertificateParams::new(names).expect("names of hosts");
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
