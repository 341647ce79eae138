//! Resource Graph: what a query sees, how it is paged, and how often it may be asked.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{
    ACCOUNT, ADA, Bench, CONTOSO, GRACE, GROUP, MARY, MARY_ID, Reply, SUBSCRIPTION,
};

const ACCOUNTS: &str = "resources | where type =~ 'microsoft.cognitiveservices/accounts' and kind in~ ('OpenAI', 'AIServices')";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

async fn ask(bench: &Bench, user: &str, body: Value) -> Reply {
    let path = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";
    bench.arm(Method::POST, path, &bench.arm_token(user), Some(body)).await
}

async fn query(bench: &Bench, user: &str, text: &str) -> Value {
    let reply = ask(bench, user, json!({"query": text})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn names(answer: &Value) -> Vec<String> {
    let rows = answer["data"].as_array().expect("rows").iter();
    rows.map(|row| row["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_query_sees_what_the_person_may_read_and_nothing_else() {
    let bench = Bench::start().await;
    let all = query(&bench, GRACE, ACCOUNTS).await;
    assert_eq!(
        names(&all),
        ["bare", "chat-one", "foundry", "keyless", "private", "other"],
        "by id"
    );
    assert_eq!((&all["totalRecords"], &all["count"]), (&json!(6), &json!(6)));
    assert_eq!(all["resultTruncated"], "false", "a string, not a boolean");
    assert_eq!(all["facets"], json!([]));
    let row = &all["data"][1];
    assert_eq!(row["id"], ACCOUNT);
    assert_eq!(row["type"], "microsoft.cognitiveservices/accounts", "types are in lower case");
    assert_eq!((&row["resourceGroup"], &row["tenantId"]), (&"rg-chat".into(), &CONTOSO.into()));
    assert_eq!(names(&query(&bench, ADA, ACCOUNTS).await).len(), 5, "Ada reads one group");
    assert_eq!(names(&query(&bench, MARY, ACCOUNTS).await).len(), 0, "no role: nothing, not 403");
    bench.grant(ACCOUNT, READER, MARY_ID).await;
    assert_eq!(names(&query(&bench, MARY, ACCOUNTS).await), ["chat-one"], "one account alone");
}

#[tokio::test]
async fn columns_are_projected_sorted_and_limited() {
    let bench = Bench::start().await;
    let text = format!(
        "{ACCOUNTS} | where location != 'eastus' | project name, kind, properties.customSubDomainName, end = properties.endpoints, properties['disableLocalAuth'] | order by kind asc, name desc | limit 2"
    );
    let answer = query(&bench, GRACE, &text).await;
    assert_eq!(names(&answer), ["foundry", "other"]);
    let row = &answer["data"][0];
    let keys: Vec<&str> = row.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["end", "kind", "name", "properties_customSubDomainName", "properties_disableLocalAuth"]
    );
    assert!(row["end"]["OpenAI Language Model Instance API"].is_string(), "{row}");
    assert_eq!(row["properties_disableLocalAuth"], Value::Null, "never set");
    let whole = query(&bench, GRACE, &format!("{ACCOUNTS} | where name == 'keyless'")).await;
    assert_eq!(whole["data"][0]["properties"]["disableLocalAuth"], true);
    let within =
        json!({"query": ACCOUNTS, "subscriptions": ["4511f468-b02f-4e36-bdac-a837c715b734"]});
    assert_eq!(names(&ask(&bench, GRACE, within).await.json()).len(), 0, "another subscription");
    let above = json!({"query": ACCOUNTS, "managementGroups": ["contoso-platform"]});
    assert_eq!(names(&ask(&bench, GRACE, above).await.json()).len(), 6, "below the group");
}

#[tokio::test]
async fn containers_and_assignments_have_tables_of_their_own() {
    let bench = Bench::start().await;
    let groups = "resourcecontainers | where type =~ 'microsoft.resources/subscriptions/resourcegroups' | project id, name";
    assert_eq!(names(&query(&bench, GRACE, groups).await), ["rg-chat", "rg-other"]);
    let own = "authorizationresources | where type =~ 'microsoft.authorization/roleassignments' | project id, properties.principalId, name";
    let answer = query(&bench, ADA, own).await;
    assert_eq!(names(&answer), ["b12768b5-897f-446e-b001-08d9ee7921be"]);
    let reply = ask(&bench, GRACE, json!({"query": "secrets | limit 1"})).await;
    assert_eq!(reply.refusal(), (400, "BadRequest".into()));
    assert_eq!(reply.json()["error"]["details"][1]["code"], "DisallowedLogicalTableName");
}

#[tokio::test]
async fn pages_follow_each_other_by_a_token_and_need_an_id() {
    let bench = Bench::start().await;
    let page = async |query: &str, token: &Value| {
        let body = json!({"query": query, "options": {"$top": 4, "$skipToken": token}});
        ask(&bench, GRACE, body).await
    };
    let first = page(ACCOUNTS, &Value::Null).await.json();
    assert_eq!(names(&first).len(), 4);
    assert_eq!((&first["totalRecords"], &first["resultTruncated"]), (&json!(6), &"false".into()));
    let second = page(ACCOUNTS, &first["$skipToken"]).await.json();
    assert_eq!(names(&second), ["private", "other"]);
    assert!(second.get("$skipToken").is_none(), "the last page has no token");
    let other = format!("{ACCOUNTS} | project id, name");
    assert_eq!(page(&other, &first["$skipToken"]).await.status, 400, "a token of another query");
    let bare = page(&format!("{ACCOUNTS} | project name"), &Value::Null).await.json();
    assert_eq!((&bare["resultTruncated"], bare.get("$skipToken")), (&"true".into(), None));
    let limited = page(&format!("{ACCOUNTS} | limit 5"), &Value::Null).await.json();
    assert_eq!((&limited["totalRecords"], limited.get("$skipToken")), (&json!(5), None));
    for wrong in [json!(0), json!(1001), json!("ten")] {
        let body = json!({"query": ACCOUNTS, "options": {"$top": wrong}});
        assert_eq!(ask(&bench, GRACE, body).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn rows_come_as_a_table_where_that_is_asked_for() {
    let bench = Bench::start().await;
    let body = json!({
        "query": format!("{ACCOUNTS} | project name, sku | limit 1"),
        "options": {"resultFormat": "table"},
    });
    let data = &ask(&bench, GRACE, body).await.json()["data"];
    assert_eq!(
        data["columns"],
        json!([{"name": "name", "type": "string"}, {"name": "sku", "type": "object"}])
    );
    assert_eq!(data["rows"], json!([["bare", {"name": "S0"}]]));
}

#[tokio::test]
async fn a_query_that_is_not_understood_is_refused_where_it_goes_wrong() {
    let bench = Bench::start().await;
    let reply = ask(&bench, GRACE, json!({"query": "where where"})).await;
    assert_eq!(reply.refusal(), (400, "BadRequest".into()));
    let error = &reply.json()["error"];
    assert!(
        reply.message().starts_with(
            "Please provide below info when asking for support: timestamp = 2026-11-21T"
        )
    );
    assert!(
        reply.message().contains(reply.header("x-ms-correlation-request-id")),
        "the id in the text is that of the header"
    );
    assert_eq!(error["details"][0]["code"], "InvalidQuery");
    assert_eq!(error["details"][1]["code"], "ParserFailure");
    assert_eq!(
        (&error["details"][1]["line"], &error["details"][1]["characterPositionInLine"]),
        (&json!(1), &json!(11))
    );
    for wrong in [json!({}), json!({"query": ""}), json!({"query": 5})] {
        assert_eq!(ask(&bench, GRACE, wrong).await.refusal(), (400, "BadRequest".into()));
    }
    let path = "/providers/Microsoft.ResourceGraph/resources?api-version=2099-01-01";
    let body = Some(json!({"query": ACCOUNTS}));
    let reply = bench.arm(Method::POST, path, &bench.arm_token(GRACE), body).await;
    assert_eq!(reply.refusal(), (400, "NoRegisteredProviderFound".into()));
}

#[tokio::test]
async fn a_person_may_ask_fifteen_times_in_five_seconds() {
    let bench = Bench::start().await;
    for left in (0..15).rev() {
        let reply = ask(&bench, GRACE, json!({"query": "resources | limit 1"})).await;
        assert_eq!(reply.status, 200, "{left} are left: {}", reply.text);
        assert_eq!(reply.header("x-ms-user-quota-remaining"), left.to_string());
        assert_eq!(reply.header("x-ms-user-quota-resets-after"), "00:00:05");
    }
    bench.pass(2);
    let reply = ask(&bench, GRACE, json!({"query": "resources | limit 1"})).await;
    assert_eq!(reply.refusal(), (429, "RateLimiting".into()));
    assert_eq!(reply.json()["error"]["details"][0]["code"], "RateLimiting");
    assert_eq!(reply.header("x-ms-user-quota-remaining"), "0");
    assert_eq!(reply.header("x-ms-user-quota-resets-after"), "00:00:03");
    assert_eq!(reply.header("retry-after"), "3");
    let reply = ask(&bench, ADA, json!({"query": "resources | limit 1"})).await;
    assert_eq!(reply.status, 200, "another person has a quota of her own");
    bench.pass(3);
    let reply = ask(&bench, GRACE, json!({"query": "resources | limit 1"})).await;
    assert_eq!(reply.status, 200, "five seconds are over");
}

#[tokio::test]
async fn the_index_learns_of_new_roles_late_where_the_scenario_says_so() {
    let bench =
        Bench::start_with(json!({"resource_graph": {"role_known_after_seconds": 3600}})).await;
    bench.grant(GROUP, READER, MARY_ID).await;
    let listed = format!(
        "{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/accounts?api-version=2025-06-01"
    );
    let list = bench.get(MARY, &listed).await.json();
    assert_eq!(list["value"].as_array().map(Vec::len), Some(2), "Resource Manager knows at once");
    assert_eq!(names(&query(&bench, MARY, ACCOUNTS).await).len(), 0, "Resource Graph does not");
    assert_eq!(names(&query(&bench, GRACE, ACCOUNTS).await).len(), 6, "older roles it knows");
    bench.pass(3600);
    assert_eq!(names(&query(&bench, MARY, ACCOUNTS).await).len(), 5, "and later these too");
}

#[tokio::test]
async fn queries_are_denied_where_the_scenario_says_so() {
    let bench = Bench::start_with(json!({"resource_graph": {"denied": true}})).await;
    let reply = ask(&bench, GRACE, json!({"query": ACCOUNTS})).await;
    assert_eq!(reply.refusal(), (403, "AccessDenied".into()));
}
