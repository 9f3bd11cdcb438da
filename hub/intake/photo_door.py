"""`/api/v1/station-photos`: offers of pictures, and pictures. Signed like a sync request, beside the facts.

A gate of its own: pictures never keep facts waiting, and a crowd with pictures is sent away first.
"""

import uuid
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from hub.intake.gate import Full, Gate
from hub.intake.reading import read_body, turned_away
from hub.intake.signatures import Signatures, Verified
from hub.kernel.db import Database
from hub.kernel.problem import ProblemError, problem
from hub.kernel.routes import RawRoute
from hub.kernel.web import Kernel
from protocols.errors import Refused
from protocols.photo.jpeg import MEDIA_TYPE, MOST_BYTES
from protocols.photo.upload import DIGEST, MOST_OFFER_BYTES, OFFERS, Offer, Wanted, decode_offer, encode, path_of
from protocols.sync.signing import claimed

_STATUS: Final = {
    "not_enrolled": 401, "bad_signature": 401, "station_revoked": 403, "photo_not_named": 404, "photo_differs": 422,
    "photo_bad": 422, "files_unreachable": 503,
}  # fmt: skip
_AT_ONCE, _WAITING, _WAIT_S = 2, 20, 10.0


class Photos(Protocol):
    """Who keeps pictures. Filled by the wiring."""

    async def offered(self, session: AsyncSession, station_id: uuid.UUID, offer: Offer) -> Wanted:
        """What of this offer is wanted, and what is here."""

    async def take(self, database: Database, station_id: uuid.UUID, name: str, content: bytes) -> None:
        """Keep it. Raises Refused `photo_not_named`, `photo_differs`, `photo_bad`, `files_unreachable`."""


class PhotoDoor:
    """Takes the stations' pictures in."""

    def __init__(self, kernel: Kernel, signatures: Signatures, photos: Photos) -> None:
        self._kernel = kernel
        self._signatures = signatures
        self._photos = photos
        self._gate = Gate(at_once=_AT_ONCE, waiting=_WAITING, wait_s=_WAIT_S)

    async def offer(self, request: web.Request) -> web.StreamResponse:
        """What a station holds; the answer says what is wanted of it."""

        async def answer(signed: Verified, body: bytes) -> web.StreamResponse:
            offer = decode_offer(body)
            async with self._kernel.database.transaction() as session:
                await self._signatures.check(session, signed)
                wanted = await self._photos.offered(session, signed.station_id, offer)
            return web.Response(body=encode(wanted), content_type="application/json")

        return await self._let_in(request, MOST_OFFER_BYTES, answer)

    async def bring(self, request: web.Request) -> web.StreamResponse:
        """One picture."""
        name = request.match_info["digest"]
        if DIGEST.fullmatch(name) is None:
            raise ProblemError(problem("not_found"))
        if request.content_type != MEDIA_TYPE:
            raise ProblemError(problem("unsupported_media_type", 415, detail=f"send {MEDIA_TYPE}"))

        async def answer(signed: Verified, body: bytes) -> web.StreamResponse:
            async with self._kernel.database.reading() as session:
                await self._signatures.check(session, signed)
            await self._photos.take(self._kernel.database, signed.station_id, name, body)
            return web.Response(status=204)

        return await self._let_in(request, MOST_BYTES, answer)

    async def _let_in(
        self,
        request: web.Request,
        most_bytes: int,
        answer: Callable[[Verified, bytes], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        try:
            with self._gate.entered(claimed(request.headers.get("Signature-Input")).station_id):
                body = await read_body(request, most_bytes)
                async with self._gate.turn():
                    return await answer(await self._signatures.verify(request, body), body)
        except Full as full:
            raise turned_away(full) from full
        except Refused as refused:
            raise ProblemError(problem(refused.code, _STATUS.get(refused.code), params=refused.params)) from refused

    def routes(self) -> list[RawRoute]:
        """As the wiring takes them."""
        signed = {
            400: "`bad_signature_input`: it is not signed as a station signs",
            401: "Not a station's signature",
            403: "The station's key is revoked",
        }
        later = {429: "Too many at once of this station", 503: "Come again after `Retry-After`"}
        return [
            RawRoute(
                method="POST", path=OFFERS, handler=self.offer, summary="Which pictures a station holds",
                tags=("intake",), body_types=("application/json",),
                description="Signed by the station's key. See protocols/photo/upload.py.",
                answers=signed | later | {
                    200: "Which are wanted, and which are here", 413: "Too large",
                    400: "No offer, or `bad_signature_input`: it is not signed as a station signs",
                },
            ),
            RawRoute(
                method="PUT", path=path_of("{digest}"), handler=self.bring, summary="Bring a picture",
                tags=("intake",), body_types=(MEDIA_TYPE,),
                description="Signed by the station's key. Sent again it is kept once.",
                answers={
                    204: "Kept", 413: "Too large",
                    404: "`photo_not_named`: no fact of this station names it; `not_found`: its name is no digest",
                    415: "No JPEG", 422: "`photo_differs` from its digest, or `photo_bad`: `why` says what is wrong",
                }
                | signed | later,
            ),
        ]  # fmt: skip
