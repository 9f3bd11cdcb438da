"""The demo's ports: which they are, whether they are free, and what to set when one is not."""

import errno
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


def free_ports() -> Ports:
    """Ports that are free now; the kernel does not hand them out again soon."""
    names = [field.name for field in fields(Ports)]
    sockets = [socket.create_server((HOST, 0)) for _ in names]
    try:
        return Ports(**{name: one.getsockname()[1] for name, one in zip(names, sockets, strict=True)})
    finally:
        for one in sockets:
            one.close()


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
