"""A picture is kept without what it tells beside itself; what is none is none."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocols.errors import Malformed
from protocols.photo import jpeg
from tests.pictures import COMMENT, EXIF, segment
from tests.pictures import jpeg as made

PROFILE = segment(0xE2, b"ICC_PROFILE\x00\x01\x01" + bytes(20))
ADOBE = segment(0xEE, b"Adobe\x00\x64\x00\x00\x00\x00\x01")


def test_where_it_was_taken_and_what_else_is_no_part_of_the_picture_goes() -> None:
    several = segment(0xE2, b"MPF\x00" + bytes(20))
    told = made(1, more=EXIF + segment(0xED, b"Photoshop 3.0\x00") + several + COMMENT, after=b"trailer" + made(2))
    assert b"GPS" in told
    kept = jpeg.plain(told)
    assert kept == made(1, size=len(kept))
    assert not any(one in kept for one in (b"GPS", b"home", b"MPF", b"trailer", b"Photoshop"))


def test_what_colours_need_stays() -> None:
    picture = made(1, more=PROFILE + ADOBE)
    assert jpeg.plain(picture) == picture
    jpeg.check(picture)


def test_a_picture_that_tells_more_is_said_to() -> None:
    for odd in (made(1, more=EXIF), made(1, more=COMMENT), made(1, after=b"\x00")):
        with pytest.raises(Malformed, match="picture_tells_more"):
            jpeg.check(odd)


def test_several_scans_stuffed_bytes_and_restarts_are_part_of_the_picture() -> None:
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"ab\xff\x00cd\xff\xd0ef"
    picture = made(1)[:-2] + segment(0xC4, b"table") + scan + b"\xff\xd9"
    assert jpeg.plain(picture) == picture


@pytest.mark.parametrize(
    "odd",
    [
        b"", b"GIF89a", b"\x89PNG\r\n", b"\xff\xd8", b"\xff\xd8\xff\xd9", made(1)[:-2], made(1)[:-1], made(1)[:30],
        b"\xff\xd8" + segment(0xC0, b"\x08\x00\x00\x00\x10\x01") + b"\xff\xd9",
        b"\xff\xd8" + segment(0xC0, b"\x08\xff\xff\x00\x10\x01") + b"\xff\xd9",
        made(1, size=jpeg.MOST_BYTES + 1), b"\xff\xd8\xff\xe1\x00\x01", b"<svg onload=alert(1)>",
    ],
)  # fmt: skip
def test_what_is_no_whole_jpeg_of_our_size_is_refused(odd: bytes) -> None:
    with pytest.raises(Malformed, match="bad_picture"):
        jpeg.plain(odd)


@given(st.binary(max_size=300), st.binary(max_size=40))
@example(b"\xff\xda\x00\x02\xff", b"")
def test_no_bytes_break_the_reader_and_what_it_keeps_it_keeps_again(middle: bytes, end: bytes) -> None:
    for odd in (middle, b"\xff\xd8" + middle, made(1, more=middle, after=end)):
        try:
            kept = jpeg.plain(odd)
        except Malformed:
            continue
        assert jpeg.plain(kept) == kept
