"""A built user interface is served: its page, its assets, and what is said where it is missing."""

import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from hub.app import SECTIONS
from hub.kernel.front import NONCE, front_routes
from hub.kernel.web import Kernel
from tests.hub.conftest import Serve

ROOT = Path(__file__).parents[3]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(f'<!doctype html><meta name="csp-nonce" content="{NONCE}"><div id="root">')
    (tmp_path / "assets" / "index-abc.js").write_text("export const a = 1;" * 100)
    (tmp_path / "assets" / "index-abc.js.gz").write_bytes(b"\x1f\x8b packed")
    (tmp_path / "secret.txt").write_text("not for you")
    return tmp_path


@pytest.fixture
async def client(kernel: Kernel, serve: Serve, built: Path) -> TestClient[Any, Any]:
    return await serve(kernel, front_routes(built, ("network", "stations")))


@pytest.mark.parametrize("path", ["/", "/network", "/stations/0190/docks?at=1", "/stations/"])
async def test_every_address_of_the_console_is_its_page(client: TestClient[Any, Any], path: str) -> None:
    async with client.get(path) as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert answer.headers["Cache-Control"] == "no-cache"
        assert 'id="root"' in await answer.text()


@pytest.mark.parametrize("path", ["/nowhere", "/networks", "/api/v1/nowhere", "/assets/nothing.js"])
async def test_what_is_no_page_stays_not_found(client: TestClient[Any, Any], path: str) -> None:
    async with client.get(path) as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")


async def test_each_page_has_a_nonce_of_its_own_and_takes_no_script_but_ours(client: TestClient[Any, Any]) -> None:
    nonces = set()
    for _ in range(2):
        async with client.get("/") as answer:
            policy = answer.headers["Content-Security-Policy"]
            found = re.search(r"'nonce-([\w-]+)'", policy)
            assert found is not None
            assert f'content="{found[1]}"' in await answer.text()
            assert "script-src 'self';" in policy
            assert "unsafe" not in policy
            nonces.add(found[1])
    assert len(nonces) == 2


async def test_assets_are_kept_for_ever_and_sent_packed(client: TestClient[Any, Any]) -> None:
    headers = {"Accept-Encoding": "gzip"}
    async with client.get("/assets/index-abc.js", headers=headers, auto_decompress=False) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "javascript" in answer.content_type


@pytest.mark.parametrize("path", ["/assets/..%2Fsecret.txt", "/assets/%2e%2e%2fsecret.txt", "/assets/..", "/assets/."])
async def test_nothing_leads_out_of_the_folder(client: TestClient[Any, Any], path: str) -> None:
    async with client.get(path) as answer:
        assert "not for you" not in await answer.text()
        assert answer.status in {200, 404}  # the client itself may take `..` away, which leaves the page


async def test_a_hub_without_its_console_says_so_plainly(kernel: Kernel, serve: Serve, tmp_path: Path) -> None:
    client = await serve(kernel, front_routes(tmp_path, ("network",)))
    async with client.get("/") as answer:
        assert (answer.status, answer.content_type) == (503, "text/plain")
        text = await answer.text()
        assert "make setup" in text
        assert "/docs" in text


def test_the_hub_and_the_console_have_the_same_addresses() -> None:
    source = (ROOT / "hub/console/src/app/sections.ts").read_text("utf-8")
    block = source.split("SECTION_PATHS = [", 1)[1].split("]", 1)[0]
    assert set(re.findall(r"'([a-z]+)'", block)) == set(SECTIONS)
