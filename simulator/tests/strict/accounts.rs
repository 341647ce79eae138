//! Tenants, subscriptions, accounts, deployments: who sees what, in pages, by version.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bench::{
    ACCOUNT, ADA, ARM, Bench, CONTOSO, FABRIKAM, GRACE, GROUP, LINUS, MARY, SUBSCRIPTION,
};

fn names(list: &Value) -> Vec<String> {
    let items = list["value"].as_array().expect("a list has a value");
    let name = |item: &Value| {
        item["displayName"].as_str().or(item["name"].as_str()).unwrap_or_default().to_owned()
    };
    items.iter().map(name).collect()
}

#[tokio::test]
async fn tenants_lists_every_tenant_and_tells_only_of_its_own() {
    let bench = Bench::start().await;
    let list = bench.get(ADA, "/tenants?api-version=2022-12-01").await.json();
    let tenants = list["value"].as_array().expect("a list");
    assert_eq!(tenants.len(), 2, "home and guest");
    let find = |id: &str| {
        tenants.iter().find(|one| one["tenantId"] == id).expect("both tenants are listed")
    };
    assert_eq!(find(CONTOSO)["displayName"], "Contoso");
    let foreign = find(FABRIKAM).as_object().expect("an object");
    assert_eq!(foreign.len(), 3, "of a foreign tenant only id, tenantId and tenantCategory");
    let list = bench.get(GRACE, "/tenants?api-version=2022-12-01").await.json();
    assert_eq!(list["value"].as_array().map(Vec::len), Some(1), "a person of one tenant");
}

#[tokio::test]
async fn subscriptions_are_those_of_the_tokens_tenant_in_which_one_has_a_role() {
    let bench = Bench::start().await;
    let path = "/subscriptions?api-version=2022-12-01";
    assert_eq!(
        names(&bench.get(ADA, path).await.json()),
        ["Development"],
        "a role at a resource group is enough"
    );
    assert_eq!(
        names(&bench.get(MARY, path).await.json()),
        Vec::<String>::new(),
        "no role, 200 and nothing"
    );
    let guest = bench.simulator.issue_token(ADA, FABRIKAM, ARM);
    assert_eq!(
        names(&bench.arm(Method::GET, path, &guest, None).await.json()),
        Vec::<String>::new()
    );
    let linus = bench.simulator.issue_token(LINUS, FABRIKAM, ARM);
    assert_eq!(names(&bench.arm(Method::GET, path, &linus, None).await.json()), ["Fabrikam"]);
}

#[tokio::test]
async fn lists_come_in_pages_that_together_hold_everything_once() {
    let bench = Bench::start().await;
    let token = bench.arm_token(GRACE);
    for (path, expected) in [
        (
            "/subscriptions?api-version=2022-12-01".to_owned(),
            vec!["Development", "Production", "Finance"],
        ),
        (
            format!(
                "{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/accounts?api-version=2025-06-01"
            ),
            vec!["chat-one", "foundry", "bare", "private", "keyless", "other"],
        ),
        (
            format!("{ACCOUNT}/deployments?api-version=2025-06-01"),
            vec!["mini", "thinker", "vectors"],
        ),
    ] {
        let mut found = Vec::new();
        let mut next = Some(format!("{}{path}", bench.simulator.addresses().arm));
        while let Some(url) = next {
            let page = bench.send(Method::GET, &url, Some(&token), None).await.json();
            assert!(
                page["value"].as_array().is_some_and(|items| (1..=2).contains(&items.len())),
                "the page size is 2"
            );
            found.extend(names(&page));
            next = page["nextLink"].as_str().map(str::to_owned);
            if let Some(link) = &next {
                assert!(
                    link.starts_with(&bench.simulator.addresses().arm),
                    "absolute, same host: {link}"
                );
                assert!(link.contains("api-version="), "the version is in it: {link}");
            }
        }
        assert_eq!(found, expected, "{path}");
    }
}

#[tokio::test]
async fn a_skip_token_is_good_for_its_own_list_only() {
    let bench = Bench::start().await;
    let subscriptions = bench.get(GRACE, "/subscriptions?api-version=2022-12-01").await.json();
    assert_eq!(subscriptions["count"]["value"], 3, "the count is of all pages");
    let link = subscriptions["nextLink"].as_str().expect("there is a second page");
    let token = link.split("skiptoken=").nth(1).expect("the link has a token");
    for token in [token, "2", ""] {
        let path =
            format!("{SUBSCRIPTION}/resourcegroups?api-version=2021-04-01&$skiptoken={token}");
        assert_eq!(
            bench.get(GRACE, &path).await.status,
            400,
            "'{token}' was not given out for this list"
        );
    }
}

