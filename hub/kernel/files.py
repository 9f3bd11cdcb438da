"""Files that the hub keeps: a folder by default, S3 and others by one setting. The only importer of obstore.

A name is a path with forward slashes below the store's root. What is put under a name is whole or not there; a
store may lose what a crash of the machine caught on its way.
"""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from obstore.store import ObjectStore, RetryConfig

MEMORY: Final = "memory:///"
PATIENCE: Final = dt.timedelta(seconds=30)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file that is there: its name, and its size in bytes."""

    name: str
    size: int


class Files:
    """One store of files, by its address: `file:///…`, `s3://bucket/prefix`, `gs://…`, `az://…`, `memory:///`.

    Keys and region of a cloud's store come from its own environment variables (AWS_…, GOOGLE_…, AZURE_…).
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: ObjectStore | None = None

    @classmethod
    def in_memory(cls) -> "Files":
        """A store that is gone with the process: for documents that open nothing, and for tests."""
        return cls(MEMORY)

    @classmethod
    def in_folder(cls, folder: Path) -> "Files":
        """A folder of this machine; made when the first file is put there."""
        return cls(folder.absolute().as_uri())

    async def put(self, name: str, content: bytes) -> None:
        """Keep these bytes under this name, in the place of what was there. Raises OSError."""
        await self._patiently(lambda store: store.put_async(name, content))

    async def get(self, name: str) -> bytes:
        """The bytes under this name. Raises FileNotFoundError, OSError."""

        async def read(store: "ObjectStore") -> bytes:
            return bytes(await (await store.get_async(name)).bytes_async())

        return await self._patiently(read)

    async def delete(self, name: str) -> None:
        """Forget it; nothing when it is not there. Raises OSError."""

        async def forget(store: "ObjectStore") -> None:
            try:
                await store.delete_async(name)
            except FileNotFoundError:
                return

        await self._patiently(forget)

    async def list(self, prefix: str) -> AsyncIterator[Stored]:
        """Every file below this folder, in no order. Raises OSError."""
        try:
            async for some in self._store().list(prefix):
                for one in some:
                    yield Stored(name=one["path"], size=one["size"])
        except FileNotFoundError:
            return
        except _store_errors() as error:
            raise OSError(f"{prefix}: {_first_line(error)}") from error

    def _store(self) -> "ObjectStore":
        # Imported here: a command that touches no file need not carry it.
        if self._opened is None:
            from obstore.store import LocalStore, from_url  # noqa: PLC0415

            kind = urlsplit(self._url).scheme
            if kind == "file":
                self._opened = LocalStore(prefix=unquote(urlsplit(self._url).path), mkdir=True)
            elif kind == "memory":
                self._opened = from_url(self._url)
            else:
                patience: RetryConfig = {"max_retries": 5, "retry_timeout": PATIENCE}
                self._opened = from_url(self._url, retry_config=patience)
        return self._opened

    async def _patiently(self, call: "Callable[[ObjectStore], Awaitable[_T]]") -> _T:
        """Cloud stores are asked again by obstore itself, for half a minute; what is then left is an OSError."""
        try:
            return await call(self._store())
        except _store_errors() as error:
            raise OSError(_first_line(error)) from error


def _store_errors() -> tuple[type[Exception], ...]:
    from obstore.exceptions import BaseError  # noqa: PLC0415

    return (BaseError,)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200]
