"""Back-off, clock, metrics, logging."""

import json
import uuid

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.runtime import logging
from edge_agent.runtime.backoff import Backoff
from edge_agent.runtime.clock import SystemClock, new_id
from edge_agent.runtime.health import PartHealth, PartState, as_document
from edge_agent.runtime.metrics import Metrics


@given(chances=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40))
def test_a_wait_is_never_below_its_floor_nor_above_its_ceiling(chances: list[float]) -> None:
    left = list(chances)
    backoff = Backoff(chance=lambda: left.pop(0))
    for tries in range(len(chances)):
        wait_s = backoff.next_s()
        assert 0.05 <= wait_s <= max(0.05, min(30.0, 0.5 * 1.8**tries) + 1e-9)
    assert backoff.tries == len(chances)


def test_a_reset_begins_again() -> None:
    backoff = Backoff(chance=lambda: 1.0)
    first = backoff.next_s()
    backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == first


def test_the_clocks_go_forward_and_name_their_boot() -> None:
    clock = SystemClock()
    one, two = clock.now(), clock.now()
    assert two.mono_s >= one.mono_s
    assert one.at.tzinfo is not None
    assert uuid.UUID(one.boot_id) == uuid.UUID(SystemClock().now().boot_id)


def test_new_ids_are_version_seven_and_all_different() -> None:
    ids = [new_id() for _ in range(1000)]
    assert {one.version for one in ids} == {7}
    assert len(set(ids)) == 1000


def test_metrics_render_with_the_prefix_and_registries_do_not_meet() -> None:
    one, two = Metrics(), Metrics()
    one.counter("unlocks_total", "Locks opened.", ["dock"]).labels("3").inc()
    one.watch("waiting", "What waits.", lambda: 7.0)
    two.counter("unlocks_total", "Locks opened.").inc(5)
    text, kind = one.render()
    assert b'voltdock_edge_unlocks_total{dock="3"} 1.0' in text
    assert b"voltdock_edge_waiting 7.0" in text
    assert kind.startswith("text/plain")


def test_json_logs_are_one_object_a_line_with_the_traceback_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        logging.configure(json=True, level="info")
        log = structlog.get_logger()
        log.debug("not shown")
        try:
            int("broken")
        except ValueError:
            log.exception("part_lost", part="docks")
    finally:
        structlog.reset_defaults()
    [line] = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["event"], entry["part"], entry["level"]) == ("part_lost", "docks", "error")
    assert "ValueError: invalid literal" in entry["exception"]


def test_an_unknown_log_level_is_refused() -> None:
    with pytest.raises(ValueError, match="loud"):
        logging.configure(json=True, level="loud")


def test_the_health_document_says_degraded_while_a_part_waits() -> None:
    since = SystemClock().now().at
    parts = {
        "docks": PartHealth(state=PartState.WAITING, restarts=3, last_error="OSError: gone", since=since),
        "kiosk": PartHealth(state=PartState.RUNNING, restarts=0, last_error=None, since=since),
    }
    assert as_document(parts)["status"] == "degraded"
