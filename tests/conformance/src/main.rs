//! `conformance --recorded DIR …`: started by `cargo xtask conformance`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use conformance::exchange::Counterpart;
use conformance::failure_table::{self, Failure};
use conformance::options::Options;
use conformance::parsing;
use conformance::reasons::Reasons;
use conformance::record::{Record, read_folder};
use conformance::report::{
    Decoys, Figures, Operations, Roles, describe_diagnosis, describe_parsing, describe_production,
    describe_reasons, describe_serving,
};
use conformance::roles::{compare_roles, compare_verdicts};
use conformance::serving::{Measure, Serving, compare_records};
use conformance::{diagnosis, examples, production};

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(reason) => return complain(&reason),
    };
    match check(&options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => complain(&reason),
    }
}

fn complain(reason: &str) -> ExitCode {
    eprintln!("conformance: {reason}");
    ExitCode::from(2)
}

/// Checks whatever there is material for; true where everything is as it should be.
async fn check(options: &Options) -> Result<bool, String> {
    let mut figures = Figures::default();
    let mut good = true;
    let (records, broken) = read_records(options.recorded.as_deref())?;
    good &= broken == 0;
    let mut reasons = Reasons::built_in();
    let counterpart = Counterpart::start().await?;
    if options.recorded.is_some() {
        let lines = parsing::read_records(&records).await?;
        println!("{}", describe_parsing(&lines, &mut figures));
        good &= figures.parsed.ok == figures.parsed.all;
        let serving =
            compare_records(&records, &counterpart, &mut reasons, Measure::Record).await?;
        println!("{}", describe_serving("Serving", &serving, &mut figures.operations));
        good &= figures.operations.matched == figures.operations.served;
        let compared = compare_examples(options, &counterpart, &mut reasons).await?;
        good &= compared.matched() == compared.served();
        let examples = compared.lines.iter().map(|line| line.record.clone());
        let names: BTreeSet<String> =
            records.iter().map(|record| record.name.clone()).chain(examples).collect();
        let unused = reasons.unused(&names);
        good &= unused.is_empty();
        println!("{}", describe_reasons(&[&serving, &compared], &unused));
    }
    good &= check_diagnosis(options, &records, &mut figures)?;
    good &= check_production(options, &counterpart, &mut figures).await?;
    good &= check_roles(options, &mut figures)?;
    let text = serde_json::to_string(&figures).map_err(|error| error.to_string())?;
    println!("{text}");
    if let Some(file) = &options.json {
        std::fs::write(file, format!("{text}\n"))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(good)
}

/// Asks the simulator what the examples of the specification ask.
async fn compare_examples(
    options: &Options,
    counterpart: &Counterpart,
    reasons: &mut Reasons,
) -> Result<Serving, String> {
    let Some(folder) = &options.examples else { return Ok(Serving::default()) };
    let mut examples = Vec::new();
    let mut left_out = Vec::new();
    for (name, example) in examples::read_folder(folder)? {
        match example {
            Ok(example) => examples.push(example),
            Err(_) => left_out.push(name),
        }
    }
    let serving = compare_records(&examples, counterpart, reasons, Measure::Example).await?;
    println!("{}", describe_serving("Examples", &serving, &mut Operations::default()));
    println!("Examples: of operations that are not served\n  {}\n", left_out.join(", "));
    Ok(serving)
}

/// Puts the errors of the records, of the quoted answers and of the table, and the decoys, to core.
fn check_diagnosis(
    options: &Options,
    records: &[Record],
    figures: &mut Figures,
) -> Result<bool, String> {
    let (quoted, broken) = read_records(options.quoted.as_deref())?;
    let failures = read_failures(options)?;
    let mut cases = diagnosis::cases_of_table(&failures);
    cases.extend(diagnosis::cases_of_records(records));
    cases.extend(diagnosis::cases_of_records(&quoted));
    cases.extend(diagnosis::cases_of_decoys());
    let found = diagnosis::recognise_all(&cases);
    let listed = diagnosis::listed_rows(&failures);
    println!("{}", describe_diagnosis(&found, &listed));
    figures.failures.listed = listed.len();
    figures.failures.recognised = found.recognised(&listed);
    figures.decoys = Decoys { unknown: found.unknown(), all: found.decoys.len() };
    println!("Diagnosis: {} of {} rows are recognised", figures.failures.recognised, listed.len());
    println!("Decoys: {} of {} are unknown", figures.decoys.unknown, figures.decoys.all);
    Ok(broken == 0 && found.misses.is_empty() && figures.failures.recognised == listed.len())
}

/// Compares the roles that core knows with their definitions.
fn check_roles(options: &Options, figures: &mut Figures) -> Result<bool, String> {
    let Some(file) = &options.roles else { return Ok(true) };
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let found = compare_roles(&text)?;
    for difference in &found.differences {
        println!("  {difference}");
    }
    let wrong: BTreeSet<&str> =
        found.differences.iter().filter_map(|it| it.split(':').next()).collect();
    figures.roles =
        Roles { agree: found.compared.saturating_sub(wrong.len()), all: found.compared };
    println!("{} of the roles grant a chat", found.chat);
    println!("Roles: {} of {} agree", figures.roles.agree, figures.roles.all);
    let verdicts = compare_verdicts(&text)?;
    for difference in &verdicts.differences {
        println!("  {difference}");
    }
    println!("{} roles were put to the verdict", verdicts.asked);
    Ok(found.differences.is_empty() && found.compared > 0 && verdicts.differences.is_empty())
}

/// Brings about every failure that the simulator has a name for.
async fn check_production(
    options: &Options,
    counterpart: &Counterpart,
    figures: &mut Figures,
) -> Result<bool, String> {
    let listed = diagnosis::listed_rows(&read_failures(options)?);
    let productions = production::produce_all(counterpart).await;
    println!("{}", describe_production(&productions));
    let produced: BTreeSet<&String> = productions
        .iter()
        .filter(|production| production.is_right())
        .map(|production| &production.row)
        .filter(|row| listed.contains(*row))
        .collect();
    figures.failures.produced = produced.len();
    let right = productions.iter().filter(|production| production.is_right()).count();
    println!("Production: {right} of {} named failures are recognised", productions.len());
    Ok(right == productions.len())
}

/// The table of failures, empty where none is named.
fn read_failures(options: &Options) -> Result<Vec<Failure>, String> {
    let Some(file) = &options.failures else { return Ok(Vec::new()) };
    let page =
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(failure_table::read(&page))
}

/// The records of a folder, and how many files are none; each of those is told.
fn read_records(folder: Option<&Path>) -> Result<(Vec<Record>, usize), String> {
    let Some(folder) = folder else { return Ok((Vec::new(), 0)) };
    let mut records = Vec::new();
    let mut broken = 0;
    for record in read_folder(folder)? {
        match record {
            Ok(record) => records.push(record),
            Err(reason) => {
                println!("NOT A RECORD: {reason}");
                broken += 1;
            }
        }
    }
    Ok((records, broken))
}
