"""The typed routes of facts that were set aside."""

import uuid
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hub.intake.quarantine import Place, Quarantine, Who, found_by
from hub.intake.quarantine_schemas import (
    ActShape,
    Dismissal,
    QuarantineDetail,
    QuarantineQuery,
    QuarantineShape,
    RetriedAll,
    RetryAll,
)
from hub.intake.tables import QuarantinedFact
from hub.kernel.keyset import read_cursor, write_cursor
from hub.kernel.pages import Page, find_page
from hub.kernel.problem import invalid
from hub.kernel.routes import Call, route
from protocols.errors import Malformed
from protocols.values import instant


class QuarantineApi:
    """Look at set-aside facts, try them again, dismiss them."""

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine

    @route(
        "GET", "/api/v1/quarantine", summary="Facts that could not be applied", tags=["intake"],
        permission="facts:read", query=QuarantineQuery, response=Page[QuarantineShape],
    )  # fmt: skip
    async def listed(self, call: Call[None, QuarantineQuery]) -> Page[QuarantineShape]:
        """Kept and acknowledged, but set aside.

        `waiting` ones need a person; `parked` ones are of a type that this hub does not know, and are applied by
        themselves by one that does.
        """
        query = call.query
        found = found_by(station_id=query.station_id, code=query.code, fact_type=query.type, state=query.state)
        page = await find_page(call.session, found, QuarantinedFact, query)
        return page.as_page(QuarantineShape.model_validate)

    @route(
        "GET", "/api/v1/quarantine/{quarantine_id}", summary="One set-aside fact", tags=["intake"],
        permission="facts:read", response=QuarantineDetail, errors={"not_found": 404},
    )  # fmt: skip
    async def shown(self, call: Call[None, None]) -> QuarantineDetail:
        """The raw record, the reason, and what was done with it."""
        return await self._detail(call.session, await self._quarantine.one(call.session, call.id("quarantine_id")))

    @route(
        "POST", "/api/v1/quarantine/{quarantine_id}/retry", summary="Apply a set-aside fact again", tags=["intake"],
        permission="quarantine:write", response=QuarantineDetail, errors={"not_found": 404, "dismissed": 409},
        idempotent=True,
    )  # fmt: skip
    async def retry(self, call: Call[None, None]) -> QuarantineDetail:
        """`state` says whether it is applied now; if not, `code` and `detail` say why. Applied is applied once."""
        row = await self._quarantine.retry(call.session, call.id("quarantine_id"), _who(call))
        return await self._detail(call.session, row)

    @route(
        "POST", "/api/v1/quarantine/retry", summary="Apply all set-aside facts of a code again", tags=["intake"],
        permission="quarantine:write", body=RetryAll, response=RetriedAll, idempotent=True,
    )  # fmt: skip
    async def retry_all(self, call: Call[RetryAll, None]) -> RetriedAll:
        """Oldest first. Their order does not matter to what comes of them."""
        tried = await self._quarantine.retry_all(
            call.session,
            _who(call),
            code=call.body.code,
            station_id=call.body.station_id,
            after=_place(call.body.cursor),
        )
        cursor = None if tried.after is None else write_cursor(tried.after[0].isoformat(), str(tried.after[1]))
        return RetriedAll(applied=tried.applied, failed=tried.failed, next_cursor=cursor)

    @route(
        "POST", "/api/v1/quarantine/{quarantine_id}/dismiss", summary="Dismiss a set-aside fact", tags=["intake"],
        permission="quarantine:write", body=Dismissal, response=QuarantineDetail,
        errors={"not_found": 404, "applied": 409}, idempotent=True,
    )  # fmt: skip
    async def dismiss(self, call: Call[Dismissal, None]) -> QuarantineDetail:
        """Nothing shall come of it. The fact stays, and so does the reason."""
        row = await self._quarantine.dismiss(call.session, call.id("quarantine_id"), _who(call), call.body.reason)
        return await self._detail(call.session, row)

    async def _detail(self, session: AsyncSession, row: QuarantinedFact) -> QuarantineDetail:
        await session.flush()
        acts = [ActShape.model_validate(act) for act in await self._quarantine.acts(session, row.id)]
        return QuarantineDetail(**QuarantineShape.model_validate(row).model_dump(), acts=acts)


def _who(call: Call[Any, Any]) -> Who:
    return Who(via="api", account_id=call.principal.account_id)


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    created_at, quarantine_id = map(str, read_cursor(cursor, (str, str)))
    try:
        return instant(created_at), uuid.UUID(quarantine_id)
    except (ValueError, Malformed) as error:
        raise invalid("cursor", "not a cursor of this list", rule="bad_cursor") from error
