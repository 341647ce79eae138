// A chat with a deployment, in the article's dated form and in today's v1 form.

import { getBearerTokenProvider } from "@azure/identity";
import OpenAI, { AzureOpenAI } from "openai";

export async function holdChat(credential, order) {
  const client = makeClient(getBearerTokenProvider(credential, order.scope), order);
  const ask = {
    model: order.deployment,
    messages: [{ role: "user", content: order.question }],
  };
  if (order.stream) {
    const options = { stream: true, stream_options: { include_usage: true } };
    return readStream(await client.chat.completions.create({ ...ask, ...options }));
  }
  const completion = await client.chat.completions.create(ask);
  const [choice] = completion.choices;
  return {
    text: choice.message.content,
    finish: choice.finish_reason,
    model: completion.model,
    tokens: completion.usage.total_tokens,
  };
}

function makeClient(tokenProvider, order) {
  const maxRetries = order.retries ?? 2;
  switch (order.form) {
    case "dated":
    case "article":
      return new AzureOpenAI({
        endpoint: order.endpoint,
        azureADTokenProvider: tokenProvider,
        apiVersion: order.api_version,
        deployment: order.deployment,
        maxRetries,
      });
    case "v1":
      return new OpenAI({
        baseURL: `${order.endpoint.replace(/\/+$/, "")}/openai/v1/`,
        apiKey: tokenProvider,
        maxRetries,
      });
    default:
      throw new Error(`there is no form ${order.form} of a chat`);
  }
}

async function readStream(stream) {
  const answer = { text: "", finish: "", model: "", tokens: 0, events: 0 };
  answer.events_without_choice = 0;
  answer.first_without_choice = false;
  for await (const event of stream) {
    answer.events += 1;
    if (event.choices.length === 0) {
      answer.events_without_choice += 1;
      answer.first_without_choice ||= answer.events === 1;
    }
    for (const choice of event.choices) {
      answer.text += choice.delta.content ?? "";
      answer.finish = choice.finish_reason ?? answer.finish;
    }
    answer.model = event.model || answer.model;
    answer.tokens = event.usage?.total_tokens ?? answer.tokens;
  }
  return answer;
}
