"""A vehicle rides as far as its battery carries it."""

import uuid

import pytest

from firmware_sim.vehicles.vehicle import SimVehicle, VehicleKind


def test_a_ride_uses_energy_and_adds_distance() -> None:
    vehicle = SimVehicle(vehicle_id=uuid.UUID(int=1), soc=0.9)
    distance = vehicle.ride(seconds=1800, speed_km_h=25)
    assert distance == pytest.approx(12.5, rel=0.02)
    assert vehicle.odometer_km == distance
    assert vehicle.battery.energy_out_wh == pytest.approx(12.5 * 35, rel=0.03)


def test_an_empty_vehicle_goes_nowhere() -> None:
    vehicle = SimVehicle(vehicle_id=uuid.UUID(int=1), kind=VehicleKind.CAR, soc=0.0)
    assert vehicle.ride(seconds=600) == 0.0


def test_a_resting_vehicle_draws_nothing() -> None:
    vehicle = SimVehicle(vehicle_id=uuid.UUID(int=1), soc=0.5)
    vehicle.rest(seconds=3600)
    assert vehicle.battery.soc == 0.5
    assert vehicle.battery.current_a == 0.0
