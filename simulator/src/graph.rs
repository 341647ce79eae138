//! Microsoft Graph: just enough to name people and groups.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::Answer;
use crate::call::Call;
use crate::clock::http_date;
use crate::rbac::Principal;
use crate::scenario::User;
use crate::site::Site;
use crate::token::{GRAPH_AUDIENCE, Refusal, read_caller};
use crate::world::World;

/// What is asked of Graph.
#[derive(Debug)]
pub(crate) enum Route {
    Me,
    /// `POST /directoryObjects/getByIds`
    Objects,
}

impl Route {
    pub(crate) fn of(call: &Call) -> Option<Self> {
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["v1.0", "me"] if call.method == Method::GET => Some(Self::Me),
            ["v1.0", "directoryObjects", "getByIds"] if call.method == Method::POST => {
                Some(Self::Objects)
            }
            _ => None,
        }
    }

    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Me => "graph.me",
            Self::Objects => "graph.getByIds",
        }
    }
}

pub(crate) fn answer(route: Option<&Route>, call: &Call, site: &Site) -> Answer {
    let world = site.world();
    let who = match read_caller(call, &world, &[GRAPH_AUDIENCE], site.clock.now()) {
        Ok(who) => who,
        Err(refusal) => return refuse_token(&refusal, site),
    };
    let mut answer = match route {
        Some(Route::Me) => read_me(&who, &world, site),
        Some(Route::Objects) => list_objects(&who, call, &world, site),
        None => refuse(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "Resource not found for the segment.",
            site,
        ),
    };
    answer.caller = Some((who.name, who.tenant));
    answer.with("date", http_date(site.clock.now()))
}

fn read_me(who: &Principal, world: &World, site: &Site) -> Answer {
    match world.caller(&who.tenant, &who.object_id) {
        Some(user) => {
            let mut body = describe_user(user, &who.object_id);
            body["@odata.context"] =
                json!(format!("{}/v1.0/$metadata#users/$entity", site.addresses.graph));
            Answer::json(StatusCode::OK, &body)
        }
        None => refuse(
            StatusCode::NOT_FOUND,
            "Request_ResourceNotFound",
            "Resource does not exist.",
            site,
        ),
    }
}

/// The objects among the ids that the directory holds; the others are left out, as in Graph.
fn list_objects(who: &Principal, call: &Call, world: &World, site: &Site) -> Answer {
    let ids: Option<Vec<String>> = serde_json::from_slice::<Value>(&call.body)
        .ok()
        .and_then(|body| serde_json::from_value(body["ids"].clone()).ok());
    let Some(ids) = ids else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "Request_BadRequest",
            "'ids' must be a list of object ids.",
            site,
        );
    };
    let found: Vec<Value> =
        ids.iter().filter_map(|id| describe_object(&who.tenant, id, world)).collect();
    Answer::json(StatusCode::OK, &json!({"value": found}))
}

fn describe_object(tenant: &str, id: &str, world: &World) -> Option<Value> {
    if let Some(user) = world.caller(tenant, id) {
        let mut body = describe_user(user, id);
        body["@odata.type"] = json!("#microsoft.graph.user");
        return Some(body);
    }
    let group = world
        .scenario
        .groups
        .iter()
        .find(|group| group.tenant == tenant && group.id.eq_ignore_ascii_case(id))?;
    Some(json!({
        "@odata.type": "#microsoft.graph.group",
        "id": group.id,
        "displayName": group.name,
        "securityEnabled": true,
    }))
}

fn describe_user(user: &User, object_id: &str) -> Value {
    json!({
        "id": object_id,
        "displayName": user.name(),
        "givenName": user.given_name,
        "surname": user.family_name,
        "userPrincipalName": user.upn,
        "mail": user.upn,
    })
}

fn refuse_token(refusal: &Refusal, site: &Site) -> Answer {
    let message = match refusal {
        Refusal::Missing => "Access token is empty.",
        Refusal::Invalid => "IDX14100: JWT is not well formed.",
        Refusal::Expired(_) => "Lifetime validation failed, the token is expired.",
        Refusal::WrongAudience(_) => "Access token validation failure. Invalid audience.",
    };
    refuse(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message, site)
}

fn refuse(status: StatusCode, code: &str, message: &str, site: &Site) -> Answer {
    let id = Uuid::new_v4().to_string();
    let inner = json!({
        "date": crate::clock::arm_time(site.clock.now()),
        "request-id": id,
        "client-request-id": id,
    });
    Answer::json(status, &json!({"error": {"code": code, "message": message, "innerError": inner}}))
        .with("date", http_date(site.clock.now()))
}
