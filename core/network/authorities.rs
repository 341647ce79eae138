//! Whom this computer trusts, and whom everybody trusts.
//!
//! Microsoft's hosts are signed by public authorities, which are in Mozilla's list: the one that
//! Python, Node and Go programs bring along or find. A connection that only this computer's own
//! store vouches for was signed anew on the way.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{Error, RootCertStore};

/// The authorities of a computer, and the public ones.
#[derive(Clone, Debug)]
pub struct Authorities {
    /// None for the store of the operating system.
    own: Option<Arc<[CertificateDer<'static>]>>,
    public: Arc<[CertificateDer<'static>]>,
}

impl Authorities {
    /// The store of the operating system, and Mozilla's list.
    pub fn of_this_computer() -> Self {
        Authorities { own: None, public: webpki_root_certs::TLS_SERVER_ROOT_CERTS.into() }
    }

    /// These, and nobody else.
    pub fn only(own: Vec<CertificateDer<'static>>, public: Vec<CertificateDer<'static>>) -> Self {
        Authorities { own: Some(own.into()), public: public.into() }
    }

    /// Lets the HTTP client trust the same.
    pub(crate) fn configure(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        let Some(own) = &self.own else { return builder };
        let read = |der: &CertificateDer<'_>| reqwest::Certificate::from_der(der).ok();
        builder.tls_certs_only(own.iter().filter_map(read))
    }

    /// Who decides whether a certificate is accepted here.
    pub(crate) fn verifier(&self) -> Result<Arc<dyn ServerCertVerifier>, Error> {
        match &self.own {
            Some(own) => Ok(verifier_of(own)?),
            None => Ok(Arc::new(rustls_platform_verifier::Verifier::new(provider())?)),
        }
    }

    /// Whether everybody accepts this chain for this host, as everybody's own programs do.
    pub(crate) fn everybody_accepts(
        &self,
        chain: &[CertificateDer<'static>],
        host: &ServerName<'_>,
    ) -> bool {
        accept(&self.public, chain, host)
    }

    /// Every certificate of an authority that is trusted here, the computer's own first.
    ///
    /// Blocks: the store of the operating system is read.
    pub(crate) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        let mut all = match &self.own {
            Some(own) => own.to_vec(),
            None => rustls_native_certs::load_native_certs().certs,
        };
        for certificate in self.public.iter() {
            if !all.contains(certificate) {
                all.push(certificate.clone());
            }
        }
        all
    }
}

/// Whether these authorities vouch for this chain.
pub(crate) fn accept(
    authorities: &[CertificateDer<'static>],
    chain: &[CertificateDer<'static>],
    host: &ServerName<'_>,
) -> bool {
    let (Some((leaf, rest)), Ok(verifier)) = (chain.split_first(), verifier_of(authorities)) else {
        return false;
    };
    verifier.verify_server_cert(leaf, rest, host, &[], UnixTime::now()).is_ok()
}

/// The cryptography of every connection.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn verifier_of(
    authorities: &[CertificateDer<'static>],
) -> Result<Arc<WebPkiServerVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    // One that cannot be read vouches for nothing.
    roots.add_parsable_certificates(authorities.iter().cloned());
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| Error::General(error.to_string()))
}
