"""JPEG files as we keep them: one whole picture, and nothing beside it that tells where, when or by what it was taken.

Read by the segments of ITU-T T.81 Annex B; the pixels are not looked at. Of the application segments stay JFIF
(APP0), the colour profile (APP2 `ICC_PROFILE`) and Adobe's colour transform (APP14): without them colours are wrong.
Exif and XMP (APP1), maker's notes, thumbnails, comments, and all that stands behind the end of the picture go.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from protocols.errors import Malformed

MEDIA_TYPE: Final = "image/jpeg"
MOST_BYTES: Final = 600_000
"""One picture; the staff pages make theirs smaller."""
MOST_SIDE: Final = 8192

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM, RSTn: markers without a length
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APPS: Final = range(0xE0, 0xF0)
_COMMENT: Final = 0xFE


@dataclass(frozen=True, slots=True)
class _Piece:
    """From one marker to the next; `code` is None for a scan's own data."""

    code: int | None
    data: bytes


def plain(content: bytes) -> bytes:
    """The same picture without what is no part of it. Raises Malformed `bad_picture`."""
    return b"".join(one.data for one in _pieces(content) if not _tells(one))


def check(content: bytes) -> None:
    """Raises Malformed `bad_picture` for what is no whole JPEG, `picture_tells_more` for one that is not `plain`."""
    if plain(content) != content:
        raise Malformed("picture_tells_more", "it holds more than the picture: Exif, a comment, a trailer")


def _tells(piece: _Piece) -> bool:
    if piece.code == _COMMENT:
        return True
    if piece.code not in _APPS:
        return False
    profile = piece.code == 0xE2 and piece.data[4:].startswith(b"ICC_PROFILE\x00")
    jfif = piece.code == 0xE0 and piece.data[4:].startswith(b"JFIF\x00")
    adobe = piece.code == 0xEE and piece.data[4:].startswith(b"Adobe")
    return not (profile or jfif or adobe)


def _pieces(content: bytes) -> Iterator[_Piece]:
    """All of the picture up to its end, which must be there, with a frame of a size before it."""
    if len(content) > MOST_BYTES:
        raise Malformed("bad_picture", f"more than {MOST_BYTES} bytes")
    if content[:2] != b"\xff\xd8":
        raise Malformed("bad_picture", "no JPEG")
    yield _Piece(_START, content[:2])
    at, framed = 2, False
    while True:
        at, code = _marker(content, at)
        if code == _END:
            yield _Piece(code, b"\xff\xd9")
            break
        end = at if code in _ALONE else _end_of(content, at)
        piece = _Piece(code, bytes((0xFF, code)) + content[at:end])
        if code in _FRAMES:
            _check_frame(piece.data)
            framed = True
        yield piece
        at = end
        if code == _SCAN:
            at = _scan_end(content, end)
            yield _Piece(None, content[end:at])
    if not framed:
        raise Malformed("bad_picture", "no frame")


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """The marker that begins here, and where what follows it begins; fill bytes may stand before it."""
    if content[at : at + 1] != b"\xff":
        raise Malformed("bad_picture", f"no marker at byte {at}")
    while content[at : at + 1] == b"\xff":
        at += 1
    code = content[at : at + 1]
    if not code or code[0] in {0x00, _START}:
        raise Malformed("bad_picture", f"no marker at byte {at}")
    return at + 1, code[0]


def _end_of(content: bytes, at: int) -> int:
    size = int.from_bytes(content[at : at + 2])
    if size < 2 or at + size > len(content):
        raise Malformed("bad_picture", f"a segment that is cut short at byte {at}")
    return at + size


def _scan_end(content: bytes, at: int) -> int:
    """Where the next marker stands: 0xFF that is followed neither by 0x00 nor by a restart's number."""
    while (at := content.find(b"\xff", at)) >= 0:
        following = content[at + 1 : at + 2]
        if following and following[0] != 0x00 and not 0xD0 <= following[0] <= 0xD7:
            return at
        at += 1
    raise Malformed("bad_picture", "cut short")


def _check_frame(data: bytes) -> None:
    # Behind marker, length and precision (T.81 B.2.2).
    height, width = int.from_bytes(data[5:7]), int.from_bytes(data[7:9])
    if not (0 < height <= MOST_SIDE and 0 < width <= MOST_SIDE):
        raise Malformed("bad_picture", f"{width} × {height} pixels")
