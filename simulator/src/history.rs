//! The record of every request, and what its shape says about a client.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::call::Call;

/// One request that reached a service.
///
/// No header is kept. Of a form body only the names of the fields are kept, and values of the query
/// that are secrets of one attempt are replaced by `…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Rises by one with every arrival; a reset does not start it again.
    pub sequence: u64,
    /// The connection that it came over; they are numbered from 1, and a reset does not begin anew.
    pub connection: u64,
    /// The HTTP method.
    pub method: String,
    /// The whole path, service included.
    pub path: String,
    /// The query as it was sent, without secrets.
    pub query: String,
    /// A stable name such as `tenants.list`; `unknown` when no route knows the request.
    pub operation: String,
    /// Names of the fields of a form body.
    pub fields: Vec<String>,
    /// The status of the answer; 0 while there is none, and for ever when the request was cut.
    pub status: u16,
    /// Header `x-ms-client-request-id`.
    pub client_request_id: Option<String>,
    /// Header `keyless-caused-by`, comma separated: the `client_request_id` of each answer that the
    /// client needed before it could send this request.
    pub caused_by: Vec<String>,
    /// Tick of one counter for all requests at arrival.
    pub began: u64,
    /// Tick of the same counter before the last byte of the answer was handed out.
    pub ended: Option<u64>,
    /// User principal name of the caller, where the request proved one.
    pub user: Option<String>,
    /// Tenant id of the caller, where the request proved one.
    pub tenant: Option<String>,
    /// No route knows the request, or no service lives at its path.
    pub unknown: bool,
}

impl Entry {
    /// Whether both requests were under way at the same time.
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |one: &Self, two: &Self| one.ended.is_some_and(|end| end < two.began);
        !before(self, other) && !before(other, self)
    }
}

/// The number of requests on the longest chain of `caused_by`.
pub fn depth(entries: &[Entry]) -> usize {
    critical_path(entries).len()
}

/// The longest chain of requests each of which needed the answer before it, first to last.
///
/// Only an earlier request can be a cause; when an id was used several times, the cause on the
/// longest chain counts.
pub fn critical_path(entries: &[Entry]) -> Vec<&Entry> {
    let mut chains: Vec<(usize, Option<usize>)> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let cause = (0..index)
            .filter(|earlier| is_cause(&entries[*earlier], entry))
            .max_by_key(|earlier| chains[*earlier].0);
        chains.push((cause.map_or(1, |cause| chains[cause].0 + 1), cause));
    }
    let mut path = Vec::new();
    let mut next = (0..chains.len()).max_by_key(|index| chains[*index].0);
    while let Some(index) = next {
        path.push(&entries[index]);
        next = chains[index].1;
    }
    path.reverse();
    path
}

fn is_cause(earlier: &Entry, entry: &Entry) -> bool {
    earlier.client_request_id.as_ref().is_some_and(|id| entry.caused_by.contains(id))
}

/// The record under way. Secrets are remembered apart from it, and survive a reset.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    entries: Vec<Entry>,
    connected: u64,
    arrived: u64,
    ticks: u64,
    secrets: Vec<String>,
}

impl Ledger {
    /// The number of a new connection.
    pub(crate) fn connect(&self) -> u64 {
        self.with(|pages| {
            pages.connected += 1;
            pages.connected
        })
    }

    /// Records an arrival and returns its number.
    pub(crate) fn open(
        &self,
        call: &Call,
        whole_path: &str,
        operation: &str,
        unknown: bool,
    ) -> u64 {
        self.with(|pages| {
            pages.arrived += 1;
            pages.ticks += 1;
            pages.entries.push(Entry {
                sequence: pages.arrived,
                connection: call.connection,
                method: call.method.to_string(),
                path: whole_path.to_owned(),
                query: without_secrets(&call.raw_query),
                operation: operation.to_owned(),
                fields: call.field_names(),
                status: 0,
                client_request_id: call.header("x-ms-client-request-id").map(str::to_owned),
                caused_by: split_list(call.header("keyless-caused-by")),
                began: pages.ticks,
                ended: None,
                user: None,
                tenant: None,
                unknown,
            });
            pages.arrived
        })
    }

