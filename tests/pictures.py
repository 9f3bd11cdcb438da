"""Small JPEG files that are whole: enough for who reads segments, no picture for who looks."""


def segment(code: int, content: bytes) -> bytes:
    """A marker, its length, what it holds."""
    return bytes((0xFF, code)) + (len(content) + 2).to_bytes(2) + content


JFIF = segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
FRAME = segment(0xC0, b"\x08\x00\x10\x00\x10\x01\x01\x11\x00")  # 16 × 16, one colour
EXIF = segment(0xE1, b"Exif\x00\x00MM\x00*\x00\x00\x00\x08GPSLatitude 52.5")
COMMENT = segment(0xFE, b"taken at home")


def jpeg(number: int = 0, size: int = 200, *, more: bytes = b"", after: bytes = b"") -> bytes:
    """A file of `size` bytes, another for each number; `more` stands before its frame, `after` behind its end."""
    head = b"\xff\xd8" + JFIF + more + FRAME + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
    filling = max(0, size - len(head) - 2 - len(after))
    data = (number.to_bytes(4) * (filling // 4 + 1))[:filling].replace(b"\xff", b"\xfe")
    return head + data + b"\xff\xd9" + after
