"""Checklists as JSON."""

import uuid
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from hub.kernel.pages import PageQuery
from hub.kernel.shapes import Instant, Shape

Key = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,59}$", examples=["opening"])]
Texts = Annotated[
    dict[Annotated[str, Field(pattern="^[a-z]{2}$")], Annotated[str, Field(min_length=1, max_length=200)]],
    Field(min_length=1, max_length=20, examples=[{"en": "Brakes hold.", "de": "Die Bremsen greifen."}]),
]


class QuestionShape(Shape):
    """One thing to look at. `yes_no`: no means that something is wrong. `photo`: a picture helps here."""

    key: Key
    text: Texts
    kind: Literal["yes_no", "number", "text"] = "yes_no"
    needed: bool = True
    unit: str = Field(default="", max_length=20)
    photo: bool = False


class ChecklistEdit(Shape):
    """What a checklist asks from now on, all of it. Texts by language, English is the fallback."""

    title: Texts
    about: Literal["station", "dock", "vehicle"]
    questions: list[QuestionShape] = Field(min_length=1, max_length=60)

    @model_validator(mode="after")
    def _each_once(self) -> "ChecklistEdit":
        if len({one.key for one in self.questions}) != len(self.questions):
            raise ValueError("two questions have the same key")
        return self


class NewChecklist(ChecklistEdit):
    """A checklist for all stations. `key` stays its name as long as it is asked."""

    key: Key


class BuiltInChecklists(Shape):
    """What stations ask while no checklist is made here, each as it could be made."""

    items: list[NewChecklist]


class ChecklistShape(NewChecklist):
    """A checklist that stations show."""

    id: uuid.UUID
    created_at: Instant
    version: int


class FilledQuery(PageQuery):
    """Which ones."""

    station_id: uuid.UUID | None = None
    vehicle_id: uuid.UUID | None = None
    key: Key | None = None
    passed: bool | None = Field(default=None, description="false: only where something is wrong")


class FilledShape(Shape):
    """What somebody found: each answer with the question as it was shown. Pictures: `GET /api/v1/photos?act_id=`."""

    id: uuid.UUID
    created_at: Instant
    station_id: uuid.UUID
    key: str
    version: int
    title: str
    about: str
    staff_id: uuid.UUID
    staff_name: str
    at: Instant
    dock_no: int | None
    vehicle_id: uuid.UUID | None
    passed: bool
    offline: bool
    answers: list[dict[str, Any]]
