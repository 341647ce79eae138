//! The control routes, as a program outside of the process uses them.

use reqwest::Method;
use serde_json::json;

use crate::bench::{ADA, Bench};

const TENANTS: &str = "/tenants?api-version=2022-12-01";

#[tokio::test]
async fn control_needs_its_key_and_is_not_recorded() {
    let bench = Bench::start().await;
    let control = bench.simulator.addresses().control.expect("the routes are built in");
    assert!(control.ends_with(bench.simulator.control_key()));
    bench.get(ADA, TENANTS).await;
    let history = bench.send(Method::GET, &format!("{control}/history"), None, None).await.json();
    assert_eq!(
        history.as_array().map(Vec::len),
        Some(1),
        "looking at the record is not part of it"
    );
    assert_eq!(history[0]["operation"], "tenants.list");
    let base = control.replace(bench.simulator.control_key(), "");
    for path in ["history", "guess/history", "/history"] {
        let reply = bench.send(Method::GET, &format!("{base}{path}"), None, None).await;
        assert_eq!(reply.status, 404, "without the key there is nothing at {path}");
    }
}

#[tokio::test]
async fn everything_can_be_set_from_outside() {
    let bench = Bench::start().await;
    let control = bench.simulator.addresses().control.expect("the routes are built in");
    let post = async |route: &str, body| {
        bench.send(Method::POST, &format!("{control}/{route}"), None, Some(body)).await
    };
    let now = post("clock", json!({"seconds": 90})).await.json();
    assert_eq!(now["now"], "2026-11-21T09:01:30.0000000Z");
    assert_eq!(post("latency", json!({"milliseconds": 1})).await.status, 200);
    let faults = json!([{"when": {"operation": "tenants.list"}, "act": {"answer": {"status": 500}}, "times": 1}, {"act": "cut"}]);
    assert_eq!(post("faults", faults).await.json()["faults"], 2);
    assert_eq!(
        post(
            "faults",
            json!([{"when": {"operation": "tenants.list"}, "act": {"answer": {"status": 500}}}])
        )
        .await
        .status,
        200
    );
    assert_eq!(
        bench.get(ADA, TENANTS).await.status,
        500,
        "the second list took the place of the first"
    );
    assert_eq!(post("reset", json!({})).await.status, 200);
    assert_eq!(bench.get(ADA, TENANTS).await.status, 200, "a reset takes faults away");
    assert_eq!(post("scenario", json!({"name": "no-access"})).await.json()["name"], "no-access");
    assert_eq!(post("scenario", json!({"name": "C7"})).await.json()["name"], "C7", "a failure");
    assert_eq!(
        post("faults", json!(["C3", {"fault": "C11", "times": 1}])).await.json()["faults"],
        2
    );
    assert_eq!(post("scenario", json!({"name": "no-access"})).await.json()["name"], "no-access");
    let state = bench.send(Method::GET, &format!("{control}/state"), None, None).await.json();
    assert_eq!((&state["scenario"], &state["assignments"]), (&"no-access".into(), &json!([])));
    for (route, body) in [
        ("scenario", json!({"name": "no-such-scenario"})),
        ("scenario", json!({"tenants": []})),
        ("faults", json!([{"act": "explode"}])),
        ("faults", json!(["C99"])),
        ("clock", json!({"seconds": "ten"})),
    ] {
        let reply = post(route, body).await;
        assert_eq!(reply.status, 400, "{route}");
        assert!(reply.json()["error"].is_string(), "and says why");
    }
}
