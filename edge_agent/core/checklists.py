"""Checklists at the station: the hub's list, or the built-in ones where none was sent; each filling is a fact."""

from collections.abc import Mapping
from typing import Final

from edge_agent.core import lists, staff
from edge_agent.core.acts import StaffFills
from edge_agent.core.state import HubOrder, HubOrderState, StaffSession, State
from edge_agent.core.step import Step, with_item
from protocols.errors import Refused
from protocols.kiosk.staff import StaffAnswer
from protocols.sync.changes import ChecklistItem
from protocols.sync.checklists import BUILT_IN, Question
from protocols.sync.facts import ChecklistAnswer, ChecklistFilled, Picture

_OWN: Final[tuple[ChecklistItem, ...]] = tuple(
    ChecklistItem(key=key, about=about, title=title, questions=questions) for key, about, title, questions in BUILT_IN
)


def known(state: State) -> list[ChecklistItem]:
    """What may be filled in, in the order to show it."""
    sent = sorted(lists.checklists(state), key=lambda one: one.key)
    return sent or list(_OWN)


def fill(step: Step, seen: StaffFills) -> None:
    """It is filled in. Answer: the fact; None for one that was told before. Raises Refused."""
    who, asked = staff.allowed(step, seen.token, ""), seen.asked
    if asked.act_id in step.state.hub_orders:
        return
    item = next((one for one in known(step.state) if one.key == seen.key), None)
    if item is None:
        raise Refused("checklist_unknown")
    fact = _fact(step, who, item, seen)
    step.record(fact)
    taken = HubOrder(order_id=asked.act_id, state=HubOrderState.ENDED, taken_ms=step.now_ms)
    step.change(hub_orders=with_item(step.state.hub_orders, asked.act_id, taken))
    step.answer = fact


def _fact(step: Step, who: StaffSession, item: ChecklistItem, seen: StaffFills) -> ChecklistFilled:
    asked = seen.asked
    if item.about == "vehicle" and asked.vehicle_id is None:
        raise Refused("checklist_incomplete", key="vehicle")
    if item.about == "dock" and asked.dock_no is None:
        raise Refused("checklist_incomplete", key="dock")
    if asked.dock_no is not None and asked.dock_no not in step.state.docks:
        raise Refused("dock_unknown", dock=asked.dock_no)
    if asked.vehicle_id is not None and lists.vehicle(step.state, asked.vehicle_id) is None:
        raise Refused("vehicle_unknown")
    held = {one.sha256: one for one in seen.pictures}
    answers = _answers(item, {one.key: one for one in asked.answers}, asked.lang, held)
    return ChecklistFilled(
        checklist_id=asked.act_id,
        list_key=item.key,
        list_version=item.version,
        title=text_of(item.title, asked.lang),
        about=item.about,
        staff_id=who.staff_id,
        staff_name=who.name,
        identified_by=who.identified_by,
        at_ms=step.now_ms,
        answers=answers,
        passed=all(one.ok for one in answers),
        dock_no=asked.dock_no,
        vehicle_id=asked.vehicle_id,
        offline=not step.state.hub.online,
    )


def _answers(
    item: ChecklistItem, given: Mapping[str, StaffAnswer], lang: str, held: Mapping[str, Picture]
) -> list[ChecklistAnswer]:
    return [
        _answer(question, given.get(question.key), lang, held)
        for question in item.questions
        if question.needed or question.key in given
    ]


def _answer(question: Question, given: StaffAnswer | None, lang: str, held: Mapping[str, Picture]) -> ChecklistAnswer:
    """Raises Refused `checklist_incomplete` with the question's key."""
    if given is None or not _is_one(question, given.value):
        raise Refused("checklist_incomplete", key=question.key)
    return ChecklistAnswer(
        key=question.key,
        text=text_of(question.text, lang),
        kind=question.kind,
        value=given.value.strip(),
        ok=question.kind != "yes_no" or given.value == "yes",
        note=given.note,
        photos=given.photos,
        pictures=tuple(held[one] for one in given.photos if one in held),
    )


def _is_one(question: Question, value: str) -> bool:
    match question.kind:
        case "yes_no":
            return value in ("yes", "no")
        case "number":
            return _is_number(value) or (not question.needed and not value.strip())
        case _:
            return bool(value.strip()) or not question.needed


def _is_number(value: str) -> bool:
    whole, _, part = value.strip().partition(".")
    return whole.isascii() and whole.isdecimal() and (not part or (part.isascii() and part.isdecimal()))


def text_of(texts: Mapping[str, str], lang: str) -> str:
    """In this language, else in English, else in any."""
    return texts.get(lang) or texts.get("en") or next(iter(texts.values()), "")
