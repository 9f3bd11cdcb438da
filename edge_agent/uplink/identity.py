"""Who this station is at the hub: its id, the hub's address and its private key, in two files of the data folder.

The key is made here and never leaves: no message, log line or export carries it.
"""

import contextlib
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE: Final = "station.key"
NEXT_KEY_FILE: Final = "station.key.next"  # the key of an enrolment under way, until the hub has bound it
IDENTITY_FILE: Final = "identity.json"


class IdentityError(Exception):
    """The identity's files cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The station as the hub knows it."""

    station_id: uuid.UUID
    name: str
    hub_url: str
    key: Ed25519PrivateKey = field(repr=False)
    epoch_floor: int = 0  # a new card's numbers begin above those of the card before it
    time_key: str = ""  # hex; what the hub signs its time with, until the list of its keys has come


class _Saved(msgspec.Struct, frozen=True, kw_only=True):
    station_id: uuid.UUID
    name: str
    hub_url: str
    epoch_floor: int = 0
    time_key: str = ""


def load_identity(data_dir: Path) -> Identity | None:
    """The identity, or None for a station that was never enrolled. Raises IdentityError."""
    path = data_dir / IDENTITY_FILE
    try:
        saved = msgspec.json.decode(path.read_bytes(), type=_Saved)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise IdentityError(f"{path}: {error}") from error
    key = load_key(data_dir)
    if key is None:
        raise IdentityError(f"{data_dir / KEY_FILE} is missing: without its key the station must be enrolled again")
    return Identity(
        station_id=saved.station_id,
        name=saved.name,
        hub_url=saved.hub_url,
        key=key,
        epoch_floor=saved.epoch_floor,
        time_key=saved.time_key,
    )


def save_identity(data_dir: Path, identity: Identity) -> None:
    """Write identity.json so that it is there whole or not at all. Raises IdentityError."""
    saved = _Saved(
        station_id=identity.station_id,
        name=identity.name,
        hub_url=identity.hub_url,
        epoch_floor=identity.epoch_floor,
        time_key=identity.time_key,
    )
    _write_whole(data_dir / IDENTITY_FILE, msgspec.json.format(msgspec.json.encode(saved)) + b"\n")


def load_key(data_dir: Path, name: str = KEY_FILE) -> Ed25519PrivateKey | None:
    """The private key, None when there is none yet. Raises IdentityError, also when others may read it."""
    path = data_dir / name
    try:
        data = path.read_bytes()
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IdentityError(f"{path}: {error}") from error
    if mode & 0o077:
        raise IdentityError(f"{path} may be read by others (mode {mode:o}): chmod 600, and enrol again if it was")
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as error:
        raise IdentityError(f"{path} holds no private key: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise IdentityError(f"{path} holds no Ed25519 key")
    return key


def make_key(data_dir: Path, name: str = KEY_FILE) -> Ed25519PrivateKey:
    """Make the private key, mode 0600. Raises IdentityError."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write_whole(data_dir / name, pem)
    return key


def take_next_key(data_dir: Path) -> None:
    """From now on the station signs with the key that the hub has bound last. Raises IdentityError."""
    try:
        (data_dir / NEXT_KEY_FILE).rename(data_dir / KEY_FILE)
        _sync_folder(data_dir)
    except OSError as error:
        raise IdentityError(f"cannot write {data_dir / KEY_FILE}: {error}") from error


def _write_whole(path: Path, data: bytes) -> None:
    beside = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise IdentityError(f"cannot write {path}: {error}") from error


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
