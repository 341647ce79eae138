//! Which operation a request is, read from its method and address alone.
//!
//! The names are those of the simulator's history. A request of another service has a name too,
//! made of its resource type, so that what is not used can be counted.

use crate::record::Request;

/// The service that a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Microsoft Entra ID.
    Entra,
    /// Azure Resource Manager.
    ResourceManager,
    /// Microsoft Graph.
    Graph,
    /// Azure OpenAI.
    Inference,
}

/// An operation, and where it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service.
    pub service: Service,
    /// `roleAssignments.create`, `accounts.list`, …
    pub name: String,
    /// The scope's id, without the part that names the operation; empty for the whole directory.
    pub scope: String,
    /// What follows the collection: the name of an assignment, an account, a deployment.
    pub item: Option<String>,
}

/// An address, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host, in lower case.
    pub host: String,
    /// The path, as it was written.
    pub path: String,
    /// The query, as it was written.
    pub query: String,
}

impl Address {
    /// Takes an address apart; one without a scheme is a path.
    pub fn of(url: &str) -> Self {
        let (rest, has_host) = match url.split_once("://") {
            Some((_, rest)) => (rest, true),
            None => (url, false),
        };
        let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = if has_host {
            before.find('/').map_or((before, "/"), |at| before.split_at(at))
        } else {
            ("", before)
        };
        Self { host: host.to_lowercase(), path: path.to_owned(), query: query.to_owned() }
    }

    /// A parameter of the query, decoded; names are compared without regard to case.
    pub fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    }

    /// The segments of the path, decoded; empty ones do not count, as in Resource Manager.
    pub fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect()
    }

    fn service(&self) -> Service {
        let path = self.path.to_lowercase();
        let at_host = |name: &str| self.host == name || self.host.ends_with(&format!(".{name}"));
        if at_host("graph.microsoft.com")
            || path.starts_with("/v1.0/")
            || path.starts_with("/beta/")
        {
            Service::Graph
        } else if path.starts_with("/openai/") || path.starts_with("/models/") {
            Service::Inference
        } else if at_host("microsoftonline.com")
            || at_host("login.windows.net")
            || path.contains("/oauth2/")
            || path.contains("/discovery/")
            || path.contains("/.well-known/")
        {
            Service::Entra
        } else {
            Service::ResourceManager
        }
    }
}

impl Operation {
    /// The operation of a request.
    pub fn of(request: &Request) -> Self {
        let address = Address::of(&request.url);
        let segments = address.segments();
        let service = address.service();
        match service {
            Service::ResourceManager => name_resource_operation(&request.method, &segments),
            Service::Entra => {
                Self { service, name: name_sign_in(&segments), scope: String::new(), item: None }
            }
            Service::Graph => Self {
                service,
                name: name_graph(&request.method, &segments),
                scope: String::new(),
                item: segments.get(2).cloned(),
            },
            Service::Inference => {
                let (name, item) = name_inference(&segments);
                Self { service, name, scope: String::new(), item }
            }
        }
    }
}

fn name_sign_in(segments: &[String]) -> String {
    let lower: Vec<String> = segments.iter().map(|segment| segment.to_lowercase()).collect();
    let ends = |tail: &[&str]| {
        lower.len() >= tail.len() && lower[lower.len() - tail.len()..].iter().eq(tail.iter())
    };
    let name = if ends(&[".well-known", "openid-configuration"]) {
        "entra.configuration"
    } else if ends(&["discovery", "instance"]) {
        "entra.discovery"
    } else if ends(&["discovery", "v2.0", "keys"]) {
        "entra.keys"
    } else {
        match lower.last().map(String::as_str) {
            Some("token") => "entra.token",
            Some("authorize") => "entra.authorize",
            Some("devicecode") => "entra.deviceCode",
            Some("logout") => "entra.logout",
            last => return format!("entra {}", last.unwrap_or("/")),
        }
    };
    name.to_owned()
}

fn name_graph(method: &str, segments: &[String]) -> String {
    let rest: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    match (method, rest.as_slice()) {
        ("GET", ["me"]) => "graph.me".to_owned(),
        ("POST", ["directoryObjects", "getByIds"]) => "graph.getByIds".to_owned(),
        ("GET", [collection]) => format!("graph.{collection}.list"),
        ("GET", [collection, _]) => format!("graph.{collection}.get"),
        (method, [collection, ..]) => {
            format!("graph.{collection}.{}", verb(method, rest.len() > 1))
        }
        (method, []) => format!("graph {method} /"),
    }
}

