"""Bodies of station requests: bounded before and after decompression, so that a small bomb stays small."""

import zlib
from typing import Final

import zstandard
from aiohttp import web

from hub.intake.gate import Full, TooManyOfOne
from hub.kernel.problem import ProblemError, problem
from protocols.errors import Malformed

_CHUNK: Final = 65_536


async def read_body(request: web.Request, most_bytes: int) -> bytes:
    """The body as it was sent. Raises a 413 beyond `most_bytes`."""
    if request.content_length is not None and request.content_length > most_bytes:
        raise _too_large(most_bytes)
    parts = bytearray()
    async for part in request.content.iter_chunked(_CHUNK):
        parts += part
        if len(parts) > most_bytes:
            raise _too_large(most_bytes)
    return bytes(parts)


def decompressed(body: bytes, coding: str, most_bytes: int) -> bytes:
    """The body's content. Raises a 413 beyond `most_bytes`, a 415 for an unknown coding, Malformed for bad data."""
    match coding.strip().lower():
        case "" | "identity":
            return body
        case "zstd":
            return _unzstd(body, most_bytes)
        case "gzip":
            return _gunzip(body, most_bytes)
    detail = "send Content-Encoding zstd, gzip or none"
    raise ProblemError(problem("unsupported_encoding", 415, detail=detail), {"Accept-Encoding": "zstd, gzip"})


def _unzstd(body: bytes, most_bytes: int) -> bytes:
    # A frame that says its size is believed only as far as the limit; a window larger than the limit is refused.
    reader = zstandard.ZstdDecompressor(max_window_size=1 << 23).stream_reader(body, read_across_frames=True)
    try:
        content = reader.read(most_bytes + 1)
    except zstandard.ZstdError as error:
        raise Malformed("bad_zstd", str(error)) from error
    if len(content) > most_bytes:
        raise _too_large(most_bytes)
    return content


def _gunzip(body: bytes, most_bytes: int) -> bytes:
    unzip = zlib.decompressobj(wbits=31)
    try:
        content = unzip.decompress(body, most_bytes + 1)
    except zlib.error as error:
        raise Malformed("bad_gzip", str(error)) from error
    if len(content) > most_bytes:
        raise _too_large(most_bytes)
    if not unzip.eof or unzip.unused_data:
        raise Malformed("bad_gzip", "cut short, or more than one member")
    return content


def turned_away(full: Full) -> ProblemError:
    """The answer to who finds no room: 429 to a station that is in too often, else 503; both say when to come back."""
    headers = {"Retry-After": str(full.retry_after_s)}
    if isinstance(full, TooManyOfOne):
        return ProblemError(problem("too_many_at_once", 429, detail="requests of this station still run"), headers)
    return ProblemError(problem("busy", 503, detail="more stations than can be served at once"), headers)


def _too_large(most_bytes: int) -> ProblemError:
    return ProblemError(problem("too_large", 413, detail=f"at most {most_bytes} bytes, decompressed"))
