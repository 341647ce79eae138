//! The clouds: where each service lives, what its tokens are called, which hosts may see them.
//!
//! Hosts and scopes of the public cloud are those of the Azure SDKs (`cloud.py` of the Azure CLI,
//! "Microsoft Entra authentication & national clouds").

use url::Url;

use crate::failure::{Code, Failure};

/// The public client of the Azure SDKs for developers; Microsoft's pages call it "Microsoft
/// Azure CLI". Its only redirect is `http://localhost`.
pub const DEVELOPER_CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// A service that takes requests, and with it the audience of the tokens that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Microsoft Entra ID.
    Entra,
    /// Azure Resource Manager.
    ResourceManager,
    /// Azure OpenAI: the data plane.
    Inference,
}

/// One Azure cloud.
#[derive(Clone, Debug)]
pub struct Cloud {
    authority: Url,
    resource_manager: Url,
    resource_manager_scope: &'static str,
    inference_scopes: &'static [&'static str],
    inference_hosts: InferenceHosts,
    portal: Url,
}

#[derive(Clone, Debug)]
enum InferenceHosts {
    Suffixes(&'static [&'static str]),
    Practice(Url),
}

const RESOURCE_MANAGER_SCOPE: &str = "https://management.azure.com/.default";
const INFERENCE_SCOPES: &[&str] =
    &["https://cognitiveservices.azure.com/.default", "https://ai.azure.com/.default"];

impl Cloud {
    /// Azure's public cloud.
    pub fn public() -> Self {
        Cloud {
            authority: constant("https://login.microsoftonline.com/"),
            resource_manager: constant("https://management.azure.com/"),
            resource_manager_scope: RESOURCE_MANAGER_SCOPE,
            inference_scopes: INFERENCE_SCOPES,
            inference_hosts: InferenceHosts::Suffixes(&[
                ".openai.azure.com",
                ".cognitiveservices.azure.com",
                ".services.ai.azure.com",
            ]),
            portal: constant("https://portal.azure.com/"),
        }
    }

    /// Practice Azure on a loopback address, which is handed over in-process.
    ///
    /// Fails when an address is not plain HTTP on 127.0.0.1: no setting can lead anywhere else.
    pub fn practice(
        authority: &str,
        resource_manager: &str,
        inference: &str,
    ) -> Result<Self, Failure> {
        Ok(Cloud {
            authority: loopback(authority)?,
            resource_manager: loopback(resource_manager)?,
            resource_manager_scope: RESOURCE_MANAGER_SCOPE,
            inference_scopes: INFERENCE_SCOPES,
            inference_hosts: InferenceHosts::Practice(loopback(inference)?),
            portal: constant("https://portal.azure.com/"),
        })
    }

    /// Whether this is practice Azure.
    pub fn is_practice(&self) -> bool {
        matches!(self.inference_hosts, InferenceHosts::Practice(_))
    }

    /// An address of Microsoft Entra: `path` begins with the tenant.
    pub fn entra(&self, path: &str) -> Url {
        below(&self.authority, path)
    }

    /// An address of Azure Resource Manager: `path` begins without a slash.
    pub fn resource_manager(&self, path: &str, api_version: &str) -> Url {
        let mut url = below(&self.resource_manager, path);
        url.query_pairs_mut().append_pair("api-version", api_version);
        url
    }

    /// The page of an Azure Resource Manager id in the portal.
    pub fn portal(&self, id: &str) -> Url {
        let mut url = self.portal.clone();
        url.set_fragment(Some(&format!("resource{id}")));
        url
    }

    /// The authority, as it is kept beside a refresh token.
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// The scope of the tokens that Azure Resource Manager takes.
    pub fn resource_manager_scope(&self) -> &'static str {
        self.resource_manager_scope
    }

    /// The scopes of the tokens that the data plane takes, in the order in which they are tried.
    pub fn inference_scopes(&self) -> &'static [&'static str] {
        self.inference_scopes
    }

    /// Whether a token of `service` may be sent to `url`.
    pub fn owns(&self, service: Service, url: &Url) -> bool {
        match (service, &self.inference_hosts) {
            (Service::Entra, _) => lies_below(url, &self.authority),
            (Service::ResourceManager, _) => lies_below(url, &self.resource_manager),
            (Service::Inference, InferenceHosts::Practice(base)) => lies_below(url, base),
            (Service::Inference, InferenceHosts::Suffixes(suffixes)) => {
                url.scheme() == "https"
                    && url.port().is_none()
                    && url.username().is_empty()
                    && url.password().is_none()
                    && url.domain().is_some_and(|host| {
                        suffixes.iter().any(|suffix| {
                            host.strip_suffix(suffix).is_some_and(|name| !name.is_empty())
                        })
                    })
            }
        }
    }
}

