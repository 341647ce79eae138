//! The clouds that practice Azure can be: what their services and their tokens are called.
//!
//! A cloud knows no token of another: its authority issues for its own resources, and its services
//! take its own audiences.

use serde::Deserialize;

/// One of Azure's clouds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cloud {
    #[default]
    Public,
    UsGovernment,
}

/// What is different in each cloud.
#[derive(Debug)]
pub(crate) struct Names {
    /// As Resource Manager calls the cloud (`name` of `/metadata/endpoints`).
    pub(crate) name: &'static str,
    pub(crate) portal: &'static str,
    /// `cloud_instance_name` of the metadata of a tenant.
    pub(crate) instance: &'static str,
    /// Hosts of Entra; the first is the authority.
    pub(crate) entra: &'static [&'static str],
    pub(crate) arm: &'static str,
    pub(crate) graph: &'static str,
    /// Audiences of Resource Manager, as its own refusal lists them.
    pub(crate) arm_audiences: &'static [&'static str],
    pub(crate) inference_audiences: &'static [&'static str],
    pub(crate) graph_audience: &'static str,
    /// What follows an account's subdomain, or the region, in the names of its endpoints: OpenAI,
    /// Cognitive Services, Foundry, region. (That of Foundry in US Government is not established.)
    pub(crate) domains: [&'static str; 4],
    /// The page where people type a device code, on microsoft.com.
    pub(crate) device_login: &'static str,
    /// `suffixes` of `/metadata/endpoints`: registries, vaults, HSMs, SQL, storage.
    pub(crate) suffixes: [&'static str; 5],
}

/// Entra's names: those recorded in `entra.instanceDiscovery__200`, and the two under which people
/// type a device code.
static PUBLIC: Names = Names {
    name: "AzureCloud",
    portal: "https://portal.azure.com",
    instance: "microsoftonline.com",
    entra: &[
        "login.microsoftonline.com",
        "login.microsoft.com",
        "login.windows.net",
        "sts.windows.net",
        "microsoft.com",
        "www.microsoft.com",
    ],
    arm: "management.azure.com",
    graph: "graph.microsoft.com",
    arm_audiences: &["https://management.core.windows.net", "https://management.azure.com"],
    inference_audiences: &["https://cognitiveservices.azure.com", "https://ai.azure.com"],
    graph_audience: "https://graph.microsoft.com",
    domains: [
        ".openai.azure.com",
        ".cognitiveservices.azure.com",
        ".services.ai.azure.com",
        ".api.cognitive.microsoft.com",
    ],
    device_login: "devicelogin",
    suffixes: [
        "azurecr.io",
        "vault.azure.net",
        "managedhsm.azure.net",
        "database.windows.net",
        "core.windows.net",
    ],
};

static US_GOVERNMENT: Names = Names {
    name: "AzureUSGovernment",
    portal: "https://portal.azure.us",
    instance: "microsoftonline.us",
    entra: &[
        "login.microsoftonline.us",
        "login.usgovcloudapi.net",
        "microsoft.com",
        "www.microsoft.com",
    ],
    arm: "management.usgovcloudapi.net",
    graph: "graph.microsoft.us",
    arm_audiences: &[
        "https://management.core.usgovcloudapi.net",
        "https://management.usgovcloudapi.net",
    ],
    inference_audiences: &["https://cognitiveservices.azure.us"],
    graph_audience: "https://graph.microsoft.us",
    domains: [
        ".openai.azure.us",
        ".cognitiveservices.azure.us",
        ".services.ai.azure.us",
        ".api.cognitive.microsoft.us",
    ],
    device_login: "deviceloginus",
    suffixes: [
        "azurecr.us",
        "vault.usgovcloudapi.net",
        "managedhsm.usgovcloudapi.net",
        "database.usgovcloudapi.net",
        "core.usgovcloudapi.net",
    ],
};

impl Cloud {
    pub(crate) const ALL: [Self; 2] = [Self::Public, Self::UsGovernment];

    pub(crate) fn names(self) -> &'static Names {
        match self {
            Self::Public => &PUBLIC,
            Self::UsGovernment => &US_GOVERNMENT,
        }
    }

    /// Whether a resource exists here whose tokens can be asked for.
    pub(crate) fn has_resource(self, resource: &str) -> bool {
        let resource = resource.trim_end_matches('/');
        let names = self.names();
        resource == names.graph_audience
            || names.arm_audiences.contains(&resource)
            || names.inference_audiences.contains(&resource)
    }

    /// The application behind a resource, which Entra names in its texts; it is the same in each.
    pub(crate) fn application_of(resource: &str) -> &str {
        let resource = resource.trim_end_matches('/');
        for names in Self::ALL.map(Self::names) {
            if names.arm_audiences.contains(&resource) {
                return "797f4846-ba00-4fd7-ba43-dac1f8f63013";
            }
            if names.inference_audiences.first() == Some(&resource) {
                return "7d312290-28c8-473c-a0ed-8e53749b6d6d";
            }
            if names.graph_audience == resource {
                return "00000003-0000-0000-c000-000000000000";
            }
        }
        resource
    }

    /// What the built-in clients may do in a person's name at a resource.
    pub(crate) fn delegated_scopes(resource: &str) -> &'static [&'static str] {
        let resource = resource.trim_end_matches('/');
        match Self::ALL.iter().any(|cloud| cloud.names().graph_audience == resource) {
            true => &["Directory.AccessAsUser.All", "User.Read.All"],
            false => &["user_impersonation"],
        }
    }
}
