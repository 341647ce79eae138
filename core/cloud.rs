//! The clouds: where each service lives, what its tokens are called, which hosts may see them.
//!
//! [`CLOUDS`] holds one row for each; another cloud is another row, with words for its name.
//! Hosts and scopes are those of the Azure SDKs (`cloud.py` of the Azure CLI, "Microsoft Entra
//! authentication & national clouds"); no setting can name an address.

use url::Url;

use crate::failure::{Code, CommandKind, Failure, Remedy};
use crate::resources::is_subdomain;
use crate::snapshot::CloudName;

/// The public client of the Azure SDKs for developers; Microsoft's pages call it "Microsoft
/// Azure CLI". Its only redirect is `http://localhost`. It is known in every cloud.
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
    /// Microsoft Graph, which knows what groups are called; nothing needs it.
    Graph,
}

/// What is true of one cloud. Addresses end in a slash; scopes are what a token is asked for with.
#[derive(Debug)]
pub struct Row {
    /// Which cloud.
    pub cloud: CloudName,
    /// The name in settings; its words are `cloud.<name>`.
    pub name: &'static str,
    /// What the Azure CLI calls it (`az cloud set --name`).
    pub azure_cli: &'static str,
    authority: &'static str,
    resource_manager: &'static str,
    resource_manager_scope: &'static str,
    /// What tokens for Azure Resource Manager say that they are for, without a trailing slash.
    resource_manager_audiences: &'static [&'static str],
    /// How the name of a resource's own host ends.
    inference_suffixes: &'static [&'static str],
    /// How the host of a region ends, which all resources without a name of their own share.
    region_suffix: &'static str,
    /// In the order in which they are tried.
    inference_scopes: &'static [&'static str],
    portal: &'static str,
    /// Pages of Microsoft where a device code is typed in, besides those of the authority itself.
    device_pages: &'static [&'static str],
    /// Microsoft Graph.
    pub graph: &'static str,
    graph_scope: &'static str,
}

impl Row {
    /// The portal's page about who has access at a scope, where roles are added.
    pub fn access_control_page(&self, tenant: &str, scope: &str) -> Url {
        let mut url = constant(self.portal);
        url.set_fragment(Some(&format!("@{tenant}/resource{scope}/users")));
        url
    }

    /// The portal's page about a person.
    pub fn person_page(&self, object_id: &str) -> Url {
        let mut url = constant(self.portal);
        let page = "view/Microsoft_AAD_UsersAndTenants/UserProfileMenuBlade/~/overview/userId";
        url.set_fragment(Some(&format!("{page}/{object_id}")));
        url
    }

    /// How the host of a resource's chat ends, after its subdomain.
    pub fn chat_suffix(&self) -> &'static str {
        self.inference_suffixes[0]
    }

    /// Whether it is the cloud of whoever chooses none, and of tools that were told of no other.
    pub fn is_default(&self) -> bool {
        self.name == CLOUDS[0].name
    }
}

/// Every cloud; the first is the one of whoever chooses none.
pub static CLOUDS: &[Row] = &[
    Row {
        cloud: CloudName::Public,
        name: "public",
        azure_cli: "AzureCloud",
        authority: "https://login.microsoftonline.com/",
        resource_manager: "https://management.azure.com/",
        resource_manager_scope: "https://management.azure.com/.default",
        resource_manager_audiences: &[
            "https://management.azure.com",
            "https://management.core.windows.net",
        ],
        inference_suffixes: &[
            ".openai.azure.com",
            ".cognitiveservices.azure.com",
            ".services.ai.azure.com",
        ],
        region_suffix: ".api.cognitive.microsoft.com",
        inference_scopes: &[
            "https://cognitiveservices.azure.com/.default",
            "https://ai.azure.com/.default",
        ],
        portal: "https://portal.azure.com/",
        device_pages: &[
            "https://microsoft.com/devicelogin",
            "https://www.microsoft.com/devicelogin",
            "https://login.microsoft.com/device",
        ],
        graph: "https://graph.microsoft.com/",
        graph_scope: "https://graph.microsoft.com/.default",
    },
    Row {
        cloud: CloudName::UsGovernment,
        name: "us_government",
        azure_cli: "AzureUSGovernment",
        authority: "https://login.microsoftonline.us/",
        resource_manager: "https://management.usgovcloudapi.net/",
        resource_manager_scope: "https://management.usgovcloudapi.net/.default",
        resource_manager_audiences: &[
            "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net",
        ],
        inference_suffixes: &[".openai.azure.us", ".cognitiveservices.azure.us"],
        region_suffix: ".api.cognitive.microsoft.us",
        inference_scopes: &["https://cognitiveservices.azure.us/.default"],
        portal: "https://portal.azure.us/",
        device_pages: &[
            "https://microsoft.com/deviceloginus",
            "https://www.microsoft.com/deviceloginus",
        ],
        graph: "https://graph.microsoft.us/",
        graph_scope: "https://graph.microsoft.us/.default",
    },
];

