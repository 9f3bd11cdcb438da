"""Somebody with a device, who calls the hub."""

from typing import Any

import pyotp
from aiohttp.test_utils import TestClient

from tests.hub.accounts.conftest import PASSWORD
from tests.hub.conftest import ManualClock

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"
ADA = "ada@voltdock.example"


class Person:
    """Somebody with a device."""

    def __init__(self, client: TestClient[Any, Any], *, agent: str = FIREFOX, address: str = "203.0.113.7") -> None:
        self._client = client
        self._headers = {"User-Agent": agent, "X-Forwarded-For": address}
        self.tokens: dict[str, Any] = {}

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = dict(self._headers)
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        async with self._client.request(method, f"/api/v1{path}", json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None) if await answer.read() else None

    async def sign_in(self, email: str = ADA, password: str = PASSWORD) -> int:
        return (await self.prove({"email": email, "password": password}))[0]

    async def prove(self, proof: dict[str, str]) -> tuple[int, Any]:
        """Call the token endpoint; keeps the tokens that it gives."""
        status, body = await self.call("POST", "/auth/token", proof)
        self.tokens = body if status == 200 else {}
        return status, body

    async def refresh(self) -> int:
        status, body = await self.call("POST", "/auth/refresh", {"refresh_token": self.tokens["refresh_token"]})
        self.tokens = body if status == 200 else self.tokens
        return status


def shown_code(secret: str, clock: ManualClock, *, steps: int = 0) -> str:
    """What an authenticator shows, whose clock is off by so many steps."""
    return pyotp.TOTP(secret).at(clock.now(), counter_offset=steps)
