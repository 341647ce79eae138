//! Serving: does the simulator answer a recorded request as Azure did?

use std::collections::{BTreeMap, BTreeSet};

use crate::exchange::Counterpart;
use crate::headers;
use crate::importer::import;
use crate::operation::{Address, Operation};
use crate::reasons::{Circumstance, Reasons};
use crate::record::{Answer, Body, Record};
use crate::rename::Renaming;
use crate::shape::{Difference, Kind, Shape};

/// What an answer is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A recorded answer: everything must be the same.
    Record,
    /// An example of the specification: what it shows must be there.
    Example,
}

/// What became of one record.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It was not compared, because of this.
    NotUsed(String),
    /// It was compared: each difference with its reason, if there is one.
    Compared(Vec<(Difference, Option<String>)>),
}

/// One record in the report.
#[derive(Debug)]
pub struct Line {
    /// The record.
    pub record: String,
    /// The operation, as the simulator calls it where it serves it.
    pub operation: String,
    /// What became of it.
    pub outcome: Outcome,
}

impl Line {
    /// How many differences have a reason.
    pub fn reasoned(&self) -> usize {
        match &self.outcome {
            Outcome::NotUsed(_) => 0,
            Outcome::Compared(found) => found.iter().filter(|(_, why)| why.is_some()).count(),
        }
    }

    /// The differences that nothing explains.
    pub fn unexplained(&self) -> Vec<&Difference> {
        match &self.outcome {
            Outcome::NotUsed(_) => Vec::new(),
            Outcome::Compared(found) => found
                .iter()
                .filter(|(_, reason)| reason.is_none())
                .map(|(difference, _)| difference)
                .collect(),
        }
    }
}

/// Everything that serving found.
#[derive(Debug, Default)]
pub struct Serving {
    /// One line a record.
    pub lines: Vec<Line>,
    /// Operations of the simulator that no record asked for.
    pub without_record: Vec<String>,
}

impl Serving {
    /// How many operations the simulator serves that a record asks for.
    pub fn served(&self) -> usize {
        self.operations().len()
    }

    /// How many of them have no unexplained difference.
    pub fn matched(&self) -> usize {
        self.operations().values().filter(|differences| **differences == 0).count()
    }

    /// The number of unexplained differences of each operation that was compared.
    pub fn operations(&self) -> BTreeMap<&str, usize> {
        let mut found = BTreeMap::new();
        for line in &self.lines {
            if matches!(line.outcome, Outcome::Compared(_)) {
                *found.entry(line.operation.as_str()).or_default() += line.unexplained().len();
            }
        }
        found
    }
}

/// Asks the simulator everything that was recorded.
///
/// # Errors
/// When the simulator cannot be asked at all.
pub async fn compare_records(
    records: &[Record],
    counterpart: &Counterpart,
    reasons: &mut Reasons,
    measure: Measure,
) -> Result<Serving, String> {
    let roles = counterpart.built_in_roles().await?;
    let mut serving = Serving::default();
    for record in records {
        serving.lines.push(compare_record(record, counterpart, reasons, &roles, measure).await?);
    }
    let asked: BTreeSet<&str> = serving
        .lines
        .iter()
        .filter(|line| matches!(line.outcome, Outcome::Compared(_)))
        .map(|line| line.operation.as_str())
        .collect();
    serving.without_record = simulator::operations()
        .into_iter()
        .filter(|name| !asked.contains(name))
        .map(str::to_owned)
        .collect();
    Ok(serving)
}

