//! The ways in which a page reaches the network.

/// One way: a script that tries it with the address in `address`.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// The last part of the address that it tries.
    pub name: &'static str,
    /// What the page runs.
    pub script: &'static str,
}

const fn attempt(name: &'static str, script: &'static str) -> Attempt {
    Attempt { name, script }
}

/// Every way that a page has, those that leave the page last.
pub const ATTEMPTS: [Attempt; 14] = [
    attempt("fetch", "fetch(address).catch(() => {})"),
    attempt("request", "const r = new XMLHttpRequest(); r.open('GET', address); r.send()"),
    attempt("beacon", "navigator.sendBeacon(address)"),
    attempt("events", "new EventSource(address)"),
    attempt("socket", "new WebSocket(address.replace('http', 'ws'))"),
    attempt("image", "new Image().src = address"),
    attempt(
        "script",
        "document.head.append(Object.assign(document.createElement('script'), { src: address }))",
    ),
    attempt(
        "style",
        "document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: address }))",
    ),
    attempt(
        "frame",
        "document.body.append(Object.assign(document.createElement('iframe'), { src: address }))",
    ),
    attempt("window", "window.open(address)"),
    attempt(
        "link",
        "const a = Object.assign(document.createElement('a'), { href: address, target: '_blank' });
         document.body.append(a); a.click()",
    ),
    attempt(
        "form",
        "const f = Object.assign(document.createElement('form'), { action: address });
         document.body.append(f); f.submit()",
    ),
    attempt("location", "location.href = address"),
    attempt(
        "refresh",
        "const m = Object.assign(document.createElement('meta'), { content: '0;url=' + address });
         m.httpEquiv = 'refresh'; document.head.append(m)",
    ),
];
