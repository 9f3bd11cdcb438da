"""The two small pages that mails lead to: confirm an address, choose a new password. The secret stays behind the #."""

from importlib.resources import files
from typing import Final

from aiohttp import web

from hub.kernel.routes import RawRoute

_CSP: Final = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'none'"
_FILES: Final = {
    "/account/confirm": ("account.html", "text/html"),
    "/account/reset": ("account.html", "text/html"),
    "/account/account.css": ("account.css", "text/css"),
    "/account/account.js": ("account.js", "text/javascript"),
}


def pages() -> list[RawRoute]:
    """Their routes."""
    folder = files("hub.accounts") / "mailed"
    return [_page(path, (folder / name).read_text("utf-8"), kind) for path, (name, kind) in _FILES.items()]


def _page(path: str, text: str, kind: str) -> RawRoute:
    async def handle(_request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": _CSP, "Cache-Control": "no-cache", "Referrer-Policy": "no-referrer"}
        return web.Response(text=text, content_type=kind, headers=headers)

    return RawRoute(method="GET", path=path, handler=handle, summary="Page of a mail", tags=("auth",), documented=False)
