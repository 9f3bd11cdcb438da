"""The recorder records what this code says today, so that it works on the day of the release."""

from pathlib import Path

import pytest

from tests.exchanges import recordings
from tests.exchanges.recorder import record
from tests.exchanges.recordings import VERSIONS, Exchanged, HubDid, recorded


async def test_today_s_exchange_can_be_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await record("today", tmp_path / "today.jsonl")
    monkeypatch.setattr(recordings, "FOLDER", tmp_path)
    lines = list(recorded("today"))
    exchanged = [one for one in lines if isinstance(one, Exchanged)]
    assert {one.status for one in exchanged} == {200, 201, 409}
    assert [one.what for one in lines if isinstance(one, HubDid)] == ["order"] * 3 + ["forget"]
    words = {word for one in exchanged for word in ("taken", "gap", "fork") if f'"{word}"'.encode() in one.reply}
    assert words == {"taken", "gap", "fork"}


def test_every_release_is_recorded() -> None:
    assert "0.1.0" in VERSIONS
