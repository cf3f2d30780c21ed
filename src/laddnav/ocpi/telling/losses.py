"""What a partner does not hear of what is ours, because its version has no words for it; never dropped in silence.

Found when a thing changes and kept by version, so that it is known before a partner is. A Session loses what its CDR
loses, and is not looked at.
"""

from __future__ import annotations

import re
from typing import Any

from laddnav.cdrs.events import CdrClosed
from laddnav.db.hearing import OfOurs
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.locations.events import LocationChanged
from laddnav.ocpi import store
from laddnav.ocpi.model import Connection, Loss
from laddnav.ocpi.sides import SENDER, TOLD
from laddnav.ocpi.telling import words
from laddnav.ocpi.wire.codec import Hearing, Unsayable
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.tariffs.events import TariffChanged
from laddnav.tokens.events import TokenChanged

*OLDER, NEWEST = VERSIONS.values()
WHOLE = "*"


def lost(version: Version, thing: Any, holder: PartyId) -> tuple[str, ...]:
    """The fields that the newest version says and this one does not; what only we know, no version says."""
    try:
        return tuple(sorted(_paths(version, thing, holder) - _paths(NEWEST, thing, holder)))
    except Unsayable:
        return (WHOLE,)


def _paths(version: Version, thing: Any, holder: PartyId) -> set[str]:
    hearing = Hearing(holder=holder, sender=holder, ref=getattr(thing, "ref", ""))
    return {re.sub(r"\[\d+\]", "", path) for path in version.codecs[type(thing)].lost(thing, hearing)}


async def of_partner(unit: Unit, connection: Connection) -> tuple[Loss, ...]:
    """What of ours does not reach it, module by module, the most frequent first."""
    told = [module for module, interface in TOLD[connection.our_role] if interface is SENDER]
    return await store.words.losses(unit, connection.holder, connection.version, told)


@OfOurs
async def note_location(database: Database, changed: LocationChanged) -> None:
    """Hears that something on a Location of ours is different."""
    await _note(database, changed.holder, Module.LOCATIONS, fold(changed.location_id))


@OfOurs
async def note_tariff(database: Database, changed: TariffChanged) -> None:
    await _note(database, changed.holder, Module.TARIFFS, fold(changed.tariff_id))


@OfOurs
async def note_token(database: Database, changed: TokenChanged) -> None:
    await _note(database, changed.holder, Module.TOKENS, words.token_key(changed.type, changed.uid))


@OfOurs
async def note_cdr(database: Database, closed: CdrClosed) -> None:
    await _note(database, closed.holder, Module.CDRS, fold(closed.cdr_id))


async def _note(database: Database, holder: PartyId, module: Module, key: str) -> None:
    async with database.unit() as unit:
        thing = await words.READS[module](unit, holder, key)
        for version in OLDER:
            paths = () if thing is None else lost(version, thing, holder)
            store.words.put_loss(unit, holder, module, version.number, key, paths)
