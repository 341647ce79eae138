"""Drives the Python SDKs of Entra, Resource Manager and Azure OpenAI, unmodified.

Reads one JSON command a line and answers each with a line that is marked as done; before it there
may be events, which ask for a person at a browser.
"""

import json
import sys

import chat
import credentials
import failure
import management
import sign_in
import tokens
import versions


class Session:
    """Credentials stay from one command to the next, and with them what they remember."""

    def __init__(self):
        self.credentials = {}

    def obey(self, order):
        match order["action"]:
            case "versions":
                return {"versions": versions.find()}
            case "credential":
                self.credentials[order["credential"]] = credentials.make(order, show)
                return {}
            case "token":
                return {"token": credentials.get_token(self.credential(order), order)}
            case "chat":
                return {"chat": chat.hold(self.credential(order), order)}
            case "manage":
                return {"result": management.call(self.credential(order), order)}
            case "sign-in":
                return {"result": sign_in.call(order)}
            case "verify":
                return {"result": tokens.verify(order)}
            case other:
                raise ValueError(f"there is no command {other}")

    def credential(self, order):
        return self.credentials[order["credential"]]


def show(line):
    print(json.dumps(line), flush=True)


def main():
    session = Session()
    for line in sys.stdin:
        try:
            answer = session.obey(json.loads(line))
        except Exception as error:
            answer = {"failure": failure.describe(error)}
        show({"done": True, **answer})


main()
