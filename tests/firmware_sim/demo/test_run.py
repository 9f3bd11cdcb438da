"""Beginning the demo anew forgets a demo and nothing else."""

from pathlib import Path

import click
import pytest

from firmware_sim.demo.run import _begin_anew


def _demo(folder: Path) -> Path:
    for name in ("hub", "agent"):
        (folder / name).mkdir(parents=True)
    for name in ("hub.log", "station.secret", "world.json", "CP-01.json", "booking.json"):
        (folder / name).write_text("x")
    return folder


def test_a_demos_folder_is_forgotten(tmp_path: Path) -> None:
    folder = _demo(tmp_path / "demo")
    _begin_anew(folder)
    assert not folder.exists()
    _begin_anew(folder)


def test_a_folder_with_anything_else_is_left_alone(tmp_path: Path) -> None:
    folder = _demo(tmp_path / "demo")
    (folder / "thesis.odt").write_text("years of work")
    with pytest.raises(click.ClickException, match=r"thesis\.odt"):
        _begin_anew(folder)
    assert (folder / "thesis.odt").exists()
    assert (folder / "station.secret").exists()
