"""`/api/v1/photos`: what staff saw. A rental's pictures are shown to its own people by the rentals' room."""

import uuid
from typing import Final

from aiohttp import web

from hub.kernel.pages import Page
from hub.kernel.problem import ProblemError, problem
from hub.kernel.routes import Call, RawRoute, route
from hub.kernel.web import Kernel
from hub.photos import repository
from hub.photos.schemas import PhotoQuery, PhotoShape
from hub.photos.service import Photos
from protocols.errors import Refused
from protocols.photo.jpeg import MEDIA_TYPE

READ: Final = "cases:read"


class PhotosApi:
    """Every picture."""

    @route(
        "GET", "/api/v1/photos", summary="List pictures", tags=["photos"],
        permission=READ, query=PhotoQuery, response=Page[PhotoShape],
    )  # fmt: skip
    async def list_photos(self, call: Call[None, PhotoQuery]) -> Page[PhotoShape]:
        """Newest first: of acts by hand and of checklists."""
        given = call.query.model_dump(exclude={"limit", "cursor"})
        return (await repository.page(call.session, call.query, **given)).as_page(PhotoShape.model_validate)


class PhotoFile:
    """A picture itself."""

    def __init__(self, kernel: Kernel, photos: Photos) -> None:
        self._kernel = kernel
        self._photos = photos

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Its bytes."""
        try:
            photo_id = uuid.UUID(request.match_info["photo_id"])
            async with self._kernel.database.reading() as session:
                content = await self._photos.content(session, photo_id, None)
        except (Refused, ValueError) as error:
            refused = error if isinstance(error, Refused) else Refused("not_found")
            status = {"files_unreachable": 503, "photo_deleted": 410}.get(refused.code, 404)
            raise ProblemError(problem(refused.code, status, params=refused.params)) from error
        return web.Response(body=content, headers=HEADERS)

    def route(self) -> RawRoute:
        """As the wiring takes it."""
        return RawRoute(
            method="GET", path="/api/v1/photos/{photo_id}", handler=self.handle, summary="A picture", tags=("photos",),
            permission=READ, answers=ANSWERS,
        )  # fmt: skip


HEADERS: Final = {
    "Content-Type": MEDIA_TYPE,
    "Cache-Control": "private, max-age=3600",
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": "inline",
}
ANSWERS: Final = {
    200: "image/jpeg",
    404: "`not_found`; `photo_waits`: it is still at its station; `photo_lost`: it will not come",
    410: "`photo_deleted`: its time was over, at `deleted_at`",
    503: "`files_unreachable`: the file store does not answer",
}
