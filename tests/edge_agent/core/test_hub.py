import uuid
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.core import lists
from edge_agent.core.inputs import ChangesArrived, DockOrderEnded, HubReached, HubUnreachable, Outcome, Ticked
from edge_agent.core.orders import RestartDock, StopCharge, UnlockDock
from edge_agent.core.state import ListState
from edge_agent.kiosk.presenter import station_view
from protocols.sync import changes
from protocols.sync.changes import TariffItem, VoucherKeyItem
from protocols.sync.envelope import ListChange, digest_of, encode
from protocols.sync.facts import OrderEnded
from protocols.values import to_ms
from tests.edge_agent.core.stage import (
    BEGAN,
    Stage,
    durable,
    order_change,
    reservation_item,
    tariff_item,
    vehicle_item,
    voucher,
)


@pytest.fixture
def stage() -> Stage:
    stage = Stage().furnish()
    stage.stand(1, 1)
    return stage


def arrive(stage: Stage, *raw: bytes, rev: int | None = None) -> None:
    stage.ask(ChangesArrived(rev=stage.state.rev + len(raw) if rev is None else rev, changes=raw))


def delta(stage: Stage, *items: changes.Item, deletes: tuple[str, ...] = (), sha256: str = "", base: int = 0) -> bytes:
    held = stage.state.lists["vehicles"]
    raw = {key: data for key, data in held.raw.items() if key not in deletes}
    raw |= {item.key: msgspec.json.encode(item) for item in items}
    change = ListChange(
        rev=stage.state.rev + 1,
        name="vehicles",
        from_version=base or held.version,
        to_version=held.version + 1,
        sha256=sha256 or digest_of(list(raw.items())),
        upserts=[msgspec.Raw(msgspec.json.encode(item)) for item in items],
        deletes=list(deletes),
    )
    return encode(change)


def held(stage: Stage) -> ListState:
    return stage.state.lists["vehicles"]


def test_a_delta_changes_the_list(stage: Stage) -> None:
    arrive(stage, delta(stage, vehicle_item(9), deletes=(vehicle_item(2).key,)))
    assert set(held(stage).items) == {vehicle_item(number).key for number in (1, 3, 9)}
    assert (held(stage).version, held(stage).suspect) == (2, False)
    assert durable(stage.restored()) == durable(stage.state)


def test_the_time_is_signed_by_the_key_of_the_enrolment_until_the_list_of_keys_is_there(stage: Stage) -> None:
    new = replace(stage.state, lists={})
    assert lists.time_keys(new, "ab" * 32) == {bytes.fromhex("ab" * 32)}
    assert lists.time_keys(new, "no hex") == lists.time_keys(new, "") == frozenset()
    stage.give("voucher_keys", VoucherKeyItem(key="aa02", public_key="cd" * 32, valid_from_ms=0, valid_to_ms=1))
    assert lists.time_keys(stage.state, "ab" * 32) == {bytes.fromhex("cd" * 32)}


@pytest.mark.parametrize("wrong", [{"sha256": "00" * 32}, {"base": 77}])
def test_a_delta_that_does_not_fit_leaves_the_list_in_use_until_it_comes_whole(
    stage: Stage, wrong: dict[str, object]
) -> None:
    before = held(stage).items
    arrive(stage, delta(stage, vehicle_item(9), **wrong))  # type: ignore[arg-type]
    assert held(stage).suspect
    assert held(stage).items == before
    arrive(stage, delta(stage, vehicle_item(8)))
    assert held(stage).suspect  # deltas on a doubtful list are worth nothing
    stage.give("vehicles", vehicle_item(1), vehicle_item(9))
    assert (held(stage).suspect, len(held(stage).items)) == (False, 2)


