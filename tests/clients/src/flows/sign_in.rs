//! How the SDKs sign people and programs in.

use serde_json::json;

use super::{ARM, CONTOSO, INFERENCE, ROBOT_APP, ROBOT_SECRET};
use crate::flow::{Client, Flow, flow};
use crate::stage::{ADA, Stage};

pub(super) fn flows() -> Vec<Flow> {
    let of_each = |client| {
        [
            flow!(client, "signs-in-by-browser", "signs in by browser", ["identity"], by_browser),
            flow!(
                client,
                "signs-in-by-device-code",
                "signs in by device code",
                ["identity"],
                by_device_code
            ),
            flow!(
                client,
                "signs-in-with-secret",
                "signs in with a secret",
                ["identity"],
                with_secret
            ),
        ]
    };
    [Client::Python, Client::JavaScript, Client::Go, Client::Java]
        .into_iter()
        .flat_map(of_each)
        .collect()
}

async fn by_browser(stage: &mut Stage, client: Client) {
    stage
        .obey(client, json!({"action": "credential", "credential": "browser", "kind": "browser"}))
        .await;
    let order = json!({"action": "token", "credential": "browser", "scope": ARM});
    let first = stage.obey(client, order).await;
    assert!(first["token"]["expires_in"].as_u64() > Some(3000), "it lives an hour or more");
    // The refresh token works for another resource.
    let order = json!({"action": "token", "credential": "browser", "scope": INFERENCE});
    let second = stage.obey(client, order).await;
    assert_ne!(first["token"]["token"], second["token"]["token"]);
    assert_eq!(stage.practice.count("entra.signIn").await, 1, "the person was asked once");
    stage.practice.saw(&["entra.authorize", "entra.token"]).await;
}

async fn by_device_code(stage: &mut Stage, client: Client) {
    if client == Client::Java {
        // MSAL4J 1.23 looks at its own future before it has kept it, where the code comes sooner than
        // any network brings it.
        let distant = json!({"delay": {"milliseconds": 500}});
        let distant = json!([{"when": {"operation": "entra.deviceCode"}, "act": distant}]);
        stage.practice.set_faults(distant).await;
    }
    let order = json!({"action": "credential", "credential": "code", "kind": "device-code"});
    stage.obey(client, order).await;
    let sdk = stage.sdk(client).await;
    let order = json!({"action": "token", "credential": "code", "scope": ARM});
    sdk.send(&order).await;
    let event = sdk.read().await;
    assert_eq!(event["event"], "device-code", "the person is asked: {event}");
    let address = event["verification_uri"].as_str().and_then(|text| text.parse().ok());
    let code = event["user_code"].as_str().expect("a code");
    let address = address.expect("an address");
    stage.browser().await.enter_code(&address, code, ADA).await;
    let answer = stage.sdk(client).await.finish(&order).await;
    assert!(answer["token"]["expires_in"].as_u64() > Some(3000), "it lives an hour or more");
    stage.practice.saw(&["entra.deviceCode", "entra.deviceSignIn", "entra.token"]).await;
}

async fn with_secret(stage: &mut Stage, client: Client) {
    let mut order = json!({
        "action": "credential", "credential": "robot", "kind": "client-secret",
        "tenant": CONTOSO, "client_id": ROBOT_APP, "client_secret": ROBOT_SECRET,
    });
    stage.obey(client, order.clone()).await;
    stage.obey(client, json!({"action": "token", "credential": "robot", "scope": ARM})).await;
    order["client_secret"] = json!("wrong");
    stage.obey(client, order).await;
    let ask = json!({"action": "token", "credential": "robot", "scope": ARM});
    let failure = stage.fail(client, ask).await;
    assert!(failure.message.contains("AADSTS7000215"), "{failure:?}");
    assert_eq!(stage.practice.statuses("entra.token").await, [200, 401]);
}