async fn compare_record(
    record: &Record,
    counterpart: &Counterpart,
    reasons: &mut Reasons,
    roles: &BTreeSet<String>,
    measure: Measure,
) -> Result<Line, String> {
    let mut kept_ids = roles.clone();
    kept_ids.insert("04b07795-8ddb-461a-bbee-02f9e1bf7b46".to_owned());
    let renamed = Renaming::of(record, &kept_ids).apply(record);
    let not_used = |operation: &str, why: &str| Line {
        record: record.name.clone(),
        operation: operation.to_owned(),
        outcome: Outcome::NotUsed(why.to_owned()),
    };
    let Some(request) = &renamed.request else {
        return Ok(not_used(&record.hint, "the request was not recorded"));
    };
    let operation = Operation::of(request);
    let setting = match import(&renamed, &operation, roles) {
        Ok(setting) => setting,
        Err(why) => return Ok(not_used(&operation.name, why)),
    };
    let served = match counterpart.ask(&setting, &operation).await {
        Ok(served) => served,
        Err(reason) => {
            let lost =
                Difference { place: "answer".to_owned(), kind: Kind::Missing, detail: reason };
            return Ok(Line {
                record: record.name.clone(),
                operation: operation.name,
                outcome: Outcome::Compared(vec![(lost, None)]),
            });
        }
    };
    let Some(name) = served.operation else {
        return Ok(not_used(&operation.name, "the simulator does not serve it"));
    };
    let version = Address::of(&request.url).parameter("api-version");
    let at = Circumstance { operation: &name, version: version.as_deref() };
    let found = match measure {
        Measure::Record => differences(&record.answer, &served.answer),
        Measure::Example => lacks(&record.answer, &served.answer),
    };
    let found = found
        .into_iter()
        .filter(|difference| !record.answer.trimmed || is_told_by_a_cut_list(difference))
        .map(|difference| {
            let reason = reasons.find(at, &difference).map(str::to_owned);
            (difference, reason)
        })
        .collect();
    Ok(Line { record: record.name.clone(), operation: name, outcome: Outcome::Compared(found) })
}

/// A recorder that cut a list took away what the other items had.
fn is_told_by_a_cut_list(difference: &Difference) -> bool {
    difference.kind == Kind::Missing || !difference.place.contains("[]")
}

/// Everything in which an answer differs from the recorded one. Where the status differs, the
/// bodies are of different kinds, and comparing them would only repeat it.
pub fn differences(recorded: &Answer, served: &Answer) -> Vec<Difference> {
    if recorded.status != served.status {
        let say = |status: Option<u16>| status.map_or("none".to_owned(), |code| code.to_string());
        return vec![Difference {
            place: "status".to_owned(),
            kind: Kind::Other,
            detail: format!(
                "recorded {}, served {} {}",
                say(recorded.status),
                say(served.status),
                served.body.to_text().chars().take(300).collect::<String>()
            ),
        }];
    }
    let mut found = headers::differences(&recorded.headers, &served.headers);
    found.extend(Shape::of(&recorded.body).differences(&Shape::of(&served.body)));
    found.extend(code_difference(&recorded.body, &served.body));
    found
}

/// What an example shows and the answer lacks, or has with another type.
pub fn lacks(example: &Answer, served: &Answer) -> Vec<Difference> {
    if example.status != served.status {
        return differences(example, served);
    }
    let (shown, served) = (Shape::of(&example.body), Shape::of(&served.body));
    let mut found = shown.missing_from(&served);
    found.extend(shown.contradictions(&served));
    found
}

