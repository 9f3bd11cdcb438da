"""HTTP clients of the hub's and the kiosk's public APIs, as a partner or a browser would write them."""

import uuid
from typing import Any, Final

import aiohttp

from firmware_sim.waiting import DemoError

PASSWORD: Final = "voltdock-demo"  # noqa: S105  # the demo's public log-in; the hub takes it on loopback only
ADMIN: Final = "admin@voltdock.example"
RENTER: Final = "renter@voltdock.example"
JSON = Any


class _Client:
    """What both have in common: one base address, JSON both ways, errors for people."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def _ask(self, method: str, path: str, *, body: JSON = None, headers: dict[str, str] | None = None) -> JSON:
        try:
            async with self._http.request(method, self._url + path, json=body, headers=headers) as response:
                if response.status >= 400:
                    text = (await response.text())[:400]
                    raise DemoError(f"{method} {path}: HTTP {response.status}: {text}")
                return await response.json()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise DemoError(f"{method} {self._url}{path}: {str(error) or type(error).__name__}") from error

    async def _is_well(self, path: str) -> bool:
        try:
            async with self._http.get(self._url + path) as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False


class Hub(_Client):
    """The hub as an administrator uses it."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        super().__init__(http, url)
        self._token = ""

    async def is_ready(self) -> bool:
        """Whether it is able to serve."""
        return await self._is_well("/readyz")

    async def sign_in(self, email: str = ADMIN, password: str = PASSWORD) -> None:
        """As the demo's admin, or as somebody else. Raises DemoError."""
        answer = await self._ask("POST", "/api/v1/auth/token", body={"email": email, "password": password})
        self._token = answer["access_token"]

    async def get(self, path: str) -> JSON:
        """One answer. Raises DemoError."""
        return await self._ask("GET", path, headers=self._headers())

    async def post(self, path: str, body: dict[str, Any]) -> JSON:
        """One answer to something that is done once. Raises DemoError."""
        return await self._ask(
            "POST", path, body=body, headers=self._headers() | {"Idempotency-Key": str(uuid.uuid4())}
        )

    async def all_of(self, path: str) -> list[dict[str, Any]]:
        """A whole list, page by page. Raises DemoError."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = await self.get(f"{path}?limit=200{cursor}")
            found += page["items"]
            if not page.get("next_cursor"):
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}


class Kiosk(_Client):
    """The kiosk's screen, without eyes. Every question raises DemoError when the answer is no."""

    async def is_up(self) -> bool:
        """Whether the agent answers."""
        return await self._is_well("/healthz")

    async def get(self, path: str) -> JSON:
        """Anything."""
        return await self._ask("GET", path)

    async def view(self) -> JSON:
        """The whole picture."""
        return await self.get("/api/view")

    async def quote(self, token: str, dock_no: int) -> JSON:
        """What this voucher's owner would pay for the vehicle in this dock."""
        body = {"who": {"kind": "voucher", "token": token}, "dock_no": dock_no}
        return await self._ask("POST", "/api/quotes", body=body)

    async def quote_for_booking(self, code: str, pin: str) -> JSON:
        """What the ride costs for which somebody booked; the station chooses the vehicle."""
        body = {"who": {"kind": "reservation", "code": code, "pin": pin}}
        return await self._ask("POST", "/api/quotes", body=body)

    async def agree(self, quote_id: str) -> JSON:
        """Yes."""
        return await self._ask("POST", "/api/rentals", body={"quote_id": quote_id})

    async def rental(self, rental_id: str) -> JSON:
        """How a rental stands."""
        return await self.get(f"/api/rentals/{rental_id}")
