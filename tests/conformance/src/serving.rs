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
