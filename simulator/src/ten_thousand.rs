//! The generated scenario `ten-thousand`: what somebody sees who works for a large company and is a
//! guest of its subsidiaries. The same on every run.

use std::ops::Range;

use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const NAME: &str = "ten-thousand";

const TENANTS: usize = 12;
const SUBSCRIPTIONS: usize = 2_000;
/// Every so many subscriptions one holds a hundred accounts.
const CROWDED: usize = 40;
const TEAMS_OF_TENANT: usize = 10;
const PEOPLE_OF_TENANT: usize = 20;
const REGIONS: [&str; 4] = ["swedencentral", "westeurope", "eastus", "eastus2"];
const MODELS: [&str; 3] = ["gpt-4o-mini", "gpt-4.1-mini", "text-embedding-3-small"];

/// The scenario in the form of a scenario file.
pub(crate) fn describe() -> Value {
    let tenants: Vec<Tenant> = (0..TENANTS).map(|number| Tenant { number }).collect();
    let mut assignments: Vec<Value> = tenants.iter().flat_map(Tenant::assignments).collect();
    let mut subscriptions = Vec::with_capacity(SUBSCRIPTIONS);
    let mut first_account = 0;
    for number in 0..SUBSCRIPTIONS {
        let accounts = first_account..first_account + count_accounts(number);
        first_account = accounts.end;
        let one = Subscription { number, tenant: &tenants[number % TENANTS], accounts };
        assignments.extend(one.assignments());
        subscriptions.push(one.describe());
    }
    json!({
        "name": NAME,
        "about": "Ten thousand accounts in two thousand subscriptions of twelve tenants.",
        "tenants": tenants.iter().map(Tenant::describe).collect::<Vec<_>>(),
        "users": users(&tenants),
        "groups": tenants.iter().flat_map(Tenant::groups).collect::<Vec<_>>(),
        "management_groups": tenants.iter().map(|one| json!({"name": one.slug()})).collect::<Vec<_>>(),
        "subscriptions": subscriptions,
        "assignments": assignments,
    })
}

/// Fifty subscriptions hold a hundred accounts each, the others two or three: together ten thousand.
fn count_accounts(subscription: usize) -> usize {
    match subscription {
        number if number % CROWDED == 0 => 100,
        number if number % CROWDED <= 22 => 3,
        _ => 2,
    }
}

/// One of the companies; the first is where Ada works.
struct Tenant {
    number: usize,
}

impl Tenant {
    fn id(&self) -> String {
        id_of(&format!("tenant {}", self.number))
    }

    /// Its management group and the first label of its domain.
    fn slug(&self) -> String {
        match self.number {
            0 => "contoso".to_owned(),
            number => format!("contoso-{number:02}"),
        }
    }

    fn domain(&self) -> String {
        format!("{}.example", self.slug())
    }

    fn describe(&self) -> Value {
        let name = match self.number {
            0 => "Contoso".to_owned(),
            number => format!("Contoso {number:02}"),
        };
        json!({"id": self.id(), "name": name, "domains": [self.domain()]})
    }

    fn person(&self, number: usize) -> String {
        id_of(&format!("person {number} of {}", self.number))
    }

    fn team(&self, number: usize) -> String {
        id_of(&format!("team {number} of {}", self.number))
    }

    /// Everybody from Ada on, and teams that hold two people each.
    fn groups(&self) -> Vec<Value> {
        let group = |id: String, name: String, members: Vec<String>| json!({"id": id, "tenant": self.id(), "name": name, "members": members});
        let mut groups = vec![group(
            self.team(TEAMS_OF_TENANT),
            "Developers".to_owned(),
            (0..PEOPLE_OF_TENANT).map(|number| self.person(number)).collect(),
        )];
        groups.extend((0..TEAMS_OF_TENANT).map(|team| {
            let members = [2 * team, 2 * team + 1].map(|number| self.person(number));
            group(self.team(team), format!("Team {team}"), members.into())
        }));
        groups
    }