/// The row of this name.
pub fn find(name: &str) -> Option<&'static Row> {
    CLOUDS.iter().find(|row| row.name == name)
}

impl From<CloudName> for &'static Row {
    fn from(cloud: CloudName) -> Self {
        let row = CLOUDS.iter().find(|row| row.cloud == cloud);
        row.expect("the table has a row for each cloud; a test compares them")
    }
}

/// What a path of practice Azure says in place of each suffix, and of the suffix of a region.
const PRACTICE_SUFFIXES: [&str; 3] = ["", ".cognitiveservices", ".services.ai"];
const PRACTICE_REGION: &str = ".api.cognitive";

/// One Azure cloud.
#[derive(Clone, Debug)]
pub struct Cloud {
    row: &'static Row,
    authority: Url,
    resource_manager: Url,
    graph: Url,
    inference: Inference,
}

#[derive(Clone, Debug)]
enum Inference {
    Named,
    Practice(Url),
}

impl Default for Cloud {
    fn default() -> Self {
        Cloud::public()
    }
}

impl Cloud {
    /// Azure's public cloud.
    pub fn public() -> Self {
        Cloud::of(&CLOUDS[0])
    }

    /// The cloud of a row.
    pub fn of(row: &'static Row) -> Self {
        Cloud {
            row,
            authority: constant(row.authority),
            resource_manager: constant(row.resource_manager),
            graph: constant(row.graph),
            inference: Inference::Named,
        }
    }

    /// Practice Azure on a loopback address, which is handed over in-process. It plays the public
    /// cloud.
    ///
    /// Fails when an address is not plain HTTP on 127.0.0.1: no setting can lead anywhere else.
    pub fn practice(
        authority: &str,
        resource_manager: &str,
        inference: &str,
        graph: &str,
    ) -> Result<Self, Failure> {
        Cloud::practice_of(&CLOUDS[0], authority, resource_manager, inference, graph)
    }

    /// The same, playing the cloud of a row: its tokens are called by that cloud's names.
    pub fn practice_of(
        row: &'static Row,
        authority: &str,
        resource_manager: &str,
        inference: &str,
        graph: &str,
    ) -> Result<Self, Failure> {
        Ok(Cloud {
            row,
            authority: loopback(authority)?,
            resource_manager: loopback(resource_manager)?,
            graph: loopback(graph)?,
            inference: Inference::Practice(loopback(inference)?),
        })
    }

    /// Whether this is practice Azure.
    pub fn is_practice(&self) -> bool {
        matches!(self.inference, Inference::Practice(_))
    }

    /// What is true of it.
    pub fn row(&self) -> &'static Row {
        self.row
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

    /// An address of Microsoft Graph: `path` begins with its version.
    pub fn graph(&self, path: &str) -> Url {
        below(&self.graph, path)
    }

    /// The page of an Azure Resource Manager id in the portal.
    pub fn portal(&self, id: &str) -> Url {
        let mut url = constant(self.row.portal);
        url.set_fragment(Some(&format!("resource{id}")));
        url
    }

