"""Headless Chromium for journeys and pictures: Debian's binary, a fresh profile, this machine only."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from typing import Final

from playwright.async_api import Browser, BrowserContext, async_playwright

BINARIES: Final = ("chromium-headless-shell", "chromium")
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def binary() -> str:
    """Where Chromium is. Raises RuntimeError naming the command that installs it: a missing browser is no pass."""
    for name in BINARIES:
        found = shutil.which(name)
        if found:
            return found
    raise RuntimeError("no Chromium: sudo apt-get install -y --no-install-recommends chromium-headless-shell")


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """One browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=binary(), args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


async def kiosk_context(browser: Browser, *, width: int = 1080, height: int = 1920) -> BrowserContext:
    """A kiosk's screen: touch, this station's language, no motion."""
    return await browser.new_context(
        viewport={"width": width, "height": height},
        locale="en-GB",
        reduced_motion="reduce",
        has_touch=True,
        service_workers="block",
    )
