"""Which processes serve an installation now, and how they are reached: a locked file each in the data folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.refusal import Refusal
from laddnav.server.settings import Settings

PREFIX = "serving-"


class AlreadyServed(Refusal):
    """A process of this name serves this data already."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            f"`laddnav serve` runs on {settings.data} already as {settings.name!r}; give this one a --name"
        )


class Running(Struct, frozen=True, kw_only=True):
    """What other commands have to know of a process that serves."""

    url: str
    allow_loopback_partners: bool
    partner_networks: tuple[str, ...] = ()


@contextmanager
def alone(settings: Settings) -> Iterator[Path]:
    """Be the process of this name; the file is for `tell`. The kernel drops the lock with us. Raises AlreadyServed."""
    file = settings.data / f"{PREFIX}{settings.name}"
    lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield file
        os.truncate(lock, 0)
    except BlockingIOError as error:
        raise AlreadyServed(settings) from error
    finally:
        os.close(lock)


def tell(file: Path, settings: Settings) -> None:
    """Say how we are reached, now that the port is known."""
    said = Running(
        url=settings.url,
        allow_loopback_partners=settings.allow_loopback_partners,
        partner_networks=settings.partner_networks,
    )
    file.write_bytes(json.encode(said))


def found(data: Path) -> Running | None:
    """A process that serves this data now; None where there is none."""
    for file in sorted(data.glob(f"{PREFIX}*")):
        lock = os.open(file, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            said = file.read_bytes()
            if said:
                return json.decode(said, Running)
        finally:
            os.close(lock)
    return None
