//! The `scope` parameter: one resource, and what OpenID Connect adds to it.

use super::EntraError;
use crate::cloud::Cloud;
use crate::scenario::Application;

const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// A scope parameter that was understood.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// The resource as it was asked for: `https://management.core.windows.net//.default` asks for
    /// `https://management.core.windows.net/`.
    pub(super) resource: String,
    /// The resource's scopes, verbatim.
    pub(super) asked: Vec<String>,
    pub(super) offline: bool,
    pub(super) openid: bool,
}

impl Scope {
    /// Reads a parameter; without a scope of a resource it asks for Graph, as in Entra.
    /// `directory` is what a refusal calls the tenant.
    ///
    /// # Errors
    /// AADSTS28000 for scopes of two resources, AADSTS70011 for `.default` beside named scopes,
    /// AADSTS500011 for a resource that does not exist.
    pub(super) fn parse(
        parameter: &str,
        directory: &str,
        cloud: Cloud,
    ) -> Result<Self, EntraError> {
        let graph = cloud.names().graph_audience;
        let all: Vec<&str> = parameter.split_whitespace().collect();
        let asked: Vec<&str> =
            all.iter().copied().filter(|scope| !OPENID.contains(scope)).collect();
        let resources: Vec<&str> = asked.iter().map(|scope| resource_of(scope, graph)).collect();
        let resource = resources.first().copied().unwrap_or(graph);
        if resources
            .iter()
            .any(|other| other.trim_end_matches('/') != resource.trim_end_matches('/'))
        {
            return Err(EntraError::new(
                "invalid_scope",
                28000,
                format!(
                    "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {parameter} is not valid."
                ),
            ));
        }
        if asked.len() > 1 && asked.iter().any(|scope| scope.ends_with("/.default")) {
            return Err(EntraError::new(
                "invalid_scope",
                70011,
                format!(
                    "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {parameter} is not valid. .default scope can't be combined with resource-specific scopes."
                ),
            ));
        }
        if !cloud.has_resource(resource) {
            return Err(EntraError::new(
                "invalid_resource",
                500_011,
                format!(
                    "The resource principal named {resource} was not found in the tenant named {directory}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."
                ),
            ));
        }
        Ok(Self {
            resource: resource.to_owned(),
            asked: asked.into_iter().map(str::to_owned).collect(),
            offline: all.contains(&"offline_access"),
            openid: all.contains(&"openid"),
        })
    }

    /// Whether the client may ask for the resource at all.
    ///
    /// # Errors
    /// AADSTS650057 where its registration does not list it.
    pub(super) fn check_permission(&self, application: &Application) -> Result<(), EntraError> {
        let asked = Cloud::application_of(&self.resource);
        match &application.resources {
            Some(listed) if listed.iter().all(|one| Cloud::application_of(one) != asked) => {
                Err(EntraError::lacking_permission(application, &self.resource))
            }
            _ => Ok(()),
        }
    }

    /// The `scope` of the answer: with `.default` what was consented to, then what was asked for,
    /// as it was asked for (recorded: `entra.token__200__devicecode_foci`).
    pub(super) fn granted(&self) -> String {
        let by_default = self.asked.iter().any(|scope| scope.ends_with("/.default"));
        let consented: Vec<String> = Cloud::delegated_scopes(&self.resource)
            .iter()
            .filter(|_| by_default)
            .map(|scope| format!("{}/{scope}", self.resource))
            .collect();
        let asked = self.asked.iter().filter(|scope| !consented.contains(scope));
        consented.iter().chain(asked).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// Everything before the last slash; a scope without a host is one of Graph's.
fn resource_of<'a>(scope: &'a str, graph: &'a str) -> &'a str {
    match scope.rsplit_once('/') {
        Some((resource, _)) if resource.contains("://") => resource,
        _ => graph,
    }
}
