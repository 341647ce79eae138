"""MSAL's authorization code flow in single steps, so that one of them can be done wrong."""

import msal

CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
FLOWS = {}
APPLICATIONS = {}


def call(order):
    return {"begin": begin, "redeem": redeem, "refresh": refresh}[order["step"]](order)


def begin(order):
    """The address for the browser. Flow and application stay, for `redeem`."""
    authority = f"https://login.microsoftonline.com/{order.get('tenant', 'organizations')}"
    application = msal.PublicClientApplication(CLIENT, authority=authority)
    flow = application.initiate_auth_code_flow(
        order["scopes"], redirect_uri=order["redirect_uri"], response_mode="query"
    )
    APPLICATIONS[order["flow"]] = application
    FLOWS[order["flow"]] = flow
    return {"address": flow["auth_uri"], "state": flow["state"], "nonce": flow["nonce"]}


def redeem(order):
    """What MSAL makes of the answer. `change` takes the place of members of the flow."""
    flow = FLOWS[order["flow"]] | order.get("change", {})
    return APPLICATIONS[order["flow"]].acquire_token_by_auth_code_flow(flow, order["answer"])


def refresh(order):
    """Redeems a refresh token, at this tenant and for these scopes."""
    authority = f"https://login.microsoftonline.com/{order['tenant']}"
    application = msal.PublicClientApplication(CLIENT, authority=authority)
    return application.acquire_token_by_refresh_token(order["refresh_token"], order["scopes"])