/// Whether the browser is the program that the system starts for this address.
pub fn is_web_address(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
}

fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let joined = format!("{}/{}", base.path().trim_end_matches('/'), path.trim_start_matches('/'));
    url.set_path(&joined);
    url
}

fn lies_below(url: &Url, base: &Url) -> bool {
    let folder = format!("{}/", base.path().trim_end_matches('/'));
    url.origin() == base.origin()
        && url.username().is_empty()
        && url.password().is_none()
        && url.path().starts_with(&folder)
}

fn loopback(address: &str) -> Result<Url, Failure> {
    let refuse = || Failure::new(Code::ForeignHost).with("host", address);
    let url = Url::parse(address).map_err(|_| refuse())?;
    let is_loopback = url.scheme() == "http"
        && url.host_str() == Some("127.0.0.1")
        && url.port().is_some()
        && url.username().is_empty();
    if is_loopback { Ok(url) } else { Err(refuse()) }
}

fn constant(address: &str) -> Url {
    Url::parse(address).expect("the address is a constant of this file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a test writes whole addresses")
    }

    #[test]
    fn a_token_of_resource_manager_goes_to_resource_manager_only() {
        let cloud = Cloud::public();
        let owns = |text| cloud.owns(Service::ResourceManager, &url(text));
        assert!(owns("https://management.azure.com/subscriptions?api-version=2022-12-01"));
        for foreign in [
            "http://management.azure.com/subscriptions",
            "https://management.azure.com.evil.example/subscriptions",
            "https://evil.example/management.azure.com/",
            "https://management.azure.com:8443/subscriptions",
            "https://user@management.azure.com/subscriptions",
            "https://contoso.openai.azure.com/openai/v1/",
        ] {
            assert!(!owns(foreign), "a token must not follow a link to {foreign}");
        }
    }

    #[test]
    fn a_token_of_the_data_plane_goes_to_named_resources_only() {
        let cloud = Cloud::public();
        let owns = |text| cloud.owns(Service::Inference, &url(text));
        assert!(owns("https://contoso.openai.azure.com/openai/v1/chat/completions"));
        assert!(owns("https://contoso.cognitiveservices.azure.com/"));
        for foreign in [
            "https://openai.azure.com/",
            "https://.openai.azure.com/",
            "https://contoso.openai.azure.com.evil.example/",
            "http://contoso.openai.azure.com/",
            "https://swedencentral.api.cognitive.microsoft.com/",
            "https://management.azure.com/",
        ] {
            if let Ok(foreign) = Url::parse(foreign) {
                assert!(!cloud.owns(Service::Inference, &foreign), "{foreign} is not a resource");
            }
        }
    }

    #[test]
    fn practice_lives_on_a_loopback_address_only() {
        let practice = |address: &str| Cloud::practice(address, address, address);
        assert!(practice("http://127.0.0.1:4711/entra").is_ok());
        for address in [
            "http://localhost:4711/entra",
            "https://127.0.0.1:4711/entra",
            "http://127.0.0.1/entra",
            "http://10.0.0.1:80/entra",
            "http://127.0.0.1.evil.example:80/",
            "nonsense",
        ] {
            assert!(practice(address).is_err(), "{address} is not practice Azure");
        }
    }

    #[test]
    fn practice_never_reaches_beyond_its_own_paths() {
        let cloud = Cloud::practice(
            "http://127.0.0.1:4711/entra",
            "http://127.0.0.1:4711/arm",
            "http://127.0.0.1:4711/openai",
        )
        .expect("three loopback addresses");
        assert!(cloud.owns(Service::Inference, &url("http://127.0.0.1:4711/openai/contoso/")));
        assert!(!cloud.owns(Service::Inference, &url("http://127.0.0.1:4711/arm/tenants")));
        assert!(!cloud.owns(Service::Inference, &url("http://127.0.0.1:4712/openai/contoso/")));
        assert!(!cloud.owns(Service::Inference, &url("https://contoso.openai.azure.com/")));
    }

    #[test]
    fn only_addresses_of_the_web_reach_the_browser() {
        assert!(is_web_address("https://login.microsoftonline.com/organizations"));
        for other in ["file:///etc/passwd", "/usr/bin/xeyes", "ms-settings:", "-h", ""] {
            assert!(!is_web_address(other), "{other} would start something else");
        }
    }
}
