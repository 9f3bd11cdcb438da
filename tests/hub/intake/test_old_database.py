"""The file of a hub of version 0.1.0: what it could not read waits, is listed, and is applied by a hub that can."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from click.testing import CliRunner, Result
from sqlalchemy import select

from hub import wiring
from hub.__main__ import cli
from hub.intake import projection
from hub.intake.quarantine import Quarantine
from hub.intake.quarantine_desk import passes
from hub.intake.tables import QuarantinedFact
from hub.kernel.bus import Bus
from hub.kernel.db import Database
from hub.kernel.migrations import migrate
from hub.kernel.nudges import LocalNudges
from hub.rentals.tables import Rental
from protocols.sync import facts
from tests.hub.conftest import ManualClock

OLD = Path(__file__).parents[2] / "data" / "hub" / "v0.1.0.sqlite.zst"
FORESEEN = ("RentalForeseen", 7)
Run = Callable[..., Result]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Four facts: one applied, two of types that it did not know, one whose body it could not read."""
    path = tmp_path / "hub.sqlite"
    path.write_bytes(zstandard.decompress(OLD.read_bytes()))
    return path


def learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on this hub knows a type that no hub knew: it says that a rental began."""

    class RentalForeseen(facts.RentalStarted, frozen=True, kw_only=True):
        pass

    monkeypatch.setitem(facts.KNOWN, FORESEEN, RentalForeseen)
    monkeypatch.setitem(facts._decoders, FORESEEN, msgspec.json.Decoder(RentalForeseen))
    groups: dict[Any, Any] = {**projection.GROUPS, RentalForeseen: projection.GROUPS[facts.RentalStarted]}
    monkeypatch.setattr(projection, "GROUPS", groups)


async def test_a_new_hub_applies_what_the_old_one_did_not_know_once(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(f"sqlite+aiosqlite:///{old}")
    await migrate(database)
    rooms = wiring.Rooms(clock := ManualClock(), LocalNudges())
    read = Quarantine(clock, projection.Projection(Bus(wiring.subscriptions(rooms))))
    assert (await passes(database, read.reread)).applied == 0  # not known yet
    learn(monkeypatch)
    assert [(await passes(database, read.reread)).applied for _ in range(2)] == [1, 0]
    async with database.reading() as session:
        rentals = (await session.scalars(select(Rental.id))).all()
        kept = (await session.scalars(select(QuarantinedFact))).all()
    assert set(rentals) == {uuid.UUID(int=0xA1), uuid.UUID(int=0xA2)}
    assert sorted((row.seq, row.type, row.state) for row in kept) == [
        (2, "RentalForeseen", "applied"), (3, "NeverKnown", "parked"), (4, "RentalActivated", "waiting"),
    ]  # fmt: skip
    await database.close()


@pytest.fixture
def run(old: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setattr("hub.kernel.log.configure", lambda *_args, **_named: None)

    assert CliRunner().invoke(cli, ["migrate", "--data-dir", str(tmp_path)]).exit_code == 0

    def run_it(*words: object) -> Result:
        return CliRunner().invoke(cli, ["quarantine", str(words[0]), "--data-dir", str(tmp_path), *map(str, words[1:])])

    return run_it


def test_the_command_lists_shows_retries_and_dismisses(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = run("list").stdout.splitlines()
    assert sorted(line.split()[2:5] for line in listed) == [
        ["parked", "unknown_type", "NeverKnown"], ["parked", "unknown_type", "RentalForeseen"],
        ["waiting", "bad_fact_body", "RentalActivated"],
    ]  # fmt: skip
    by_type = {line.split()[4]: line.split()[0] for line in listed}
    shown = run("show", by_type["RentalForeseen"]).stdout
    record = next(line for line in shown.splitlines() if line.startswith("record: "))
    assert json.loads(record.removeprefix("record: "))["type"] == "RentalForeseen"
    assert run("retry", by_type["RentalForeseen"]).exit_code == 1
    learn(monkeypatch)
    done = run("retry", "--code", "unknown_type")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (1, "applied 1, failed again 1")  # tests log to stdout
    assert "retry by command: applied" in run("show", by_type["RentalForeseen"]).stdout
    assert run("dismiss", by_type["NeverKnown"], "--reason", "a test's").exit_code == 0
    refused = run("retry", by_type["NeverKnown"])
    assert (refused.exit_code, "dismissed" in refused.output) == (1, True)
    assert run("list", "--state", "waiting", "--code", "bad_fact_body").stdout.count("\n") == 1


@pytest.mark.parametrize("words", [("retry",), ("retry", uuid.UUID(int=1), "--code", "x"), ("show", "no-id")])
def test_wrong_use_of_the_command_ends_with_2(run: Run, words: tuple[object, ...]) -> None:
    assert run(*words).exit_code == 2
