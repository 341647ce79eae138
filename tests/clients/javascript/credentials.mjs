// Credentials as an application makes them: what a command leaves out stays at the SDK's default.

import {
  AzureCliCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  DeviceCodeCredential,
  InteractiveBrowserCredential,
} from "@azure/identity";

export function makeCredential(order, show) {
  const options = { tenantId: order.tenant, clientId: order.client_id };
  switch (order.kind) {
    case "default":
      return new DefaultAzureCredential();
    case "azure-cli":
      return new AzureCliCredential({ tenantId: order.tenant });
    case "browser":
      return new InteractiveBrowserCredential(options);
    case "device-code":
      return new DeviceCodeCredential({ ...options, userPromptCallback: (code) => ask(code, show) });
    case "client-secret":
      return new ClientSecretCredential(order.tenant, order.client_id, order.client_secret);
    case "token":
      return {
        getToken: async () => ({ token: order.token, expiresOnTimestamp: Date.now() + 3_600_000 }),
      };
    default:
      throw new Error(`there is no credential ${order.kind}`);
  }
}

export async function getToken(credential, order) {
  const token = await credential.getToken(order.scope);
  const expiresIn = Math.round((token.expiresOnTimestamp - Date.now()) / 1000);
  return { token: token.token, expires_in: expiresIn };
}

function ask(code, show) {
  show({
    event: "device-code",
    user_code: code.userCode,
    verification_uri: code.verificationUri,
    message: code.message,
  });
}
