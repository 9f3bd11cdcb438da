"""`/api/v1/tariffs`."""

from collections.abc import Sequence

from hub.kernel.pages import Page
from hub.kernel.routes import Call, route
from hub.payments import repository
from hub.payments.schemas import NewTariff, NewVersion, Prices, TariffQuery, TariffShape, VersionShape
from hub.payments.service import Payments
from hub.payments.tables import TariffRow, TariffVersion
from hub.payments.versions import ends
from protocols.errors import Refused


class PaymentsApi:
    """Tariffs."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    @route(
        "GET", "/api/v1/tariffs", summary="List tariffs", tags=["payments"],
        permission="tariffs:read", query=TariffQuery, response=Page[TariffShape],
    )  # fmt: skip
    async def list_tariffs(self, call: Call[None, TariffQuery]) -> Page[TariffShape]:
        """All tariffs with their versions."""
        found = await repository.tariffs(call.session, call.query, call.query.use)
        versions = await repository.versions(call.session, [row.id for row in found.rows])
        return found.as_page(lambda row: shown(row, versions[row.id]))

    @route(
        "GET", "/api/v1/tariffs/{tariff_id}", summary="A tariff", tags=["payments"],
        permission="tariffs:read", response=TariffShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_tariff(self, call: Call[None, None]) -> TariffShape:
        """With all its versions."""
        tariff = await repository.tariff(call.session, call.id("tariff_id"))
        if tariff is None:
            raise Refused("not_found")
        return shown(tariff, (await repository.versions(call.session, [tariff.id]))[tariff.id])

    @route(
        "POST", "/api/v1/tariffs", summary="Add a tariff", tags=["payments"], permission="tariffs:write",
        body=NewTariff, response=TariffShape, status=201, idempotent=True,
    )  # fmt: skip
    async def add(self, call: Call[NewTariff, None]) -> TariffShape:
        """All stations know it from now on."""
        tariff = await self._payments.add(call.session, call.body)
        return shown(tariff, (await repository.versions(call.session, [tariff.id]))[tariff.id])

    @route(
        "POST", "/api/v1/tariffs/{tariff_id}/versions", summary="Change a tariff's prices", tags=["payments"],
        permission="tariffs:write", body=NewVersion, response=TariffShape, status=201, errors={"not_found": 404},
        idempotent=True,
    )  # fmt: skip
    async def next_version(self, call: Call[NewVersion, None]) -> TariffShape:
        """Makes the next version; what was rented before keeps the version it began with."""
        tariff = await self._payments.next_version(call.session, call.id("tariff_id"), call.body)
        return shown(tariff, (await repository.versions(call.session, [tariff.id]))[tariff.id])


def shown(tariff: TariffRow, rows: Sequence[TariffVersion]) -> TariffShape:
    """The tariff as JSON."""
    until = ends(rows)
    versions = [
        VersionShape(
            version=row.version,
            valid_from=row.valid_from,
            valid_to=until[row.version],
            prices=Prices.model_validate(row),
        )
        for row in rows
    ]
    return TariffShape(
        id=tariff.id,
        created_at=tariff.created_at,
        name=tariff.name,
        use=tariff.use,
        currency=tariff.currency,
        versions=versions,
    )
