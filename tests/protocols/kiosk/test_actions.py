import json
import re
import uuid
from pathlib import Path

import pytest
from pydantic import ValidationError

from protocols.kiosk.actions import REFUSALS, Agree, AskQuote, Problem
from protocols.kiosk.schema import json_schema
from protocols.kiosk.staff import STAFF_REFUSALS

ROOT = Path(__file__).parents[3]
RAISING = ("edge_agent/core", "edge_agent/station", "edge_agent/kiosk", "protocols/voucher")


@pytest.mark.parametrize(
    "who",
    [
        {"kind": "voucher", "token": "VD1:" + "A" * 20},
        {"kind": "reservation", "code": "ABC", "pin": "1234"},
        {"kind": "card", "read_id": str(uuid.UUID(int=1))},
    ],
)
def test_each_way_to_identify_is_understood(who: dict[str, str]) -> None:
    assert AskQuote.model_validate_json(json.dumps({"who": who, "dock_no": 3})).who.kind == who["kind"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"who": {"kind": "face"}},
        {"who": {"kind": "voucher", "token": "x" * 601}},
        {"who": {"kind": "reservation", "code": "ABC", "pin": "12a4"}},
        {"who": {"kind": "reservation", "code": "ABC", "pin": "1234\n"}},
        {"who": {"kind": "card", "read_id": "x"}},
        {"who": {"kind": "voucher", "token": "V" * 20}, "dock_no": 0},
        {"who": {"kind": "voucher", "token": "V" * 20}, "door": 1},
    ],
)
def test_what_is_not_an_action_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AskQuote.model_validate_json(json.dumps(body))


def test_an_agreement_names_its_quote_and_nothing_else() -> None:
    with pytest.raises(ValidationError):
        Agree.model_validate({"quote_id": str(uuid.UUID(int=1)), "price": 1})


def test_the_schema_holds_every_shape_that_the_kiosk_uses() -> None:
    document = json_schema()
    names = document["$defs"]
    assert isinstance(names, dict)
    assert {"StationView", "QuoteView", "RentalView", "AskQuote", "Agree", "Problem"} <= set(names)
    json.dumps(document)


def test_every_code_that_the_station_may_refuse_with_is_listed_once() -> None:
    found = set()
    for folder in RAISING:
        for file in sorted((ROOT / folder).rglob("*.py")):
            found |= set(re.findall(r'Refused\(\s*"([a-z_]+)"', file.read_text()))
    assert found
    assert found <= {*REFUSALS, *STAFF_REFUSALS}
    assert len(set(REFUSALS)) == len(REFUSALS)


def test_a_problem_needs_its_stable_code() -> None:
    with pytest.raises(ValidationError):
        Problem.model_validate({"type": "x", "title": "x", "status": 400})
