//! From a request to the service that answers it.

use crate::address::{Entrance, Service, locate};
use crate::answer::Answer;
use crate::call::Call;
use crate::site::Site;
use crate::{arm, entra, graph, inference};

/// Every operation that a service knows, as the history names it.
pub(crate) const OPERATIONS: &[&str] = &[
    "accounts.get",
    "accounts.list",
    "accounts.listModels",
    "accounts.update",
    "chat.create",
    "denyAssignments.list",
    "deployments.get",
    "deployments.list",
    "domains.check",
    "embeddings.create",
    "entra.authorize",
    "entra.configuration",
    "entra.deviceCode",
    "entra.deviceLogin",
    "entra.devicePage",
    "entra.deviceSignIn",
    "entra.discovery",
    "entra.keys",
    "entra.logout",
    "entra.signIn",
    "entra.token",
    "graph.getByIds",
    "graph.me",
    "graph.servicePrincipal",
    "graph.servicePrincipals",
    "graph.user",
    "graph.users",
    "identities.create",
    "identities.delete",
    "identities.get",
    "identities.list",
    "locations.list",
    "metadata.get",
    "models.list",
    "operationResults.get",
    "permissions.list",
    "providers.get",
    "providers.register",
    "resourceGraph.query",
    "resourceGroups.check",
    "resourceGroups.get",
    "resourceGroups.list",
    "responses.create",
    "roleAssignments.create",
    "roleAssignments.delete",
    "roleAssignments.get",
    "roleAssignments.list",
    "roleDefinitions.get",
    "roleDefinitions.list",
    "subscriptions.get",
    "subscriptions.list",
    "tenants.list",
];

/// The operations that the simulator serves, by the names that the history uses.
pub fn operations() -> Vec<&'static str> {
    OPERATIONS.to_vec()
}

/// A request that a service knows, or knows that it does not know.
#[derive(Debug)]
pub(crate) enum Route {
    Entra(Option<entra::Route>),
    Arm(Option<arm::Route>),
    Graph(Option<graph::Route>),
    Inference(inference::Host, Option<inference::Route>),
    Control,
    #[cfg(feature = "hosts")]
    Example,
    Nowhere,
}

/// Finds the route of a call and takes the service's part off its path.
pub(crate) fn find_route(call: &mut Call, entrance: Entrance) -> Route {
    let path = std::mem::take(&mut call.path);
    let host = call.header(http::header::HOST.as_str()).unwrap_or_default();
    let Some((service, rest)) = locate(entrance, host, &path) else {
        return Route::Nowhere;
    };
    call.path = rest.to_owned();
    match service {
        Service::Entra => Route::Entra(entra::Route::of(call)),
        Service::Arm => Route::Arm(arm::Route::of(call)),
        Service::Graph => Route::Graph(graph::Route::of(call)),
        Service::Inference(label, host) => {
            Route::Inference(inference::Host { label, host }, inference::Route::of(call))
        }
        Service::Control => Route::Control,
        #[cfg(feature = "hosts")]
        Service::Example => Route::Example,
    }
}

impl Route {
    /// The stable name of the operation; none where no service knows the request.
    pub(crate) fn operation(&self) -> Option<&'static str> {
        let operation = match self {
            Self::Entra(route) => route.as_ref().map(entra::Route::operation),
            Self::Arm(route) => route.as_ref().map(arm::Route::operation),
            Self::Graph(route) => route.as_ref().map(graph::Route::operation),
            Self::Inference(_, route) => route.as_ref().map(inference::Route::operation),
            // No operation of Azure's.
            #[cfg(feature = "hosts")]
            Self::Example => return Some("example.get"),
            Self::Control | Self::Nowhere => None,
        };
        debug_assert!(
            operation.is_none_or(|name| OPERATIONS.contains(&name)),
            "{operation:?} belongs into OPERATIONS"
        );
        operation
    }

    pub(crate) fn answer(&self, call: &Call, site: &Site) -> Answer {
        match self {
            Self::Entra(route) => entra::answer(route.as_ref(), call, site),
            Self::Arm(route) => arm::answer(route.as_ref(), call, site),
            Self::Graph(route) => graph::answer(route.as_ref(), call, site),
            Self::Inference(host, route) => inference::answer(host, route.as_ref(), call, site),
            #[cfg(feature = "hosts")]
            Self::Example => Answer::text(http::StatusCode::OK, "Example Domain"),
            Self::Control | Self::Nowhere => Answer::text(
                http::StatusCode::NOT_FOUND,
                "No service of practice Azure lives at this path.",
            ),
        }
    }
}
