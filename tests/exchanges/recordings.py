"""Reads what was recorded."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

FOLDER = Path(__file__).parents[1] / "data" / "sync" / "exchanges"
VERSIONS = sorted(path.stem for path in FOLDER.glob("*.jsonl"))
SYNC = "/api/v1/sync"


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One request and its reply, to the byte."""

    method: str
    path: str
    sent: dict[str, str]
    request: bytes
    status: int
    answered: dict[str, str]
    reply: bytes

    @property
    def plain(self) -> bytes:
        """The request without its compression."""
        zstd = self.sent.get("Content-Encoding") == "zstd"
        return zstandard.decompress(self.request, max_output_size=2_000_000) if zstd else self.request


@dataclass(frozen=True, slots=True)
class HubDid:
    """What the hub did by itself: `order` or `forget`."""

    what: str
    given: dict[str, Any]


def recorded(version: str) -> Iterator[Exchanged | HubDid]:
    """A recording's lines, in order."""
    for line in (FOLDER / f"{version}.jsonl").read_text("utf-8").splitlines():
        one = json.loads(line)
        what = one.pop("what")
        if what != "exchange":
            yield HubDid(what, one)
            continue
        one["request"], one["reply"] = base64.b64decode(one["request"]), base64.b64decode(one["reply"])
        yield Exchanged(**one)
