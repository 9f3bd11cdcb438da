"""A real cable between agent and hub: the agent lives in a network namespace of its own, at one end of a veth pair.

A second pair, never broken, is the station's own wiring: its people, chargers and meter are on this side. Linux only;
where the kernel refuses, `CableRefusedError` says so and the round goes over loopback.
"""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Final

PREFIX: Final = 24
HUB_END: Final = "10.77.2.1"
AGENT_END: Final = "10.77.2.2"
YARD_END: Final = "10.77.1.1"
STATION_END: Final = "10.77.1.2"
_NOWHERE: Final = "02:00:00:00:00:99"  # a locally administered address that nobody has
_PAIRS: Final = (("wan0", "wan1", HUB_END, AGENT_END), ("lan0", "lan1", YARD_END, STATION_END))
OWN_NETWORK: Final = "VOLTDOCK_SOAK_NETWORK"  # set once this process lives in a network namespace of its own


class CableRefusedError(Exception):
    """This machine gives us no such cable; the text says why."""


class Cable:
    """Both pairs, and what can be done to the one between agent and hub."""

    def __init__(self) -> None:
        self._holder: asyncio.subprocess.Process | None = None

    @property
    def inside(self) -> list[str]:
        """Before a command: run it at the agent's end."""
        assert self._holder is not None
        return ["nsenter", "-t", str(self._holder.pid), "-n", "--"]

    async def lay(self) -> None:
        """Make the namespace and both pairs. Raises CableRefusedError."""
        if os.environ.get(OWN_NETWORK) != "own":
            raise CableRefusedError(os.environ.get(OWN_NETWORK) or "the soak does not run in a namespace of its own")
        self._holder = await asyncio.create_subprocess_exec("unshare", "-n", "sleep", "infinity")
        await self._is_apart()
        try:
            await _run(*self.inside, "ip", "link", "set", "lo", "up")
            for here, there, my_address, its_address in _PAIRS:
                await _run("ip", "link", "add", here, "type", "veth", "peer", "name", there)
                await _run("ip", "link", "set", there, "netns", str(self._holder.pid))
                await _run("ip", "addr", "add", f"{my_address}/{PREFIX}", "dev", here)
                await _run("ip", "link", "set", here, "up")
                await _run(*self.inside, "ip", "addr", "add", f"{its_address}/{PREFIX}", "dev", there)
                await _run(*self.inside, "ip", "link", "set", there, "up")
        except CableRefusedError:
            await self.remove()
            raise

    async def remove(self) -> None:
        """Both pairs and the namespace are gone."""
        if self._holder is None:
            return
        for here, *_ in _PAIRS:
            await _try("ip", "link", "del", here)
        self._holder.kill()
        await self._holder.wait()
        self._holder = None

    # --- what an adversary does to it ------------------------------------------------------------------

    async def pull_at_hub(self) -> None:
        """The far end is pulled: the agent's packets vanish, its own interface loses its carrier."""
        await _run("ip", "link", "set", "wan0", "down")

    async def pull_at_agent(self) -> None:
        """The near end is pulled: the agent is told at once that there is no way."""
        await _run(*self.inside, "ip", "link", "set", "wan1", "down")

    async def lose_down(self) -> None:
        """Half open: what the hub sends goes to nobody's address; nobody is told."""
        await _run("ip", "neigh", "replace", AGENT_END, "lladdr", _NOWHERE, "dev", "wan0", "nud", "permanent")

    async def lose_up(self) -> None:
        """Half open: what the agent sends goes to nobody's address; nobody is told."""
        near = ("dev", "wan1", "nud", "permanent")
        await _run(*self.inside, "ip", "neigh", "replace", HUB_END, "lladdr", _NOWHERE, *near)

    async def narrow(self, mtu: int, *, both: bool) -> None:
        """Smaller packets; at one end only, larger ones vanish on their way."""
        await _run("ip", "link", "set", "wan0", "mtu", str(mtu))
        if both:
            await _run(*self.inside, "ip", "link", "set", "wan1", "mtu", str(mtu))

    async def mend(self) -> None:
        """As new."""
        await _run("ip", "link", "set", "wan0", "mtu", "1500", "up")
        await _run(*self.inside, "ip", "link", "set", "wan1", "mtu", "1500", "up")
        await _try("ip", "neigh", "del", AGENT_END, "dev", "wan0")
        await _try(*self.inside, "ip", "neigh", "del", HUB_END, "dev", "wan1")

    async def _is_apart(self) -> None:
        """Until `unshare` has unshared: before that its namespace is ours."""
        assert self._holder is not None
        ours = _network_of("self")
        for _ in range(200):
            if self._holder.returncode is not None:
                self._holder = None
                raise CableRefusedError("unshare -n is refused")
            if _network_of(self._holder.pid) != ours:
                return
            await asyncio.sleep(0.02)
        await self.remove()
        raise CableRefusedError("no second network namespace")


def _network_of(pid: int | str) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


async def _run(*command: str) -> None:
    if shutil.which(command[0]) is None:
        raise CableRefusedError(f"there is no {command[0]}")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    if process.returncode:
        raise CableRefusedError(f"{' '.join(command)}: {said.decode(errors='replace').strip()}")


async def _try(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    await process.wait()