def test_a_whole_list_that_was_asked_for_may_carry_an_old_revision(stage: Stage) -> None:
    arrive(stage, delta(stage, vehicle_item(9), sha256="00" * 32))
    item = vehicle_item(5)
    raw = msgspec.json.encode(item)
    whole = ListChange(
        rev=1,
        name="vehicles",
        from_version=None,
        to_version=9,
        sha256=digest_of([(item.key, raw)]),
        upserts=[msgspec.Raw(raw)],
    )
    rev = stage.state.rev
    arrive(stage, encode(whole), rev=rev)
    assert (held(stage).version, stage.state.rev) == (9, rev)


@pytest.mark.parametrize(
    "raw",
    [
        b"not json",
        b'{"kind":"list"}',
        b'{"kind":"list","rev":7,"name":3}',
        b'{"kind":"order","rev":"x"}',
        b"\xff\xfe",
        b'{"kind":"list","rev":999999999,"name":"vehicles"}',
        b'{"kind":"weather","rev":7,"sun":true}',
        b'{"kind":"list","rev":7,"name":"vehicles","from_version":null,"to_version":3,"sha256":"","upserts":[{"key":"\xff"}]}',
        b'{"kind":"list","rev":7,"name":"vehicles","from_version":null,"to_version":3,"sha256":"","upserts":[1]}',
    ],
)
def test_what_cannot_be_read_blocks_nothing_that_comes_after(stage: Stage, raw: bytes) -> None:
    rev = stage.state.rev + 2
    arrive(stage, raw, order_change(rev, changes.RestartDock(dock_no=1)), rev=rev)
    assert stage.state.rev == rev
    assert [type(one) for one in stage.orders if isinstance(one, RestartDock)] == [RestartDock]
    assert durable(stage.restored()) == durable(stage.state)


def test_an_unknown_kind_is_kept_byte_for_byte(stage: Stage) -> None:
    raw = b'{"kind":"weather","rev":%d,"sun":"\xff"}' % (stage.state.rev + 1)
    arrive(stage, raw)
    assert raw in stage.state.kept.values()
    assert raw in stage.restored().kept.values()


@settings(max_examples=150, deadline=None)
@given(raw=st.binary(max_size=80))
def test_any_bytes_from_the_hub_leave_the_station_working(raw: bytes) -> None:
    stage = Stage()
    arrive(stage, raw, rev=1)
    assert stage.state.rev == 1
    assert durable(stage.restored()) == durable(stage.state)


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("voucher_keys", VoucherKeyItem(key="no hex", public_key="00" * 32, valid_from_ms=0, valid_to_ms=10**13)),
        ("voucher_keys", VoucherKeyItem(key="aa02", public_key="00", valid_from_ms=0, valid_to_ms=10**13)),
        ("voucher_keys", VoucherKeyItem(key="aa02", public_key="00" * 32, valid_from_ms=0, valid_to_ms=10**17)),
        ("reservations", msgspec.structs.replace(reservation_item(1), key="no uuid")),
        ("reservations", reservation_item(1, until_ms=10**17)),
        ("tariffs", tariff_item(9, tax_pct=-100.0, valid_from_ms=1)),
        ("tariffs", tariff_item(9, per_minute_minor=-5, valid_from_ms=1)),
    ],
)
def test_an_item_that_makes_no_sense_spoils_only_itself(stage: Stage, name: str, item: changes.Item) -> None:
    held = stage.state.lists.get(name)
    good = [] if held is None else list(held.items.values())
    stage.give(name, item, *good)
    assert item.key not in stage.state.lists[name].items
    assert item.key in stage.state.lists[name].raw
    assert stage.quote(voucher(1), 1).tariff.version == 1
    station_view(stage.state, stage.now(), seq=1, labels={}, trouble=None)
    stage.tell(Ticked())


def test_the_newest_valid_tariff_counts_and_a_future_one_waits(stage: Stage) -> None:
    now = to_ms(BEGAN)
    stage.give(
        "tariffs",
        tariff_item(1),
        tariff_item(2, valid_from_ms=now - 1, per_minute_minor=20),
        tariff_item(3, valid_from_ms=now + 60_000, per_minute_minor=99),
    )
    found = lists.tariff_for(stage.state, "rental", now)
    assert found is not None
    assert found.version == 2
    later = lists.tariff_for(stage.state, "rental", now + 60_000)
    assert later is not None
    assert later.version == 3


