"""An invoice as PDF. Text is drawn with a font that knows every language; without one, with what every reader has."""

import unicodedata
from pathlib import Path
from typing import Any, Final

from hub.payments.invoice_text import Language, instant, money, quantity, text

FOLDERS: Final = (Path("/usr/share/fonts/truetype/dejavu"), Path("/usr/share/fonts/dejavu-sans-fonts"))
"""Debian's fonts-dejavu-core; Fedora's dejavu-sans-fonts."""
_WIDTHS: Final = (78, 34, 34, 34)  # mm
_FALLBACK: Final = "Helvetica"


def font_in(folders: tuple[Path, ...] = FOLDERS) -> Path | None:
    """The folder that holds DejaVu Sans; None where it is not installed."""
    return next((one for one in folders if (one / "DejaVuSans.ttf").is_file()), None)


def pdf_of(row: Any, language: Language, folders: tuple[Path, ...] = FOLDERS) -> bytes:
    """The document; the same row and language give the same bytes. Without the font letters lose their marks."""
    return _Page(row, language, font_in(folders)).drawn()


class _Page:
    """One invoice being drawn."""

    def __init__(self, row: Any, language: Language, fonts: Path | None) -> None:
        # Imported here: it takes a third of the hub's start, for what few are asked for.
        from fpdf import FPDF  # noqa: PLC0415

        self._row, self._body, self._language = row, row.body, language
        self._plain = fonts is None
        self._pdf = FPDF(format="A4")
        self._pdf.set_creation_date(row.created_at)
        self._pdf.set_title(row.name)
        self._pdf.set_lang(language)
        self._family = _FALLBACK
        if fonts is not None:
            self._family = "DejaVu"
            bold = fonts / "DejaVuSans-Bold.ttf"
            self._pdf.add_font(self._family, "", fonts / "DejaVuSans.ttf")
            self._pdf.add_font(self._family, "B", bold if bold.is_file() else fonts / "DejaVuSans.ttf")
        self._pdf.add_page()

    def drawn(self) -> bytes:
        self._head()
        self._table()
        self._sums()
        self._payments()
        return bytes(self._pdf.output())

    def _head(self) -> None:
        seller = self._body["seller"]
        self._line(seller["name"], size=11, bold=True)
        for one in filter(None, seller["address"].split(chr(10))):
            self._line(one)
        if seller["tax"]:
            self._line(f"{self._t('tax_number')}: {seller['tax']}")
        self._pdf.ln(8)
        self._line(f"{self._t(self._row.kind)} {self._row.name}", size=16, bold=True)
        self._line(f"{self._t('date')}: {instant(self._row.created_at.isoformat(), self._language)}")
        for one in ("corrects", "amends"):
            if one in self._body:
                self._line(f"{self._t(one)}: {self._body[one]}")
        self._line(f"{self._t(self._body['use'])} · {self._t('reference')}: {self._row.bill_id}")
        if self._body["began_at"] and self._body["ended_at"]:
            both = (instant(self._body[name], self._language) for name in ("began_at", "ended_at"))
            self._line(f"{self._t('period')}: {' – '.join(both)}")
        self._pdf.ln(6)

    def _table(self) -> None:
        self._cells([self._t(one) for one in ("what", "quantity", "price", "amount")], bold=True)
        for line in self._body["lines"]:
            price, amount = self._m(line["unit_price_minor"]), self._m(line["amount_minor"])
            self._cells([self._t(line["key"]), quantity(line, self._language), price, amount])
            if line.get("reason"):
                self._pdf.set_font(self._family, "", 8)
                self._pdf.multi_cell(sum(_WIDTHS[:3]), 4, self._shown(line["reason"]), new_x="LMARGIN", new_y="NEXT")
        self._pdf.ln(3)

    def _sums(self) -> None:
        row = self._row
        self._cells(["", "", self._t("net"), self._m(row.total_minor - row.tax_minor)])
        self._cells(["", "", self._t("tax"), self._m(row.tax_minor)])
        self._cells(["", "", self._t("total"), self._m(row.total_minor)], bold=True)

    def _payments(self) -> None:
        paid = 0
        for one in self._body["payments"]:
            paid += one["amount_minor"]
            word = self._t("paid" if one["amount_minor"] > 0 else "given_back")
            self._cells([instant(one["at"], self._language), one["gateway"], word, self._m(one["amount_minor"])])
        if self._row.kind == "invoice" and paid != self._row.total_minor:
            self._cells(["", "", self._t("due"), self._m(self._row.total_minor - paid)], bold=True)

    def _cells(self, words: list[str], *, bold: bool = False) -> None:
        self._pdf.set_font(self._family, "B" if bold else "", 9)
        for width, word, align in zip(_WIDTHS, words, "LRRR", strict=True):
            self._pdf.cell(width, 6, self._shown(word), align=align)
        self._pdf.ln(6)

    def _line(self, words: str, *, size: int = 9, bold: bool = False) -> None:
        self._pdf.set_font(self._family, "B" if bold else "", size)
        self._pdf.cell(0, size * 0.55, self._shown(words))
        self._pdf.ln(size * 0.55)

    def _shown(self, words: str) -> str:
        return _latin(words) if self._plain else words

    def _t(self, key: str) -> str:
        return text(key, self._language)

    def _m(self, minor: int) -> str:
        return money(minor, self._row.currency, self._language)


def _latin(words: str) -> str:
    """As much as the reader's own font has: letters without their marks, a question mark for the rest."""
    swapped = words.translate({0x111: "d", 0x110: "D", 0x2013: "-", 0x2019: "'"})
    kept = (one if _fits(one) else unicodedata.normalize("NFKD", one).encode("ascii", "ignore").decode() or "?"
            for one in swapped)  # fmt: skip
    return "".join(kept)


def _fits(letter: str) -> bool:
    return ord(letter) < 256
