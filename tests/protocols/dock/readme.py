"""Reads the worked examples out of protocols/dock/README.md."""

import re
from pathlib import Path

README = Path(__file__).parents[3] / "protocols" / "dock" / "README.md"


def examples() -> dict[str, dict[str, bytes]]:
    """Every example block: its name, and each line's key with its bytes."""
    text = README.read_text()
    found = {}
    for name, body in re.findall(r"```example ([\w ]+)\n(.*?)```", text, re.DOTALL):
        rows = (line.split(":", 1) for line in body.strip().splitlines())
        found[name] = {key: bytes.fromhex(value) for key, value in rows}
    return found
