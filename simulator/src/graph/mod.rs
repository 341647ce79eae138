//! Microsoft Graph: people, groups and applications of one directory, as far as the command line and
//! the wizard ask for them.

mod filter;
mod objects;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::answer::Answer;
use crate::call::Call;
use crate::clock::{arm_time, http_date};
use crate::rbac::{Principal, PrincipalKind};
use crate::scenario::Tenant;
use crate::site::Site;
use crate::token::{OUTDATED, Refusal, ask_for_newer, read_caller};
use crate::world::World;

use filter::Filter;

/// Graph, as Entra knows it.
const APPLICATION: &str = "00000003-0000-0000-c000-000000000000";

/// What is asked of Graph.
#[derive(Debug)]
pub(crate) enum Route {
    Me,
    Users,
    /// By object id or user principal name.
    User(String),
    ServicePrincipals,
    /// By object id.
    ServicePrincipal(String),
    /// `POST /directoryObjects/getByIds`
    Objects,
}

impl Route {
    pub(crate) fn of(call: &Call) -> Option<Self> {
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["v1.0", path @ ..] = path.as_slice() else {
            return None;
        };
        match (&call.method, path) {
            (&Method::GET, ["me"]) => Some(Self::Me),
            (&Method::GET, ["users"]) => Some(Self::Users),
            (&Method::GET, ["users", id]) => Some(Self::User((*id).to_owned())),
            (&Method::GET, ["servicePrincipals"]) => Some(Self::ServicePrincipals),
            (&Method::GET, ["servicePrincipals", id]) => {
                Some(Self::ServicePrincipal((*id).to_owned()))
            }
            (&Method::POST, ["directoryObjects", "getByIds"]) => Some(Self::Objects),
            _ => None,
        }
    }

    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Me => "graph.me",
            Self::Users => "graph.users",
            Self::User(_) => "graph.user",
            Self::ServicePrincipals => "graph.servicePrincipals",
            Self::ServicePrincipal(_) => "graph.servicePrincipal",
            Self::Objects => "graph.getByIds",
        }
    }
}

pub(crate) fn answer(route: Option<&Route>, call: &Call, site: &Site) -> Answer {
    let world = site.world();
    let now = site.clock.now();
    let request = Uuid::new_v4();
    let (outcome, caller) =
        match read_caller(call, &world, &[world.scenario.cloud.names().graph_audience], now) {
            Ok(who) => {
                let caller = (who.name.clone(), who.tenant.clone());
                (read(route, &who, call, &world, site), Some(caller))
            }
            Err(refusal) => (Err(GraphError::of_token(&refusal)), None),
        };
    let mut answer = match outcome {
        Ok(body) => Answer::json(StatusCode::OK, &body)
            .with("content-type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
            .with("odata-version", "4.0"),
        Err(error) => error.into_answer(&request, call, site, now),
    };
    // What a request costs (recorded with each of them).
    let units = match route {
        Some(Route::Objects) => "3",
        Some(Route::Users) => "2",
        _ => "1",
    };
    if matches!(route, Some(Route::Objects)) {
        answer = answer.with("location", &site.addresses.graph);
    }
    answer.caller = caller;
    answer
        .with("cache-control", "no-cache")
        .with("date", http_date(now))
        .with("request-id", request.to_string())
        .with("strict-transport-security", "max-age=31536000")
        .with("vary", "Accept-Encoding")
        .with("x-ms-resource-unit", units)
        .with("x-ms-ags-diagnostic", "{\"ServerInfo\":{\"DataCenter\":\"Practice\",\"Slice\":\"E\",\"Ring\":\"5\",\"ScaleUnit\":\"001\",\"RoleInstance\":\"PRACTICE01\"}}")
}

/// The body that answers a known caller.
fn read(
    route: Option<&Route>,
    who: &Principal,
    call: &Call,
    world: &World,
    site: &Site,
) -> Result<Value, GraphError> {
    let route = route.ok_or_else(|| {
        GraphError::new(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "Resource not found for the segment.",
        )
    })?;
    let tenant = world.scenario.tenant(&who.tenant).ok_or_else(GraphError::malformed_token)?;
    let context = |of: &str| json!(format!("{}/v1.0/$metadata#{of}", site.addresses.graph));
    let names = call.query("$select").filter(|names| !names.is_empty());
    let selected = names.as_ref().map(|names| format!("({names})")).unwrap_or_default();
    let one = |of: &str, body: Value| {
        let mut body = select(body, names.as_deref());
        body["@odata.context"] = context(&format!("{of}{selected}/$entity"));
        body
    };
    let many = |of: &str, value: Vec<Value>| {
        let value: Vec<_> = value.into_iter().map(|body| select(body, names.as_deref())).collect();
        json!({"@odata.context": context(&format!("{of}{selected}")), "value": value})
    };
    if who.kind == PrincipalKind::Application {
        return Err(GraphError::of_application(route));
    }
    match route {
        Route::Me => read_user(&who.object_id, tenant, world).map(|body| one("users", body)),
        Route::User(id) => read_user(id, tenant, world).map(|body| one("users", body)),
        Route::Users => {
            let filter = Filter::of(call, "user")?;
            let all = objects::list_users(tenant, world);
            Ok(many("users", all.filter(|body| filter.keeps(body)).collect()))
        }
        Route::ServicePrincipal(id) => world
            .service_principal(&tenant.id, id)
            .map(|found| one("servicePrincipals", objects::describe_service_principal(found)))
            .ok_or_else(|| GraphError::not_found(id)),
        Route::ServicePrincipals => {
            let filter = Filter::of(call, "servicePrincipal")?;
            let all = objects::list_service_principals(tenant, world);
            Ok(many("servicePrincipals", all.filter(|body| filter.keeps(body)).collect()))
        }
        Route::Objects => Ok(many("directoryObjects", find_objects(call, tenant, world)?)),
    }
}

/// The members of an object that `$select` names; all of them where it names none (OData 4.01,
/// part 1, section 11.2.5.1).
fn select(mut body: Value, names: Option<&str>) -> Value {
    let Some(names) = names else { return body };
    if let Some(members) = body.as_object_mut() {
        members.retain(|member, _| {
            member.starts_with('@')
                || names.split(',').any(|name| name.trim().eq_ignore_ascii_case(member))
        });
    }
    body
}

fn read_user(id: &str, tenant: &Tenant, world: &World) -> Result<Value, GraphError> {
    objects::list_users(tenant, world)
        .find(|user| {
            [&user["id"], &user["userPrincipalName"]]
                .iter()
                .any(|own| own.as_str().is_some_and(|own| own.eq_ignore_ascii_case(id)))
        })
        .ok_or_else(|| GraphError::not_found(id))
}

/// The objects among the ids that the directory holds; the others are left out, as in Graph
/// (recorded: `graph.getByIds__200`).
fn find_objects(call: &Call, tenant: &Tenant, world: &World) -> Result<Vec<Value>, GraphError> {
    let wrong =
        |message: String| GraphError::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message);
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|_| wrong("Unable to read JSON request payload.".into()))?;
    let list =
        |name: &str| -> Option<Vec<String>> { serde_json::from_value(body[name].clone()).ok() };
    let ids = list("ids").ok_or_else(|| wrong("'ids' must be a list of object ids.".into()))?;
    if let Some(id) = ids.iter().find(|id| Uuid::parse_str(id).is_err()) {
        return Err(wrong(format!("Invalid object identifier '{id}'.")));
    }
    let types = list("types").unwrap_or_default();
    let wanted = |object: &Value| {
        let kind = object["@odata.type"].as_str().unwrap_or_default();
        types.is_empty()
            || types.iter().any(|one| {
                one == "directoryObject"
                    || kind.eq_ignore_ascii_case(&format!("#microsoft.graph.{one}"))
            })
    };
    Ok(ids.iter().filter_map(|id| objects::find_object(id, tenant, world)).filter(wanted).collect())
}