fn name_inference(segments: &[String]) -> (String, Option<String>) {
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["openai", "v1", "chat", "completions"] => ("chat.create".to_owned(), None),
        ["openai", "deployments", name, "chat", "completions"] => {
            ("chat.create".to_owned(), Some((*name).to_owned()))
        }
        ["openai", "v1", "models"] => ("models.list".to_owned(), None),
        ["openai", "deployments", name, rest @ ..] => {
            (format!("inference {}", rest.join("/")), Some((*name).to_owned()))
        }
        ["openai", "v1", rest @ ..] => (format!("inference {}", rest.join("/")), None),
        rest => (format!("inference {}", rest.join("/")), None),
    }
}

/// The collections that have short names, by the type that the address spells.
const COLLECTIONS: [(&str, &str); 11] = [
    ("microsoft.cognitiveservices/accounts", "accounts"),
    ("microsoft.cognitiveservices/accounts/deployments", "deployments"),
    ("microsoft.cognitiveservices/accounts/models", "accountModels"),
    ("microsoft.authorization/permissions", "permissions"),
    ("microsoft.authorization/denyassignments", "denyAssignments"),
    ("microsoft.authorization/roleassignments", "roleAssignments"),
    ("microsoft.authorization/roledefinitions", "roleDefinitions"),
    ("microsoft.managedidentity/userassignedidentities", "identities"),
    ("microsoft.resourcegraph/resources", "resourceGraph"),
    ("microsoft.cognitiveservices/accounts/projects", "projects"),
    ("microsoft.cognitiveservices/deletedaccounts", "deletedAccounts"),
];

fn name_resource_operation(method: &str, segments: &[String]) -> Operation {
    let service = Service::ResourceManager;
    let lower: Vec<String> = segments.iter().map(|segment| segment.to_lowercase()).collect();
    let path: Vec<&str> = lower.iter().map(String::as_str).collect();
    let made = |name: &str, scope: &[String], item: Option<&String>| Operation {
        service,
        name: name.to_owned(),
        scope: join(scope),
        item: item.cloned(),
    };
    match path.as_slice() {
        ["tenants"] => return made("tenants.list", &[], None),
        ["subscriptions"] => return made("subscriptions.list", &[], None),
        ["subscriptions", _] => {
            let name = format!("subscriptions.{}", verb(method, true));
            return made(&name, segments, None);
        }
        ["subscriptions", _, "locations"] => {
            return made("subscriptions.locations", &segments[..2], None);
        }
        ["subscriptions", _, "operationresults", _] => {
            return made("operationResults.get", &segments[..2], segments.get(3));
        }
        ["subscriptions", _, "resourcegroups"] => {
            return made("resourceGroups.list", &segments[..2], None);
        }
        ["subscriptions", _, "resourcegroups", _] => {
            let name = format!("resourceGroups.{}", verb(method, true));
            return made(&name, segments, None);
        }
        ["subscriptions", _, "providers", _] => {
            return made("providers.get", &segments[..2], segments.get(3));
        }
        ["subscriptions", _, "providers", _, "register"] => {
            return made("providers.register", &segments[..2], segments.get(3));
        }
        _ => {}
    }
    let Some(at) = path.iter().rposition(|segment| *segment == "providers") else {
        return made(&format!("{method} {}", path.join("/")), segments, None);
    };
    let (kinds, names) = alternate(&segments[at + 1..]);
    let kind = kinds.to_lowercase();
    let whole = names.len() + 1 == kinds.split('/').count();
    let verb = if whole { verb(method, true) } else { list_verb(method) };
    let short = COLLECTIONS.iter().find(|(long, _)| *long == kind).map(|(_, short)| *short);
    let name = match short {
        Some("resourceGraph") => "resourceGraph.query".to_owned(),
        Some(short) => format!("{short}.{verb}"),
        None => format!("{kinds} {verb}"),
    };
    // An account is the scope of its own operations; an assignment lies at the scope before it.
    let (scope, item) = match short {
        Some("accounts") if whole => (segments, None),
        Some("deployments" | "accountModels" | "projects") => {
            (&segments[..segments.len() - 1 - usize::from(whole)], names.last().filter(|_| whole))
        }
        _ => (&segments[..at], names.last().filter(|_| whole)),
    };
    made(&name, scope, item)
}