    /// Records who asked and what they are answered.
    pub(crate) fn answer(&self, sequence: u64, status: u16, caller: Option<&(String, String)>) {
        self.with(|pages| {
            if let Some(entry) = pages.entry(sequence) {
                entry.status = status;
                if let Some((user, tenant)) = caller {
                    entry.user = Some(user.clone());
                    entry.tenant = Some(tenant.clone());
                }
            }
        });
    }

    /// Records the end of a request, once.
    pub(crate) fn close(&self, sequence: u64) {
        self.with(|pages| {
            pages.ticks += 1;
            let tick = pages.ticks;
            if let Some(entry) = pages.entry(sequence) {
                entry.ended.get_or_insert(tick);
            }
        });
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.with(|pages| pages.entries.clone())
    }

    /// Forgets all entries; requests under way are no longer recorded.
    pub(crate) fn clear(&self) {
        self.with(|pages| pages.entries.clear());
    }

    pub(crate) fn keep_secret(&self, secret: &str) {
        self.with(|pages| {
            if !secret.is_empty() && !pages.secrets.iter().any(|known| known == secret) {
                pages.secrets.push(secret.to_owned());
            }
        });
    }

    /// Remembers the secrets that a request carries, whether or not they are any good.
    pub(crate) fn keep_secrets_of(&self, call: &Call) {
        if let Some(token) = call.bearer() {
            self.keep_secret(token);
        }
        if call.is_form() {
            for name in SECRET_FIELDS {
                if let Some(value) = call.field(name) {
                    self.keep_secret(&value);
                }
            }
        }
    }

    pub(crate) fn secrets(&self) -> Vec<String> {
        self.with(|pages| pages.secrets.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Pages) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Pages {
    fn entry(&mut self, sequence: u64) -> Option<&mut Entry> {
        self.entries.iter_mut().rev().find(|entry| entry.sequence == sequence)
    }
}

const SECRET_FIELDS: [&str; 6] =
    ["code", "refresh_token", "code_verifier", "client_secret", "client_assertion", "device_code"];

const SECRET_PARAMETERS: [&str; 7] =
    ["code", "state", "nonce", "id_token_hint", "access_token", "refresh_token", "client_secret"];

fn without_secrets(query: &str) -> String {
    query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if SECRET_PARAMETERS.contains(&name) => format!("{name}=…"),
            _ => pair.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("&")
}

fn split_list(header: Option<&str>) -> Vec<String> {
    header
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Entry, critical_path, depth};

    fn entry(sequence: u64, id: &str, caused_by: &[&str]) -> Entry {
        Entry {
            sequence,
            connection: 1,
            method: "GET".into(),
            path: String::new(),
            query: String::new(),
            operation: id.into(),
            fields: Vec::new(),
            status: 200,
            client_request_id: Some(id.into()),
            caused_by: caused_by.iter().map(|one| (*one).to_owned()).collect(),
            began: sequence,
            ended: Some(sequence),
            user: None,
            tenant: None,
            unknown: false,
        }
    }

    #[test]
    fn depth_counts_requests_on_the_longest_chain_only() {
        let entries = [
            entry(1, "token", &[]),
            entry(2, "tenants", &["token"]),
            entry(3, "left", &["tenants"]),
            entry(4, "right", &["tenants"]),
            entry(5, "chat", &["left", "right"]),
            entry(6, "alone", &[]),
        ];
        assert_eq!(depth(&entries), 4, "token, tenants, one of two, chat");
        let path: Vec<&str> =
            critical_path(&entries).iter().map(|one| one.operation.as_str()).collect();
        assert_eq!((path[0], path[3]), ("token", "chat"), "the chain goes from first to last");
        assert_eq!(depth(&[]), 0, "nothing happened");
    }

    #[test]
    fn a_later_request_is_never_a_cause() {
        let entries = [entry(1, "a", &["b"]), entry(2, "b", &["a"])];
        assert_eq!(depth(&entries), 2, "a circle of ids ends");
    }
}
