//! A streamed chat: the network cuts where it likes, and the answer is the same.

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, stream};
use keyless::chat::read_events;
use keyless::failure::Code;
use keyless::http::{Cause, StreamedAnswer};

/// The first byte says where the others are cut; pieces and end do not depend on it.
pub fn check_sse(data: &[u8]) {
    let (cut, body) = data.split_first().unwrap_or((&0, &[]));
    let whole = read(vec![Bytes::copy_from_slice(body)]);
    let (head, tail) = body.split_at(usize::from(*cut) % (body.len() + 1));
    let halves = vec![Bytes::copy_from_slice(head), Bytes::copy_from_slice(tail)];
    assert_eq!(read(halves), whole, "a cut after {} bytes changes the answer", head.len());
    let single = body.iter().map(|byte| Bytes::copy_from_slice(&[*byte])).collect();
    assert_eq!(read(single), whole, "a cut after every byte changes the answer");
    let (pieces, end) = whole;
    assert!(pieces.iter().all(|piece| !piece.is_empty()), "an empty piece says nothing");
    match end {
        None => assert!(holds(body, b"[DONE]"), "an answer without its mark is not whole"),
        Some(Code::ContentFiltered) => assert!(pieces.is_empty(), "something was answered"),
        Some(code) => assert_eq!(code, Code::UnexpectedAnswer, "nothing else can go wrong"),
    }
}

/// The pieces of the answer, and how it failed.
fn read(pieces: Vec<Bytes>) -> (Vec<String>, Option<Code>) {
    let body = stream::iter(pieces.into_iter().map(Ok)).boxed();
    let answer = StreamedAnswer { body, cause: Cause::none() };
    let mut found = Vec::new();
    let mut keep = |piece: &str| found.push(piece.to_owned());
    let end = read_events(answer, "host", "deployment", &mut keep)
        .now_or_never()
        .expect("a body that is there keeps nobody waiting");
    (found, end.err().map(|failure| failure.code))
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
