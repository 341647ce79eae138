//! What a prepared answer may name of the request that it answers: `{oid}`, `{scope}` and others.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use crate::call::Call;
use crate::clock::entra_time;
use crate::route::Route;
use crate::signature;
use crate::site::Site;

/// A directory that is none of any scenario.
const OTHER_TENANT: &str = "7e0c6f6b-95d7-4a0e-8f43-2c1f5b0f6a19";

/// Names and values; what the request does not tell is not among them, and stays as it stands.
#[derive(Debug)]
pub(crate) struct Facts(BTreeMap<&'static str, String>);

impl Facts {
    pub(crate) fn of(route: &Route, call: &Call, site: &Site) -> Self {
        let mut facts = BTreeMap::from([
            ("correlation", Uuid::new_v4().to_string()),
            ("guid", Uuid::new_v4().to_string()),
            ("other_tenant", OTHER_TENANT.to_owned()),
            ("path", call.path.clone()),
            ("timestamp", entra_time(site.clock.now())),
            ("trace", Uuid::new_v4().to_string()),
        ]);
        let segments = call.segments();
        match route {
            Route::Entra(_) => facts.extend(facts_of_sign_in(&segments, call, site)),
            Route::Inference(host, _) => facts.extend([("resource", host.label.clone())]),
            _ => facts.extend(facts_of_scope(&segments)),
        }
        facts.extend(facts_of_caller(call));
        facts.extend(deployment(&segments, call).map(|name| ("deployment", name)));
        Self(facts)
    }

    /// The value with every known name in braces replaced.
    pub(crate) fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill_text(text)),
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(members) => Value::Object(
                members.iter().map(|(name, member)| (name.clone(), self.fill(member))).collect(),
            ),
            other => other.clone(),
        }
    }

    pub(crate) fn fill_text(&self, text: &str) -> String {
        let fill = |text: String, (name, value): (&&str, &String)| {
            text.replace(&format!("{{{name}}}"), value)
        };
        self.0.iter().fold(text.to_owned(), fill)
    }
}

fn facts_of_sign_in(segments: &[String], call: &Call, site: &Site) -> Vec<(&'static str, String)> {
    let world = site.world();
    let asked = segments.first().and_then(|name| world.scenario.tenant(name));
    let mut facts = Vec::new();
    if let Some(tenant) = asked.or(world.scenario.tenants.first()) {
        let person = world.scenario.users.iter().find(|user| user.home == tenant.id);
        facts.extend(person.map(|user| ("upn", user.upn.clone())));
        facts.push(("tenant", tenant.id.clone()));
    }
    facts.extend(call.field("client_id").map(|id| ("client", id)));
    let scope = call.field("scope").unwrap_or_default();
    let resource = scope.split(' ').find_map(|scope| scope.strip_suffix("/.default"));
    facts.extend(resource.map(|resource| ("audience", resource.to_owned())));
    facts
}

/// The place that an operation of Resource Manager is about, the name of the account in it, and
/// the last segment.
fn facts_of_scope(segments: &[String]) -> Vec<(&'static str, String)> {
    let end = segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers"));
    let is_list = |at: usize| segments.len() == at + 3;
    let authorization = |at: usize| {
        segments.get(at + 1).is_some_and(|it| it.eq_ignore_ascii_case("Microsoft.Authorization"))
    };
    let end = end.filter(|at| is_list(*at) || authorization(*at)).unwrap_or(segments.len());
    let mut facts = vec![("scope", format!("/{}", segments[..end].join("/")))];
    facts.extend(segment_after(segments, "accounts").map(|name| ("resource", name)));
    facts.extend(segments.last().map(|name| ("name", name.clone())));
    facts
}

fn facts_of_caller(call: &Call) -> Vec<(&'static str, String)> {
    let Some(claims) = call.bearer().and_then(signature::verify) else {
        return Vec::new();
    };
    let text = |name: &str| claims[name].as_str().map(str::to_owned);
    let mut facts = Vec::new();
    facts.extend(text("tid").map(|id| ("tenant", id)));
    facts.extend(text("unique_name").map(|name| ("upn", name)));
    if let Some(id) = text("oid") {
        facts.push(("oid_plain", id.replace('-', "")));
        facts.push(("oid", id));
    }
    facts
}

fn deployment(segments: &[String], call: &Call) -> Option<String> {
    segment_after(segments, "deployments").or_else(|| {
        let body: Value = serde_json::from_slice(&call.body).ok()?;
        body["model"].as_str().map(str::to_owned)
    })
}

fn segment_after(segments: &[String], name: &str) -> Option<String> {
    let at = segments.iter().position(|segment| segment.eq_ignore_ascii_case(name))?;
    segments.get(at + 1).cloned()
}
