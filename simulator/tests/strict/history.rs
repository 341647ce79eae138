//! What the record says, and what it must never say.

use reqwest::Method;
use serde_json::json;
use simulator::{Options, Simulator, critical_path, depth};

use crate::bench::{ADA, ARM, Bench, CONTOSO, GRACE, GROUP, OPENAI_USER};

const TENANTS: &str = "/tenants?api-version=2022-12-01";

impl Bench {
    /// A GET that names itself and its causes.
    async fn get_caused(&self, path: &str, id: &str, caused_by: &str) {
        let url = format!("{}{path}", self.simulator.addresses().arm);
        let request = self
            .client
            .get(url)
            .bearer_auth(self.arm_token(ADA))
            .header("x-ms-client-request-id", id)
            .header("keyless-caused-by", caused_by);
        assert_eq!(request.send().await.expect("an answer").status(), 200);
    }
}

#[tokio::test]
async fn each_request_is_recorded_with_who_what_and_why() {
    let bench = Bench::start().await;
    bench.get_caused(TENANTS, "t1", "").await;
    bench.get_caused("/subscriptions?api-version=2022-12-01", "s1", "t1, other").await;
    let history = bench.simulator.history();
    let entry = &history[1];
    assert_eq!((entry.method.as_str(), entry.path.as_str()), ("GET", "/arm/subscriptions"));
    assert_eq!(
        (entry.query.as_str(), entry.operation.as_str()),
        ("api-version=2022-12-01", "subscriptions.list")
    );
    assert_eq!((entry.status, entry.unknown), (200, false));
    assert_eq!(
        (entry.client_request_id.as_deref(), entry.caused_by.as_slice()),
        (Some("s1"), ["t1".to_owned(), "other".into()].as_slice())
    );
    assert_eq!((entry.user.as_deref(), entry.tenant.as_deref()), (Some(ADA), Some(CONTOSO)));
    assert!(history[0].ended < Some(entry.began), "one after the other");
    assert!(!history[0].overlaps(entry), "and so they do not overlap");
    assert_eq!(depth(&history), 2);
    assert_eq!(critical_path(&history)[0].operation, "tenants.list");
}

#[tokio::test]
async fn a_request_names_the_connection_that_it_came_over() {
    let bench = Bench::start().await;
    bench.get_caused(TENANTS, "t1", "").await;
    bench.get_caused(TENANTS, "t2", "").await;
    let another = reqwest::Client::builder().no_proxy().build().expect("a plain client");
    let address = format!("{}{TENANTS}", bench.simulator.addresses().arm);
    another.get(address).send().await.expect("an answer");
    let history = bench.simulator.history();
    let over: Vec<u64> = history.iter().map(|entry| entry.connection).collect();
    assert_eq!(over[0], over[1], "a client that keeps its connection is seen to");
    assert!(over[1] < over[2], "another client has another connection");
}

