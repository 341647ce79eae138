"""The calls of Resource Manager that the wizard makes, by Azure's own SDKs."""

import uuid

from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.models import RoleAssignmentCreateParameters
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.subscriptions import SubscriptionClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest


def call(credential, order):
    """Runs one of the functions below; a list comes back as a list of dictionaries."""
    result = CALLS[order["call"]](credential, order)
    if hasattr(result, "as_dict"):
        return result.as_dict()
    return None if result is None else [one.as_dict() for one in result]


def make(kind, credential, order):
    options = {"subscription_id": order["subscription"]} if "subscription" in order else {}
    if "api_version" in order:
        options["api_version"] = order["api_version"]
    return kind(credential, **options)


def authorization(credential, order):
    return make(AuthorizationManagementClient, credential, order)


def cognitive(credential, order):
    return make(CognitiveServicesManagementClient, credential, order)


def list_tenants(credential, order):
    return make(SubscriptionClient, credential, order).tenants.list()


def list_subscriptions(credential, order):
    return make(SubscriptionClient, credential, order).subscriptions.list()


def list_groups(credential, order):
    return make(ResourceManagementClient, credential, order).resource_groups.list()


def list_accounts(credential, order):
    accounts = cognitive(credential, order).accounts
    if "group" in order:
        return accounts.list_by_resource_group(order["group"])
    return accounts.list()


def read_account(credential, order):
    return cognitive(credential, order).accounts.get(order["group"], order["account"])


def list_deployments(credential, order):
    return cognitive(credential, order).deployments.list(order["group"], order["account"])


def list_definitions(credential, order):
    definitions = authorization(credential, order).role_definitions
    return definitions.list(order["scope"], filter=order.get("filter"))


def list_assignments(credential, order):
    assignments = authorization(credential, order).role_assignments
    return assignments.list_for_scope(order["scope"], filter=order.get("filter"))


def list_deny_assignments(credential, order):
    return authorization(credential, order).deny_assignments.list_for_scope(order["scope"])


def list_permissions(credential, order):
    permissions = authorization(credential, order).permissions
    if "account" not in order:
        return permissions.list_for_resource_group(order["group"])
    return permissions.list_for_resource(
        order["group"], "Microsoft.CognitiveServices", "", "accounts", order["account"]
    )


def create_assignment(credential, order):
    role = "/providers/Microsoft.Authorization/roleDefinitions/" + order["role"]
    parameters = RoleAssignmentCreateParameters(
        role_definition_id=f"/subscriptions/{order['subscription']}{role}",
        principal_id=order["principal"],
        principal_type=order.get("principal_type", "User"),
    )
    name = order.get("name") or str(uuid.uuid4())
    return authorization(credential, order).role_assignments.create(order["scope"], name, parameters)


def delete_assignment(credential, order):
    return authorization(credential, order).role_assignments.delete(order["scope"], order["name"])


def create_identity(credential, order):
    identities = make(ManagedServiceIdentityClient, credential, order).user_assigned_identities
    identity = {"location": order["location"]}
    return identities.create_or_update(order["group"], order["name"], identity)


def list_identities(credential, order):
    identities = make(ManagedServiceIdentityClient, credential, order).user_assigned_identities
    return identities.list_by_resource_group(order["group"])


def query_resources(credential, order):
    request = QueryRequest(query=order["query"], subscriptions=order.get("subscriptions"))
    return make(ResourceGraphClient, credential, order).resources(request)


CALLS = {
    "tenants.list": list_tenants,
    "subscriptions.list": list_subscriptions,
    "resourceGroups.list": list_groups,
    "accounts.list": list_accounts,
    "accounts.get": read_account,
    "deployments.list": list_deployments,
    "roleDefinitions.list": list_definitions,
    "roleAssignments.list": list_assignments,
    "roleAssignments.create": create_assignment,
    "roleAssignments.delete": delete_assignment,
    "denyAssignments.list": list_deny_assignments,
    "permissions.list": list_permissions,
    "identities.create": create_identity,
    "identities.list": list_identities,
    "resources.query": query_resources,
}