    /// All developers may read everything; the last person owns it.
    fn assignments(&self) -> [Value; 2] {
        let scope = format!("/providers/Microsoft.Management/managementGroups/{}", self.slug());
        [
            assignment(&self.team(TEAMS_OF_TENANT), "Reader", &scope),
            assignment(&self.person(PEOPLE_OF_TENANT - 1), "Owner", &scope),
        ]
    }
}

/// Ada, who is known in every tenant, and everybody's colleagues.
fn users(tenants: &[Tenant]) -> Vec<Value> {
    let ada: serde_json::Map<String, Value> =
        tenants.iter().map(|tenant| (tenant.id(), json!(tenant.person(0)))).collect();
    let mut users = vec![json!({
        "upn": "ada@contoso.example", "given_name": "Ada", "family_name": "Lovelace",
        "home": tenants[0].id(), "object_ids": ada,
    })];
    for tenant in tenants {
        users.extend((1..PEOPLE_OF_TENANT).map(|number| {
            json!({
                "upn": format!("person-{number}@{}", tenant.domain()),
                "given_name": "Person", "family_name": number.to_string(),
                "home": tenant.id(), "object_ids": {tenant.id(): tenant.person(number)},
            })
        }));
    }
    users
}

/// One of a tenant's subscriptions, with the numbers of its accounts.
struct Subscription<'a> {
    number: usize,
    tenant: &'a Tenant,
    accounts: Range<usize>,
}

impl Subscription<'_> {
    fn id(&self) -> String {
        id_of(&format!("subscription {}", self.number))
    }

    fn group(&self) -> String {
        format!("rg-project-{:04}", self.number)
    }

    fn describe(&self) -> Value {
        let region = REGIONS[self.number % REGIONS.len()];
        let accounts: Vec<Value> =
            self.accounts.clone().map(|number| describe_account(number, region)).collect();
        json!({
            "id": self.id(),
            "name": format!("Project {:04}", self.number),
            "tenant": self.tenant.id(),
            "management_group": self.tenant.slug(),
            "resource_groups": [
                {"name": self.group(), "location": region, "accounts": accounts},
                {"name": "rg-network", "location": region},
            ],
        })
    }

    /// A team contributes to the subscription and chats with its first account.
    fn assignments(&self) -> [Value; 2] {
        let team = self.tenant.team(self.number / TENANTS % TEAMS_OF_TENANT);
        let subscription = format!("/subscriptions/{}", self.id());
        let account = format!(
            "{subscription}/resourceGroups/{}/providers/Microsoft.CognitiveServices/accounts/{}",
            self.group(),
            account_name(self.accounts.start)
        );
        [
            assignment(&team, "Contributor", &subscription),
            assignment(&team, "Cognitive Services OpenAI User", &account),
        ]
    }
}

/// Of five accounts three are of OpenAI, one of Foundry, and one has nothing to do with chat.
fn describe_account(number: usize, region: &str) -> Value {
    let kind = ["OpenAI", "OpenAI", "AIServices", "OpenAI", "SpeechServices"][number % 5];
    let name = account_name(number);
    let deployments: Vec<Value> = MODELS[..number % 4 % 3 + 1]
        .iter()
        .filter(|_| kind != "SpeechServices")
        .map(|model| json!({"name": model, "model": model}))
        .collect();
    json!({
        "name": name, "kind": kind, "location": region, "subdomain": name, "deployments": deployments,
    })
}

fn assignment(principal: &str, role: &str, scope: &str) -> Value {
    let name = id_of(&format!("{principal} {role} {scope}"));
    json!({"name": name, "principal": principal, "role": role, "scope": scope})
}

fn account_name(number: usize) -> String {
    format!("ai-{number:05}")
}

/// A GUID that is the same on every run (RFC 9562, version 5).
fn id_of(what: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("https://{NAME}.example/{what}").as_bytes())
        .to_string()
}
