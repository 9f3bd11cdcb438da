"""Child processes: started, watched, stopped, and their last words told."""

import os
from pathlib import Path

import pytest

from firmware_sim.demo.children import Child, clean_environment, run_once
from firmware_sim.waiting import DemoError, NotYetError, until


async def test_a_child_that_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    child = Child("the hub", ["timeit", "--nonsense"], log=tmp_path / "log")
    await child.start()
    code = await child.wait()
    assert code
    with pytest.raises(DemoError, match="the hub ended with exit code") as caught:
        child.check()
    assert "nonsense" in str(caught.value)


async def test_a_child_is_stopped_by_its_handle(tmp_path: Path) -> None:
    child = Child("server", ["http.server", "--bind", "127.0.0.1", "0"], log=tmp_path / "log")
    await child.start()

    async def serving() -> bool:
        return "Serving" in (tmp_path / "log").read_text()

    await until("the server", serving, timeout_s=10)
    await child.stop()
    with pytest.raises(DemoError, match="server ended"):
        child.check()
    await child.stop()  # twice is fine


async def test_a_failed_command_says_why() -> None:
    with pytest.raises(DemoError, match=r"enrolment failed.*No module named nowhere_at_all"):
        await run_once("enrolment", ["nowhere_at_all"])


def test_settings_for_a_real_hub_do_not_reach_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLTDOCK_HUB_DATABASE_URL", "postgresql://production")
    monkeypatch.setenv("VOLTDOCK_EDGE_DATA_DIR", "/var/lib/voltdock-edge")
    kept = clean_environment()
    assert not [name for name in kept if name.startswith(("VOLTDOCK_HUB_", "VOLTDOCK_EDGE_"))]
    assert kept["PATH"] == os.environ["PATH"]


async def test_waiting_ends_with_the_last_thing_known() -> None:
    async def never() -> bool:
        raise NotYetError("dock 3 is silent")

    with pytest.raises(DemoError, match=r"the station: not within 0\.1 s: dock 3 is silent"):
        await until("the station", never, timeout_s=0.1, every_s=0.01)
