"""The versions of what is driven."""

import platform
from importlib.metadata import version

PACKAGES = [
    "azure-identity",
    "azure-mgmt-authorization",
    "azure-mgmt-cognitiveservices",
    "azure-mgmt-msi",
    "azure-mgmt-resource",
    "azure-mgmt-resourcegraph",
    "azure-mgmt-resource-subscriptions",
    "msal",
    "openai",
    "PyJWT",
]


def find():
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
