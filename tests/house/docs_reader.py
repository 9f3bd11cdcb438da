"""Reads the pages, the Makefile and the commands, so that the tests can hold them against each other."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from edge_agent.__main__ import main as edge
from firmware_sim.__main__ import cli as sim
from hub.__main__ import cli as hub

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted({ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "protocols/dock/README.md", *DOCS.rglob("*.md")})
COMMANDS: dict[str, click.Command] = {"voltdock-edge": edge, "voltdock-hub": hub, "voltdock-sim": sim}

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def name_of(path: Path) -> str:
    """How a file is called in a failing test."""
    return path.relative_to(ROOT).as_posix()


def links(page: Path) -> Iterator[tuple[bool, str, str]]:
    """(is it an image, its text, its target) of every link outside code."""
    text = _SPAN.sub("`…`", _FENCE.sub("", page.read_text("utf-8")))
    for bang, words, target in _LINK.findall(text):
        yield bang == "!", words, target


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    heads = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def code(page: Path) -> Iterator[str]:
    """Every piece of code of a page: spans, and the lines of its blocks with continuations joined."""
    text = page.read_text("utf-8")
    for block in _FENCE.findall(text):
        yield from block.replace("\\\n", " ").splitlines()[1:-1]
    lines = _FENCE.sub("", text).splitlines()
    yield from _SPAN.findall("\n".join(line for line in lines if not line.startswith("Not built yet")))


def make_targets() -> dict[str, bool]:
    """Target → whether `make help` shows it."""
    found = re.findall(r"^([a-z]+):(.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return {name: "##" in rest for name, rest in found}


def calls(piece: str) -> Iterator[list[str]]:
    """The calls of our commands in a piece of code, as words; `hub …` is the shell function of installing.md."""
    if '"$@"' in piece:  # the shell function itself
        return
    piece = re.sub(r"\s#\s.*$", "", piece)
    for part in re.split(r"&&|\|\||;|\|", piece):
        words = _words(part)
        for index, word in enumerate(words):
            program = word.removeprefix("ExecStart=").rsplit("/", 1)[-1]
            if program in COMMANDS and (index == 0 or "/bin/" in word):  # elsewhere it is a user's name
                yield [program, *words[index + 1 :]]
                break
        else:
            if words[:1] == ["hub"] and len(words) > 1:
                yield ["voltdock-hub", *words[1:]]


def _words(part: str) -> list[str]:
    try:
        return shlex.split(part)
    except ValueError:
        return part.split()


def wrong_words(words: list[str]) -> list[str]:
    """What a call names and the command does not have: subcommands and options."""
    command = COMMANDS[words[0]]
    wrong = []
    rest = list(words[1:])
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.commands.get(rest.pop(0).strip(".,"))
        if found is None:
            return [" ".join(words)]
        command = found
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}
    for word in rest:
        option = word.partition("=")[0]
        if option.startswith("--") and option not in known:
            wrong.append(option)
    return wrong


def commands_of(group: click.Command, prefix: str = "") -> Iterator[str]:
    """Every command's words below a group, such as `user create`."""
    if not isinstance(group, click.Group):
        yield prefix
        return
    for name, command in group.commands.items():
        yield from commands_of(command, f"{prefix} {name}".strip())


def table_after(page: Path, mark: str) -> list[list[str]]:
    """The cells of the first table after a mark, without its head, code marks taken off."""
    text = page.read_text("utf-8").split(mark, 1)[1]
    rows = []
    for line in text.splitlines():
        if line.startswith("|"):
            rows.append([cell.strip().strip("`") for cell in line.strip().strip("|").split("|")])
        elif rows:
            break
    return rows[2:]
