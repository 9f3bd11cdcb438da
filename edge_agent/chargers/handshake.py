"""Who may open a socket: the path, the password and the subprotocol. Knows no message."""

import base64
import binascii
import contextlib
import hmac
import http
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from edge_agent.chargers.config import ChargerConfig

PREFIX: Final = "/ocpp/"
ASSUMED: Final = "ocpp1.6"  # chargers that offer none (Grizzl-E and others) all speak 1.6


def charger_id_of(path: str) -> str | None:
    """The charge point id in a request path ``/ocpp/{id}``, percent-decoded; None where there is none."""
    path = path.partition("?")[0].partition("#")[0]
    if not path.startswith(PREFIX):
        return None
    return unquote(path.removeprefix(PREFIX).rstrip("/")) or None


def may_enter(connection: ServerConnection, request: Request, configs: Mapping[str, ChargerConfig]) -> Response | None:
    """None to go on; 404 for a charger that the station does not know, 401 for a wrong password."""
    config = configs.get(charger_id_of(request.path) or "")
    if config is None:
        return connection.respond(http.HTTPStatus.NOT_FOUND, "This station does not know that charge point.\n")
    if config.password is None or _proves(request.headers, config.charger_id, config.password):
        return None
    refusal = connection.respond(http.HTTPStatus.UNAUTHORIZED, "Wrong or missing credentials.\n")
    refusal.headers["WWW-Authenticate"] = 'Basic realm="voltdock"'
    return refusal


def choose(offered: Sequence[str], spoken: Sequence[str]) -> Subprotocol | None:
    """The first of the client's offers that we speak, in the client's own spelling; None where there is none."""
    for offer in offered:
        if offer.casefold() in spoken:
            return Subprotocol(offer)
    return None


def _proves(headers: Headers, charger_id: str, password: str) -> bool:
    """HTTP Basic with the charge point's id; the key may be sent as text or as the bytes of its hex (1.6 security)."""
    scheme, _, encoded = ", ".join(headers.get_all("Authorization")).partition(" ")
    try:
        sent = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    user, _, key = sent.partition(b":")
    fitting = [password.encode()]
    if len(password) >= 32 and len(password) % 2 == 0:
        with contextlib.suppress(ValueError):
            fitting.append(bytes.fromhex(password))
    same_user = hmac.compare_digest(user, charger_id.encode())
    same_key = any(hmac.compare_digest(key, one) for one in fitting)
    return scheme.casefold() == "basic" and same_user and same_key
