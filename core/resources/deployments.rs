//! The deployments of an account: what each is for, how much it takes, how long its model lasts.
//!
//! Operations: "Deployments - List" and "Accounts - List Models".

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use super::{API_VERSION, Account};
use crate::directory::read_list;
use crate::failure::Failure;
use crate::http::Cause;
use crate::identity::Identity;
use crate::snapshot::{Capacity, Deployment, DeploymentState, ModelPurpose, Retirement};

/// The list of models only adds dates, and some regions have a long one: nobody waits longer for it.
const MODELS_LIMIT: Duration = Duration::from_secs(15);
/// A model that ends within these days is better not chosen for something new.
const SOON: time::Duration = time::Duration::days(90);

/// Reads the deployments of an account, sorted by name, with the answers that named them. Side by
/// side the models that the account knows are read, which say when each ends; where that fails, the
/// dates are not known.
pub async fn list_deployments(
    identity: &Identity,
    account: &Account,
) -> Result<(Vec<Deployment>, Cause), Failure> {
    let (items, models) =
        futures::join!(read::<DeploymentItem>(identity, account, "deployments"), async {
            let models = read::<ModelItem>(identity, account, "models");
            identity.http().within(MODELS_LIMIT, "Azure", models).await
        });
    let items = items?;
    let models = models.unwrap_or_else(|failure| {
        tracing::info!(code = ?failure.code, "the dates of the models are not known");
        Vec::new()
    });
    let models: Vec<ModelItem> = models.into_iter().map(|(model, _)| model).collect();
    let cause = items.iter().fold(Cause::none(), |all, (_, cause)| all.and(cause));
    let today = identity.http().now().date();
    let mut deployments: Vec<Deployment> =
        items.into_iter().map(|(item, _)| item.into_deployment(&models, today)).collect();
    deployments.sort_by_key(|deployment| deployment.name.to_lowercase());
    Ok((deployments, cause))
}

async fn read<T: serde::de::DeserializeOwned>(
    identity: &Identity,
    account: &Account,
    what: &str,
) -> Result<Vec<(T, Cause)>, Failure> {
    let path = format!("{}/{what}", account.resource.id);
    let url = identity.http().cloud().resource_manager(&path, API_VERSION);
    read_list(identity, &account.tenant_id, url, &account.cause).await
}