    /// The authority, as it is kept beside a refresh token.
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// Whether `url` is a page of Microsoft where a code of this cloud is typed in.
    pub fn takes_device_codes_at(&self, url: &Url) -> bool {
        lies_below(url, &self.authority)
            || (!self.is_practice() && self.row.device_pages.contains(&url.as_str()))
    }

    /// Whether a token for this audience is one of another cloud.
    pub fn is_elsewhere(&self, audience: &str) -> bool {
        let audience = audience.trim_end_matches('/');
        let mut others = CLOUDS.iter().filter(|row| row.name != self.row.name);
        others.any(|row| row.resource_manager_audiences.contains(&audience))
    }

    /// The scope of the tokens that Azure Resource Manager takes.
    pub fn resource_manager_scope(&self) -> &'static str {
        self.row.resource_manager_scope
    }

    /// The scope of the tokens that Microsoft Graph takes.
    pub fn graph_scope(&self) -> &'static str {
        self.row.graph_scope
    }

    /// The scope of this cloud that has this name.
    pub fn scope(&self, name: &str) -> Option<&'static str> {
        let own = std::iter::once(self.resource_manager_scope());
        own.chain(self.inference_scopes().iter().copied()).find(|scope| *scope == name)
    }

    /// Who takes the tokens of a scope.
    pub fn service_of(&self, scope: &str) -> Service {
        match scope {
            _ if scope == self.resource_manager_scope() => Service::ResourceManager,
            _ if scope == self.graph_scope() => Service::Graph,
            _ => Service::Inference,
        }
    }

    /// The scopes of the tokens that the data plane takes, in the order in which they are tried.
    pub fn inference_scopes(&self) -> &'static [&'static str] {
        self.row.inference_scopes
    }

    /// Whether a token of `service` may be sent to `url`.
    pub fn owns(&self, service: Service, url: &Url) -> bool {
        match (service, &self.inference) {
            (Service::Entra, _) => lies_below(url, &self.authority),
            (Service::ResourceManager, _) => lies_below(url, &self.resource_manager),
            (Service::Graph, _) => lies_below(url, &self.graph),
            (Service::Inference, Inference::Practice(base)) => lies_below(url, base),
            (Service::Inference, Inference::Named) => {
                url.scheme() == "https"
                    && url.port().is_none()
                    && url.username().is_empty()
                    && url.password().is_none()
                    && url.domain().is_some_and(|host| {
                        self.row.inference_suffixes.iter().any(|suffix| {
                            host.strip_suffix(suffix).is_some_and(|name| !name.is_empty())
                        })
                    })
            }
        }
    }

    /// The endpoint of the resource that `url` leads to, without a trailing slash, and its
    /// subdomain; none where that is nobody's ([`Cloud::owns`]).
    pub fn resource_at(&self, url: &Url) -> Option<(String, String)> {
        if !self.owns(Service::Inference, url) {
            return None;
        }
        let (endpoint, label, suffixes) = match &self.inference {
            Inference::Named => {
                let host = url.domain()?;
                (format!("https://{host}"), host, self.row.inference_suffixes)
            }
            Inference::Practice(base) => {
                let label = label_below(url, base)?;
                (below(base, label).to_string(), label, PRACTICE_SUFFIXES.as_slice())
            }
        };
        let mut names = suffixes.iter().filter_map(|suffix| label.strip_suffix(suffix));
        let name = names.find(|name| is_subdomain(name))?;
        Some((endpoint, name.to_owned()))
    }

    /// Whether `url` leads to a region, which takes keys only.
    pub fn is_region(&self, url: &Url) -> bool {
        match &self.inference {
            Inference::Named => {
                url.domain().is_some_and(|host| host.ends_with(self.row.region_suffix))
            }
            Inference::Practice(base) => {
                label_below(url, base).is_some_and(|label| label.ends_with(PRACTICE_REGION))
            }
        }
    }

    /// What the endpoint of a resource looks like, to be shown.
    pub fn endpoint_example(&self) -> String {
        match &self.inference {
            Inference::Named => format!("https://NAME{}", self.row.chat_suffix()),
            Inference::Practice(base) => below(base, "NAME").to_string(),
        }
    }

    /// The failure with links and commands that lead into this cloud: they are written down for
    /// the public one.
    pub fn localize(&self, mut failure: Failure) -> Failure {
        let public = &CLOUDS[0];
        if self.row.name == public.name {
            return failure;
        }
        for remedy in &mut failure.remedies {
            let Remedy::Link { url, .. } = remedy else { continue };
            for (theirs, own) in
                [(public.authority, self.row.authority), (public.portal, self.row.portal)]
            {
                if let Some(rest) = url.strip_prefix(theirs) {
                    *url = format!("{own}{rest}");
                }
            }
        }
        let login = failure.remedies.iter().position(|remedy| {
            matches!(remedy, Remedy::Command { command: CommandKind::AzLogin, .. })
        });
        if let Some(at) = login {
            // The Azure CLI signs in to the cloud that was set before.
            let line = format!("az cloud set --name {}", self.row.azure_cli);
            failure.remedies.insert(at, Remedy::Command { command: CommandKind::AzCloud, line });
        }
        failure
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

/// The first part of the path below the base.
fn label_below<'a>(url: &'a Url, base: &Url) -> Option<&'a str> {
    let folder = format!("{}/", base.path().trim_end_matches('/'));
    let rest = url.path().strip_prefix(&folder).filter(|_| lies_below(url, base))?;
    rest.split('/').next()
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
    use crate::failure::Link;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a test writes whole addresses")
    }

    /// The addresses where each row's tokens belong, as a resource would be addressed.
    fn homes(row: &Row) -> Vec<(Service, Url)> {
        let resource = |suffix: &&str| {
            (Service::Inference, url(&format!("https://contoso{suffix}/openai/v1/")))
        };
        let mut homes = vec![
            (Service::Entra, url(&format!("{}organizations/oauth2/v2.0/token", row.authority))),
            (Service::ResourceManager, url(&format!("{}subscriptions", row.resource_manager))),
            (Service::Graph, url(&format!("{}v1.0/directoryObjects/getByIds", row.graph))),
        ];
        homes.extend(row.inference_suffixes.iter().map(resource));
        homes
    }

    #[test]
    fn a_token_of_each_cloud_goes_to_its_own_service_of_its_own_cloud() {
        for own in CLOUDS {
            for theirs in CLOUDS {
                for (service, _) in homes(own) {
                    for (home, address) in homes(theirs) {
                        let belongs = own.name == theirs.name && service == home;
                        let owns = Cloud::of(own).owns(service, &address);
                        assert_eq!(
                            owns, belongs,
                            "a token of {service:?} in {} to {address}",
                            own.name
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn every_row_is_whole_and_shares_nothing_that_tells_clouds_apart() {
        for row in CLOUDS {
            let addresses = [row.authority, row.resource_manager, row.portal, row.graph];
            for address in addresses {
                assert_eq!(url(address).as_str(), address, "{address} ends in its slash");
                assert_eq!(url(address).scheme(), "https", "{address}");
            }
            let named =
                |name: &str, suffix: &str| name.starts_with("https://") && name.ends_with(suffix);
            let scopes = [&row.resource_manager_scope, &row.graph_scope];
            let scopes = row.inference_scopes.iter().chain(scopes);
            assert!(scopes.clone().all(|scope| named(scope, "/.default")), "{scopes:?}");
            assert!(row.inference_suffixes.iter().all(|suffix| suffix.starts_with('.')), "{row:?}");
            assert!(row.device_pages.iter().all(|page| named(page, "")), "{row:?}");
            assert!(find(row.name).is_some_and(|found| std::ptr::eq(found, row)), "{}", row.name);
            let name = serde_json::to_value(row.cloud).expect("a name");
            assert_eq!(name, row.name, "settings and the window call it the same");
            let key = format!("cloud.{}", row.name);
            assert!(crate::words::all().contains_key(&key), "{key} has no words");
            for other in CLOUDS.iter().filter(|other| other.name != row.name) {
                assert_ne!(row.authority, other.authority, "{} and {}", row.name, other.name);
                assert_ne!(row.resource_manager_scope, other.resource_manager_scope);
                let shared =
                    row.inference_scopes.iter().find(|one| other.inference_scopes.contains(one));
                assert_eq!(shared, None, "{} and {}", row.name, other.name);
            }
        }
    }

    #[test]
    fn remedies_lead_into_the_cloud_of_the_failure() {
        let failure = || {
            Failure::new(Code::ConsentNeeded)
                .link(Link::EntraError, "https://login.microsoftonline.com/error?code=65001")
                .link(Link::Portal, "https://portal.azure.com/#resource/x")
                .link(Link::ServiceHealth, "https://azure.status.microsoft/status")
                .command(CommandKind::AzLogin, "az login --tenant contoso.example")
        };
        assert_eq!(Cloud::public().localize(failure()), failure(), "written down for this one");
        let government = Cloud::of(find("us_government").expect("a row"));
        let urls: Vec<String> = (government.localize(failure()).remedies.iter())
            .map(|remedy| match remedy {
                Remedy::Link { url, .. } => url.clone(),
                Remedy::Command { line, .. } => line.clone(),
                other => panic!("{other:?} was not there"),
            })
            .collect();
        assert_eq!(
            urls,
            [
                "https://login.microsoftonline.us/error?code=65001",
                "https://portal.azure.us/#resource/x",
                "https://azure.status.microsoft/status",
                "az cloud set --name AzureUSGovernment",
                "az login --tenant contoso.example",
            ]
        );
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
        let practice = |address: &str| Cloud::practice(address, address, address, address);
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
            "http://127.0.0.1:4711/graph",
        )
        .expect("four loopback addresses");
        assert!(cloud.owns(Service::Inference, &url("http://127.0.0.1:4711/openai/contoso/")));
        assert!(!cloud.owns(Service::Inference, &url("http://127.0.0.1:4711/arm/tenants")));
        assert!(!cloud.owns(Service::Inference, &url("http://127.0.0.1:4712/openai/contoso/")));
        assert!(!cloud.owns(Service::Inference, &url("https://contoso.openai.azure.com/")));
    }

    #[test]
    fn a_token_of_another_cloud_is_known_by_its_audience() {
        let public = Cloud::of(CloudName::Public.into());
        let government = Cloud::of(CloudName::UsGovernment.into());
        assert!(public.is_elsewhere("https://management.core.usgovcloudapi.net/"));
        assert!(government.is_elsewhere("https://management.azure.com"));
        for own in ["https://management.azure.com/", "https://management.core.windows.net/", ""] {
            assert!(!public.is_elsewhere(own), "{own} is no other cloud's");
        }
    }

    #[test]
    fn a_device_code_is_typed_in_on_a_page_of_its_own_cloud_only() {
        let public = Cloud::of(CloudName::Public.into());
        let government = Cloud::of(CloudName::UsGovernment.into());
        assert!(public.takes_device_codes_at(&url("https://microsoft.com/devicelogin")));
        assert!(public.takes_device_codes_at(&url("https://login.microsoft.com/device")));
        assert!(government.takes_device_codes_at(&url("https://microsoft.com/deviceloginus")));
        assert!(!government.takes_device_codes_at(&url("https://microsoft.com/devicelogin")));
        for foreign in [
            "http://microsoft.com/devicelogin",
            "https://microsoft.com/devicelogin?next=https://evil.example/",
            "https://microsoft.com.evil.example/devicelogin",
            "https://microsoft.com@evil.example/devicelogin",
            "https://microsoft.com:8443/devicelogin",
            "https://microsoft.com/redirect",
            "https://login.microsoftonline.com.evil.example/common/oauth2/deviceauth",
            "file:///devicelogin",
        ] {
            assert!(!public.takes_device_codes_at(&url(foreign)), "{foreign} may be anybody's");
        }
    }

    #[test]
    fn only_addresses_of_the_web_reach_the_browser() {
        assert!(is_web_address("https://login.microsoftonline.com/organizations"));
        for other in ["file:///etc/passwd", "/usr/bin/xeyes", "ms-settings:", "-h", ""] {
            assert!(!is_web_address(other), "{other} would start something else");
        }
    }
}
