"""The documentation keeps up with the code: links, rooms, targets, commands, settings, decision records."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from edge_agent import settings as edge_settings
from hub import settings as hub_settings
from tests.house.docs_reader import (
    COMMANDS,
    DOCS,
    PAGES,
    ROOT,
    anchors,
    calls,
    code,
    commands_of,
    links,
    make_targets,
    name_of,
    table_after,
    wrong_words,
)

INSTALLING = DOCS / "installing.md"
RECORDS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
HOUSES = ("protocols", "edge_agent", "hub", "firmware_sim")
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
by_name = pytest.mark.parametrize("page", PAGES, ids=name_of)


@by_name
def test_every_local_link_and_image_resolves(page: Path) -> None:
    missing = []
    for _, _, target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            missing.append(target)
    assert not missing


@by_name
def test_every_image_says_in_words_what_it_shows(page: Path) -> None:
    assert [target for is_image, words, target in links(page) if is_image and len(words) < 20] == []


def test_the_readme_shows_the_kiosk() -> None:
    assert any(is_image and "kiosk" in target for is_image, _, target in links(ROOT / "README.md"))


def test_the_index_lists_every_page() -> None:
    listed = {(DOCS / target).resolve() for _, _, target in links(DOCS / "README.md") if "://" not in target}
    pages = {page for page in DOCS.glob("*.md") if page.name != "README.md"}
    assert {name_of(page) for page in pages - listed} == set()


def _rooms() -> set[str]:
    folders = (init.parent for house in HOUSES for init in (ROOT / house).glob("*/__init__.py"))
    return {f"{folder.parent.name}.{folder.name}" for folder in folders}


def _rooms_in_the_index() -> set[str]:
    text = (DOCS / "README.md").read_text("utf-8").split("## The rooms", 1)[1]
    named = set(re.findall(r"`((?:" + "|".join(HOUSES) + r")\.\w+)`", text))
    for house, rest in re.findall(r"`(\w+)`: ((?:`\w+`(?:, )?)+)", text):
        named |= {f"{house}.{room}" for room in re.findall(r"`(\w+)`", rest)}
    return named


def test_every_room_has_a_page_and_every_room_of_the_index_exists() -> None:
    assert _rooms_in_the_index() == _rooms()


@by_name
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    named = {target for piece in code(page) for target in re.findall(r"\bmake ([a-z]+)\b", piece)}
    assert named - make_targets().keys() == set()


def test_the_readme_names_every_make_target() -> None:
    readme = "\n".join(code(ROOT / "README.md"))
    assert [name for name, shown in make_targets().items() if shown and f"make {name}" not in readme] == []


@pytest.mark.parametrize("page", [*PAGES, *UNITS], ids=name_of)
def test_every_command_and_option_that_is_named_exists(page: Path) -> None:
    pieces = page.read_text("utf-8").splitlines() if page.suffix == ".service" else code(page)
    wrong = {
        " ".join(words[:2]): found
        for piece in pieces
        for words in calls(piece)
        if "…" not in piece and (found := wrong_words(words))
    }
    assert wrong == {}


def test_a_wrong_option_and_a_wrong_command_are_found() -> None:
    (first,), (second,) = calls("sudo -u x /opt/bin/voltdock-edge enrol --hubb URL"), calls("hub station adopt")
    assert (wrong_words(first), wrong_words(second)) == (["--hubb"], ["voltdock-hub station adopt"])


@pytest.mark.parametrize("program", COMMANDS)
def test_every_command_stands_in_the_interfaces(program: str) -> None:
    spans = "\n".join(code(DOCS / "interfaces.md"))
    missing = [words for words in commands_of(COMMANDS[program]) if not re.search(rf"\b{words}\b", spans)]
    assert missing == []


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a settings model with its default."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if get_origin(inner) is tuple:
            inner = get_args(inner)[0]
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _fields(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.default


def _in_words(default: Any) -> str:
    if default is PydanticUndefined:
        return "required"
    if default is None:
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    return "empty" if default == "" else str(default)


def test_every_setting_of_the_agent_is_documented_with_its_default() -> None:
    documented = {row[0]: row[1] for row in table_after(INSTALLING, "<!-- settings: edge -->")}
    assert documented == {key: _in_words(default) for key, default in _fields(edge_settings.Settings)}


def test_every_setting_of_the_hub_is_documented_with_its_default() -> None:
    documented = {row[0]: row[2] for row in table_after(INSTALLING, "<!-- settings: hub -->")}
    expected = {key: _in_words(default) for key, default in _fields(hub_settings.Settings)}
    assert documented == expected | {"database_url": "SQLite in the data folder"}


def test_the_hubs_settings_are_documented_under_their_names_in_the_environment() -> None:
    for key, name, *_ in table_after(INSTALLING, "<!-- settings: hub -->"):
        assert name == hub_settings.PREFIX + key.upper().replace(".", "__")


def _uncommented(text: str) -> str:
    return re.sub(r"^# (\w+ ?=)", r"\1", text, flags=re.MULTILINE)


def _leaves(value: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{prefix}.{key}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, prefix)
    else:
        yield prefix


def test_the_stations_example_has_every_key() -> None:
    example = tomllib.loads(_uncommented((ROOT / "deploy/edge.example.toml").read_text("utf-8")))
    assert set(_leaves(example)) == {key for key, _ in _fields(edge_settings.Settings)}


def test_the_stations_example_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "dock.key").write_text("00" * 16)
    text = (ROOT / "deploy/edge.example.toml").read_text("utf-8")
    file = tmp_path / "edge.toml"
    file.write_text(re.sub(r'(secret_file = )"[^"]*"', rf'\1"{tmp_path}/dock.key"', text))
    settings = edge_settings.read(file)
    assert [dock.no for dock in settings.docks.dock] == [1, 2]
    assert str(settings.data_dir) == "/var/lib/voltdock-edge"


def test_the_stations_example_shows_defaults_in_its_comments() -> None:
    text = (ROOT / "deploy/edge.example.toml").read_text("utf-8")
    shown = tomllib.loads(_uncommented(text))
    told = tomllib.loads(text)
    defaults = dict(_fields(edge_settings.Settings))
    # What is none by default has nothing to show: there an example of a value stands.
    for path in {one for one in set(_leaves(shown)) - set(_leaves(told)) if defaults[one] is not None}:
        table, _, key = path.rpartition(".")
        value: Any = shown
        for part in table.split(".") if table else []:
            value = value[part]
        value = value[0] if isinstance(value, list) else value
        assert str(value[key]) == str(defaults[path]), path


def test_the_hubs_example_has_every_name_and_can_be_used(tmp_path: Path) -> None:
    text = (ROOT / "deploy/hub.example.env").read_text("utf-8")
    every = dict(re.findall(r"^(?:# )?(VOLTDOCK_HUB_\w+)=(.*)$", text, re.MULTILINE))
    documented = {row[1] for row in table_after(INSTALLING, "<!-- settings: hub -->")}
    assert every.keys() == documented | {"VOLTDOCK_HUB_DATABASE_URL_FILE"}
    used = dict(re.findall(r"^(VOLTDOCK_HUB_\w+)=(.*)$", text, re.MULTILINE))
    assert hub_settings.load(None, used).log.format == "json"
    (tmp_path / "url").write_text("postgresql://voltdock@localhost/voltdock\n")
    files = {name for name in every if re.search(r"__\w+_FILE$", name)}  # they would have to be there
    every = {name: value for name, value in every.items() if name not in files}
    by_file = hub_settings.load(None, every | {"VOLTDOCK_HUB_DATABASE_URL_FILE": str(tmp_path / "url")})
    assert isinstance(by_file.database_url, SecretStr)


@pytest.mark.parametrize("unit", UNITS, ids=name_of)
def test_a_unit_is_restarted_but_not_into_wrong_settings(unit: Path) -> None:
    text = unit.read_text("utf-8")
    assert "Restart=always" in text
    assert unit.stem == "voltdock-kiosk" or "RestartPreventExitStatus=78" in text


@pytest.mark.parametrize("record", RECORDS, ids=lambda one: one.stem)
def test_a_decision_record_has_its_four_headings_and_its_number(record: Path) -> None:
    text = record.read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences", "Check"]
    assert text.startswith(f"# {int(record.stem[:4])} · ")


@pytest.mark.parametrize("record", RECORDS, ids=lambda one: one.stem)
def test_the_check_of_a_decision_record_exists(record: Path) -> None:
    check = record.read_text("utf-8").split("## Check", 1)[1]
    paths = re.findall(r"`((?:tests|benchmarks|ui_kiosk|pyproject)[\w/.]*)`", check)
    targets = re.findall(r"`make ([a-z]+)", check)
    assert paths or targets
    assert [path for path in paths if not _is_there(ROOT / path)] == []
    assert set(targets) <= make_targets().keys()


def _is_there(path: Path) -> bool:
    return path.is_file() or any(path.glob("test_*.py"))


# Numbers that were given out to people who worked side by side, and never used.
HELD = frozenset({49, 52, 53, 54, 65, 72, 73, 76, 77})


def test_decision_records_are_numbered_without_a_gap_and_all_listed() -> None:
    numbers = [int(record.stem[:4]) for record in RECORDS]
    assert len(numbers) == len(set(numbers))
    assert set(range(1, max(numbers) + 1)) - set(numbers) <= HELD
    listed = {target for _, _, target in links(DOCS / "decisions/README.md")}
    assert listed == {record.name for record in RECORDS}
