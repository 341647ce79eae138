//! Graph: people, groups and applications of the caller's tenant.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{ADA, ADA_ID, Bench, CONTOSO, FABRIKAM, GRACE_ID, LINUS, OUTER_GROUP, Reply};

const APP: &str = "5a1f6a5e-0e8f-4c0b-9d43-0f5e6f1b7c11";
const OBJECT: &str = "9c0d3c53-5b5c-4e4a-9a0b-7d0c8f0e1a22";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const GRAPH: &str = "https://graph.microsoft.com";

async fn start() -> Bench {
    Bench::start_with(json!({ "service_principals": [
        { "id": OBJECT, "app_id": APP, "tenant": CONTOSO, "name": "contoso-deploy" },
        { "id": "3f4f6c0e-0b2b-4f28-8b1e-6f5f5b4b9a10", "app_id": APP, "tenant": FABRIKAM, "name": "contoso-deploy" }
    ] }))
    .await
}

impl Bench {
    async fn graph(&self, tenant: &str, path: &str) -> Reply {
        let token = self.simulator.issue_token(ADA, tenant, GRAPH);
        let url = format!("{}/v1.0/{path}", self.simulator.addresses().graph);
        self.send(Method::GET, &url, Some(&token), None).await
    }

    async fn get_by_ids(&self, body: Value) -> Reply {
        let token = self.simulator.issue_token(ADA, CONTOSO, "https://graph.microsoft.com/");
        let url = format!("{}/v1.0/directoryObjects/getByIds", self.simulator.addresses().graph);
        self.send(Method::POST, &url, Some(&token), Some(body)).await
    }
}

