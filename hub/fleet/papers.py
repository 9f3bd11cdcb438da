"""Pure: until when a vehicle's papers let it be rented."""

import datetime as dt
from collections.abc import Iterable
from typing import Protocol


class Paper(Protocol):
    """A document, as far as it matters here. No `valid_until`: for good."""

    kind: str
    blocks: bool
    valid_from: dt.datetime
    valid_until: dt.datetime | None


def rentable_until(papers: Iterable[Paper], now: dt.datetime) -> dt.datetime | None:
    """The instant from which on some kind of paper covers the vehicle no more; None where none ever ends.

    A kind of which nobody has entered a paper that blocks says nothing.
    """
    by_kind: dict[str, list[Paper]] = {}
    for paper in papers:
        if paper.blocks:
            by_kind.setdefault(paper.kind, []).append(paper)
    ends = [covered_until(some, now) for some in by_kind.values()]
    return min((end for end in ends if end is not None), default=None)


def covered_until(papers: Iterable[Paper], now: dt.datetime) -> dt.datetime | None:
    """The end of the chain of periods that runs through `now`; where there is none, an instant that is over."""
    forever = dt.datetime.max.replace(tzinfo=now.tzinfo)
    periods = sorted((one.valid_from, one.valid_until or forever) for one in papers)
    reach = max((until for _, until in periods if until <= now), default=now)
    running = [until for begins, until in periods if begins <= now < until]
    if not running:
        return reach
    reach = max(running)
    for begins, until in periods:
        if begins <= reach:
            reach = max(reach, until)
    return None if reach == forever else reach


def over_at(rentable_until_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether the papers forbid to rent it now."""
    return rentable_until_at is not None and now >= rentable_until_at