#[derive(Deserialize)]
struct DeploymentItem {
    name: String,
    #[serde(default)]
    sku: Option<Sku>,
    #[serde(default)]
    properties: DeploymentProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DeploymentProperties {
    model: Model,
    capabilities: serde_json::Map<String, Value>,
    provisioning_state: Option<String>,
    rate_limits: Vec<RateLimit>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Model {
    format: String,
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct Sku {
    #[serde(default)]
    name: String,
    capacity: Option<u64>,
}

/// So many in so many seconds (recorded: cog.deployment.PUT__201__mcp).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RateLimit {
    #[serde(default)]
    key: String,
    #[serde(default)]
    renewal_period: f64,
    #[serde(default)]
    count: f64,
}

/// A model that the account can deploy (example: ListAccountModels).
#[derive(Deserialize)]
struct ModelItem {
    #[serde(flatten)]
    model: Model,
    #[serde(default)]
    deprecation: Deprecation,
    #[serde(default)]
    skus: Vec<ModelSku>,
}

#[derive(Default, Deserialize)]
struct Deprecation {
    inference: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelSku {
    #[serde(default)]
    name: String,
    deprecation_date: Option<String>,
}

impl DeploymentItem {
    fn into_deployment(self, models: &[ModelItem], today: Date) -> Deployment {
        let it = self.properties;
        let purpose = purpose_of(&it.capabilities);
        let is_openai = ["", "OpenAI"].contains(&it.model.format.as_str());
        let ends = models
            .iter()
            .filter(|item| item.model.is(&it.model))
            .find_map(|item| item.ends(self.sku.as_ref().map_or("", |sku| &sku.name)));
        Deployment {
            name: self.name,
            maker: (!is_openai).then(|| it.model.format.clone()),
            model: it.model.name,
            version: it.model.version,
            purpose,
            // The data action that `/openai/v1` asks of a model of another maker is not known;
            // `MaaS/*` is what their own path asks.
            can_chat: is_openai && purpose == ModelPurpose::Chat,
            state: state_of(it.provisioning_state.as_deref()),
            capacity: self.sku.map(|sku| sku.into_capacity(&it.rate_limits)),
            retirement: ends.map_or(Retirement::Unknown, |date| retirement(date, today)),
        }
    }
}

impl Model {
    fn is(&self, other: &Model) -> bool {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        same(&self.name, &other.name)
            && same(&self.version, &other.version)
            && (same(&self.format, &other.format) || other.format.is_empty())
    }
}

impl ModelItem {
    /// The last day for a deployment of this SKU. A SKU's own date goes first: it can be a year
    /// after the model's, and one SKU can be listed with several (recorded:
    /// cog.location.models__200).
    fn ends(&self, sku: &str) -> Option<Date> {
        let own = self.skus.iter().filter(|it| it.name.eq_ignore_ascii_case(sku));
        let own = own.filter_map(|it| date_of(it.deprecation_date.as_deref()?));
        own.max().or_else(|| date_of(self.deprecation.inference.as_deref()?))
    }
}

impl Sku {
    fn into_capacity(self, limits: &[RateLimit]) -> Capacity {
        let per_minute = |key: &str| {
            let limit = limits.iter().find(|limit| limit.key == key)?;
            let count = limit.count * 60.0 / limit.renewal_period;
            // More than 2^32 a minute, or none in no time, is no limit that helps anybody.
            (count.is_finite() && count < f64::from(u32::MAX)).then(|| count.round() as u32)
        };
        Capacity {
            units: u32::try_from(self.capacity.unwrap_or_default()).unwrap_or(u32::MAX),
            sku: self.name,
            tokens_per_minute: per_minute("token"),
            requests_per_minute: per_minute("request"),
        }
    }
}

/// Capabilities are strings: "true" (recorded: cog.deployments.list__200).
fn purpose_of(capabilities: &serde_json::Map<String, Value>) -> ModelPurpose {
    let has = |name: &str| capabilities.get(name).and_then(Value::as_str) == Some("true");
    match (has("chatCompletion"), has("embeddings")) {
        (true, _) => ModelPurpose::Chat,
        (_, true) => ModelPurpose::Embeddings,
        _ => ModelPurpose::Other,
    }
}

/// "DeploymentProvisioningState" of the specification.
fn state_of(state: Option<&str>) -> DeploymentState {
    match state {
        None | Some("Succeeded") => DeploymentState::Ready,
        Some("Failed" | "Canceled") => DeploymentState::Failed,
        Some("Disabled") => DeploymentState::Disabled,
        Some("Deleting") => DeploymentState::Deleting,
        Some(_) => DeploymentState::Changing,
    }
}

fn retirement(date: Date, today: Date) -> Retirement {
    let told = date.to_string();
    match date - today {
        left if left <= time::Duration::ZERO => Retirement::Past { date: told },
        left if left <= SOON => Retirement::Soon { date: told },
        _ => Retirement::Later { date: told },
    }
}

fn date_of(text: &str) -> Option<Date> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::date)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::date;

    use super::*;

    fn ends(model: Value, sku: &str) -> Option<Date> {
        let model: ModelItem = serde_json::from_value(model).expect("a model");
        model.ends(sku)
    }

    #[test]
    fn the_date_of_a_deployments_own_kind_goes_before_the_models() {
        let model = json!({
            "format": "OpenAI", "name": "gpt-4o", "version": "2024-08-06",
            "deprecation": {"inference": "2026-10-01T00:00:00Z"},
            "skus": [
                {"name": "GlobalStandard", "deprecationDate": "2026-10-01T00:00:00Z"},
                {"name": "GlobalStandard", "deprecationDate": "2027-10-01T00:00:00Z"},
                {"name": "Provisioned"},
            ],
        });
        assert_eq!(ends(model.clone(), "GlobalStandard"), Some(date!(2027 - 10 - 01)));
        assert_eq!(ends(model.clone(), "Provisioned"), Some(date!(2026 - 10 - 01)));
        assert_eq!(ends(model, "Standard"), Some(date!(2026 - 10 - 01)));
        assert_eq!(ends(json!({"name": "x"}), "Standard"), None, "no date is made up");
        let odd = json!({"name": "x", "deprecation": {"inference": "soon"}});
        assert_eq!(ends(odd, "Standard"), None, "nor read out of what is none");
    }

    #[test]
    fn a_model_ends_soon_in_its_last_ninety_days_and_on_its_day_it_has_ended() {
        let today = date!(2026 - 11 - 20);
        let on = |date: Date| retirement(date, today);
        let told = |date: Date| date.to_string();
        assert_eq!(on(today), Retirement::Past { date: told(today) });
        let tomorrow = date!(2026 - 11 - 21);
        assert_eq!(on(tomorrow), Retirement::Soon { date: told(tomorrow) });
        let ninety = date!(2027 - 02 - 18);
        assert_eq!(on(ninety), Retirement::Soon { date: told(ninety) });
        let later = date!(2027 - 02 - 19);
        assert_eq!(on(later), Retirement::Later { date: "2027-02-19".to_owned() });
    }
}
