"""A chat with a deployment, in the article's dated form and in today's v1 form."""

from azure.identity import get_bearer_token_provider
from openai import AzureOpenAI, OpenAI


def hold(credential, order):
    messages = [{"role": "user", "content": order["question"]}]
    client = make_client(get_bearer_token_provider(credential, order["scope"]), order)
    ask = {"model": order["deployment"], "messages": messages}
    if order.get("stream"):
        options = {"include_usage": True}
        return read_stream(client.chat.completions.create(stream=True, stream_options=options, **ask))
    completion = client.chat.completions.create(**ask)
    choice = completion.choices[0]
    return {
        "text": choice.message.content,
        "finish": choice.finish_reason,
        "model": completion.model,
        "tokens": completion.usage.total_tokens,
    }


def make_client(token_provider, order):
    retries = order.get("retries", 2)
    match order["form"]:
        case "dated" | "article":
            return AzureOpenAI(
                azure_endpoint=order["endpoint"],
                azure_ad_token_provider=token_provider,
                api_version=order["api_version"],
                max_retries=retries,
            )
        case "v1":
            base_url = order["endpoint"].rstrip("/") + "/openai/v1/"
            return OpenAI(base_url=base_url, api_key=token_provider, max_retries=retries)
        case other:
            raise ValueError(f"there is no form {other} of a chat")


def read_stream(stream):
    answer = {"text": "", "finish": "", "model": "", "tokens": 0, "events": 0}
    answer |= {"events_without_choice": 0, "first_without_choice": False, "ended": False}
    for event in stream:
        answer["events"] += 1
        if not event.choices:
            answer["events_without_choice"] += 1
            answer["first_without_choice"] |= answer["events"] == 1
        for choice in event.choices:
            answer["text"] += choice.delta.content or ""
            answer["finish"] = choice.finish_reason or answer["finish"]
        answer["model"] = event.model or answer["model"]
        if event.usage:
            answer["tokens"] = event.usage.total_tokens
    return answer
