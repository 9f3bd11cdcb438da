"""HTTP clients of the hub's and the kiosk's public APIs, as a partner or a browser would write them."""

import uuid
from typing import Any, Final

import aiohttp

from firmware_sim.waiting import DemoError

PASSWORD: Final = "voltdock-demo"  # noqa: S105  # the demo's public log-in; the hub takes it on loopback only
ADMIN: Final = "admin@voltdock.example"
RENTER: Final = "renter@voltdock.example"
JSON = Any


async def _answer(response: aiohttp.ClientResponse) -> JSON:
    if response.status >= 400:
        text = (await response.text())[:400]
        raise DemoError(f"{response.method} {response.url.path}: HTTP {response.status}: {text}")
    return await response.json()


class Hub:
    """The hub as an administrator uses it."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self._token = ""

    async def is_ready(self) -> bool:
        """Whether it is able to serve."""
        try:
            async with self._http.get(f"{self._url}/readyz") as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    async def sign_in(self, email: str = ADMIN, password: str = PASSWORD) -> None:
        """As the demo's admin, or as somebody else. Raises DemoError."""
        body = {"email": email, "password": password}
        async with self._http.post(f"{self._url}/api/v1/auth/token", json=body) as response:
            self._token = (await _answer(response))["access_token"]

    async def get(self, path: str) -> JSON:
        """One answer. Raises DemoError."""
        async with self._http.get(self._url + path, headers=self._headers()) as response:
            return await _answer(response)

    async def post(self, path: str, body: dict[str, Any]) -> JSON:
        """One answer to something that is done once. Raises DemoError."""
        headers = self._headers() | {"Idempotency-Key": str(uuid.uuid4())}
        async with self._http.post(self._url + path, json=body, headers=headers) as response:
            return await _answer(response)

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


class Kiosk:
    """The kiosk's screen, without eyes."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url

    async def is_up(self) -> bool:
        """Whether the agent answers."""
        try:
            async with self._http.get(f"{self._url}/healthz") as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    async def get(self, path: str) -> JSON:
        """Raises DemoError."""
        async with self._http.get(self._url + path) as response:
            return await _answer(response)

    async def view(self) -> JSON:
        """The whole picture."""
        return await self.get("/api/view")

    async def quote(self, token: str, dock_no: int) -> JSON:
        """What this voucher's owner would pay for the vehicle in this dock."""
        body = {"who": {"kind": "voucher", "token": token}, "dock_no": dock_no}
        async with self._http.post(f"{self._url}/api/quotes", json=body) as response:
            return await _answer(response)

    async def agree(self, quote_id: str) -> JSON:
        """Yes."""
        async with self._http.post(f"{self._url}/api/rentals", json={"quote_id": quote_id}) as response:
            return await _answer(response)

    async def rental(self, rental_id: str) -> JSON:
        """How a rental stands."""
        return await self.get(f"/api/rentals/{rental_id}")