#[tokio::test]
async fn a_list_holds_only_what_one_may_read_and_a_stranger_is_refused() {
    let bench = Bench::start_with(json!({"page_size": 50})).await;
    let path = format!(
        "{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/accounts?api-version=2025-06-01"
    );
    let seen = names(&bench.get(ADA, &path).await.json());
    assert_eq!(
        seen,
        ["chat-one", "foundry", "bare", "private", "keyless"],
        "not the other group's account"
    );
    let reply = bench.get(MARY, &path).await;
    assert_eq!(reply.refusal(), (403, "AuthorizationFailed".into()));
    assert_eq!(
        reply.message(),
        format!(
            "The client '{MARY}' with object id '{}' does not have authorization to perform action 'Microsoft.CognitiveServices/accounts/read' over scope '{SUBSCRIPTION}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            crate::bench::MARY_ID
        )
    );
    let other = format!(
        "{SUBSCRIPTION}/resourceGroups/rg-other/providers/Microsoft.CognitiveServices/accounts/other"
    );
    for path in [
        format!("{other}?api-version=2025-06-01"),
        format!("{other}/deployments?api-version=2025-06-01"),
        format!("{other}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"),
        format!("{SUBSCRIPTION}/resourceGroups/rg-other?api-version=2021-04-01"),
    ] {
        assert_eq!(
            bench.get(ADA, &path).await.refusal(),
            (403, "AuthorizationFailed".into()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn endpoints_follow_kind_and_subdomain() {
    let bench = Bench::start_with(json!({"page_size": 50})).await;
    let openai = bench.simulator.addresses().openai;
    let path =
        format!("{GROUP}/providers/Microsoft.CognitiveServices/accounts?api-version=2025-06-01");
    let list = bench.get(ADA, &path).await.json();
    let account = |name: &str| {
        let all = list["value"].as_array().expect("a list");
        all.iter().find(|one| one["name"] == name).expect("the account is listed")["properties"]
            .clone()
    };
    let chat = "OpenAI Language Model Instance API";
    let one = account("chat-one");
    assert_eq!(one["endpoint"], format!("{openai}/chat-one/"), "the subdomain is lower case");
    assert_eq!(
        (&one["endpoints"][chat], &one["customSubDomainName"]),
        (&one["endpoint"], &"chat-one".into())
    );
    assert!(one["disableLocalAuth"].is_null(), "absent means false");
    let foundry = account("foundry");
    assert_eq!(
        foundry["endpoints"][chat],
        format!("{openai}/foundry/"),
        "chat is under the OpenAI label"
    );
    assert_ne!(
        foundry["endpoint"], foundry["endpoints"][chat],
        "and not at the account's own endpoint"
    );
    assert!(foundry.to_string().len() > 15_000, "an AIServices account is a big body");
    let bare = account("bare");
    assert!(bare["customSubDomainName"].is_null(), "absent, not null");
    assert_eq!(bare["endpoints"][chat], bare["endpoint"], "the region's endpoint");
    assert_eq!(account("keyless")["disableLocalAuth"], true);
}

#[tokio::test]
async fn a_deployment_says_as_text_whether_it_can_chat() {
    let bench = Bench::start().await;
    let get = |name: &str| format!("{ACCOUNT}/deployments/{name}?api-version=2025-06-01");
    let mini = bench.get(ADA, &get("mini")).await.json();
    assert_eq!(
        mini["properties"]["capabilities"]["chatCompletion"], "true",
        "a string, not a boolean"
    );
    assert_eq!(mini["properties"]["model"]["version"], "2024-07-18");
    let vectors = bench.get(ADA, &get("vectors")).await.json();
    assert!(vectors["properties"]["capabilities"]["chatCompletion"].is_null());
    let reply = bench.get(ADA, &get("nothing")).await;
    assert_eq!(reply.refusal(), (404, "NotFound".into()));
    assert_eq!(
        reply.message(),
        format!("Specified resource '{ACCOUNT}/deployments/nothing' cannot be found.")
    );
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let bench = Bench::start().await;
    for (path, code) in [
        (
            "/subscriptions/00000000-0000-4000-8000-000000000000?api-version=2022-12-01".to_owned(),
            "SubscriptionNotFound",
        ),
        (
            format!("{SUBSCRIPTION}/resourceGroups/none?api-version=2021-04-01"),
            "ResourceGroupNotFound",
        ),
        (
            format!(
                "{GROUP}/providers/Microsoft.CognitiveServices/accounts/none?api-version=2025-06-01"
            ),
            "ResourceNotFound",
        ),
    ] {
        assert_eq!(bench.get(GRACE, &path).await.refusal(), (404, code.into()), "{path}");
    }
}

#[tokio::test]
async fn a_version_is_required_and_must_be_one_that_exists() {
    let bench = Bench::start().await;
    for (path, code) in [
        ("/tenants".to_owned(), "MissingApiVersionParameter"),
        ("/tenants?api-version=".to_owned(), "MissingApiVersionParameter"),
        ("/tenants?api-version=2099-01-01".to_owned(), "InvalidApiVersionParameter"),
        ("/subscriptions?api-version=2025-06-01".to_owned(), "InvalidApiVersionParameter"),
        (format!("{ACCOUNT}?api-version=2022-04-01"), "NoRegisteredProviderFound"),
        (format!("{ACCOUNT}?api-version=latest"), "InvalidApiVersionParameter"),
        (format!("{ACCOUNT}?api-version=2025-06-01-beta"), "InvalidApiVersionParameter"),
        (
            format!(
                "{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments?api-version=2025-06-01"
            ),
            "NoRegisteredProviderFound",
        ),
    ] {
        assert_eq!(bench.get(GRACE, &path).await.refusal(), (400, code.into()), "{path}");
    }
    let reply = bench.get(GRACE, &format!("{ACCOUNT}?api-version=2022-04-01")).await;
    assert!(
        reply.message().contains("2025-06-01"),
        "the refusal lists what there is: {}",
        reply.message()
    );
    for version in ["2023-05-01", "2025-06-01", "2025-09-01", "2026-05-15-preview"] {
        let path = format!("{ACCOUNT}?api-version={version}");
        assert_eq!(bench.get(GRACE, &path).await.status, 200, "real clients send {version}");
    }
}

#[tokio::test]
async fn paths_do_not_mind_case_or_an_empty_segment() {
    let bench = Bench::start().await;
    let shouted = format!("{}?api-version=2025-06-01", ACCOUNT.to_uppercase());
    let reply = bench.get(ADA, &shouted).await.json();
    assert_eq!(reply["id"], ACCOUNT, "the answer has the case in which the account was created");
    let path = format!(
        "{}/providers/Microsoft.Authorization/permissions?API-VERSION=2022-04-01",
        ACCOUNT
            .replace("CognitiveServices/accounts", "CognitiveServices//accounts")
            .replace("resourceGroups", "resourcegroups")
    );
    assert_eq!(
        bench.get(ADA, &path).await.status,
        200,
        "the swagger's own path has an empty segment"
    );
}

#[tokio::test]
async fn every_answer_carries_the_headers_of_resource_manager() {
    let bench = Bench::start().await;
    for path in ["/tenants?api-version=2022-12-01", "/tenants"] {
        let reply = bench.get(ADA, path).await;
        let id = reply.header("x-ms-request-id").to_owned();
        assert!(!id.is_empty(), "{path}");
        assert_eq!(reply.header("x-ms-correlation-request-id"), id);
        assert_eq!(
            reply.header("x-ms-routing-request-id"),
            format!("SWEDENCENTRAL:20261121T090000Z:{id}")
        );
        assert_eq!(
            reply.header("date"),
            "Sat, 21 Nov 2026 09:00:00 GMT",
            "by the simulator's clock"
        );
        assert_eq!(reply.header("x-ms-ratelimit-remaining-tenant-reads"), "249");
        assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    }
}

#[tokio::test]
async fn a_request_that_no_route_knows_is_flagged() {
    let bench = Bench::start().await;
    let token = bench.arm_token(GRACE);
    bench.get(GRACE, "/tenants?api-version=2022-12-01").await;
    assert!(!bench.simulator.history()[0].unknown);
    for (method, path) in [
        (Method::GET, "/subscription?api-version=2022-12-01".to_owned()),
        (Method::POST, format!("{ACCOUNT}/listKeys?api-version=2025-06-01")),
        (Method::DELETE, format!("{ACCOUNT}?api-version=2025-06-01")),
        (
            Method::GET,
            format!(
                "{SUBSCRIPTION}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
            ),
        ),
        (Method::GET, format!("{ACCOUNT}/deployment?api-version=2025-06-01")),
    ] {
        let reply = bench.arm(method.clone(), &path, &token, None).await;
        assert_eq!(reply.status, 404, "{method} {path}");
        let entry = bench.simulator.history().pop().expect("it was recorded");
        assert!(entry.unknown && entry.operation == "unknown", "{method} {path}");
    }
    let base = bench.simulator.addresses().arm.replace("/arm", "/elsewhere");
    assert_eq!(bench.send(Method::GET, &base, None, None).await.status, 404);
    assert!(
        bench.simulator.history().pop().is_some_and(|entry| entry.unknown),
        "no service lives there"
    );
}