def test_the_station_shows_itself_as_the_hub_says_also_after_a_restart(stage: Stage) -> None:
    stage.give("station", changes.StationItem(key="self", name="Harbour", number="7", timezone="UTC", currency="EUR"))
    assert stage.state.profile.name == "Harbour"
    stage.restart()
    assert stage.state.profile.name == "Harbour"


def test_an_order_is_carried_out_once_and_its_end_is_told_once(stage: Stage) -> None:
    unlock = changes.UnlockDock(dock_no=1, duration_s=30, reason="test")
    rev = stage.state.rev + 1
    raw = order_change(rev, unlock)
    arrive(stage, raw)
    stage.tell(ChangesArrived(rev=rev, changes=(raw,)))
    (order,) = [one for one in stage.orders if isinstance(one, UnlockDock)]
    for _ in range(2):
        stage.tell(DockOrderEnded(order_id=order.order_id, dock_no=1, outcome=Outcome.DONE))
    assert [one.outcome for one in stage.of(OrderEnded)] == ["done"]


def test_an_order_that_was_on_its_way_at_a_restart_is_reported_and_never_sent_again(stage: Stage) -> None:
    stage.order(changes.UnlockDock(dock_no=1, duration_s=30, reason="test"))
    stage.orders.clear()
    stage.restart()
    assert [(one.outcome, one.detail) for one in stage.of(OrderEnded)] == [("no_answer", "agent restarted")]
    assert not stage.orders


@pytest.mark.parametrize(
    ("body", "more", "outcome"),
    [
        (changes.UnlockDock(dock_no=1, duration_s=30, reason=""), {"not_after_ms": to_ms(BEGAN) - 1}, "expired"),
        (changes.UnlockDock(dock_no=99, duration_s=30, reason=""), {}, "refused"),
        (changes.UnlockDock(dock_no=1, duration_s=30, reason=""), {"v": 2}, "unknown"),
        (changes.StopCharge(session_id=uuid.UUID(int=5)), {}, "refused"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_answered(
    stage: Stage, body: changes.OrderBody, more: dict[str, object], outcome: str
) -> None:
    stage.order(body, **more)
    assert [one.outcome for one in stage.of(OrderEnded)] == [outcome]
    assert not [one for one in stage.orders if isinstance(one, UnlockDock | StopCharge)]


def test_the_line_to_the_hub_is_dated_by_its_changes(stage: Stage) -> None:
    stage.tell(HubReached(hub_at=stage.at))
    since = stage.at
    stage.wait(60)
    stage.tell(HubReached(hub_at=stage.at))
    assert (stage.state.hub.since, stage.state.hub.last_contact) == (since, stage.at)
    stage.wait(60)
    stage.tell(HubUnreachable(reason="timeout"), HubUnreachable(reason="timeout"))
    assert (stage.state.hub.online, stage.state.hub.since) == (False, stage.at)


def test_people_see_who_must_be_updated_until_the_two_understand_each_other(stage: Stage) -> None:
    def needed() -> str | None:
        return station_view(stage.state, stage.now(), seq=1, labels={}, trouble=None).hub.update_needed

    stage.tell(HubUnreachable(reason="connect"))
    assert needed() is None
    stage.tell(HubUnreachable(reason="station_outdated"))
    assert needed() == "station_outdated"
    stage.tell(HubUnreachable(reason="hub_outdated"))
    assert needed() == "hub_outdated"
    stage.tell(HubReached(hub_at=stage.at))
    assert needed() is None


def test_unsound_tariffs_leave_nothing_to_rent_by(stage: Stage) -> None:
    stage.give("tariffs", tariff_item(day_cap_minor=-1))
    assert not [one for one in stage.state.lists["tariffs"].items.values() if isinstance(one, TariffItem)]
