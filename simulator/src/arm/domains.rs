//! Custom subdomains: whether one is free, and setting it, which cannot be undone.

use http::StatusCode;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::place::{Place, ScopePath};
use super::{Ask, accounts, unknown_route};
use crate::answer::Answer;
use crate::clock::arm_time;
use crate::world::World;

const CHECK: &str = "Microsoft.CognitiveServices/checkDomainAvailability/action";
const WRITE: &str = "Microsoft.CognitiveServices/accounts/write";

/// `POST …/checkDomainAvailability`: 200 either way (quoted: `cog.checkDomainAvailability__200`).
pub(super) fn check(place: &Place<'_>, ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    ask.require(world, &place.id(), CHECK)?;
    let body: Value = serde_json::from_slice(&ask.call.body).unwrap_or_default();
    let name = body["subdomainName"].as_str().unwrap_or_default();
    let reason = if !is_valid(name) {
        Some(format!("Sub domain name '{name}' is not valid"))
    } else if world.scenario.account_by_subdomain(name).is_some() {
        Some(format!("Sub domain name '{name}' is already used. Please pick a different name."))
    } else {
        None
    };
    Ok(Answer::json(
        StatusCode::OK,
        &json!({
            "isSubdomainAvailable": reason.is_none(),
            "reason": reason,
            "subdomainName": name,
            "type": body["type"],
        }),
    ))
}

/// `PATCH …/accounts/{name}` with a subdomain: 200, or 202 where the change takes its time
/// (recorded: `cog.account.PATCH__200__other-customSubDomainName`, `…PATCH__202__…`).
pub(super) fn update(path: &ScopePath, ask: &Ask<'_>, world: &mut World) -> Result<Answer, Answer> {
    let place = ask.find(path, Some(WRITE), world)?;
    let id = place.id();
    ask.require(world, &id, WRITE)?;
    let (Some(subscription), Place::Account(_, _, account)) = (place.subscription(), place) else {
        return Err(unknown_route(ask.call));
    };
    let name = wanted(ask)?;
    let known = account.subdomain.as_ref().map(|known| known.to_lowercase());
    check_change(&name, known.as_deref(), world)?;
    let (subscription, location) = (subscription.id.clone(), account.region());
    let seconds = world.scenario.account_changed_after_seconds;
    let until = ask.now + Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX));
    world.scenario.name_account(path, &name, until);
    let operation = (seconds > 0 && known.is_none()).then(|| world.begin_operation(ask.now, until));
    let place = Place::find(path, world)?;
    let body = accounts::describe_place(&place, ask);
    let Some(operation) = operation else { return Ok(Answer::body(StatusCode::OK, &body)) };
    let address = format!(
        "{}/subscriptions/{subscription}/providers/Microsoft.CognitiveServices/locations/{location}/operationResults/{operation}?api-version=2017-04-18",
        ask.site.addresses.arm
    );
    let result = format!("{address}&operationResultResponseType=Location");
    let answer = Answer::body(StatusCode::ACCEPTED, &body);
    Ok(answer.with("azure-asyncoperation", address).with("location", result))
}

/// `GET …/locations/{location}/operationResults/{id}` (recorded: `cog.operationResults__200`).
pub(super) fn read_operation(
    path: &ScopePath,
    (location, id): (&str, &str),
    ask: &Ask<'_>,
    world: &World,
) -> Result<Answer, Answer> {
    let place = ask.find(path, None, world)?;
    let operation = Uuid::parse_str(id).ok().and_then(|id| world.operation(id));
    let (begun, until) = operation.ok_or_else(|| {
        Answer::error(StatusCode::NOT_FOUND, "NotFound", "The operation result cannot be found.")
    })?;
    let mut body = json!({
        "id": format!(
            "{}/providers/Microsoft.CognitiveServices/locations/{location}/operationResults/{id}",
            place.id()
        ),
        "name": id,
        "status": if until <= ask.now { "Succeeded" } else { "Updating" },
        "startTime": arm_time(begun),
    });
    if until <= ask.now {
        body["endTime"] = json!(arm_time(until));
    }
    Ok(Answer::json(StatusCode::OK, &body))
}

/// Whether the service is still at it.
pub(super) fn is_changing(until: Option<OffsetDateTime>, now: OffsetDateTime) -> bool {
    until.is_some_and(|until| until > now)
}

/// The subdomain that the body asks for; other changes of an account are not played.
fn wanted(ask: &Ask<'_>) -> Result<String, Answer> {
    let body: Value = serde_json::from_slice(&ask.call.body).map_err(|error| {
        Answer::error(
            StatusCode::BAD_REQUEST,
            "InvalidRequestContent",
            format!("The request content was invalid and could not be deserialized: '{error}'."),
        )
    })?;
    let properties = body["properties"].as_object().map_or(0, serde_json::Map::len);
    let name = body["properties"]["customSubDomainName"].as_str().filter(|_| properties == 1);
    name.map(str::to_lowercase).ok_or_else(|| unknown_route(ask.call))
}

/// Bodies: quoted `cog.account.PUT__400__CustomDomainInvalid` and `…409__CustomDomainInUse`. What
/// Azure says of a second name for one account is in no record; that it refuses is documented.
fn check_change(name: &str, known: Option<&str>, world: &World) -> Result<(), Answer> {
    if !is_valid(name) {
        return Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "CustomDomainInvalid",
            format!("Sub domain name '{name}' is not valid."),
        ));
    }
    match known {
        Some(known) if known == name => Ok(()),
        Some(_) => Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "The custom subdomain name of an account cannot be changed.",
        )),
        None if world.scenario.account_by_subdomain(name).is_some() => Err(Answer::error(
            StatusCode::CONFLICT,
            "CustomDomainInUse",
            format!(
                "Please pick a different name. The subdomain name '{name}' is not available as it's already used by a resource. If the resource using the name was deleted in the last 48 hours, you may need to purge the deleted resource. Learn more at \"https://go.microsoft.com/fwlink/?linkid=2215493\""
            ),
        )),
        None => Ok(()),
    }
}

fn is_valid(name: &str) -> bool {
    let fits = |one: char| one.is_ascii_alphanumeric() || one == '-';
    (2..=63).contains(&name.len())
        && name.chars().all(fits)
        && !name.starts_with('-')
        && !name.ends_with('-')
}
