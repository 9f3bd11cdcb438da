"""From the station's state to what staff see. Pure; cards and accounts stay inside."""

from collections.abc import Mapping
from typing import Final, cast

from edge_agent.core import checklists, clocks, eligibility, lists, using
from edge_agent.core.billing import bill_of
from edge_agent.core.eligibility import Standing
from edge_agent.core.state import IN_DOCK, OUT_OF_SERVICE, RUNNING, Dock, DockAct, Phase, Rental, StaffSession, State
from edge_agent.core.step import Context, Step
from edge_agent.kiosk import presenter
from edge_agent.runtime.clock import new_id
from protocols.kiosk.staff import DockDeed
from protocols.kiosk.staff_views import (
    ChecklistsView,
    ChecklistView,
    ClockView,
    FateView,
    QuestionView,
    SoFarView,
    StaffDockView,
    StaffRidesView,
    StaffRideView,
    StaffStationView,
    StaffVehiclesView,
    StaffVehicleView,
    SyncView,
)
from protocols.sync.changes import ChecklistItem, VehicleItem
from protocols.sync.clock import Moment
from protocols.sync.facts import Bill
from protocols.tariff.tariff import Tariff, price_of_rental
from protocols.values import rfc3339

MOST_FOUND: Final = 8


def station_view(
    state: State, now: Moment, session: StaffSession, *, sync: SyncView, labels: Mapping[str, str], trouble: str | None
) -> StaffStationView:
    """The first page."""
    standing = {one.dock.dock_no: one for one in eligibility.standing(state, now.at_ms)}
    return StaffStationView(
        at=rfc3339(now.at),
        station=presenter.identity_view(state),
        hub=presenter.hub_view(state),
        docks=[_dock_view(state, dock, standing.get(no)) for no, dock in sorted(state.docks.items())],
        chargers=[presenter.charger_view(state, one, labels) for _, one in sorted(state.chargers.items())],
        sync=sync,
        clock=ClockView(
            quality=now.quality.value,
            trusted=now.is_trusted,
            uncertainty_s=round(now.uncertainty_ms / 1000, 1) if now.is_trusted else None,
        ),
        trouble=trouble,
        rides=sum(one.phase in RUNNING for one in state.rentals.values()),
        pull_out_s=state.profile.pull_out_s,
        expires_at=rfc3339(session.expires_at),
    )


def _dock_view(state: State, dock: Dock, here: Standing | None) -> StaffDockView:
    report, done = dock.report, state.dock_acts.get(dock.dock_no)
    opening = next(
        (one for one in state.rentals.values() if one.dock_no == dock.dock_no and one.phase in IN_DOCK), None
    )
    return StaffDockView(
        dock_no=dock.dock_no,
        kind=dock.kind.value,
        state=presenter.dock_state(state, dock),  # type: ignore[arg-type]
        online=dock.online,
        lock=None if report is None else report.lock.value,
        occupied=None if report is None else report.vehicle_present,
        faults=[code for code in dock.faults if code != OUT_OF_SERVICE],
        out_of_service=OUT_OF_SERVICE in dock.faults,
        vehicle=None if here is None else presenter.vehicle_view(here, best=False),
        charging=report is not None and report.contactor_closed,
        temperature_c=None if report is None else report.temperature_c,
        supply_voltage_v=None if report is None else report.supply_voltage_v,
        serial=dock.serial,
        firmware=dock.firmware,
        rental=None if opening is None else presenter.reference(opening.rental_id),
        last_act=None if done is None else _fate(done),
    )


def _fate(done: DockAct) -> FateView:
    return FateView(
        act_id=done.act_id,
        what=cast("DockDeed", done.what),
        by=done.by,
        reason=done.reason,
        asked_at=rfc3339(done.asked_at),
        state=done.state.value,
        ended_at=None if done.ended_at is None else rfc3339(done.ended_at),
        detail=done.detail,
    )


def rides_view(state: State, now: Moment) -> StaffRidesView:
    """What is out, the longest first."""
    running = sorted((one for one in state.rentals.values() if one.phase in RUNNING), key=lambda one: one.started_at)
    return StaffRidesView(rides=[_ride_view(state, one, now) for one in running])


def _ride_view(state: State, rental: Rental, now: Moment) -> StaffRideView:
    by = {item.key: item.name for item in lists.staff(state)}
    staff_id = rental.renter.staff_id
    return StaffRideView(
        rental=presenter.rental_view(state, rental, now),
        vehicle_id=rental.vehicle_id,
        renter_by=rental.renter.by,
        by_name=None if staff_id is None else by.get(str(staff_id)),
        so_far=None if rental.phase is not Phase.ACTIVE else so_far(state, rental, now),
    )


