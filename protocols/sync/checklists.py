"""Checklists: what staff look at, as the hub sends it down; and the built-in ones for a station that was sent none.

Texts are by language (`en` is always there); a screen takes its own or English.
"""

from typing import Final

import msgspec

KINDS: Final = ("yes_no", "number", "text")
ABOUT: Final = ("station", "dock", "vehicle")


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to look at. yes_no: no means that something is wrong. `photo`: a picture helps here."""

    key: str
    text: dict[str, str]
    kind: str = "yes_no"
    needed: bool = True
    unit: str = ""
    photo: bool = False


def _q(key: str, en: str, de: str, vi: str, kind: str = "yes_no", **more: object) -> Question:
    return msgspec.convert(
        {"key": key, "text": {"en": en, "de": de, "vi": vi}, "kind": kind, **more}, type=Question, strict=True
    )


Built = tuple[str, str, dict[str, str], tuple[Question, ...]]  # key, about, title, questions

BUILT_IN: Final[tuple[Built, ...]] = (
    (
        "opening",
        "station",
        {"en": "Opening", "de": "Öffnen der Station", "vi": "Mở trạm"},
        (
            _q(
                "access",
                "The way to the docks is free and lit.",
                "Der Weg zu den Docks ist frei und hell.",
                "Lối vào dock thông thoáng và đủ sáng.",
            ),
            _q(
                "screen",
                "The kiosk's screen is clean and works.",
                "Der Bildschirm ist sauber und funktioniert.",
                "Màn hình sạch và hoạt động.",
            ),
            _q("docks", "All docks look whole.", "Alle Docks sehen heil aus.", "Các dock nguyên vẹn.", photo=True),
            _q(
                "cables",
                "No cable is bare or in the way.",
                "Kein Kabel liegt blank oder im Weg.",
                "Không có dây hở hay vướng lối đi.",
            ),
            _q("note", "Anything else?", "Sonst noch etwas?", "Còn gì nữa không?", "text", needed=False),
        ),
    ),
    (
        "closing",
        "station",
        {"en": "Closing", "de": "Schließen der Station", "vi": "Đóng trạm"},
        (
            _q(
                "locked",
                "Every vehicle stands locked in a dock.",
                "Jedes Fahrzeug steht verschlossen im Dock.",
                "Mọi xe đều được khóa trong dock.",
            ),
            _q("tidy", "Nothing lies around.", "Es liegt nichts herum.", "Không có gì bừa bộn."),
            _q("left", "Vehicles outside a dock", "Fahrzeuge außerhalb eines Docks", "Xe ở ngoài dock", "number"),
            _q("note", "Anything else?", "Sonst noch etwas?", "Còn gì nữa không?", "text", needed=False),
        ),
    ),
    (
        "inspection",
        "vehicle",
        {"en": "Vehicle inspection", "de": "Fahrzeug prüfen", "vi": "Kiểm tra xe"},
        (
            _q("brakes", "Both brakes hold.", "Beide Bremsen greifen.", "Cả hai phanh đều ăn."),
            _q("lights", "Front and rear light work.", "Vorder- und Rücklicht gehen.", "Đèn trước và sau sáng."),
            _q("tyres", "Tyres are firm and whole.", "Die Reifen sind fest und heil.", "Lốp căng và nguyên vẹn."),
            _q(
                "frame",
                "Frame, stand and handlebar are firm.",
                "Rahmen, Ständer und Lenker sitzen fest.",
                "Khung, chân chống và tay lái chắc chắn.",
            ),
            _q("damage", "No new damage.", "Kein neuer Schaden.", "Không có hư hại mới.", photo=True),
            _q("km", "Odometer", "Kilometerstand", "Số km", "number", needed=False, unit="km"),
        ),
    ),
    (
        "cleaning",
        "vehicle",
        {"en": "Cleaning", "de": "Reinigen", "vi": "Vệ sinh"},
        (
            _q(
                "wiped",
                "Seat, grips and display are wiped.",
                "Sitz, Griffe und Anzeige sind abgewischt.",
                "Đã lau yên, tay nắm và màn hình.",
            ),
            _q(
                "label",
                "Number and QR code can be read.",
                "Nummer und QR-Code sind lesbar.",
                "Đọc được số xe và mã QR.",
            ),
            _q("found", "Found on it", "Darauf gefunden", "Đồ tìm thấy", "text", needed=False),
        ),
    ),
    (
        "damage",
        "vehicle",
        {"en": "Damage", "de": "Schaden", "vi": "Hư hại"},
        (
            _q("what", "What is damaged?", "Was ist beschädigt?", "Hư hại gì?", "text", photo=True),
            _q("safe", "It can be ridden safely.", "Es kann sicher gefahren werden.", "Vẫn đi an toàn được."),
            _q("how", "How did it happen?", "Wie ist es passiert?", "Xảy ra như thế nào?", "text", needed=False),
        ),
    ),
)
