"""The store of files: one promise on a folder, in memory, and at an object store of the cloud's kind."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from firmware_sim.demo.ports import free_ports
from hub.kernel.files import Files


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The address of an empty bucket, whose keys are in the environment as the cloud's own tools want them."""
    import boto3

    port = free_ports().hub
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    given = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        client = boto3.client("s3", endpoint_url=given["AWS_ENDPOINT"], region_name="us-east-1")
        client.create_bucket(Bucket="voltdock")
        client.close()
        yield "s3://voltdock/hub one"
    finally:
        server.stop()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@pytest.fixture(params=["folder", "memory", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    match request.param:
        case "folder":
            return Files.in_folder(tmp_path / "größer & with spaces")
        case "memory":
            return Files.in_memory()
        case _:
            return Files(request.getfixturevalue("bucket"))


async def test_what_was_put_is_there_until_it_is_deleted(files: Files) -> None:
    await files.put("a/date=2026-11-21/x.bin", b"one")
    await files.put("a/date=2026-11-21/x.bin", b"three")
    await files.put("a/y.bin", b"")
    await files.put("b/z.bin", b"z")
    assert await files.get("a/date=2026-11-21/x.bin") == b"three"
    assert sorted([(one.name, one.size) async for one in files.list("a")]) == [
        ("a/date=2026-11-21/x.bin", 5),
        ("a/y.bin", 0),
    ]
    for name in ("a/date=2026-11-21/x.bin", "a/y.bin", "b/z.bin"):
        await files.delete(name)
        await files.delete(name)
    with pytest.raises(FileNotFoundError):
        await files.get("a/y.bin")
    assert [one async for one in files.list("a")] == []


async def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    files = Files.in_folder(tmp_path / "taken")
    with pytest.raises(OSError, match="File exists"):
        await files.put("x", b"1")
