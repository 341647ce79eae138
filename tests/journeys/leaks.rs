//! Finds known secrets by any 24 characters of them, in every spelling in which they lie around.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A piece of a secret that is this long gives it away.
pub const PIECE: usize = 24;
const BASE: u64 = 0x0100_0000_01b3;

/// Everything that is looked for at once.
pub struct Net {
    /// Each secret in one spelling, with its position among the secrets.
    needles: Vec<(usize, Vec<u8>)>,
    /// The hashes of all their pieces.
    pieces: HashSet<u64>,
}

impl Net {
    /// Takes every spelling of these secrets.
    pub fn new(secrets: &[String]) -> Self {
        let needles: Vec<(usize, Vec<u8>)> = secrets
            .iter()
            .enumerate()
            .flat_map(|(index, secret)| {
                spellings(secret).into_iter().map(move |spelling| (index, spelling))
            })
            .collect();
        let pieces = needles.iter().flat_map(|(_, needle)| hashes(needle)).map(|(_, hash)| hash);
        Net { pieces: pieces.collect(), needles }
    }

    /// The position of a secret of which a piece lies here, as bytes or in UTF-16.
    pub fn find(&self, bytes: &[u8]) -> Option<usize> {
        let half = |start: usize| bytes.iter().skip(start).step_by(2).copied().collect::<Vec<u8>>();
        self.find_narrow(bytes)
            .or_else(|| self.find_narrow(&half(0)))
            .or_else(|| self.find_narrow(&half(1)))
    }

    fn find_narrow(&self, bytes: &[u8]) -> Option<usize> {
        let piece = hashes(bytes)
            .filter(|(_, hash)| self.pieces.contains(hash))
            .find_map(|(at, _)| self.owner(&bytes[at..at + PIECE]));
        piece.or_else(|| self.find_short(bytes))
    }

    /// Whose piece this is; a hash may be the same by chance.
    fn owner(&self, piece: &[u8]) -> Option<usize> {
        self.needles.iter().find(|(_, needle)| holds(needle, piece)).map(|(index, _)| *index)
    }

    fn find_short(&self, bytes: &[u8]) -> Option<usize> {
        let mut short = self.needles.iter().filter(|(_, needle)| needle.len() < PIECE);
        short.find(|(_, needle)| holds(bytes, needle)).map(|(index, _)| *index)
    }
}

/// As it is, percent-encoded, as JSON text, and in both base64 at each of the three positions in
/// which it may begin. The head of a JSON web token is the same in all of them and says nothing.
pub fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let body = secret.split_once('.').map_or(secret, |(_, body)| body);
    let percent: String = url::form_urlencoded::byte_serialize(body.as_bytes()).collect();
    let json = serde_json::to_string(body).expect("text is JSON");
    let mut spellings = vec![
        body.as_bytes().to_vec(),
        percent.into_bytes(),
        json.trim_matches('"').as_bytes().to_vec(),
    ];
    for start in 0..body.len().min(3) {
        let rest = &body.as_bytes()[start..];
        spellings.push(STANDARD_NO_PAD.encode(rest).into_bytes());
        spellings.push(URL_SAFE_NO_PAD.encode(rest).into_bytes());
    }
    // The last letter in base64 depends on what follows.
    for spelling in &mut spellings[3..] {
        spelling.pop();
    }
    spellings.sort();
    spellings.dedup();
    spellings
}

/// The hash of each piece, with where it begins.
fn hashes(bytes: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    let leaving = (0..PIECE).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let mut hash = 0_u64;
    bytes.iter().enumerate().filter_map(move |(at, byte)| {
        hash = hash.wrapping_mul(BASE).wrapping_add(u64::from(*byte) + 1);
        if at >= PIECE {
            let gone = u64::from(bytes[at - PIECE]) + 1;
            hash = hash.wrapping_sub(gone.wrapping_mul(leaving));
        }
        (at + 1 >= PIECE).then(|| (at + 1 - PIECE, hash))
    })
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn any_piece_of_a_secret_is_found_in_any_spelling_and_place() {
    let secret = "head.0123456789abcdefghij-klmnopqrst_uvwxyzABCDEFGHIJ+KLMNOP/QR".to_owned();
    let net = Net::new(&[secret.clone(), "hunter2-of-the-proxy".to_owned()]);
    let mut planted: Vec<Vec<u8>> = spellings(&secret);
    planted.extend((5..secret.len() - PIECE).map(|at| secret.as_bytes()[at..at + PIECE].to_vec()));
    for before in ["", "x", "xy"] {
        planted.push(STANDARD_NO_PAD.encode(format!("{before}{secret}")).into_bytes());
        planted.push(URL_SAFE_NO_PAD.encode(format!("{before}{secret}")).into_bytes());
    }
    planted.push(b"http://keyless:hunter2-of-the-proxy@proxy:8080".to_vec());
    for plant in planted {
        for before in ["", "some text ", "some other text "] {
            let text = [before.as_bytes(), &plant, b" and more"].concat();
            assert!(net.find(&text).is_some(), "{} is overlooked", String::from_utf8_lossy(&text));
            let wide: Vec<u8> = text.iter().flat_map(|byte| [*byte, 0]).collect();
            assert!(net.find(&wide).is_some(), "{plant:?} is overlooked in UTF-16");
        }
    }
    let innocent = "head. 0123456789abcdefghij-kl is one letter short, and hunter2 is a joke";
    assert_eq!(net.find(innocent.as_bytes()), None, "a false alarm would be ignored next time");
}
