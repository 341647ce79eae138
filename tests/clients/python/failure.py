"""An error as an application sees it: the SDK's own type, and what it kept of the answer."""

import azure.core.exceptions
import openai


def describe(error):
    found = {"type": type(error).__name__, "status": 0, "code": "", "message": str(error)}
    if isinstance(error, openai.APIStatusError):
        found["status"] = error.status_code
        found["code"] = error.code or ""
    elif isinstance(error, azure.core.exceptions.HttpResponseError):
        found["status"] = error.status_code or 0
        found["code"] = error.error.code if error.error else ""
    return found
