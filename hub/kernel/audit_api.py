"""`/api/v1/audit`: who did what and why, and whether the log is what was written."""

import uuid
from typing import Any, Final, Literal

import msgspec
from pydantic import Field
from sqlalchemy import or_, select

from hub.kernel import audit_log
from hub.kernel.audit_log import AuditRecord
from hub.kernel.belonging import HOUSE
from hub.kernel.chain import Broken, Fault, Head
from hub.kernel.keyset import read_cursor, write_cursor
from hub.kernel.pages import Page, PageQuery
from hub.kernel.problem import invalid
from hub.kernel.routes import Call, route
from hub.kernel.shapes import Instant, Shape

ActorKind = Literal["account", "api_key", "station", "command", "hub", "nobody"]
_MOST: Final = 100_000
_HASH: Final = "^[0-9a-f]{64}$"


class AuditQuery(PageQuery):
    """Records of one actor, about one target, of a time."""

    actor_kind: ActorKind | None = None
    actor_id: uuid.UUID | None = None
    target_kind: str | None = Field(default=None, max_length=60, examples=["stations"])
    target_id: str | None = Field(default=None, max_length=64)
    action: str | None = Field(default=None, max_length=160, examples=["PATCH /api/v1/stations/{station_id}"])
    since: Instant | None = Field(default=None, description="From this instant on")
    until: Instant | None = Field(default=None, description="Before this instant")


class AuditShape(Shape):
    """One deed."""

    seq: int = Field(description="Its number in the chain, from 1, without a gap")
    at: Instant
    actor_kind: ActorKind
    actor_id: uuid.UUID | None
    organisation_id: uuid.UUID | None
    action: str = Field(
        description="The route, the command, or what the hub did by itself",
        examples=["PATCH /api/v1/stations/{station_id}"],
    )
    target_kind: str | None = Field(examples=["stations"])
    target_id: str | None
    reason: str | None = Field(description="The words that were given for it")
    outcome: str = Field(description="`done`, or the code of a refusal that left a trace", examples=["done"])
    changes: dict[str, Any] = Field(
        description="`rows`: table, key, and columns as [before, after]; null where a value is not told"
    )
    trace_id: str
    hash: str = Field(description="SHA-256 over this record and the hash before, in hex")


class VerificationQuery(Shape):
    """Where to begin and how far to go; `noted_…` is a head that somebody wrote down earlier."""

    after_seq: int = Field(default=0, ge=0, le=2**53, description="Begin after this record, which is taken as right")
    limit: int = Field(default=10_000, ge=1, le=_MOST, description="How many records at most")
    noted_seq: int | None = Field(default=None, ge=1, le=2**53)
    noted_hash: str | None = Field(default=None, pattern=_HASH)


class HeadShape(Shape):
    """A record's number and hash. Note the last one elsewhere: with it nobody can shorten the log unseen."""

    seq: int
    hash: str


class BrokenShape(Shape):
    """The first record that is not as it was written. `changed`: it, or the one before with its hash."""

    seq: int
    fault: Fault


class Verification(Shape):
    """What was found."""

    intact: bool = Field(description="Whether everything that was looked at is as it was written")
    checked: int = Field(description="How many records were found right")
    head: HeadShape = Field(description="The last record that was found right")
    more: bool = Field(description="Whether there is more after `head`; go on with `after_seq`")
    broken: BrokenShape | None


class AuditApi:
    """The audit log, for those who may see everything."""

    @route(
        "GET", "/api/v1/audit", summary="Who did what", tags=["audit"],
        permission="audit:read", query=AuditQuery, response=Page[AuditShape],
    )  # fmt: skip
    async def list_audit(self, call: Call[None, AuditQuery]) -> Page[AuditShape]:
        """Newest first. Every call that writes is here, and every command at the hub's machine; reading is not."""
        query, organisation_id = call.query, call.principal.organisation_id
        found = select(AuditRecord).where(AuditRecord.organisation_id == organisation_id)
        if organisation_id == HOUSE:  # whatever the hub itself did is the house's to see
            found = select(AuditRecord).where(
                or_(AuditRecord.organisation_id.is_(None), AuditRecord.organisation_id == HOUSE)
            )
        for column in ("actor_kind", "actor_id", "target_kind", "target_id", "action"):
            if (value := getattr(query, column)) is not None:
                found = found.where(getattr(AuditRecord, column) == value)
        if query.since is not None:
            found = found.where(AuditRecord.at >= query.since)
        if query.until is not None:
            found = found.where(AuditRecord.at < query.until)
        if query.cursor is not None:
            [seq] = read_cursor(query.cursor, [int])
            found = found.where(AuditRecord.seq < seq)
        ordered = found.order_by(AuditRecord.seq.desc()).limit(query.limit + 1)
        rows = (await call.session.scalars(ordered)).all()
        shown = [_shown(row) for row in rows[: query.limit]]
        more = len(rows) > query.limit
        return Page(items=shown, next_cursor=write_cursor(shown[-1].seq) if more else None)

    @route(
        "GET", "/api/v1/audit/verification", summary="Verify the audit log", tags=["audit"],
        permission="audit:read", query=VerificationQuery, response=Verification,
        errors={"not_found": 404},
    )  # fmt: skip
    async def verification(self, call: Call[None, VerificationQuery]) -> Verification:
        """Hashes the records again and names the first that was changed or is missing.

        A log that was cut at its end is whole in itself: give a head that you noted earlier as `noted_seq` and
        `noted_hash`, and it is checked too.
        """
        query = call.query
        if (query.noted_seq is None) != (query.noted_hash is None):
            raise invalid("noted_hash", "give both or none of noted_seq and noted_hash", place="query")
        noted = None
        if query.noted_seq is not None and query.noted_hash is not None:
            noted = Head(seq=query.noted_seq, hash=query.noted_hash)
        found = await audit_log.verified(call.session, query.after_seq, query.limit, noted)
        return Verification(
            intact=found.broken is None,
            checked=found.head.seq - query.after_seq,
            head=HeadShape.model_validate(found.head),
            more=found.more,
            broken=_broken(found.broken),
        )


def _broken(broken: Broken | None) -> BrokenShape | None:
    return None if broken is None else BrokenShape.model_validate(broken)


def _shown(row: AuditRecord) -> AuditShape:
    said = {name: getattr(row, name) for name in AuditShape.model_fields if name != "changes"}
    return AuditShape(**said, changes=msgspec.json.decode(row.changes))
