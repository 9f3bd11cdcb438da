"""Plays a story on a stage of its own, from curtain to exit code."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import click

from firmware_sim.demo.ports import HOST, free_ports
from firmware_sim.demo.stage import Stage, open_stage
from firmware_sim.scripts.booking import Story as Booking
from firmware_sim.scripts.rental import Story as Rental
from firmware_sim.scripts.steps import Steps
from firmware_sim.stopping import Interrupted, until_told_to_stop
from firmware_sim.waiting import DemoError

POLL_S: Final = 1.0
Play = Callable[[Stage, Steps], Awaitable[list[str]]]

STORIES: Final[dict[str, tuple[str, Play]]] = {
    "rental": (
        "One rental and one charge, twice: with the hub and without",
        lambda stage, steps: Rental(stage, steps).play(),
    ),
    "booking": (
        "A new price, a booking, a ride without the hub, and the money",
        lambda stage, steps: Booking(stage, steps).play(),
    ),
}


async def play_story(name: str, folder: Path, *, speed: float) -> int:
    """Play it. 0 only if everything holds."""
    steps, (title, play) = Steps(), STORIES[name]
    click.echo(f"{title}. Everything on {HOST}, data in {folder}")
    steps.chapter("Stage")
    try:
        async with until_told_to_stop():
            wrong = await _play(play, folder, steps, speed)
    except DemoError as error:
        click.echo(click.style(f"\n{error}", fg="red"), err=True)
        return 1
    except Interrupted:
        click.echo("\nStopped before the end.")
        return 1
    if wrong:
        click.echo(click.style(f"\n{len(wrong)} things are wrong.", fg="red", bold=True), err=True)
        return 1
    click.echo(click.style(f"\nEverything holds, after {steps.elapsed_s:.1f} s.", fg="green", bold=True))
    return 0


async def _play(play: Play, folder: Path, steps: Steps, speed: float) -> list[str]:
    started: list[str] = []
    with steps.step("start gateway, hub, hardware and agent") as note:
        stage_at = open_stage(folder, free_ports(), speed=speed, poll_s=POLL_S, say=started.append)
        stage = await stage_at.__aenter__()
        note.text = f"{len(stage.world.yard.docks)} docks, {len(stage.world.chargers)} chargers"
    try:
        return await play(stage, steps)
    finally:
        await stage_at.__aexit__(None, None, None)
