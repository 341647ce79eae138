// The calls of Resource Manager that the wizard makes, by Azure's own SDKs.

import { randomUUID } from "node:crypto";

import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { CognitiveServicesManagementClient } from "@azure/arm-cognitiveservices";
import { ManagedServiceIdentityClient } from "@azure/arm-msi";
import { ResourceGraphClient } from "@azure/arm-resourcegraph";
import { SubscriptionClient } from "@azure/arm-resources-subscriptions";

/** Runs one of the functions below; a paged list comes back as a whole. */
export async function callManagement(credential, order) {
  const call = calls[order.call];
  if (!call) {
    throw new Error(`there is no call ${order.call}`);
  }
  const result = await call(credential, order);
  return result?.[Symbol.asyncIterator] ? gather(result) : (result ?? null);
}

async function gather(pages) {
  const all = [];
  for await (const one of pages) {
    all.push(one);
  }
  return all;
}

const authorization = (credential, order) =>
  new AuthorizationManagementClient(credential, order.subscription);
const cognitive = (credential, order) =>
  new CognitiveServicesManagementClient(credential, order.subscription);
const identities = (credential, order) =>
  new ManagedServiceIdentityClient(credential, order.subscription).userAssignedIdentities;

const calls = {
  "tenants.list": (credential) => new SubscriptionClient(credential).tenants.list(),
  "subscriptions.list": (credential) => new SubscriptionClient(credential).subscriptions.list(),
  "accounts.list": (credential, order) => {
    const { accounts } = cognitive(credential, order);
    return order.group ? accounts.listByResourceGroup(order.group) : accounts.list();
  },
  "accounts.get": (credential, order) =>
    cognitive(credential, order).accounts.get(order.group, order.account),
  "deployments.list": (credential, order) =>
    cognitive(credential, order).deployments.list(order.group, order.account),
  "roleDefinitions.list": (credential, order) =>
    authorization(credential, order).roleDefinitions.list(order.scope, { filter: order.filter }),
  "roleAssignments.list": (credential, order) =>
    authorization(credential, order).roleAssignments.listForScope(order.scope, {
      filter: order.filter,
    }),
  "roleAssignments.create": (credential, order) =>
    authorization(credential, order).roleAssignments.create(
      order.scope,
      order.name ?? randomUUID(),
      {
        roleDefinitionId: `/subscriptions/${order.subscription}/providers/Microsoft.Authorization/roleDefinitions/${order.role}`,
        principalId: order.principal,
        principalType: order.principal_type ?? "User",
      },
    ),
  "roleAssignments.delete": (credential, order) =>
    authorization(credential, order).roleAssignments.delete(order.scope, order.name),
  "denyAssignments.list": (credential, order) =>
    authorization(credential, order).denyAssignments.listForScope(order.scope),
  "permissions.list": (credential, order) => {
    const { permissions } = authorization(credential, order);
    return order.account
      ? permissions.listForResource(
          order.group,
          "Microsoft.CognitiveServices",
          "",
          "accounts",
          order.account,
        )
      : permissions.listForResourceGroup(order.group);
  },
  "identities.create": (credential, order) =>
    identities(credential, order).createOrUpdate(order.group, order.name, {
      location: order.location,
    }),
  "identities.list": (credential, order) =>
    identities(credential, order).listByResourceGroup(order.group),
  "resources.query": (credential, order) =>
    new ResourceGraphClient(credential).resources({
      query: order.query,
      subscriptions: order.subscriptions,
    }),
};
