"""Serves a user interface that was built beforehand: its page under every address that is its own, its assets for ever.

Knows nothing of what the pages show. Files are read from a folder that the build fills and the wheel carries.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from hub.kernel.edge import Handler
from hub.kernel.routes import RawRoute

NONCE: Final = "%NONCE%"
"""Stands in the built page where this answer's nonce belongs: style elements are only taken with it."""

_TAGS: Final = ("console",)
_NOT_BUILT: Final = """The console is not built here: run `make setup`, or install the wheel, which carries it.
The API works all the same; /docs describes it.
"""
# No script, font, picture or connection but our own. The map's drawing runs in a worker of ours.
_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; font-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ASSET_HEADERS: Final = {"Cache-Control": "public, max-age=31536000, immutable"}  # the name holds the content's hash


def front_routes(folder: Path, sections: Sequence[str]) -> list[RawRoute]:
    """The page at `/` and at every address below the sections, and what it loads from `/assets/`.

    Addresses are listed, not caught: whatever is no page and no route stays a 404 that names itself.
    """
    page, asset = _page(folder), _asset(folder)
    pages = ["/", f"/{{section:{'|'.join(sections)}}}{{rest:(/.*)?}}"]
    return [
        *(RawRoute(method="GET", path=path, handler=page, summary="Console", tags=_TAGS, documented=False)
          for path in pages),
        RawRoute(method="GET", path="/assets/{name}", handler=asset, summary="Console", tags=_TAGS, documented=False),
    ]  # fmt: skip


def _page(folder: Path) -> Handler:
    async def handle(_request: web.Request) -> web.StreamResponse:
        file = folder / "index.html"
        if not file.is_file():
            return web.Response(status=503, text=_NOT_BUILT, headers={"Cache-Control": "no-store"})
        nonce = secrets.token_urlsafe(16)
        headers = {
            "Content-Security-Policy": _CSP.format(nonce=nonce),
            "Cache-Control": "no-cache",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        }
        return web.Response(
            text=file.read_text("utf-8").replace(NONCE, nonce), content_type="text/html", headers=headers
        )

    return handle


def _asset(folder: Path) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        # One path segment and a name that the build made: nothing can lead out of the folder.
        file = folder / "assets" / request.match_info["name"]
        if file.name != request.match_info["name"] or not file.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(file, headers=_ASSET_HEADERS)  # takes `.gz` beside it where the browser does

    return handle
