"""Pictures at the station: by their hash, whole or not at all, within a budget."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from edge_agent.kiosk.photos import KEEP_S, MOST_BYTES, PhotoShelf
from protocols.errors import Refused


def picture(number: int, size: int = 1000) -> bytes:
    return b"\xff\xd8\xff" + bytes([number]) * (size - 3)


def test_a_picture_is_kept_under_its_hash_and_once(tmp_path: Path) -> None:
    shelf = PhotoShelf(tmp_path / "photos")
    assert shelf.usage() == (0, 0)
    name = shelf.add(picture(1))
    assert (name, shelf.add(picture(1))) == (hashlib.sha256(picture(1)).hexdigest(), name)
    found = shelf.find(name)
    assert found is not None
    assert found.read_bytes() == picture(1)
    assert shelf.usage() == (1, 1000)


def test_what_is_no_jpeg_or_too_big_is_not_kept_and_no_path_leads_out(tmp_path: Path) -> None:
    shelf = PhotoShelf(tmp_path / "photos")
    for odd in (b"", b"GIF89a", picture(1, MOST_BYTES + 1)):
        with pytest.raises(Refused, match="photo_unknown"):
            shelf.add(odd)
    (tmp_path / "secret.jpg").write_bytes(picture(1))
    assert [shelf.find(name) for name in ("../secret", "", "ab" * 32)] == [None] * 3


def test_a_full_shelf_throws_away_old_pictures_only(tmp_path: Path) -> None:
    shelf = PhotoShelf(tmp_path, budget=2500)
    first, _ = shelf.add(picture(1)), shelf.add(picture(2))
    with pytest.raises(Refused, match="photos_full"):
        shelf.add(picture(3))
    old = time.time() - KEEP_S - 60
    os.utime(tmp_path / f"{first}.jpg", (old, old))
    third = shelf.add(picture(3))
    assert (shelf.find(first), shelf.usage()) == (None, (2, 2000))
    assert shelf.find(third) is not None


def test_a_disk_that_takes_nothing_is_a_full_shelf(tmp_path: Path) -> None:
    (tmp_path / "photos").write_text("a file where the folder should be")
    with pytest.raises(Refused, match="photos_full"):
        PhotoShelf(tmp_path / "photos").add(picture(1))
