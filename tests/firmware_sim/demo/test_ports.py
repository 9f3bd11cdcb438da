"""The demo's ports."""

import dataclasses
import socket

import pytest

from firmware_sim.demo.ports import check_free, free_ports
from firmware_sim.waiting import DemoError


def test_free_ports_are_free_and_all_different() -> None:
    ports = free_ports()
    check_free(ports)
    assert len(set(dataclasses.astuple(ports))) == 6


def test_a_taken_port_is_named_with_the_option_that_changes_it() -> None:
    ports = free_ports()
    with (
        socket.create_server(("127.0.0.1", ports.kiosk)),
        pytest.raises(DemoError, match=rf"port {ports.kiosk} \(kiosk\) is taken.*--kiosk-port") as caught,
    ):
        check_free(ports)
    assert "--hub-port" not in str(caught.value)
