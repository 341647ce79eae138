"""What PyJWT says of a token: signature by the published keys, issuer, audience, times, nonce."""

import json
import urllib.request

import jwt


def verify(order):
    """The claims, where everything holds.

    `metadata` is the address of the issuer's configuration, which names the keys and the issuer.
    """
    metadata = read(order["metadata"])
    keys = jwt.PyJWKSet.from_dict(read(metadata["jwks_uri"]))
    header = jwt.get_unverified_header(order["token"])
    key = next(key for key in keys.keys if key.key_id == header["kid"])
    claims = jwt.decode(
        order["token"],
        key,
        algorithms=metadata["id_token_signing_alg_values_supported"],
        audience=order["audience"],
        issuer=order.get("issuer") or metadata["issuer"],
        options={"require": ["aud", "exp", "iat", "iss", "nbf", "sub"]},
    )
    if "nonce" in order and claims.get("nonce") != order["nonce"]:
        raise jwt.InvalidTokenError("the nonce is another one")
    return {"claims": claims, "header": header}


def read(address):
    with urllib.request.urlopen(address) as answer:
        return json.load(answer)