fn ids(reply: &Reply) -> Vec<String> {
    let body = reply.json();
    let found = body["value"].as_array().expect("a list").iter();
    found.map(|one| one["id"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn me_is_the_caller_with_the_members_of_the_record() {
    let bench = start().await;
    let reply = bench.graph(CONTOSO, "me").await;
    let me = reply.json();
    let members: Vec<&String> = me.as_object().expect("an object").keys().collect();
    assert_eq!(
        members,
        [
            "@odata.context",
            "businessPhones",
            "displayName",
            "givenName",
            "id",
            "jobTitle",
            "mail",
            "mobilePhone",
            "officeLocation",
            "preferredLanguage",
            "surname",
            "userPrincipalName"
        ]
    );
    assert_eq!((&me["id"], &me["userPrincipalName"]), (&json!(ADA_ID), &json!(ADA)));
    assert!(
        me["@odata.context"]
            .as_str()
            .is_some_and(|own| own.ends_with("/v1.0/$metadata#users/$entity"))
    );
    assert_eq!(reply.header("odata-version"), "4.0");
    assert!(reply.header("content-type").starts_with("application/json;odata.metadata=minimal;"));
    assert!(!reply.header("request-id").is_empty());
}

#[tokio::test]
async fn a_guest_is_another_object_under_another_name() {
    let bench = start().await;
    let guest = bench.graph(FABRIKAM, "me").await.json();
    assert_ne!(guest["id"], ADA_ID);
    assert_eq!(guest["userPrincipalName"], "ada_contoso.example#EXT#@fabrikam.example");
    assert_eq!(guest["mail"], ADA, "the address is the home one");
}

#[tokio::test]
async fn people_are_found_by_name_and_by_id_in_their_own_tenant_only() {
    let bench = start().await;
    let found = bench
        .graph(CONTOSO, "users?$filter=userPrincipalName%20eq%20%27ADA@contoso.example%27")
        .await;
    assert_eq!(ids(&found), [ADA_ID]);
    let nobody = format!("users?$filter=userPrincipalName eq '{LINUS}'");
    assert!(ids(&bench.graph(CONTOSO, &nobody).await).is_empty(), "Linus is of another tenant");
    for name in [GRACE_ID, "grace@contoso.example"] {
        let reply = bench.graph(CONTOSO, &format!("users/{name}")).await;
        assert_eq!(reply.json()["displayName"], "Grace Hopper", "{name}");
    }
    let reply = bench.graph(FABRIKAM, &format!("users/{GRACE_ID}")).await;
    assert_eq!(reply.refusal(), (404, "Request_ResourceNotFound".into()));
}

#[tokio::test]
async fn applications_are_found_by_any_of_their_names_in_their_own_tenant_only() {
    let bench = start().await;
    for filter in [
        format!("servicePrincipalNames%2Fany%28c%3Ac%20eq%20%27{APP}%27%29"),
        format!("appId eq '{APP}'"),
        "displayName eq 'contoso-deploy'".to_owned(),
    ] {
        let reply = bench.graph(CONTOSO, &format!("servicePrincipals?$filter={filter}")).await;
        assert_eq!(ids(&reply), [OBJECT], "{filter}");
    }
    let by_object =
        format!("servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{OBJECT}')");
    assert!(
        ids(&bench.graph(CONTOSO, &by_object).await).is_empty(),
        "the object id is not one of the names"
    );
    let one = bench.graph(CONTOSO, &format!("servicePrincipals/{OBJECT}")).await.json();
    assert_eq!((&one["appId"], &one["servicePrincipalType"]), (&json!(APP), &json!("Application")));
    assert_eq!(bench.graph(FABRIKAM, &format!("servicePrincipals/{OBJECT}")).await.status, 404);
}

#[tokio::test]
async fn objects_are_named_by_type_and_unknown_ids_left_out() {
    let bench = start().await;
    let all = json!([ADA_ID, OUTER_GROUP, OBJECT, NOBODY]);
    let reply = bench
        .get_by_ids(json!({"ids": all, "types": ["user", "group", "servicePrincipal", "directoryObjectPartnerReference"]}))
        .await;
    let body = reply.json();
    let types: Vec<&Value> =
        body["value"].as_array().expect("a list").iter().map(|one| &one["@odata.type"]).collect();
    assert_eq!(
        types,
        ["#microsoft.graph.user", "#microsoft.graph.group", "#microsoft.graph.servicePrincipal"]
    );
    assert!(
        body["@odata.context"]
            .as_str()
            .is_some_and(|own| own.ends_with("$metadata#directoryObjects"))
    );
    let groups = bench.get_by_ids(json!({"ids": all, "types": ["group"]})).await;
    assert_eq!(ids(&groups), [OUTER_GROUP], "only the types that were asked for");
    for wrong in [json!({}), json!({"ids": "x"}), json!({"ids": ["not-an-id"]}), json!("text")] {
        let reply = bench.get_by_ids(wrong.clone()).await;
        assert_eq!(reply.refusal(), (400, "Request_BadRequest".into()), "{wrong}");
    }
}

#[tokio::test]
async fn filters_that_graph_does_not_know_are_refused_and_not_ignored() {
    let bench = start().await;
    for filter in ["shoeSize eq '43'", "displayName ne 'x'", "displayName eq x", "nonsense"] {
        let reply = bench.graph(CONTOSO, &format!("users?$filter={filter}")).await;
        assert_eq!(reply.refusal(), (400, "BadRequest".into()), "{filter}");
        assert!(reply.message().starts_with("Invalid filter clause: "), "{}", reply.message());
    }
}

#[tokio::test]
async fn refusals_of_graph_are_json_with_their_own_envelope() {
    let bench = start().await;
    let missing = bench.graph(CONTOSO, &format!("servicePrincipals/{NOBODY}")).await;
    assert_eq!(missing.refusal(), (404, "Request_ResourceNotFound".into()));
    assert_eq!(
        missing.message(),
        format!(
            "Resource '{NOBODY}' does not exist or one of its queried reference-property objects are not present."
        )
    );
    let url = format!("{}/v1.0/me", bench.simulator.addresses().graph);
    let stranger = bench.send(Method::GET, &url, Some("nonsense"), None).await;
    assert_eq!(stranger.refusal(), (401, "InvalidAuthenticationToken".into()));
    assert!(
        stranger.header("www-authenticate").starts_with("Bearer realm=\"\", authorization_uri=\""),
        "{}",
        stranger.header("www-authenticate")
    );
    for reply in [missing, stranger] {
        assert_eq!(reply.header("content-type"), "application/json");
        let inner = reply.json()["error"]["innerError"].clone();
        assert_eq!(inner["request-id"], reply.header("request-id"), "one id in header and body");
        assert_eq!(inner["date"], "2026-11-21T09:00:00", "without a zone, as in the record");
        assert!(inner["client-request-id"].is_string());
    }
}

#[tokio::test]
async fn only_the_members_that_are_selected_come() {
    let bench = start().await;
    let me = bench.graph(CONTOSO, "me?$select=id,displayName").await.json();
    let members: Vec<&String> = me.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["@odata.context", "displayName", "id"]);
    let context = me["@odata.context"].as_str().unwrap_or_default();
    assert!(context.ends_with("#users(id,displayName)/$entity"), "{context}");
    let users = bench.graph(CONTOSO, "users?$select=id").await.json();
    assert_eq!(users["value"][0].as_object().map(serde_json::Map::len), Some(1));
}
