"""The API's document is valid OpenAPI 3.1 and holds every route."""

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from hub import app
from hub.accounts.passwords import Passwords
from hub.kernel.db import Database
from hub.settings import Settings
from tests.hub.conftest import ManualClock


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return app.openapi_document()


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document, cls=OpenAPIV31SpecValidator)


def test_every_operation_has_its_own_id_a_summary_and_problems(document: dict[str, Any]) -> None:
    operations = [one for verbs in document["paths"].values() for one in verbs.values()]
    ids = [one["operationId"] for one in operations]
    assert len(ids) == len(set(ids))
    for one in operations:
        assert one["summary"]
        assert one["tags"]


def test_a_route_tells_its_permission_and_its_refusals(document: dict[str, Any]) -> None:
    create = document["paths"]["/api/v1/accounts"]["post"]
    assert create["x-permission"] == "accounts:write"
    assert create["security"] == [{"bearer": []}]
    assert "`email_taken`" in create["responses"]["409"]["description"]
    assert "`forbidden`" in create["responses"]["403"]["description"]
    assert "application/problem+json" in create["responses"]["422"]["content"]
    limit = next(one for one in document["paths"]["/api/v1/accounts"]["get"]["parameters"] if one["name"] == "limit")
    assert (limit["in"], limit["schema"]["maximum"], limit["required"]) == ("query", 200, False)


async def test_the_served_hub_documents_every_route_and_loads_nothing_from_elsewhere(
    tmp_path: Path, clock: ManualClock
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'hub.sqlite'}")
    hub = app.compose(Settings(data_dir=tmp_path), database, clock, Passwords())
    async with TestClient(TestServer(hub.app)) as client:
        async with client.get("/openapi.json") as answer:
            served = json.loads(await answer.text())
        known = {(route.method, route.resource.canonical) for route in hub.app.router.routes() if route.resource}
        documented = {(verb.upper(), path) for path, verbs in served["paths"].items() for verb in verbs}
        hidden = {path for method, path in known - documented if method != "HEAD"}
        pages = {one for one in hidden if one.startswith("/account/")}  # what mails lead to
        own = {"/", "/{section}{rest}", "/assets/{name}"}
        assert hidden - pages <= {
            *own,
            "/favicon.ico",
            "/docs",
            "/docs/reference.css",
            "/docs/reference.js",
            "/openapi.json",
        }
        for path in ("/favicon.ico", "/docs", "/docs/reference.css", "/docs/reference.js"):
            async with client.get(path) as answer:
                text = await answer.text()
                assert answer.status == 200
                assert "//" not in text.replace("// Draws", "").replace("http://www.w3.org", "")
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    await database.close()


async def test_alive_ready_and_measured(tmp_path: Path, clock: ManualClock) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'hub.sqlite'}")
    hub = app.compose(Settings(data_dir=tmp_path), database, clock, Passwords())
    async with TestClient(TestServer(hub.app)) as client:
        for path in ("/healthz", "/readyz"):
            async with client.get(path) as answer:
                assert answer.status == 200
        async with client.get("/metrics") as answer:
            assert 'route="/healthz",status="200"' in (await answer.text()).replace('", ', '",')
    await database.close()


async def test_a_hub_without_its_database_is_alive_but_not_ready(tmp_path: Path, clock: ManualClock) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}")
    hub = app.compose(Settings(data_dir=tmp_path), database, clock, Passwords())
    async with TestClient(TestServer(hub.app)) as client:
        async with client.get("/healthz") as answer:
            assert answer.status == 200
        async with client.get("/readyz") as answer:
            assert (answer.status, (await answer.json())["code"]) == (503, "database_unreachable")
    await database.close()