#[tokio::test]
async fn no_secret_is_in_the_record_or_the_state_and_all_are_known_to_the_search() {
    let bench = Bench::start().await;
    let authority = bench.simulator.addresses().authority;
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let query = "client_id=04b07795-8ddb-461a-bbee-02f9e1bf7b46&response_type=code&redirect_uri=http://localhost:1&scope=https://management.azure.com/.default%20offline_access%20openid&state=STATE-CANARY&nonce=NONCE-CANARY&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    let url = format!("{authority}/organizations/oauth2/v2.0/authorize?{query}");
    let response = bench.client.post(url).form(&[("user", ADA)]).send().await.expect("an answer");
    let location = response.headers()["location"].to_str().expect("text").to_owned();
    let code = location
        .split("code=")
        .nth(1)
        .and_then(|rest| rest.split('&').next())
        .expect("a code")
        .to_owned();
    let form = [
        ("client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", "http://localhost:1"),
        ("code_verifier", verifier),
        ("scope", "https://management.azure.com/.default offline_access openid"),
    ];
    let tokens = bench.token("organizations", &form).await.json();
    let access = tokens["access_token"].as_str().expect("a token");
    bench.arm(Method::GET, TENANTS, access, None).await;
    bench.arm(Method::GET, TENANTS, "RECEIVED-CANARY", None).await;
    let record = format!(
        "{:?} {} {}",
        bench.simulator.history(),
        json!(bench.simulator.history()),
        bench.simulator.state()
    );
    let secrets = bench.simulator.secrets();
    for secret in [
        &code,
        verifier,
        access,
        tokens["refresh_token"].as_str().expect("a token"),
        tokens["id_token"].as_str().expect("a token"),
        "RECEIVED-CANARY",
    ] {
        assert!(!record.contains(secret), "the record holds {secret}");
        assert!(secrets.iter().any(|known| known == secret), "the search does not know {secret}");
    }
    assert!(!record.contains("CANARY"), "state and nonce belong to one attempt alone");
    let token_request =
        bench.simulator.history().into_iter().find(|entry| entry.operation == "entra.token");
    let fields = token_request.expect("it was recorded").fields;
    assert!(fields.contains(&"code_verifier".into()), "names of fields are kept: {fields:?}");
    bench.simulator.reset();
    assert!(bench.simulator.secrets().contains(&code), "a reset forgets no secret");
}

#[tokio::test]
async fn a_reset_goes_back_to_the_beginning() {
    let bench = Bench::start().await;
    let before = bench.simulator.state();
    bench.grant(GROUP, OPENAI_USER, crate::bench::ADA_ID).await;
    assert_ne!(bench.simulator.state(), before);
    bench.simulator.reset();
    assert_eq!(bench.simulator.state(), before);
    assert_eq!(bench.simulator.history(), []);
}

#[tokio::test]
async fn requests_under_another_name_and_huge_bodies_are_turned_away() {
    let bench = Bench::start().await;
    let url = format!("{}{TENANTS}", bench.simulator.addresses().arm);
    let send = async |host: &str| {
        let request =
            bench.client.get(&url).bearer_auth(bench.arm_token(GRACE)).header("host", host);
        request.send().await.expect("an answer").status().as_u16()
    };
    let port = url::Url::parse(&url).ok().and_then(|url| url.port()).expect("a port");
    assert_eq!(send(&format!("localhost:{port}")).await, 200);
    for host in
        ["evil.example", "127.0.0.1", &format!("127.0.0.1:{}", port.wrapping_add(1)), "localhost"]
    {
        assert_eq!(send(host).await, 400, "{host}");
    }
    let body = "x".repeat((1 << 20) + 1);
    let reply = bench.client.put(&url).bearer_auth(bench.arm_token(GRACE)).body(body).send().await;
    assert_eq!(reply.expect("an answer").status(), 413);
    assert!(bench.simulator.history().pop().is_some_and(|entry| entry.unknown));
}

#[tokio::test]
async fn it_listens_on_this_machine_only_and_leaves_its_port_when_stopped() {
    let elsewhere = Options { listen: ([0, 0, 0, 0], 0).into(), ..Options::default() };
    assert!(Simulator::start(elsewhere).await.is_err(), "plain HTTP is for loopback");
    let simulator = Simulator::start(Options::default()).await.expect("a port is free");
    let arm = simulator.addresses().arm;
    let listen =
        arm.trim_start_matches("http://").trim_end_matches("/arm").parse().expect("an address");
    let token = simulator.issue_token(ADA, CONTOSO, ARM);
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let get = async || {
        client
            .get(format!("{arm}{TENANTS}"))
            .bearer_auth(&token)
            .send()
            .await
            .map(|reply| reply.status())
    };
    assert_eq!(get().await.expect("an answer"), 200);
    simulator.stop().await;
    assert!(get().await.is_err(), "a connection that was open is closed too");
    let again = Simulator::start(Options { listen, ..Options::default() }).await;
    assert!(again.is_ok(), "the port is free again");
}
