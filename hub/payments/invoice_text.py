"""Pure: invoices in people's languages, amounts by their currency's decimals."""

import datetime as dt
from typing import Any, Final, Literal

import iso4217

Language = Literal["en", "de", "vi"]
_POINT: Final = {"en": (",", "."), "de": (".", ","), "vi": (".", ",")}
TEXTS: Final[dict[str, dict[Language, str]]] = {
    "invoice": {"en": "Invoice", "de": "Rechnung", "vi": "Hóa đơn"},
    "credit_note": {"en": "Credit note", "de": "Gutschrift", "vi": "Hóa đơn điều chỉnh giảm"},
    "corrects": {"en": "Takes back", "de": "Storniert", "vi": "Điều chỉnh cho"},
    "amends": {"en": "For invoice", "de": "Zur Rechnung", "vi": "Cho hóa đơn"},
    "corrections": {"en": "Corrections", "de": "Berichtigungen", "vi": "Các lần chỉnh"},
    "goodwill": {"en": "Goodwill", "de": "Kulanz", "vi": "Thiện chí"},
    "wrong_end": {"en": "The end was wrong", "de": "Das Ende war falsch", "vi": "Kết thúc sai"},
    "parked_unconfirmed": {
        "en": "Left beside full docks",
        "de": "Neben vollen Docks abgestellt",
        "vi": "Để bên các chỗ đã đầy",
    },
    "charged_in_error": {"en": "Charged in error", "de": "Irrtümlich berechnet", "vi": "Thu nhầm"},
    "damage": {"en": "Damage", "de": "Schaden", "vi": "Hư hỏng"},
    "late_fee": {"en": "Late return", "de": "Verspätete Rückgabe", "vi": "Trả xe trễ"},
    "cleaning": {"en": "Cleaning", "de": "Reinigung", "vi": "Vệ sinh xe"},
    "number": {"en": "Number", "de": "Nummer", "vi": "Số"},
    "date": {"en": "Date", "de": "Datum", "vi": "Ngày"},
    "period": {"en": "From – to", "de": "Von – bis", "vi": "Từ – đến"},
    "tax_number": {"en": "Tax number", "de": "Steuernummer", "vi": "Mã số thuế"},
    "what": {"en": "What", "de": "Leistung", "vi": "Nội dung"},
    "quantity": {"en": "Quantity", "de": "Menge", "vi": "Số lượng"},
    "price": {"en": "Price", "de": "Preis", "vi": "Đơn giá"},
    "amount": {"en": "Amount", "de": "Betrag", "vi": "Thành tiền"},
    "net": {"en": "Net", "de": "Netto", "vi": "Chưa thuế"},
    "tax": {"en": "Tax included", "de": "Enthaltene Steuer", "vi": "Thuế đã gồm"},
    "total": {"en": "Total", "de": "Gesamt", "vi": "Tổng cộng"},
    "paid": {"en": "Paid", "de": "Bezahlt", "vi": "Đã thanh toán"},
    "given_back": {"en": "Given back", "de": "Erstattet", "vi": "Đã hoàn tiền"},
    "due": {"en": "Still due", "de": "Noch offen", "vi": "Còn phải trả"},
    "reference": {"en": "Reference", "de": "Vorgang", "vi": "Mã tham chiếu"},
    "unlock": {"en": "Unlocking", "de": "Freischalten", "vi": "Mở khóa"},
    "minutes": {"en": "Time", "de": "Zeit", "vi": "Thời gian"},
    "day_cap": {"en": "Day cap", "de": "Tageshöchstpreis", "vi": "Giá trần theo ngày"},
    "distance": {"en": "Distance", "de": "Strecke", "vi": "Quãng đường"},
    "energy": {"en": "Energy", "de": "Energie", "vi": "Điện năng"},
    "late": {"en": "Late return", "de": "Verspätete Rückgabe", "vi": "Trả xe trễ"},
    "rental": {"en": "Rental", "de": "Miete", "vi": "Thuê xe"},
    "charging": {"en": "Charging", "de": "Laden", "vi": "Sạc điện"},
    "booking": {"en": "Booking fee", "de": "Gebühr der Buchung", "vi": "Phí đặt xe"},
    "piece": {"en": "×", "de": "×", "vi": "×"},
    "min": {"en": "min", "de": "min", "vi": "phút"},
    "h": {"en": "h", "de": "Std.", "vi": "giờ"},
}


def text(key: str, language: Language) -> str:
    """The words; a key that nobody has translated stands for itself."""
    return TEXTS.get(key, {}).get(language, key)


def money(minor: int, currency: str, language: Language) -> str:
    """``1,234.50 EUR`` · ``1.234,50 EUR`` · ``19.000 VND``: decimals by ISO 4217."""
    decimals = iso4217.Currency(currency).exponent or 0
    whole, part = divmod(abs(minor), 10**decimals)
    thousands, point = _POINT[language]
    grouped = f"{whole:,}".replace(",", thousands)
    fraction = f"{point}{part:0{decimals}d}" if decimals else ""
    return f"{'-' if minor < 0 else ''}{grouped}{fraction} {currency}"


def quantity(line: dict[str, Any], language: Language) -> str:
    """``18 min`` · ``4,1 km``."""
    number = f"{line['quantity']:.3f}".rstrip("0").rstrip(".").replace(".", _POINT[language][1])
    return f"{number} {text(line['unit'], language)}"


def instant(told: str, language: Language) -> str:
    """A moment in UTC, as people write it."""
    at = dt.datetime.fromisoformat(told)
    return at.strftime("%Y-%m-%d %H:%M UTC" if language == "en" else "%d.%m.%Y %H:%M UTC")
