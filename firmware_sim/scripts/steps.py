"""A table of steps with their measured times, printed as they happen."""

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import click

WIDTH: Final = 58


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One step. `seconds` by the monotonic clock; `note` is what came of it."""

    name: str
    seconds: float
    note: str


class Note:
    """What came of a step, said while it runs."""

    def __init__(self) -> None:
        self.text = ""


class Steps:
    """Prints each step when it is done. What fails inside a step goes on upwards, marked."""

    def __init__(self) -> None:
        self.done: list[Measured] = []
        self._since = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        """Since the first step could begin."""
        return time.monotonic() - self._since

    def chapter(self, title: str) -> None:
        """A heading."""
        click.echo(f"\n{click.style(title, bold=True)}")

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Note]:
        """Measure what happens inside."""
        note, since = Note(), time.monotonic()
        try:
            yield note
        except BaseException:
            click.echo(self._line("✗", "red", name, time.monotonic() - since, "failed"))
            raise
        seconds = time.monotonic() - since
        self.done.append(Measured(name=name, seconds=seconds, note=note.text))
        click.echo(self._line("✓", "green", name, seconds, note.text))

    def judge(self, promises: Iterable[tuple[str, list[str]]]) -> list[str]:
        """A step for each promise, with what is wrong about it (nothing: it holds). Returns all that is wrong."""
        wrong: list[str] = []
        for name, problems in promises:
            mark, colour, note = ("✗", "red", "") if problems else ("✓", "green", "holds")
            click.echo(self._line(mark, colour, name, 0.0, note))
            for problem in problems:
                click.echo(f"      {click.style(problem, fg='red')}")
            wrong += problems
        return wrong

    def _line(self, mark: str, colour: str, name: str, seconds: float, note: str) -> str:
        shown = f"{seconds * 1000:8.0f} ms" if seconds < 10 else f"{seconds:8.1f} s "
        return f"  {click.style(mark, fg=colour)} {name:<{WIDTH}}{shown}  {note}"
