"""Corrections over HTTP: who may, what is said before and after, what a renter reads, and what the log keeps."""

import uuid
from typing import Any

import pytest

from hub.accounts.roles import Role
from hub.accounts.rules import PERMISSIONS_OF
from tests.hub.conftest import FixedAuth
from tests.hub.rentals.test_rentals import ACCOUNT, RENTAL, life, tariffs, tell
from tests.hub.stations_double import World

PATH = f"/api/v1/bills/{RENTAL}/adjustments"
CREDIT: dict[str, Any] = {
    "kind": "credit", "cause": "wrong_end", "currency": "EUR", "amount_minor": 57,
    "reason": "You brought it back at noon.", "note": "ticket 4711",
}  # fmt: skip
FINANCE = ("bills:adjust", "payments:read")


@pytest.fixture
async def desk(world: World, auth: FixedAuth) -> World:
    """A ride for 1.57, posted; whoever calls is finance."""
    await tariffs(world)
    await tell(world, await world.station(), *life())
    async with world.kernel.database.transaction() as session:
        await world.rooms.billing.post_due(session)
    auth.sign_in(*FINANCE)
    return world


async def post(world: World, path: str, body: Any, key: str = "a") -> tuple[int, dict[str, Any]]:
    async with world.client.post(path, json=body, headers={"Idempotency-Key": key}) as answer:
        return answer.status, await answer.json()


async def get(world: World, path: str) -> tuple[int, dict[str, Any]]:
    async with world.client.get(path) as answer:
        return answer.status, await answer.json()


async def test_a_quote_says_what_a_correction_then_does(desk: World) -> None:
    asked = {name: CREDIT[name] for name in ("kind", "cause", "currency", "amount_minor")}
    status, quote = await post(desk, f"/api/v1/bills/{RENTAL}/adjustment-quotes", asked)
    assert (status, quote["owed_before_minor"], quote["owed_minor"], quote["amount_minor"]) == (200, 157, 100, -57)
    assert (quote["tax_minor"], quote["refund_minor"], quote["collect_minor"]) == (-5, 0, 100)
    assert quote["collect_from"] == "nobody"
    status, made = await post(desk, PATH, CREDIT | {"revision": quote["revision"]})
    assert (status, made["amount_minor"], made["tax_minor"], made["note"]) == (201, 57, 5, "ticket 4711")
    _, bill = await get(desk, f"/api/v1/bills/{RENTAL}")
    assert (bill["total_minor"], bill["adjusted_minor"], bill["owed_minor"]) == (157, -57, 100)
    assert (bill["owed_tax_minor"], bill["creditable_minor"]) == (9, 100)


async def test_the_same_key_corrects_once(desk: World) -> None:
    answers = [await post(desk, PATH, CREDIT, key="one") for _ in range(2)]
    assert answers[0] == answers[1]
    _, listed = await get(desk, f"/api/v1/adjustments?bill_id={RENTAL}")
    assert len(listed["items"]) == 1


async def test_a_bill_that_has_changed_since_it_was_looked_at_is_not_corrected(desk: World) -> None:
    _, bill = await get(desk, f"/api/v1/bills/{RENTAL}")
    assert (await post(desk, PATH, CREDIT, key="first"))[0] == 201
    status, problem = await post(desk, PATH, CREDIT | {"revision": bill["revision"]}, key="second")
    assert (status, problem["code"]) == (409, "bill_changed")


async def test_more_than_was_billed_is_refused_with_what_is_left(desk: World) -> None:
    status, problem = await post(desk, PATH, CREDIT | {"amount_minor": 158})
    assert (status, problem["code"]) == (409, "more_than_billed")
    assert problem["params"] == {"most_minor": 157, "currency": "EUR"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"cause": "damage"}, {"kind": "charge", "cause": "damage"}, {"tax_bp": 1900}, {"amount_minor": 0},
        {"currency": "VND"}, {"reason": ""}, {"kind": "charge", "cause": "goodwill", "tax_bp": 0},
        {"kind": "charge", "cause": "damage", "tax_bp": 0, "of_id": str(uuid.UUID(int=1))},
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_answered_clearly(desk: World, wrong: dict[str, Any]) -> None:
    status, problem = await post(desk, PATH, CREDIT | wrong)
    assert (status, problem["code"]) == (422, "invalid")


async def test_a_bill_that_is_not_there_cannot_be_corrected(desk: World) -> None:
    for path in (f"/api/v1/bills/{uuid.uuid4()}/{one}" for one in ("adjustments", "adjustment-quotes", "collection")):
        body = CREDIT if path.endswith("adjustments") else {
            name: CREDIT[name] for name in ("kind", "cause", "currency", "amount_minor")
        }  # fmt: skip
        assert (await post(desk, path, body, key=path))[0] == 404


async def test_a_renter_reads_the_reason_of_his_own_and_never_the_note(desk: World, auth: FixedAuth) -> None:
    await post(desk, PATH, CREDIT)
    auth.sign_in(account_id=ACCOUNT)
    _, listed = await get(desk, "/api/v1/adjustments")
    (mine,) = listed["items"]
    assert (mine["reason"], mine["note"], mine["made_by"]) == ("You brought it back at noon.", None, None)
    _, bills = await get(desk, "/api/v1/bills")
    assert [one["owed_minor"] for one in bills["items"]] == [100]
    auth.sign_in(account_id=uuid.UUID(int=99))
    assert (await get(desk, "/api/v1/adjustments"))[1]["items"] == []
    assert (await get(desk, f"/api/v1/adjustments?account_id={ACCOUNT}"))[1]["items"] == []
    assert (await get(desk, "/api/v1/bills"))[1]["items"] == []
    assert (await get(desk, f"/api/v1/bills/{RENTAL}"))[0] == 404


async def test_the_log_holds_who_and_why(desk: World, auth: FixedAuth) -> None:
    auth.sign_in(*FINANCE, account_id=uuid.UUID(int=5))
    _, made = await post(desk, PATH, CREDIT)
    auth.sign_in("audit:read")
    _, log = await get(desk, "/api/v1/audit?action=POST /api/v1/bills/{bill_id}/adjustments")
    (deed,) = log["items"]
    assert (deed["actor_id"], deed["reason"]) == (str(uuid.UUID(int=5)), "ticket 4711")
    assert (deed["target_kind"], deed["target_id"]) == ("adjustments", made["id"])
    assert deed["changes"]["told_renter"] == "You brought it back at noon."


async def test_finance_and_admins_correct_bills_and_nobody_else() -> None:
    assert {role for role, may in PERMISSIONS_OF.items() if "bills:adjust" in may} == {Role.FINANCE, Role.ADMIN}
