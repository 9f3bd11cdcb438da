"""A provider of log-ins as a process of its own, on a free port of the loopback."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parent / "providers"


class Elsewhere:
    """A provider's process, on a free port."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.issuer = ""

    async def line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            while not (said := await self._process.stdout.readline()).startswith(b"{"):
                assert said, "the provider ended"
        found: dict[str, Any] = json.loads(said)
        return found

    async def tell(self, **wish: Any) -> int:
        """How the next ID tokens are to be; how often its keys were asked for so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wish).encode() + b"\n")
        return int((await self.line())["keyRequests"])


@contextlib.asynccontextmanager
async def elsewhere(script: str, *arguments: str) -> AsyncIterator[Elsewhere]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPTS / script), *arguments, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        found = Elsewhere(process)
        found.issuer = (await found.line())["issuer"]
        yield found
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
