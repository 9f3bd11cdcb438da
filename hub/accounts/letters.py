"""What the hub writes to people about their accounts, in their language. Texts stand in `letter_texts`."""

import html
from dataclasses import dataclass
from typing import Final

from hub.accounts.letter_texts import TEXTS, Text

_FALLBACK: Final = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A letter that can be sent."""

    subject: str
    text: str
    html: str
    locale: str


def write(letter: str, locale: str, *, name: str = "", url: str = "", secret: str = "") -> Written:
    """The letter of this kind. `url` is where it leads, `secret` the code for who calls the API by hand."""
    language = locale.partition("-")[0]
    known = language if language in TEXTS else _FALLBACK
    words = TEXTS[known]
    return _filled(words[letter], words["frame"].lines, known, name.strip(), url, secret)


def _filled(text: Text, frame: tuple[str, ...], locale: str, name: str, url: str, secret: str) -> Written:
    hello, code, end = frame
    lines = [hello.format(name=name).replace(" ,", ",").strip(), *text.lines]
    plain = [*lines[:-1], *([url] if url else []), *([code.format(code=secret)] if secret else []), lines[-1], end]
    rich = [f"<p>{html.escape(line)}</p>" for line in lines[:-1]]
    if url:
        rich.append(f'<p><a href="{html.escape(url)}">{html.escape(text.button)}</a></p>')
    if secret:
        rich.append(f"<p><small>{html.escape(code.format(code=secret))}</small></p>")
    rich += [f"<p>{html.escape(line)}</p>" for line in (lines[-1], end)]
    body = f'<!doctype html><html lang="{locale}"><body>{"".join(rich)}</body></html>'
    return Written(subject=text.subject, text="\n\n".join(plain) + "\n", html=body, locale=locale)