def so_far(state: State, rental: Rental, now: Moment) -> SoFarView:
    """What a ride would cost if it ended now, in no dock."""
    step = Step(state, Context(now=now, new_id=new_id))
    duration_s = clocks.least_s(step, rental)
    began_at = lists.local(state, rental.undocked_at or rental.started_at)
    used = using.used(step, rental, 0.0, None)  # how far it went is not known before it is back
    price = price_of_rental(rental.tariff, duration_s, began_at=began_at, used=used)
    return _bill_view(bill_of(rental.tariff, price), duration_s)


def _bill_view(bill: Bill, duration_s: float) -> SoFarView:
    return SoFarView(
        duration_s=round(duration_s, 1),
        total=presenter.money(bill.total_minor, bill.currency),
        lines=presenter.line_views(bill),
    )


def bill_view(rental: Rental) -> SoFarView | None:
    """The bill of a ride that staff ended."""
    return None if rental.bill is None else _bill_view(rental.bill, rental.duration_s)


def vehicles_view(state: State, now: Moment, label: str) -> StaffVehiclesView:
    """What may be given out: those in docks, and (with a part of its label) any other that is not on a ride."""
    here = eligibility.standing(state, now.at_ms)
    shown = [_vehicle_view(state, one, now) for one in here]
    wanted = _plain(label)
    if wanted:
        away = {one.vehicle_id for one in here} | {
            one.vehicle_id for one in state.rentals.values() if one.phase in RUNNING
        }
        others = [one for one in lists.vehicles(state) if _plain(one.label).find(wanted) >= 0]
        free = [one for one in others if lists.id_of(one) not in away][:MOST_FOUND]
        shown = [one for one in shown if _plain(one.vehicle.label).find(wanted) >= 0]
        shown += [_vehicle_view(state, _beside(item), now) for item in free]
    return StaffVehiclesView(vehicles=shown)


def checklists_view(state: State, lang: str) -> ChecklistsView:
    """What may be filled in, in this language where there is one."""
    return ChecklistsView(checklists=[_checklist_view(item, lang) for item in checklists.known(state)])


def _checklist_view(item: ChecklistItem, lang: str) -> ChecklistView:
    return ChecklistView(
        key=item.key,
        title=checklists.text_of(item.title, lang),
        about=item.about,  # type: ignore[arg-type]
        questions=[
            QuestionView(
                key=one.key,
                text=checklists.text_of(one.text, lang),
                kind=one.kind,  # type: ignore[arg-type]
                needed=one.needed,
                unit=one.unit,
                photo=one.photo,
            )
            for one in item.questions
        ],
    )


def _plain(label: str) -> str:
    return "".join(one for one in label.upper() if one.isalnum())


def _beside(item: VehicleItem) -> Standing:
    why_not = None if item.rentable else item.why_not or "not_for_rent"
    return Standing(dock=Dock(dock_no=0), vehicle_id=lists.id_of(item), item=item, why_not=why_not)


def _vehicle_view(state: State, here: Standing, now: Moment) -> StaffVehicleView:
    tariff, local = _tariff(state, here, now), lists.local(state, now.at)
    dock_no = here.dock.dock_no or None
    promised = here.lease is not None or here.reserved is not None
    return StaffVehicleView(
        vehicle=presenter.vehicle_view(here, best=False),
        dock_no=dock_no,
        how=_how(here, in_dock=dock_no is not None, promised=promised),  # type: ignore[arg-type]
        why_not=here.why_not,
        tariff=None if tariff is None else presenter.tariff_view(tariff, local),
        examples=[] if tariff is None else presenter.example_views(tariff, local),
    )


def _how(here: Standing, *, in_dock: bool, promised: bool) -> str:
    """A promised one may still go to whom it is promised to: the code says so."""
    if here.why_not is None or (promised and here.why_not in eligibility.PROMISED):
        return "dock" if in_dock else "hand"
    return "hand" if here.why_not == "fault" and in_dock else "none"


def _tariff(state: State, here: Standing, now: Moment) -> Tariff | None:
    named, kind = (None, None) if here.item is None else (here.item.tariff_id, here.item.kind)
    return lists.tariff_at(state, "rental", now, named, kind)
