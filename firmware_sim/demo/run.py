"""The demo that people play: everything up, a short summary, and there it stays until Ctrl-C."""

import shutil
import time
from pathlib import Path
from typing import Final

import click

from firmware_sim.demo.booking import add_card, booking_code
from firmware_sim.demo.ports import Ports
from firmware_sim.demo.stage import Stage, open_stage
from firmware_sim.demo.summary import summary
from firmware_sim.stopping import Interrupted, until_told_to_stop
from firmware_sim.waiting import DemoError

POLL_S: Final = 5.0
FOLDERS: Final = ("hub", "agent")
FILES: Final = ("agent.toml", "station.secret", "world.json", "world.new", "booking.json")
LOGS: Final = tuple(f"{name}{end}" for name in ("hub", "agent", "gateway") for end in (".log", ".old.log"))


class Progress:
    """One line a step, with the time the last one took."""

    def __init__(self) -> None:
        self._since: float | None = None

    def __call__(self, step: str) -> None:
        self.done()
        self._since = time.monotonic()
        click.echo(f"  {click.style('…', fg='cyan')} {step:<22}", nl=False)

    def done(self) -> None:
        """The step that was named last is done."""
        if self._since is not None:
            click.echo(f"{click.style('ready', fg='green')} {time.monotonic() - self._since:6.1f} s")
            self._since = None

    def failed(self) -> None:
        """It is not."""
        if self._since is not None:
            click.echo(click.style("failed", fg="red"))
            self._since = None


async def play(folder: Path, ports: Ports, *, speed: float, fresh: bool) -> int:
    """Run the demo until a stop signal (0) or until a part ends by itself (1)."""
    if fresh:
        _begin_anew(folder)
    progress = Progress()
    click.echo(f"Voltdock demo, data in {folder}")
    try:
        async with until_told_to_stop(), open_stage(folder, ports, speed=speed, poll_s=POLL_S, say=progress) as stage:
            progress.done()
            await add_card(stage.hub)
            click.echo(summary(stage, await booking_code(stage.hub, folder)))
            return await _stay(stage)
    except Interrupted:
        progress.failed()
        click.echo("\nStopped.")
        return 0
    except DemoError as error:
        progress.failed()
        click.echo(click.style(str(error), fg="red"), err=True)
        return 1


async def _stay(stage: Stage) -> int:
    click.echo(click.style(f"\n{await stage.died()}", fg="red"), err=True)
    return 1


def _begin_anew(folder: Path) -> None:
    """Forget an earlier demo; a folder that is not one is left alone. Raises click.ClickException."""
    if not folder.exists():
        return
    found = {entry.name for entry in folder.iterdir() if not entry.name.startswith("CP-")}
    strange = found.difference(FOLDERS, FILES, LOGS)
    if strange:
        raise click.ClickException(f"{folder} holds more than a demo ({', '.join(sorted(strange))}): not removed")
    shutil.rmtree(folder)