/// `[Namespace, type, name, type, name…]` as the type and the names.
fn alternate(segments: &[String]) -> (String, Vec<String>) {
    let mut kinds = segments.first().cloned().unwrap_or_default();
    let mut names = Vec::new();
    for (index, segment) in segments.iter().enumerate().skip(1) {
        if index % 2 == 1 {
            kinds = format!("{kinds}/{segment}");
        } else {
            names.push(segment.clone());
        }
    }
    (kinds, names)
}

fn verb(method: &str, item: bool) -> &'static str {
    match (method, item) {
        ("GET", true) => "get",
        ("GET", false) => "list",
        ("HEAD", _) => "exists",
        ("PUT", _) => "create",
        ("PATCH", _) => "update",
        ("DELETE", _) => "delete",
        _ => "post",
    }
}

fn list_verb(method: &str) -> &'static str {
    verb(method, false)
}

fn join(segments: &[String]) -> String {
    segments.iter().map(|segment| format!("/{segment}")).collect()
}

/// Percent-decoding of a path segment, in which `+` is itself.
fn decode(segment: &str) -> String {
    let kept = segment.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    url::form_urlencoded::parse(kept.as_bytes())
        .next()
        .map(|(text, _)| text.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn operation(method: &str, url: &str) -> Operation {
        Operation::of(&Request {
            method: method.to_owned(),
            url: url.to_owned(),
            body: Value::Null,
        })
    }

    #[test]
    fn an_operation_is_known_by_its_method_and_address() {
        let account =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a";
        let network = "/subscriptions/s/resourcegroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n";
        for (method, path, name, scope, item) in [
            ("GET", "/tenants".to_owned(), "tenants.list", "", None),
            ("GET", "/subscriptions/s".to_owned(), "subscriptions.get", "/subscriptions/s", None),
            (
                "HEAD",
                "/subscriptions/s/resourcegroups/g".to_owned(),
                "resourceGroups.exists",
                "/subscriptions/s/resourcegroups/g",
                None,
            ),
            ("GET", account.to_owned(), "accounts.get", account, None),
            ("GET", format!("{account}/deployments"), "deployments.list", account, None),
            ("PUT", format!("{account}/deployments/d"), "deployments.create", account, Some("d")),
            (
                "PUT",
                format!("{network}/providers/Microsoft.Authorization/roleAssignments/x"),
                "roleAssignments.create",
                network,
                Some("x"),
            ),
            (
                "GET",
                "/subscriptions/s//providers/Microsoft.Authorization/roleAssignments".to_owned(),
                "roleAssignments.list",
                "/subscriptions/s",
                None,
            ),
            (
                "GET",
                format!("{account}/providers/Microsoft.Authorization/permissions"),
                "permissions.list",
                account,
                None,
            ),
        ] {
            let url = format!("https://management.azure.com{path}?api-version=2022-04-01");
            let found = operation(method, &url);
            assert_eq!(found.name, name, "{method} {path}");
            assert_eq!(found.scope, scope, "{method} {path}");
            assert_eq!(found.item.as_deref(), item, "{method} {path}");
        }
    }

    #[test]
    fn the_service_does_not_depend_on_a_host_that_was_made_unreadable() {
        for (url, service, name) in [
            ("https://Sanitized.azure.com/tenants", Service::ResourceManager, "tenants.list"),
            ("https://endpoint/openai/v1/chat/completions", Service::Inference, "chat.create"),
            (
                "https://Sanitized.microsoftonline.com/o/oauth2/v2.0/token",
                Service::Entra,
                "entra.token",
            ),
            ("https://graph.microsoft.com/v1.0/me", Service::Graph, "graph.me"),
            ("/tenants?api-version=1", Service::ResourceManager, "tenants.list"),
        ] {
            let found = operation(if name.ends_with("create") { "POST" } else { "GET" }, url);
            assert_eq!((found.service, found.name.as_str()), (service, name), "{url}");
        }
    }

    #[test]
    fn an_operation_that_nobody_heard_of_has_a_name() {
        for url in [
            "https://management.azure.com/",
            "nonsense",
            "",
            "https://x/providers",
            "https://x/%zz/%",
        ] {
            assert!(!operation("GET", url).name.is_empty(), "{url} has a name");
        }
        let disk = "https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d";
        assert_eq!(operation("PUT", disk).name, "Microsoft.Compute/disks create");
    }
}
