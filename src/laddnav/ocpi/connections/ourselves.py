"""Who we are on a line, as its partner is told, and whether that is still what it was told last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi import rules, store
from laddnav.ocpi.hub import clients as hub_clients
from laddnav.ocpi.model import Connection
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Credentials, CredentialsRole
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties import actions as parties

OLDEST, *_ = VERSIONS.values()
# OCPI 2.2.1 credentials_updating_the_credentials_and_resetting_the_token advises at least once a month.
MONTH = timedelta(days=28)


async def credentials_of(
    unit: Unit, settings: Settings, line: Sequence[Connection], token: str, version: str | None = None
) -> Credentials:
    """Who we are on this line, and what the partner has to show us; `version` where it is about to be another."""
    roles: list[CredentialsRole] = []
    for one in line:
        if not one.leaving:
            party = await parties.fetch(unit, one.holder)
            business = BusinessDetails(party.name, party.website)
            roles.append(CredentialsRole(role=one.our_role, party=one.holder, business=business))
    if VERSIONS[version or line[0].version].lists_clients:
        roles += await hub_clients.reachable_for(unit, line)
    return Credentials(token=token, url=settings.versions_url, roles=tuple(roles))


def words_of(connection: Connection, version: Version, credentials: Credentials) -> bytes:
    """As the version spells them, and for some as in the oldest beside that: its fields are none of the later ones'."""
    words = version.codecs[Credentials].encode(credentials)
    if not connection.policy.calls.flat_credentials:
        return words
    return encoded(parsed(OLDEST.codecs[Credentials].encode(credentials)) | parsed(words))


async def digest_of(unit: Unit, settings: Settings, line: Sequence[Connection]) -> str:
    """Different as soon as the partner would find anything else of us: another party, endpoint or name."""
    said = await credentials_of(unit, settings, line, "")
    details = rules.told_details(line, VERSIONS[line[0].version], settings.base)
    return sha256(json.encode((said, details))).hexdigest()


async def note_told(unit: Unit, settings: Settings, line: Sequence[Connection]) -> None:
    """The partner has just been told, and both tokens are new."""
    told = await digest_of(unit, settings, line)
    store.lines.told(unit, line[0].line, told, unit.now + unit.clock.wall(MONTH))
