//! The regions that subscriptions can use.

use std::sync::OnceLock;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Ask;
use super::place::Place;
use crate::answer::Answer;
use crate::rbac::Rights;
use crate::world::World;

/// A region (`data/regions.json`: public facts, state of April 2026).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Region {
    name: String,
    display: String,
    /// What stands in parentheses before the regional display name.
    prefix: String,
    category: String,
    geography: String,
    group: String,
    longitude: String,
    latitude: String,
    place: String,
    pair: Option<String>,
    /// Whether the region has three availability zones.
    zones: bool,
}

/// `GET /subscriptions/{id}/locations` (recorded: `subscriptions.locations__200`).
pub(super) fn list(place: &Place<'_>, ask: &Ask<'_>, world: &World) -> Result<Answer, Answer> {
    let subscription = place.id();
    if !Rights::of(world, &ask.who).see_anything(&subscription) {
        return Err(ask.forbid("Microsoft.Resources/subscriptions/locations/read", &subscription));
    }
    let found: Vec<Value> =
        all().iter().map(|region| describe(&subscription, region, ask)).collect();
    Ok(Answer::json(StatusCode::OK, &json!({"value": found})))
}

/// "East US", "Sweden Central", …
pub(super) fn display_names() -> Vec<&'static str> {
    all().iter().map(|region| region.display.as_str()).collect()
}

/// The display name of a region; the name itself for one that is not known.
pub(crate) fn display_name(name: &str) -> &str {
    all()
        .iter()
        .find(|region| region.name.eq_ignore_ascii_case(name))
        .map_or(name, |region| region.display.as_str())
}

fn all() -> &'static [Region] {
    static REGIONS: OnceLock<Vec<Region>> = OnceLock::new();
    REGIONS.get_or_init(|| {
        serde_json::from_str(include_str!("../../data/regions.json"))
            .expect("data/regions.json is a list of regions, which a test reads")
    })
}

/// Versions before 2020 tell less (recorded: `subscriptions.locations__200__02`).
fn describe(subscription: &str, region: &Region, ask: &Ask<'_>) -> Value {
    let id = |name: &str| format!("{subscription}/locations/{name}");
    let pair: Vec<Value> =
        region.pair.iter().map(|name| json!({"name": name, "id": id(name)})).collect();
    let mut whole = json!({
        "id": id(&region.name),
        "name": region.name,
        "displayName": region.display,
        "regionalDisplayName": format!("({}) {}", region.prefix, region.display),
        "metadata": {
            "regionType": "Physical",
            "regionCategory": region.category,
            "geographyGroup": region.group,
            "longitude": region.longitude,
            "latitude": region.latitude,
            "physicalLocation": region.place,
            "pairedRegion": pair,
        },
    });
    if !ask.is_since("2020-01-01") {
        return whole;
    }
    whole["type"] = json!("Region");
    whole["metadata"]["geography"] = json!(region.geography);
    if region.zones {
        let zones = ["1", "2", "3"].map(|zone| {
            json!({"logicalZone": zone, "physicalZone": format!("{}-az{zone}", region.name)})
        });
        whole["availabilityZoneMappings"] = json!(zones);
    }
    whole
}
