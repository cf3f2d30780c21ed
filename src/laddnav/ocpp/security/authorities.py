"""The authorities of a party: its own, which are made when they are first needed, and those that it trusts besides."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.kit.seal import Seal
from laddnav.ocpp import rules, store
from laddnav.ocpp.security import authority
from laddnav.ocpp.security.authority import Authority, KeyKind
from laddnav.parties import actions as parties


class UnknownAuthority(Refusal):
    """No authority of this id vouches for stations of this party."""


async def signing(unit: Unit, seal: Seal, holder: PartyId, kind: KeyKind) -> tuple[Authority, str]:
    """Our own with a key of this kind, and that key in PEM; made once, which takes RSA a good moment."""
    id = rules.stable_id("authority", str(holder), kind)
    found = await store.authorities.find(unit, holder, id)
    if found is None:
        organisation = (await parties.fetch(unit, holder)).name
        key = await asyncio.to_thread(authority.new_key, kind)
        certificate = authority.root_of(organisation, key, unit.now)
        sealed = seal.sealed(authority.pem_of_key(key))
        store.authorities.add(unit, _authority(unit, holder, id, organisation, certificate, sealed))
        found = await store.authorities.find(unit, holder, id)
    assert found is not None and found.key_sealed is not None, "we made it, or somebody else did at the same moment"
    return found, seal.opened(found.key_sealed)


async def trust(unit: Unit, holder: PartyId, organisation: str, certificate: str) -> Authority:
    """A00.FR.804: somebody else signs for stations of ours, as their manufacturer does. Raises UnfitCertificate.

    Who is trusted already for this organisation has been since then.
    """
    certificate = authority.pem_of(authority.read(certificate))  # and nothing that stands beside it
    id = rules.stable_id("authority", str(holder), organisation, certificate)
    store.authorities.add(unit, _authority(unit, holder, id, organisation, certificate, None))
    kept = await store.authorities.find(unit, holder, id)
    assert kept is not None, "it was added, now or before"
    return kept


async def withdraw(unit: Unit, holder: PartyId, id: str) -> None:
    """What it signed opens nothing any more. Raises UnknownAuthority."""
    if not await store.authorities.drop(unit, holder, id):
        raise UnknownAuthority(f"No authority {id} vouches for stations of {holder}")


async def of(unit: Unit, holder: PartyId) -> Sequence[Authority]:
    return await store.authorities.of(unit, holder)


async def everybody(unit: Unit) -> Sequence[Authority]:
    """Those of all our parties, for one port serves the stations of all."""
    return await store.authorities.everybody(unit)


def _authority(
    unit: Unit, holder: PartyId, id: str, organisation: str, certificate: str, sealed: str | None
) -> Authority:
    return Authority(
        holder=holder, id=id, organisation=organisation, certificate=certificate, key_sealed=sealed, made_at=unit.now
    )
