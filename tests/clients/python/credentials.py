"""Credentials as an application makes them: what a command leaves out stays at the SDK's default."""

import time

from azure.core.credentials import AccessToken
from azure.identity import (
    AzureCliCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    DeviceCodeCredential,
    InteractiveBrowserCredential,
)


def make(order, show):
    options = {}
    if order.get("tenant"):
        options["tenant_id"] = order["tenant"]
    if order.get("client_id"):
        options["client_id"] = order["client_id"]
    match order["kind"]:
        case "default":
            return DefaultAzureCredential()
        case "azure-cli":
            return AzureCliCredential(**options)
        case "browser":
            return InteractiveBrowserCredential(**options)
        case "device-code":
            return DeviceCodeCredential(prompt_callback=asker(show), **options)
        case "client-secret":
            return ClientSecretCredential(client_secret=order["client_secret"], **options)
        case "token":
            return GivenToken(order["token"])
        case other:
            raise ValueError(f"there is no credential {other}")


def get_token(credential, order):
    token = credential.get_token(order["scope"])
    return {"token": token.token, "expires_in": int(token.expires_on - time.time())}


class GivenToken:
    """One token for every scope, as a program has it that mixes them up."""

    def __init__(self, token):
        self.token = token

    def get_token(self, *_scopes, **_options):
        return AccessToken(self.token, int(time.time()) + 3600)


def asker(show):
    def ask(verification_uri, user_code, _expires_on):
        show(
            {
                "event": "device-code",
                "user_code": user_code,
                "verification_uri": verification_uri,
                "message": "",
            }
        )

    return ask
