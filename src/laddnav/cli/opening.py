"""Which installation a command is about, and how it gets at it: its own PostgreSQL is started where nobody runs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from laddnav.kit.refusal import Refusal

if TYPE_CHECKING:
    from laddnav.db.unit import Database
    from laddnav.kit.ids import PartyId
    from laddnav.server.settings import Settings

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", help="The folder of the installation (LADDNAV_DATA; else .laddnav here)", show_default=False
    ),
]
Url = Annotated[
    str | None,
    typer.Option("--database", help="A PostgreSQL instead of the one in the folder (LADDNAV_DATABASE)"),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, one object a line")]
OurParty = Annotated[
    str | None,
    typer.Option("--party", help="One of our parties, as SE*LAD; may be left out where there is only one"),
]


WHO = "the command line"  # what the log of deeds says


class NoInstallation(Refusal):
    """Who only reads does not begin an installation by a slip of the pen."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"There is no installation in {data}; --data says where it is")


@asynccontextmanager
async def opened(
    data: Path | None, database: str | None, *, begin: bool = True
) -> AsyncIterator[tuple[Settings, Database]]:
    """The settings of the process that serves this installation, if one does, and the database.

    One that is not there is begun, or with `begin` False raises NoInstallation.
    """
    from msgspec.structs import replace

    from laddnav.server import installation, running, settings
    from laddnav.server.hears import HEARS

    words = settings.said(data=data, database=database)
    folder = words.get("data", settings.DATA)
    if not begin and "database" not in words and not folder.exists():
        raise NoInstallation(folder)
    said = settings.read(data=data, database=database)
    now = running.found(said.data)
    if now is not None:
        said = replace(
            said,
            public_url=now.url,
            allow_loopback_partners=now.allow_loopback_partners,
            partner_networks=now.partner_networks,
        )
    async with installation.opened(said, HEARS, size=2) as one:
        yield said, one.database


def party(text: str | None) -> PartyId | None:
    """Raises NotAPartyId."""
    from laddnav.kit.ids import PartyId

    return None if text is None else PartyId.parse(text)
