"""Pictures at the station: by their hash, whole or not at all, within a budget, until the hub has them."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from edge_agent.kiosk.photos import KEEP_S, SENT_S, PhotoShelf
from protocols.errors import Refused
from protocols.photo.jpeg import MOST_BYTES
from tests.pictures import EXIF, jpeg

NOW_S = 1_795_269_600.0


def picture(number: int, size: int = 1000) -> bytes:
    return jpeg(number, size)


def test_a_picture_is_kept_under_its_hash_and_once(tmp_path: Path) -> None:
    shelf = PhotoShelf(tmp_path / "photos")
    assert shelf.held() == []
    name = shelf.add(picture(1), at_s=NOW_S)
    assert (name, shelf.add(picture(1))) == (hashlib.sha256(picture(1)).hexdigest(), name)
    found = shelf.find(name)
    assert found is not None
    assert found.read_bytes() == picture(1)
    [kept] = shelf.held()
    assert (kept.sha256, kept.size, kept.at_s, kept.sent) == (name, 1000, NOW_S, False)
    assert shelf.unsent() == [kept]


def test_where_it_was_taken_is_not_kept(tmp_path: Path) -> None:
    shelf = PhotoShelf(tmp_path)
    name = shelf.add(jpeg(1, 1000, more=EXIF))
    kept = shelf.read(name)
    assert kept is not None
    assert b"GPS" not in kept
    assert name == hashlib.sha256(kept).hexdigest()


def test_what_is_no_jpeg_or_too_big_is_not_kept_and_no_path_leads_out(tmp_path: Path) -> None:
    shelf = PhotoShelf(tmp_path / "photos")
    for odd in (b"", b"GIF89a", b"\xff\xd8\xff", picture(1)[:-5], picture(1, MOST_BYTES + 1)):
        with pytest.raises(Refused, match="photo_unknown"):
            shelf.add(odd)
    (tmp_path / "secret.jpg").write_bytes(picture(1))
    assert [shelf.find(name) for name in ("../secret", "", "ab" * 32)] == [None] * 3


def test_a_full_shelf_throws_away_what_the_hub_has_then_old_pictures_and_no_younger_ones(tmp_path: Path) -> None:
    shelf = PhotoShelf(tmp_path, budget=3500)
    old = shelf.add(picture(1), at_s=NOW_S - KEEP_S - 60)
    sent, young = shelf.add(picture(2), at_s=NOW_S - 60), shelf.add(picture(3), at_s=NOW_S - 50)
    shelf.mark_sent(sent)
    fourth = shelf.add(picture(4), at_s=NOW_S)
    assert (shelf.find(sent), shelf.find(old) is not None) == (None, True)
    fifth = shelf.add(picture(5), at_s=NOW_S)
    assert shelf.find(old) is None
    with pytest.raises(Refused, match="photos_full"):
        shelf.add(picture(6), at_s=NOW_S)
    assert shelf.names() == [young, *sorted((fourth, fifth))]


def test_what_the_hub_has_waits_no_more_and_goes_after_a_staff_sessions_time(tmp_path: Path) -> None:
    shelf = PhotoShelf(tmp_path)
    one, two = shelf.add(picture(1), at_s=NOW_S), shelf.add(picture(2), at_s=NOW_S)
    shelf.mark_sent(one)
    shelf.mark_sent(one)
    shelf.mark_sent("ab" * 32)
    assert (shelf.waiting(), set(shelf.names())) == (1, {one, two})
    assert shelf.add(picture(1), at_s=NOW_S) == one
    shelf.tidy(NOW_S + SENT_S)
    assert shelf.read(one) == picture(1)
    shelf.tidy(NOW_S + SENT_S + 1)
    assert shelf.names() == [two]


def test_what_waits_outlives_a_restart_and_what_a_power_cut_left_half_written_does_not(tmp_path: Path) -> None:
    name = PhotoShelf(tmp_path).add(picture(1), at_s=NOW_S)
    sent = PhotoShelf(tmp_path).add(picture(2), at_s=NOW_S)
    PhotoShelf(tmp_path).mark_sent(sent)
    (tmp_path / f"{'ab' * 32}.part").write_bytes(picture(3)[:100])
    shelf = PhotoShelf(tmp_path)
    assert (shelf.waiting(), set(shelf.names())) == (1, {name, sent})
    shelf.tidy(NOW_S)
    assert list(tmp_path.glob("*.part")) == []


def test_what_the_disk_has_spoilt_is_no_picture_any_more(tmp_path: Path) -> None:
    shelf = PhotoShelf(tmp_path)
    name = shelf.add(picture(1))
    (tmp_path / f"{name}.jpg").write_bytes(picture(1)[:500])
    assert (shelf.read(name), shelf.names()) == (None, [])


def test_a_disk_that_takes_nothing_is_a_full_shelf(tmp_path: Path) -> None:
    (tmp_path / "photos").write_text("a file where the folder should be")
    with pytest.raises(Refused, match="photos_full"):
        PhotoShelf(tmp_path / "photos").add(picture(1))


def test_a_disk_that_is_full_in_the_middle_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    shelf = PhotoShelf(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(Refused, match="photos_full"):
            shelf.add(picture(1))
    assert list(tmp_path.iterdir()) == []
    assert shelf.find(shelf.add(picture(1))) is not None
