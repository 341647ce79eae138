// Drives the JavaScript SDKs of Entra, Resource Manager and Azure OpenAI, unmodified. Reads one JSON
// command a line and answers each with a line that is marked as done; before it there may be events,
// which ask for a person at a browser.

import { createInterface } from "node:readline";

import { holdChat } from "./chat.mjs";
import { getToken, makeCredential } from "./credentials.mjs";
import { describeFailure } from "./failure.mjs";
import { callManagement } from "./management.mjs";
import { findVersions } from "./versions.mjs";

// Credentials stay from one command to the next, and with them what they remember.
const credentials = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  show({ done: true, ...(await answer(JSON.parse(line))) });
}
process.exit(0);

async function answer(order) {
  try {
    return await obey(order);
  } catch (error) {
    return { failure: describeFailure(error) };
  }
}

async function obey(order) {
  const credential = credentials.get(order.credential);
  switch (order.action) {
    case "versions":
      return { versions: findVersions() };
    case "credential":
      credentials.set(order.credential, makeCredential(order, show));
      return {};
    case "token":
      return { token: await getToken(credential, order) };
    case "chat":
      return { chat: await holdChat(credential, order) };
    case "manage":
      return { result: await callManagement(credential, order) };
    default:
      throw new Error(`there is no command ${order.action}`);
  }
}

function show(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