/// A refusal by Graph.
#[derive(Debug)]
struct GraphError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// The event after which a token has to begin to count.
    event: Option<OffsetDateTime>,
}

impl GraphError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), event: None }
    }

    fn not_found(id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    /// No application of a scenario was given permissions to read the directory (recorded:
    /// `graph.servicePrincipals__403__Authorization_RequestDenied`).
    fn of_application(route: &Route) -> Self {
        match route {
            Route::Me => Self::new(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "/me request is only valid with delegated authentication flow.",
            ),
            _ => Self::new(
                StatusCode::FORBIDDEN,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ),
        }
    }

    fn of_token(refusal: &Refusal) -> Self {
        let message = match refusal {
            Refusal::Missing => "Access token is empty.",
            Refusal::Invalid => return Self::malformed_token(),
            Refusal::Expired(_) => "Lifetime validation failed, the token is expired.",
            Refusal::WrongAudience(_) => "Access token validation failure. Invalid audience.",
            Refusal::Outdated { .. } => OUTDATED,
        };
        let event = match refusal {
            Refusal::Outdated { event, .. } => Some(*event),
            _ => None,
        };
        let error = Self::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message);
        Self { event, ..error }
    }

    fn malformed_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "InvalidAuthenticationToken",
            "IDX14100: JWT is not well formed, there are no dots (.).",
        )
    }

    /// Always JSON, whatever went wrong: the command line cannot read anything else. The header of a
    /// 401 is that of `graph__401__cae_challenge` (quoted), mostly without the challenge.
    fn into_answer(self, request: &Uuid, call: &Call, site: &Site, now: OffsetDateTime) -> Answer {
        let client_request =
            call.header("client-request-id").map_or_else(|| request.to_string(), str::to_owned);
        let inner = json!({
            "date": &arm_time(now)[..19],
            "request-id": request.to_string(),
            "client-request-id": client_request,
        });
        let body =
            json!({"error": {"code": self.code, "message": self.message, "innerError": inner}});
        let answer = Answer::json(self.status, &body).with("content-type", "application/json");
        if self.status != StatusCode::UNAUTHORIZED {
            return answer;
        }
        let authority = &site.addresses.authority;
        let header = match self.event {
            Some(event) => ask_for_newer(event, APPLICATION, authority),
            None => format!(
                "Bearer realm=\"\", authorization_uri=\"{authority}/common/oauth2/authorize\", client_id=\"{APPLICATION}\""
            ),
        };
        answer.with("www-authenticate", header)
    }
}
