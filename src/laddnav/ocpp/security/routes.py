"""The operator API about how stations prove who they are and whom they trust."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Meta, Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.actions import Stranger
from laddnav.locations.model import Station
from laddnav.ocpp import calls
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.routes import Replied, answered
from laddnav.ocpp.security import authorities, leading, noticing, passwords, roots, signing
from laddnav.ocpp.security.authority import Authority, KeyKind
from laddnav.ocpp.security.leading import Way
from laddnav.ocpp.security.means import Means
from laddnav.ocpp.security.model import SecurityEvent
from laddnav.ocpp.wire.security import RootKind, Use
from laddnav.people.api import Limit, NotYours, Page, Route, yours
from laddnav.people.model import Role, Visitor


class AuthorityShown(Struct, frozen=True, kw_only=True):
    """`signs`: it is our own, and its key is here; else it signs elsewhere and is trusted."""

    holder: PartyId
    id: str
    organisation: str
    certificate: str
    signs: bool
    made_at: datetime


class Trusted(Struct, frozen=True, kw_only=True):
    """Whose certificates are taken besides our own; `organisation` has to stand in them."""

    organisation: Annotated[str, Meta(min_length=1, max_length=255)]
    certificate: Annotated[str, Meta(max_length=20_000)]


class CertificateShown(Struct, frozen=True, kw_only=True):
    """`taken` is what the Station said to it; `certificate` None: it is not signed, and `problem` says why."""

    id: str
    use: Use
    asked_at: datetime
    certificate: str | None
    serial_number: str | None
    ends_at: datetime | None
    taken: bool | None
    problem: str | None
    revoked_at: datetime | None


class ContractRoot(Struct, frozen=True, kw_only=True):
    """One to which contracts of cars may lead; `fingerprint` is SHA-256, in hexadecimal digits."""

    subject: str
    begins_at: datetime
    ends_at: datetime
    fingerprint: str


class RootShown(Struct, frozen=True, kw_only=True):
    kind: RootKind | None
    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    told_at: datetime


class NewRoot(Struct, frozen=True, kw_only=True):
    kind: RootKind
    certificate: Annotated[str, Meta(max_length=10_000)]


class Renewal(Struct, frozen=True, kw_only=True):
    use: Use = Use.STATION


class Seen(Struct, frozen=True, kw_only=True):
    """How many there were that nobody had looked at."""

    holder: PartyId
    station_id: str
    seen: int


async def list_contract_roots(by: Visitor, means: Means) -> Page[ContractRoot]:
    """The roots to which contracts of cars may lead, as the files of the installation name them (`contract-roots`)."""
    roots = (
        ContractRoot(
            subject=one.subject.rfc4514_string(),
            begins_at=one.not_valid_before_utc,
            ends_at=one.not_valid_after_utc,
            fingerprint=one.fingerprint(SHA256()).hex(),
        )
        for one in means.contract_roots
    )
    return Page(items=tuple(roots), next=None)


async def list_strangers(unit: Unit, by: Visitor, *, limit: Limit = 100) -> Page[Stranger]:
    """Stations that knocked and are not known, the last first; PUT /stations/{id} lets one in.

    Whose they are nobody knows yet, so a key of one party does not see them.
    """
    if by.holder is not None:
        raise NotYours
    return Page(items=tuple(await locations.strangers(unit, limit)), next=None)


async def list_authorities(unit: Unit, by: Visitor, holder: PartyId) -> Page[AuthorityShown]:
    """Who vouches for stations of this party."""
    found = await authorities.of(unit, yours(by, holder))
    return Page(items=tuple(_authority(one) for one in found), next=None)


async def make_authority(unit: Unit, by: Visitor, means: Means, holder: PartyId, kind: KeyKind) -> AuthorityShown:
    """Our own with a key of this kind, made now unless there is one: its root is what stations have to trust."""
    one, _ = await authorities.signing(unit, means.seal, yours(by, holder), kind)
    return _authority(one)


async def trust_authority(unit: Unit, by: Visitor, holder: PartyId, body: Trusted) -> AuthorityShown:
    """Take certificates that somebody else signs for stations of this party, as their maker does."""
    return _authority(await authorities.trust(unit, yours(by, holder), body.organisation, body.certificate))


async def withdraw_authority(unit: Unit, by: Visitor, holder: PartyId, id: str) -> None:
    """Nothing that it signed opens a door any more."""
    await authorities.withdraw(unit, yours(by, holder), id)


async def list_certificates(unit: Unit, by: Visitor, station_id: str) -> Page[CertificateShown]:
    """What a Station asked to have signed, the last first."""
    found = await signing.known(unit, await _yours(unit, by, station_id))
    shown = (
        CertificateShown(
            id=one.id,
            use=one.use,
            asked_at=one.asked_at,
            certificate=one.certificate,
            serial_number=one.serial_number,
            ends_at=one.ends_at,
            taken=one.taken,
            problem=one.problem,
            revoked_at=one.revoked_at,
        )
        for one in found
    )
    return Page(items=tuple(shown), next=None)


async def renew_certificate(database: Database, by: Visitor, station_id: str, body: Renewal) -> Replied:
    """Have a Station make a new key and ask to have it signed."""
    async with database.unit() as unit:
        call = signing.renew(unit, await _yours(unit, by, station_id), body.use)
    return await _answer(database, call)


async def revoke_certificate(unit: Unit, by: Visitor, station_id: str, id: str) -> None:
    """With it the Station is not let in any more."""
    await signing.revoke(unit, await _yours(unit, by, station_id), id)


async def list_roots(unit: Unit, by: Visitor, station_id: str) -> Page[RootShown]:
    """Which roots a Station said that it has, when it was last asked."""
    found = await roots.known(unit, await _yours(unit, by, station_id))
    shown = (
        RootShown(
            kind=one.root.kind,
            hash_algorithm=one.root.certificate.hash_algorithm,
            issuer_name_hash=one.root.certificate.issuer_name_hash,
            issuer_key_hash=one.root.certificate.issuer_key_hash,
            serial_number=one.root.certificate.serial_number,
            told_at=one.told_at,
        )
        for one in found
    )
    return Page(items=tuple(shown), next=None)


async def ask_for_roots(database: Database, by: Visitor, station_id: str, *, kind: RootKind | None = None) -> Replied:
    """Have a Station list its roots: of one kind, or of all where its version can."""
    async with database.unit() as unit:
        call = roots.ask_for(unit, await _yours(unit, by, station_id), kind)
    return await _answer(database, call)


async def install_root(database: Database, by: Visitor, station_id: str, body: NewRoot) -> Replied:
    """Have a Station trust this root."""
    async with database.unit() as unit:
        call = roots.install(unit, await _yours(unit, by, station_id), body.kind, body.certificate)
    return await _answer(database, call)


async def delete_root(database: Database, by: Visitor, station_id: str, serial_number: str) -> Replied:
    """Have a Station trust a root no more that it said it has."""
    async with database.unit() as unit:
        call = await roots.delete(unit, await _yours(unit, by, station_id), serial_number)
    return await _answer(database, call)


async def change_password(database: Database, by: Visitor, means: Means, station_id: str) -> Replied:
    """Have a Station take a new password, made here and seen by nobody."""
    async with database.unit() as unit:
        call = passwords.change(unit, means.seal, await _yours(unit, by, station_id))
    return await _answer(database, call)


async def lead_to_profile(database: Database, by: Visitor, station_id: str, body: Way) -> Replied:
    """Have a Station come with a higher security profile; once it did, it comes with no lower one any more."""
    async with database.unit() as unit:
        call = leading.lead(unit, await _yours(unit, by, station_id), body)
    return await _answer(database, call)


async def list_security_events(
    unit: Unit,
    by: Visitor,
    *,
    limit: Limit = 100,
    cursor: int | None = None,
    station_id: str | None = None,
    unseen: bool = False,
) -> Page[SecurityEvent]:
    """What Stations noticed, the last first; `unseen`: only what is critical and was looked at by nobody."""
    found = await noticing.noticed(unit, by.holder, station_id, unseen=unseen, before=cursor, limit=limit)
    return Page(items=tuple(found), next=str(found[-1].id) if len(found) == limit else None)


async def see_security_events(unit: Unit, by: Visitor, station_id: str, *, until: int | None = None) -> Seen:
    """What this Station noticed was looked at: up to the event of this id, or all."""
    station = await _yours(unit, by, station_id)
    seen = await noticing.see(unit, station, by.name, until)
    return Seen(holder=station.holder, station_id=station.id, seen=seen)


async def _yours(unit: Unit, by: Visitor, station_id: str) -> Station:
    station = await locations.station(unit, station_id)
    yours(by, station.holder)
    return station


async def _answer(database: Database, call: StationCall) -> Replied:
    return answered(await calls.answer_to(database, call))


def _authority(one: Authority) -> AuthorityShown:
    return AuthorityShown(
        holder=one.holder,
        id=one.id,
        organisation=one.organisation,
        certificate=one.certificate,
        signs=one.key_sealed is not None,
        made_at=one.made_at,
    )


_STATION = "/stations/{station_id}"
_AUTHORITIES = "/parties/{holder}/station-authorities"

ROUTES = (
    Route(method="GET", path="/strangers", does=list_strangers, needs=Role.OPERATOR, looks_itself=True),
    Route(method="GET", path="/contract-roots", does=list_contract_roots, looks_itself=True),
    Route(method="GET", path=_AUTHORITIES, does=list_authorities, looks_itself=True),
    Route(
        method="PUT", path=f"{_AUTHORITIES}/own/{{kind}}", does=make_authority, needs=Role.OPERATOR, looks_itself=True
    ),
    Route(
        method="POST",
        path=_AUTHORITIES,
        does=trust_authority,
        needs=Role.OPERATOR,
        status=201,
        looks_itself=True,
    ),
    Route(
        method="DELETE",
        path=f"{_AUTHORITIES}/{{id}}",
        does=withdraw_authority,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
    Route(method="GET", path=f"{_STATION}/certificates", does=list_certificates, looks_itself=True),
    Route(
        method="POST",
        path=f"{_STATION}/certificates/renew",
        does=renew_certificate,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
    Route(
        method="DELETE",
        path=f"{_STATION}/certificates/{{id}}",
        does=revoke_certificate,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
    Route(method="GET", path=f"{_STATION}/roots", does=list_roots, looks_itself=True),
    Route(method="POST", path=f"{_STATION}/roots/list", does=ask_for_roots, needs=Role.OPERATOR, looks_itself=True),
    Route(method="POST", path=f"{_STATION}/roots", does=install_root, needs=Role.OPERATOR, looks_itself=True),
    Route(
        method="DELETE",
        path=f"{_STATION}/roots/{{serial_number}}",
        does=delete_root,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
    Route(method="POST", path=f"{_STATION}/password", does=change_password, needs=Role.OPERATOR, looks_itself=True),
    Route(
        method="POST", path=f"{_STATION}/security-profile", does=lead_to_profile, needs=Role.OPERATOR, looks_itself=True
    ),
    Route(method="GET", path="/security-events", does=list_security_events),
    Route(
        method="POST",
        path=f"{_STATION}/security-events/seen",
        does=see_security_events,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
)
