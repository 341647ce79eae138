//! Many, slow, half-open, oversized and senseless requests: each is answered or ended, nobody else
//! notices, and nothing panics (a request whose handler panics gets no answer).

use std::time::Duration;

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bench::{ACCOUNT, ADA, ARM, Bench, CONTOSO, GRACE, INFERENCE, read};

/// Far longer than anything here takes; only a hang gets that far.
const HANG: Duration = Duration::from_secs(60);
const TENANTS: &str = "/tenants?api-version=2022-12-01";

impl Bench {
    /// The bytes of a request for Ada's tenants.
    fn tenants_request(&self) -> String {
        let addresses = self.simulator.addresses();
        let (host, path) = split(&addresses.arm);
        let token = self.arm_token(ADA);
        format!(
            "GET {path}{TENANTS} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
        )
    }

    async fn connect(&self) -> TcpStream {
        let addresses = self.simulator.addresses();
        TcpStream::connect(split(&addresses.arm).0).await.expect("the simulator listens")
    }

    /// Sends bytes on a connection of their own and returns what comes back until its end.
    async fn talk(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The simulator may have refused already and be gone.
        let _ = stream.write_all(bytes).await;
        listen(stream).await
    }

    async fn answers_others(&self) {
        let reply = timeout(HANG, self.get(ADA, TENANTS)).await.expect("others are answered");
        assert_eq!(reply.status, 200, "others notice nothing: {}", reply.text);
    }
}

/// Host and path of an address.
fn split(address: &str) -> (&str, &str) {
    let rest = address.strip_prefix("http://").expect("loopback is plain");
    rest.find('/').map_or((rest, ""), |at| rest.split_at(at))
}

