"""Pure: vehicle identification numbers: characters and length by ISO 3779, the check digit by 49 CFR 565.15(c)."""

import re
from typing import Final

_SHAPE: Final = re.compile(r"[A-HJ-NPR-Z0-9]{17}")  # no I, O and Q: people take them for 1 and 0
_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VALUES: Final = {str(digit): digit for digit in range(10)} | dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_PLACE: Final = 8  # the check digit's, from 0


def normalised(text: str) -> str:
    """The VIN in upper case without blanks and hyphens. Raises ValueError for what is none."""
    vin = re.sub(r"[\s-]", "", text).upper()
    if _SHAPE.fullmatch(vin) is None:
        raise ValueError("17 letters and digits without I, O and Q")
    return vin


def check_digit(vin: str) -> str:
    """What stands at the ninth place of a VIN for North America: a digit or X."""
    rest = sum(_VALUES[letter] * weight for letter, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def is_checked(vin: str) -> bool:
    """Whether the ninth place is the check digit of the others. Elsewhere than in North America it need not be."""
    return vin[_PLACE] == check_digit(vin)
