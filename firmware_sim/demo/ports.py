"""The demo's ports: which they are, whether they are free, and what to set when one is not."""

import errno
import random
import socket
from dataclasses import dataclass, fields

from firmware_sim.waiting import DemoError

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Every TCP port of the demo, by the option that changes it."""

    hub: int = 8080
    kiosk: int = 8090
    chargers: int = 9000
    modbus: int = 5020
    control: int = 8099
    gateway: int = 8098


# Below the range from which the kernel takes ports for outgoing connections (32768 to 60999 on Linux): a port
# that is free there may be gone before its server binds it.
_FREE_RANGE = range(20_000, 32_000)


def free_ports() -> Ports:
    """Ports that nobody uses now, drawn at random, so that two demos at once do not meet."""
    names = [field.name for field in fields(Ports)]
    drawn = (port for port in random.SystemRandom().sample(_FREE_RANGE, 500) if not _is_taken(port))
    return Ports(**dict(zip(names, drawn, strict=False)))


def check_free(ports: Ports) -> None:
    """Raises DemoError that names every port that is taken and the option that changes it."""
    taken = [
        f"port {port} ({field.name}) is taken: stop what uses it, or give --{field.name}-port another"
        f" (VOLTDOCK_SIM_DEMO_{field.name.upper()}_PORT)"
        for field in fields(ports)
        if _is_taken(port := getattr(ports, field.name))
    ]
    if taken:
        raise DemoError("\n".join(taken))


def _is_taken(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        return error.errno in (errno.EADDRINUSE, errno.EACCES)
    return False