/// Everything until the end of a connection; a reset is an end.
async fn listen(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = timeout(HANG, stream.read_to_end(&mut bytes)).await.expect("the connection ends");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The status of an answer in plain bytes; 0 where there is none.
fn status(answer: &str) -> u16 {
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.and_then(|status| status.parse().ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_connections_at_once_are_all_answered() {
    let bench = Bench::start().await;
    let request = bench.tenants_request();
    let mut streams = Vec::new();
    for _ in 0..200 {
        streams.push(bench.connect().await);
    }
    for stream in &mut streams {
        stream.write_all(request.as_bytes()).await.expect("the connection is open");
    }
    for stream in streams {
        let answer = listen(stream).await;
        assert_eq!(status(&answer), 200, "{answer}");
        assert!(answer.ends_with('}'), "the body is whole: {answer}");
    }
    assert_eq!(bench.simulator.history().len(), 200, "each is recorded once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_and_half_open_connections_hold_up_nobody_and_end() {
    let bench = Bench::start_impatient(Duration::from_secs(3)).await;
    let request = bench.tenants_request();
    let with_body = request
        .replace("GET ", "POST ")
        .replace("connection: close", "connection: close\r\ncontent-length: 100");
    let chunked = request
        .replace("GET ", "POST ")
        .replace("connection: close", "connection: close\r\ntransfer-encoding: chunked");
    let half = request.len() / 2;
    let mut silent = Vec::new();
    let mut stuck = Vec::new();
    for _ in 0..40 {
        silent.push(bench.connect().await);
        for part in ["G", &request[..half], &request[..request.len() - 2]] {
            let mut stream = bench.connect().await;
            stream.write_all(part.as_bytes()).await.expect("the connection is open");
            silent.push(stream);
        }
        for part in [format!("{with_body}{{\"half\":"), format!("{chunked}5\r\nab")] {
            let mut stream = bench.connect().await;
            stream.write_all(part.as_bytes()).await.expect("the connection is open");
            stuck.push(stream);
        }
    }
    bench.answers_others().await;
    for stream in silent {
        let answer = listen(stream).await;
        assert!([0, 408].contains(&status(&answer)), "an unfinished head is no request: {answer}");
    }
    for stream in stuck {
        let answer = listen(stream).await;
        assert_eq!(status(&answer), 408, "an unfinished body is told: {answer}");
    }
    bench.answers_others().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_reads_holds_up_nobody() {
    let bench = Bench::start().await;
    let request = bench.tenants_request().replace("connection: close", "connection: keep-alive");
    let mut deaf = Vec::new();
    for _ in 0..20 {
        let mut stream = bench.connect().await;
        stream.write_all(request.repeat(50).as_bytes()).await.expect("the connection is open");
        deaf.push(stream);
    }
    bench.answers_others().await;
    drop(deaf);
    bench.answers_others().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oversized_requests_are_refused() {
    let bench = Bench::start().await;
    let request = bench.tenants_request();
    let with = |header: &str| request.replace("connection: close", header);
    let many: String = (0..300).map(|number| format!("x-{number}: 1\r\n")).collect();
    let body = "x".repeat(3 << 20);
    for (bytes, expected) in [
        (with(&format!("x-large: {}", "x".repeat(1 << 20))), 431),
        (with(&format!("{many}connection: close")), 431),
        (request.replace(TENANTS, &format!("/{}", "x".repeat(100_000))), 414),
        (
            format!(
                "{}{body}",
                with(&format!("connection: close\r\ncontent-length: {}", body.len()))
            ),
            413,
        ),
        (
            format!(
                "{}{:x}\r\n{body}\r\n0\r\n\r\n",
                with("connection: close\r\ntransfer-encoding: chunked"),
                body.len()
            ),
            413,
        ),
        (with("connection: close\r\ncontent-length: 99999999999999999999"), 400),
        (with("connection: close\r\ncontent-length: -1"), 400),
    ] {
        let answer = bench.talk(bytes.as_bytes()).await;
        // The answer to a client that is still sending may be lost with the connection.
        let found = status(&answer);
        assert!([expected, 0].contains(&found), "{found}, not {expected}: {}", &bytes[..80]);
        bench.answers_others().await;
    }
    let small = bench.talk(with("connection: close").as_bytes()).await;
    assert_eq!(status(&small), 200, "the same request of usual size is answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_request_are_refused_or_ended() {
    let bench = Bench::start_impatient(Duration::from_secs(2)).await;
    let mut noise = Noise(7);
    let request = bench.tenants_request();
    let mut senseless = Vec::new();
    for round in 0..150 {
        let mut bytes = request.clone().into_bytes();
        for _ in 0..=round % 8 {
            let at = noise.below(bytes.len());
            bytes[at] = u8::try_from(noise.below(256)).expect("less than 256");
        }
        bytes.truncate(1 + noise.below(bytes.len()));
        bytes.extend_from_slice(b"\r\n\r\n");
        senseless.push(bytes);
    }
    for answer in join_all(senseless.iter().map(|bytes| bench.talk(bytes))).await {
        assert!(status(&answer) < 500, "a server's fault: {answer}");
    }
    for bytes in
        [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01", b"\0\0\r\n\r\n"]
    {
        let answer = bench.talk(&[bytes, b"\r\n\r\n"].concat()).await;
        assert!([0, 400].contains(&status(&answer)), "{answer}");
    }
    bench.answers_others().await;
}

#[tokio::test]
async fn malformed_bodies_are_refused_by_each_service_in_its_own_form() {
    let bench = Bench::start().await;
    let addresses = bench.simulator.addresses();
    bench.grant(ACCOUNT, crate::bench::OPENAI_USER, crate::bench::ADA_ID).await;
    bench.pass(40);
    let graph = bench.simulator.issue_token(ADA, CONTOSO, "https://graph.microsoft.com");
    let chat = bench.simulator.issue_token(ADA, CONTOSO, INFERENCE);
    let assignment = format!(
        "{}{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/8a137a61-3f9a-4c30-a23e-be8927b0cfa1?api-version=2022-04-01",
        addresses.arm
    );
    let deep = "[".repeat(100_000);
    let bodies: [&[u8]; 10] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\"text\"",
        b"{\"properties\": 5}",
        b"{\"properties\": {}",
        b"\xff\xfe",
        b"{\"a\":1,\"a\":{\"messages\":[]}}",
        deep.as_bytes(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        for (method, url, token) in [
            (Method::PUT, &assignment, &bench.arm_token(GRACE)),
            (Method::POST, &format!("{}/v1.0/directoryObjects/getByIds", addresses.graph), &graph),
            (
                Method::POST,
                &format!("{}/chat-one/openai/v1/chat/completions", addresses.openai),
                &chat,
            ),
        ] {
            let request = bench.client.request(method, url).bearer_auth(token);
            let request = request.header("content-type", "application/json").body(body.to_vec());
            let reply = read(request.send().await.expect("it is answered")).await;
            assert_eq!(reply.status, 400, "{url} took {shown}: {}", reply.text);
            let error = &reply.json()["error"];
            assert!(
                error["message"].as_str().is_some_and(|text| !text.is_empty()),
                "{url} says what is wrong with {shown}: {}",
                reply.text
            );
        }
        let token = format!("{}/organizations/oauth2/v2.0/token", addresses.authority);
        let request = bench.client.post(token).body(body.to_vec());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let reply = read(request.send().await.expect("it is answered")).await;
        assert_eq!(
            (reply.status, &reply.json()["error"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_request"))
        );
    }
}

#[tokio::test]
async fn garbage_tokens_are_refused_by_each_service_in_its_own_form() {
    let bench = Bench::start().await;
    let addresses = bench.simulator.addresses();
    let good = bench.arm_token(ADA);
    let parts: Vec<&str> = good.split('.').collect();
    let long = "x".repeat(60_000);
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let mut noise = Noise(11);
    let mut garbage: Vec<String> = vec![
        String::new(),
        ".".into(),
        "..".into(),
        "a.b.c".into(),
        "null".into(),
        long,
        unsigned,
        format!("{}.{}", parts[0], parts[1]),
        format!("{good}."),
        format!("{good} x"),
        format!("{}.{}.{}", parts[0], parts[2], parts[1]),
        "\u{1F511}".into(),
    ];
    garbage.extend((0..40).map(|_| {
        let mut bytes = good.clone().into_bytes();
        let at = noise.below(bytes.len() - 8);
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("a token is ASCII")
    }));
    for token in garbage {
        let shown: String = token.chars().take(40).collect();
        for (url, method, kind) in [
            (format!("{}{TENANTS}", addresses.arm), Method::GET, "arm"),
            (format!("{}/v1.0/me", addresses.graph), Method::GET, "graph"),
            (format!("{}/chat-one/openai/v1/models", addresses.openai), Method::GET, "inference"),
        ] {
            let request = bench.client.request(method, &url);
            let request = request.header("authorization", format!("Bearer {token}").as_bytes());
            let reply = read(request.send().await.expect("it is answered")).await;
            assert_eq!(reply.status, 401, "{url} took '{shown}': {}", reply.text);
            if kind == "inference" {
                assert_eq!(reply.json()["statusCode"], 401, "'{shown}': {}", reply.text);
            } else {
                assert!(
                    reply.refusal().1.ends_with("AuthenticationToken")
                        || reply.refusal().1 == "AuthenticationFailed",
                    "'{shown}': {}",
                    reply.text
                );
            }
        }
    }
    let other = bench.simulator.issue_token(ADA, CONTOSO, ARM);
    let url = format!("{}{TENANTS}", addresses.arm);
    assert_eq!(bench.send(Method::GET, &url, Some(&other), None).await.status, 200, "a good one");
}

#[tokio::test]
async fn unknown_routes_and_methods_are_refused_and_none_is_a_servers_fault() {
    let bench = Bench::start().await;
    let addresses = bench.simulator.addresses();
    let arm = bench.arm_token(GRACE);
    let inference = bench.simulator.issue_token(GRACE, CONTOSO, INFERENCE);
    let graph = bench.simulator.issue_token(GRACE, CONTOSO, "https://graph.microsoft.com");
    let brew = Method::from_bytes(b"BREW").expect("a token of RFC 9110");
    let methods = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        brew,
    ];
    let version = "api-version=2025-06-01";
    let paths = [
        (format!("{}/nothing?{version}", addresses.arm), &arm),
        (
            format!(
                "{}/subscriptions/x/resourceGroups/%00/providers/a/b/c?{version}",
                addresses.arm
            ),
            &arm,
        ),
        (format!("{}{ACCOUNT}/listKeys?{version}", addresses.arm), &arm),
        (format!("{}{}?{version}", addresses.arm, "/a".repeat(500)), &arm),
        (format!("{}/%ff%fe/%2e%2e/%2e%2e?%ff=%fe&&&=", addresses.arm), &arm),
        (format!("{}/chat-one/openai/deployments/x/embeddings", addresses.openai), &inference),
        (
            format!(
                "{}/chat-one/openai/deployments/%2f/chat/completions?{version}",
                addresses.openai
            ),
            &inference,
        ),
        (format!("{}/nobody/openai/v1/models", addresses.openai), &inference),
        (format!("{}/v1.0/groups", addresses.graph), &graph),
        (format!("{}/beta/me/memberOf/x", addresses.graph), &graph),
        (format!("{}/organizations/oauth2/v2.0/nothing", addresses.authority), &graph),
        (format!("{}/nobody.example/oauth2/v2.0/token", addresses.authority), &graph),
        (addresses.arm.replace("/arm", "/elsewhere"), &arm),
    ];
    for (url, token) in &paths {
        for method in &methods {
            let reply = bench.send(method.clone(), url, Some(token), None).await;
            assert!(
                reply.status.is_client_error(),
                "{method} {url} is answered {}: {}",
                reply.status,
                reply.text
            );
        }
    }
    bench.answers_others().await;
}

/// Numbers that look random and are the same on every run (Knuth's MMIX generator).
struct Noise(u64);

impl Noise {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}
