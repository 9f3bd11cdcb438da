"""Checklists at the station: the hub's or the built-in ones; filled in once, whole, and as a fact."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from edge_agent.core import checklists
from edge_agent.core.acts import StaffFills
from protocols.kiosk.staff import StaffAnswer, StaffChecklist
from protocols.sync.changes import ChecklistItem
from protocols.sync.checklists import BUILT_IN, Question
from protocols.sync.envelope import Lane
from protocols.sync.facts import LANES, ChecklistFilled, Picture
from tests.edge_agent.core.stage import Stage, vehicle_id
from tests.edge_agent.core.test_staff import ANNA, no, sign_in, stage

__all__ = ["stage"]  # the fixture
LISTED = ChecklistItem(
    key="tyres",
    title={"en": "Tyres", "de": "Reifen"},
    about="dock",
    version=7,
    questions=(Question(key="firm", text={"en": "Firm?"}), Question(key="bar", text={"en": "Bar"}, kind="number")),
)

PICTURE = Picture(sha256="ab" * 32, media_type="image/jpeg", size=9)


def asked(**more: Any) -> StaffChecklist:
    given: dict[str, Any] = {
        "act_id": uuid.UUID(int=0xC4),
        "lang": "de",
        "vehicle_id": vehicle_id(1),
        "answers": [StaffAnswer(key=key, value="yes") for key in ("brakes", "lights", "tyres", "frame", "damage")],
    } | more
    return StaffChecklist(**given)


def fills(stage: Stage, token: uuid.UUID, key: str = "inspection", **more: Any) -> StaffFills:
    return StaffFills(token=token, key=key, asked=asked(**more))


def test_a_station_that_was_sent_none_has_the_built_in_ones(stage: Stage) -> None:
    assert [one.key for one in checklists.known(stage.state)] == [key for key, *_ in BUILT_IN]
    stage.give("checklists", LISTED, ChecklistItem(key="odd", title={}, about="dock", questions=()))
    assert [one.key for one in checklists.known(stage.state)] == ["tyres"]


def test_the_built_in_ones_are_said_in_every_language() -> None:
    for _, _, title, questions in BUILT_IN:
        for texts in (title, *(one.text for one in questions)):
            assert set(texts) == {"en", "de", "vi"}
            assert all(texts.values())


def test_what_is_filled_in_is_a_fact_once_with_the_questions_as_they_were_read(stage: Stage) -> None:
    token = sign_in(stage)
    for _ in range(2):
        stage.ask(fills(stage, token))
    [fact] = stage.of(ChecklistFilled)
    assert LANES[ChecklistFilled] is Lane.OPERATIONS
    assert (fact.staff_id, fact.list_key, fact.title, fact.passed) == (ANNA, "inspection", "Fahrzeug prüfen", True)
    assert fact.answers[0].text == "Beide Bremsen greifen."
    assert "km" not in [one.key for one in fact.answers], "what need not be answered and was not is left out"
    stage.restart()
    stage.ask(fills(stage, sign_in(stage)))
    assert len(stage.of(ChecklistFilled)) == 1


def test_one_no_means_that_it_did_not_pass(stage: Stage) -> None:
    answers = [StaffAnswer(key=key, value="yes") for key in ("brakes", "lights", "tyres", "frame")]
    answers.append(StaffAnswer(key="damage", value="no", note="mirror gone", photos=("ab" * 32,)))
    fact: ChecklistFilled = stage.ask(replace(fills(stage, sign_in(stage), answers=answers), pictures=(PICTURE,)))
    assert fact.answers[-1].pictures == (PICTURE,)
    assert (fact.passed, fact.answers[-1].note, fact.answers[-1].photos) == (False, "mirror gone", ("ab" * 32,))


@pytest.mark.parametrize(
    ("key", "more", "why"),
    [
        ("nonsense", {}, "checklist_unknown"),
        ("inspection", {"vehicle_id": None}, "checklist_incomplete"),
        ("inspection", {"vehicle_id": uuid.UUID(int=7)}, "vehicle_unknown"),
        ("inspection", {"answers": []}, "checklist_incomplete"),
        ("inspection", {"answers": [StaffAnswer(key="brakes", value="perhaps")]}, "checklist_incomplete"),
        ("opening", {"dock_no": 99}, "dock_unknown"),
    ],
)
def test_what_is_not_whole_is_refused(stage: Stage, key: str, more: dict[str, Any], why: str) -> None:
    assert no(fills(stage, sign_in(stage), key, **more), stage) == why


@pytest.mark.parametrize(("value", "good"), [("2", True), ("2.4", True), ("", False), ("-1", False), ("²", False)])
def test_a_number_is_one(stage: Stage, value: str, good: bool) -> None:
    stage.give("checklists", LISTED)
    answers = [StaffAnswer(key="firm", value="yes"), StaffAnswer(key="bar", value=value)]
    question = fills(stage, sign_in(stage), "tyres", answers=answers, vehicle_id=None, dock_no=2)
    if good:
        fact: ChecklistFilled = stage.ask(question)
        assert (fact.list_version, fact.dock_no, fact.answers[1].value) == (7, 2, value)
    else:
        assert no(question, stage) == "checklist_incomplete"
