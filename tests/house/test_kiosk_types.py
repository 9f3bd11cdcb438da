"""The kiosk's TypeScript types and words are in step with the shapes and refusals of `protocols/kiosk`."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from protocols.kiosk.actions import REFUSALS
from protocols.kiosk.schema import json_schema
from protocols.kiosk.staff import STAFF_REFUSALS

ROOT = Path(__file__).resolve().parents[2]
KIOSK = ROOT / "ui_kiosk"


def typescript_of(schema: dict[str, object]) -> str:
    """What the generator makes of this schema."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("the kiosk is built with Node 20 or newer, which is not on the PATH")
    made = subprocess.run(
        [node, str(KIOSK / "tools" / "types.mjs"), "--stdin"],
        input=json.dumps(schema),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return made.stdout


def test_the_committed_types_are_what_the_schema_makes() -> None:
    committed = (KIOSK / "src" / "api" / "types.ts").read_text(encoding="utf-8")
    assert typescript_of(json_schema()) == committed, "run `npm run types` and commit the result"


def test_the_generator_stops_at_what_it_does_not_know() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        typescript_of({"$defs": {"Odd": {"type": "object", "properties": {"x": {"type": "tuple"}}}}})


@pytest.mark.parametrize("language", ["en", "de", "vi"])
def test_every_refusal_has_its_words(language: str) -> None:
    words = (KIOSK / "src" / "i18n" / f"{language}.ts").read_text(encoding="utf-8")
    said = set(re.findall(r"^  problem_(\w+):", words, flags=re.MULTILINE))
    wanted = {name for code in REFUSALS for name in (code, f"{code}_do")}
    assert wanted - said == set()


@pytest.mark.parametrize("language", ["en", "de", "vi"])
def test_every_refusal_of_the_staff_pages_has_its_words(language: str) -> None:
    words = (KIOSK / "src" / "staff" / "words" / f"{language}.ts").read_text(encoding="utf-8")
    said = set(re.findall(r"^  problem_(\w+):", words, flags=re.MULTILINE))
    assert {name for code in STAFF_REFUSALS for name in (code, f"{code}_do")} - said == set()
