"""The API does what its document says, to whoever asks: no fault of the hub, no status, code or shape that is not
documented. Every operation is called by every role, by nobody, and with tokens that are worth nothing.

The cases are drawn from the document once and sent by each caller, to a whole hub with data over a real socket. Ids
are mostly of what exists, so that the rules behind them are reached. `VOLTDOCK_DOCUMENT_EXAMPLES=200` for a long look.
"""

import contextlib
import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from hub.accounts.roles import Role
from hub.accounts.rules import PERMISSIONS_OF
from hub.app import openapi_document
from hub.kernel.routes import SIGNED_IN
from tests.hub.document.callers import CALLERS, ROLES, WORTHLESS, headers_of
from tests.hub.document.ground import Ground
from tests.hub.document.life import told
from tests.hub.document.served import Served, served_hub
from tests.hub.document.verdicts import complaints

pytestmark = pytest.mark.timeout(3600)
EXAMPLES: Final = int(os.environ.get("VOLTDOCK_DOCUMENT_EXAMPLES", "2"))
NOT_CALLED: Final = {
    ("POST", "/api/v1/sync"): "signed packed bytes of a station; tests/hub/intake",
    ("GET", "/api/v1/live"): "a WebSocket of a station; tests/hub/intake/test_live.py",
    ("POST", "/api/v1/webhooks/simulated"): "signed by the gateway; tests/hub/payments",
    ("POST", "/api/v1/webhooks/stripe"): "signed by Stripe; tests/hub/payments",
    ("GET", "/api/v1/webhooks/vnpay"): "signed by VNPay; tests/hub/payments",
    ("GET", "/api/v1/vnpay/return"): "a page for payers; tests/hub/payments",
    ("GET", "/api/v1/stations/states/stream"): "a stream that does not end; tests/hub/stations/test_states.py",
    ("GET", "/metrics"): "for Prometheus, no JSON; tests/hub/kernel/test_openapi.py",
}
Cases = list[tuple[str, str, list[Case[Any]]]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The hub's document without its `default` answers: what is meant must be said."""
    made = openapi_document()
    for verbs in made["paths"].values():
        for operation in verbs.values():
            operation["responses"].pop("default", None)
    return made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_hub(tmp_path_factory.mktemp("hub")) as hub:
        hub.tell(told())
        yield hub


@pytest.fixture(scope="module")
def headers(served: Served) -> dict[str, dict[str, str]]:
    return headers_of(served)


@pytest.fixture(scope="module")
def cases(document: dict[str, Any]) -> Cases:
    """For every operation what fits it, and what does not; reading comes before writing, deleting last."""
    schema = schemathesis.openapi.from_dict(document)
    drawn: Cases = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        verb = operation.method.upper()
        if (verb, operation.path) in NOT_CALLED:
            continue
        fits = _draw(operation, GenerationMode.POSITIVE)
        fits_not: list[Case[Any]] = []
        if _takes_anything(operation):
            with contextlib.suppress(Unsatisfiable):  # it takes any text: there is nothing that does not fit
                fits_not = _draw(operation, GenerationMode.NEGATIVE)
        drawn.append((verb, operation.path, fits + fits_not))
    order = {"GET": 0, "POST": 1, "PUT": 2, "PATCH": 3, "DELETE": 4}
    return sorted(drawn, key=lambda one: order[one[0]])


def _takes_anything(operation: Any) -> bool:
    raw = operation.definition.raw
    return bool(raw.get("parameters") or raw.get("requestBody"))


def _draw(operation: Any, mode: GenerationMode) -> list[Case[Any]]:
    found: list[Case[Any]] = []

    @seed(random.randrange(2**32) if "VOLTDOCK_DOCUMENT_EXAMPLES" in os.environ else 4)
    @settings(
        max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode))
    def draw(case: Case[Any]) -> None:
        found.append(case)

    draw()
    return found


def test_every_operation_is_called_but_for_those_that_speak_for_themselves(
    document: dict[str, Any], cases: Cases
) -> None:
    known = {(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs}
    assert {(verb, path) for verb, path, _ in cases} | set(NOT_CALLED) == known
    assert all(drawn for _, _, drawn in cases)


@pytest.mark.parametrize("caller", CALLERS)
def test_every_answer_is_documented(
    caller: str, served: Served, headers: dict[str, dict[str, str]], cases: Cases, document: dict[str, Any]
) -> None:
    draw = random.Random(caller)
    ground = Ground(served.url, document, draw)
    ground.look(headers["admin"], headers[caller])
    wrong: dict[str, str] = {}
    seen: Counter[int] = Counter()
    with requests.Session() as session:
        for verb, path, drawn in cases:
            permission = document["paths"][path][verb.lower()].get("x-permission")
            for case in drawn if _may(caller, permission) else drawn[:1]:
                sent = case.derive()
                ground.put(sent, path)
                given = headers[caller] | ({"If-Match": "*"} if draw.random() < 0.8 else {})
                answer = sent.call(base_url=served.url, session=session, headers=given, timeout=30)
                seen[answer.status_code] += 1
                for complaint in complaints(sent, answer):
                    wrong.setdefault(f"{verb} {path}: {complaint}", sent.as_curl_command())
    assert not wrong, "\n".join(f"{what}\n    {how}" for what, how in wrong.items())
    if _may(caller, SIGNED_IN):
        assert seen[200] + seen[201] + seen[204] >= 10, f"hardly anything was reached: {seen}"
    else:
        assert seen[401] > len(cases) / 2, seen


@pytest.mark.parametrize("caller", WORTHLESS)
def test_a_worthless_token_bars_nobody_from_a_public_route(
    caller: str, served: Served, headers: dict[str, dict[str, str]]
) -> None:
    spent = {"refresh_token": "of nobody"}
    asked = requests.post(f"{served.url}/api/v1/auth/refresh", json=spent, headers=headers[caller], timeout=30)
    bare = requests.post(f"{served.url}/api/v1/auth/refresh", json=spent, timeout=30)
    assert (asked.status_code, asked.json()["code"]) == (bare.status_code, bare.json()["code"])
    assert requests.get(f"{served.url}/api/v1/me", headers=headers[caller], timeout=30).status_code == 401


def _may(caller: str, permission: str | None) -> bool:
    if permission is None:
        return True
    if caller not in ROLES:
        return False
    return permission == SIGNED_IN or permission in PERMISSIONS_OF[Role(caller.partition("@")[0])]
