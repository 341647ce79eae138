//! Signed tokens: JSON Web Signatures, RS256 (RFC 7515, RFC 7518 section 3.3).

use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

/// Signs claims with the key of this process, which is made at first use and lives nowhere else.
pub(crate) fn sign(claims: &Value) -> String {
    let key = key();
    let header = json!({"typ": "JWT", "alg": "RS256", "x5t": key.id, "kid": key.id});
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let mut signature = vec![0; key.pair.public_modulus_len()];
    key.pair
        .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .expect("the buffer has the length of the modulus");
    format!("{signed}.{}", encode(signature))
}

/// The claims of a token that this process signed; none for anything else.
pub(crate) fn verify(token: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (_, claims) = signed.split_once('.')?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key().pair.public_key().as_ref())
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?)
        .ok()?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

/// The public key as a JSON Web Key Set (RFC 7517).
pub(crate) fn key_set(issuer: &str) -> Value {
    let key = key();
    let public = key.pair.public_key();
    json!({"keys": [{
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": key.id,
        "x5t": key.id,
        "n": encode(public.modulus().big_endian_without_leading_zero()),
        "e": encode(public.exponent().big_endian_without_leading_zero()),
        "issuer": issuer,
    }]})
}

/// `BASE64URL(SHA256(text))`, the S256 transformation of PKCE (RFC 7636, section 4.2).
pub(crate) fn s256(text: &str) -> String {
    encode(digest(&SHA256, text.as_bytes()))
}

/// The bytes of base64url without padding; none for anything else.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Base64url without padding.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Unguessable text of `length` random bytes.
pub(crate) fn random_text(length: usize) -> String {
    let mut bytes = vec![0; length];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    encode(bytes)
}

/// An unguessable number.
pub(crate) fn random_number(range: std::ops::Range<u8>) -> u8 {
    let mut bytes = [0];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    range.start + bytes[0] % (range.end - range.start)
}

/// An id that is the same for the same text.
pub(crate) fn stable_id(text: &str) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest(&SHA256, text.as_bytes()).as_ref()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

struct Key {
    id: String,
    pair: KeyPair,
}

fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("the system has random numbers");
        Key { id: encode(&digest(&SHA256, pair.public_key().as_ref()).as_ref()[..20]), pair }
    })
}