/// The code of an error is a constant, so its value counts.
fn code_difference(recorded: &Body, served: &Body) -> Option<Difference> {
    let code = |body: &Body| {
        let json = body.json()?;
        let code =
            ["/error/code", "/Error/Code", "/error"].iter().find_map(|at| json.pointer(at))?;
        code.as_str().map(str::to_owned)
    };
    let (recorded, served) = (code(recorded)?, code(served)?);
    (recorded != served).then(|| Difference {
        place: "error code".to_owned(),
        kind: Kind::Other,
        detail: format!("recorded {recorded}, served {served}"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::reasons::Reason;

    const TENANT: &str = "1d0f5a3e-7b64-4c1a-9f0d-2f6b8e4c7a91";
    const SUBSCRIPTION: &str = "8e2c4b6a-1f3d-4a5b-8c7d-9e0f1a2b3c4d";

    fn record(url: &str, status: u16, body: &Value) -> Record {
        let headers = json!({
            "x-ms-request-id": TENANT, "x-ms-correlation-request-id": TENANT,
        });
        let text = json!({
            "request": {"method": "GET", "url": url, "body": null},
            "response": {"status": status, "headers": headers, "body": body},
        });
        Record::read("hand-made", &text.to_string()).expect("a request and a response")
    }

    fn subscription() -> Value {
        json!({
            "id": format!("/subscriptions/{SUBSCRIPTION}"), "subscriptionId": SUBSCRIPTION,
            "tenantId": TENANT, "displayName": "One", "state": "Enabled",
            "authorizationSource": "RoleBased", "managedByTenants": [],
            "tags": {"team": "blue"},
            "subscriptionPolicies": {"locationPlacementId": "a", "quotaId": "b", "spendingLimit": "Off"},
        })
    }

    async fn compare(record: Record, reasons: Vec<Reason>) -> Serving {
        let counterpart = Counterpart::start().await.expect("a port of loopback");
        compare_records(&[record], &counterpart, &mut Reasons::of(reasons), Measure::Record)
            .await
            .expect("the simulator can be asked")
    }

    fn url() -> String {
        format!("https://management.azure.com/subscriptions/{SUBSCRIPTION}?api-version=2022-12-01")
    }

    #[tokio::test]
    async fn a_true_record_matches_and_counts_its_operation() {
        let serving = compare(record(&url(), 200, &subscription()), Vec::new()).await;
        assert_eq!((serving.matched(), serving.served()), (1, 1), "{:?}", serving.lines);
        assert!(
            serving.without_record.contains(&"tenants.list".to_owned()),
            "it was not asked for"
        );
    }

    #[tokio::test]
    async fn a_member_that_azure_tells_and_the_simulator_does_not_is_a_difference() {
        let mut body = subscription();
        body["promotions"] = json!([]);
        let serving = compare(record(&url(), 200, &body), Vec::new()).await;
        let places: Vec<_> =
            serving.lines[0].unexplained().iter().map(|difference| difference.headline()).collect();
        assert_eq!((serving.matched(), places), (0, vec!["missing $.promotions".to_owned()]));
        let reason = Reason {
            operation: "subscriptions.get".to_owned(),
            place: "$.promotions".to_owned(),
            difference: "missing".to_owned(),
            before_version: None,
            detail: None,
            reason: "nobody needs it".to_owned(),
            seen_in: "hand-made".to_owned(),
        };
        let serving = compare(record(&url(), 200, &body), vec![reason]).await;
        assert_eq!(serving.matched(), 1, "a reason explains it");
    }

    #[tokio::test]
    async fn what_is_missing_in_the_record_is_missing_in_the_world() {
        let body =
            json!({"error": {"code": "SubscriptionNotFound", "message": "It is not there."}});
        let serving = compare(record(&url(), 404, &body), Vec::new()).await;
        assert_eq!(serving.matched(), 1, "{:?}", serving.lines);
        let other = json!({"error": {"code": "SomethingElse", "message": "It is not there."}});
        let serving = compare(record(&url(), 404, &other), Vec::new()).await;
        assert_eq!(serving.matched(), 0, "the code of an error counts");
    }

    #[tokio::test]
    async fn an_operation_of_another_service_is_not_compared() {
        let url = "https://management.azure.com/subscriptions/s/providers/Microsoft.Compute/disks?api-version=1";
        let serving = compare(record(url, 200, &json!({"value": []})), Vec::new()).await;
        assert!(matches!(serving.lines[0].outcome, Outcome::NotUsed(_)), "{:?}", serving.lines);
        assert_eq!(serving.served(), 0);
    }
}
