"""What Stations ask to have signed is checked, signed by us or elsewhere, given to them, and renewed before it ends."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from laddnav.db.refusals import in_common
from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.kit.seal import Seal
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import rules, store
from laddnav.ocpp.errand import Answered
from laddnav.ocpp.model import Outcome, StationCall
from laddnav.ocpp.security import authorities, authority
from laddnav.ocpp.security.authority import UnfitRequest, kind_of, pem_of, serial_of
from laddnav.ocpp.security.means import Means
from laddnav.ocpp.security.model import Signing
from laddnav.ocpp.security.wanted import connected, errand, want
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.security import AskToSign, GiveCertificate, SigningAsked, SigningTaken, Use
from laddnav.parties import actions as parties

log = structlog.get_logger()

RENEW_BEFORE = timedelta(days=30)  # A03.FR.02: a month, as a station that looks after it itself
ASK_AGAIN = timedelta(days=1)


class UnknownCertificate(Refusal):
    """Nothing of this id was signed for this Station, or it is revoked already."""


async def hear(unit: Unit, means: Means | None, station: Station, asked: SigningAsked) -> Outcome:
    """A02.FR.11, A02.FR.12; the certificate follows. What was signed before is given once more (A02.FR.17)."""
    try:
        await _check(unit, means, station, asked)
    except UnfitRequest as unfit:
        return Outcome(SigningTaken(accepted=False, why=unfit.why))
    id = rules.stable_id("certificate", station.id, asked.use, asked.csr)
    one = Signing(
        holder=station.holder,
        id=id,
        station_id=station.id,
        use=asked.use,
        number=asked.number,
        csr=asked.csr,
        asked_at=unit.now,
    )
    store.certificates.ask(unit, one)
    kept = await store.certificates.find(unit, station.holder, id)
    if kept is not None and kept.certificate is not None:
        _give(unit, station, kept, kept.certificate)
    return Outcome(SigningTaken(accepted=True))


async def _check(unit: Unit, means: Means | None, station: Station, asked: SigningAsked) -> None:
    """Names that cars look at are those of another authority, which judges them. Raises UnfitRequest."""
    if asked.use is Use.STATION:
        organisation = (await parties.fetch(unit, station.holder)).name
        authority.checked(asked.csr, station.id, organisation)
    else:
        authority.sound(asked.csr)
        if means is None or means.v2g_ca_url is None:
            raise UnfitRequest("no authority for what is shown to cars is set up here (v2g-ca-url)")


async def carry_on(database: Database, means: Means) -> None:
    """Sign what waits. What cannot be signed waits for the Station to ask again, which it does ever more rarely."""
    async with database.unit() as unit:
        waiting = await store.certificates.unsigned(unit)
    for one in waiting:
        try:
            if one.use is Use.STATION:
                async with database.unit() as unit:
                    await _sign(unit, one, await _ours(unit, means.seal, one))
            else:
                await _elsewhere(database, means, one)
        except Exception as error:
            if in_common(error):
                raise
            log.exception("certificate_not_signed", station=one.station_id, error=repr(error))
            await _fail(database, one, "it could not be signed here")
    if waiting:
        database.wake()


async def _ours(unit: Unit, seal: Seal, one: Signing) -> str:
    request = x509.load_pem_x509_csr(one.csr.encode())
    kind = kind_of(request.public_key())
    assert kind is not None, "it was checked when it came"
    signs, key = await authorities.signing(unit, seal, one.holder, kind)
    return pem_of(authority.certificate_for(request, signs, key, unit.now)) + signs.certificate


async def _elsewhere(database: Database, means: Means, one: Signing) -> None:
    """By EST (RFC 7030 §4.2)."""
    try:
        chain = await _enrolled(means, one.csr)
    except (Refusal, Trouble) as error:
        await _fail(database, one, str(error))
        return
    async with database.unit() as unit:
        await _sign(unit, one, chain)


async def _fail(database: Database, one: Signing, why: str) -> None:
    async with database.unit() as unit:
        store.certificates.fail(unit, one, why)


async def _enrolled(means: Means, csr: str) -> str:
    """Raises what Fetch raises, UnfitRequest."""
    if means.v2g_ca_url is None:
        raise UnfitRequest("no authority for what is shown to cars is set up here (v2g-ca-url)")
    request = x509.load_pem_x509_csr(csr.encode())
    headers = {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64"}
    if means.v2g_ca_token is not None:
        headers["Authorization"] = f"Bearer {means.v2g_ca_token}"
    answer = await means.fetch(means.v2g_ca_url, base64.b64encode(request.public_bytes(Encoding.DER)), headers)
    try:
        certificates = load_der_pkcs7_certificates(base64.b64decode(answer))
    except ValueError as error:
        raise UnfitRequest("the authority answered with no certificates") from error
    ours = [one for one in certificates if one.public_key() == request.public_key()]
    if not ours:
        raise UnfitRequest("the authority answered with certificates of other keys")
    return "".join(pem_of(one) for one in (*ours, *(each for each in certificates if each not in ours)))


async def _sign(unit: Unit, one: Signing, chain: str) -> None:
    """What another process has signed meanwhile is what the Station gets, and what can be revoked."""
    leaf = authority.read(chain)
    if await store.certificates.sign(unit, one, chain, serial_of(leaf), leaf.not_valid_after_utc):
        _give(unit, await locations.station(unit, one.station_id), one, chain)


def _give(unit: Unit, station: Station, one: Signing, chain: str) -> None:
    asked = GiveCertificate(chain=chain, use=one.use, number=one.number)
    want(unit, station, asked, one.id, one.asked_at.isoformat(), request=one.id)


async def _given(unit: Unit, call: StationCall, answered: Answered) -> None:
    assert call.request is not None, "it is given because it was asked for"
    if answered is not None:
        store.certificates.take(unit, call.holder, call.request, answered is Verdict.ACCEPTED)


async def renew_due(database: Database) -> None:
    """A02: ask Stations for new keys whose certificates end within a month, once a day."""
    async with database.unit() as unit:
        for one in await store.certificates.ending(unit, unit.now + RENEW_BEFORE, ASK_AGAIN):
            store.certificates.renewal_asked(unit, one)
            want(unit, await locations.station(unit, one.station_id), AskToSign(use=one.use))
    database.wake()


def renew(unit: Unit, station: Station, use: Use) -> StationCall:
    """A02.FR.01. Raises Offline."""
    return want(unit, connected(station), AskToSign(use=use))


async def _asked(unit: Unit, call: StationCall, answered: Answered) -> None:
    """What follows is a request of the Station's own."""


async def known(unit: Unit, station: Station) -> Sequence[Signing]:
    """Newest first."""
    return await store.certificates.of_station(unit, station.holder, station.id)


async def revoke(unit: Unit, station: Station, id: str) -> None:
    """A00.FR.704, A00.FR.705: with it the Station is not let in any more. Raises UnknownCertificate."""
    if not await store.certificates.revoke(unit, station.holder, station.id, id):
        raise UnknownCertificate(f"Station {station.id!r} has no certificate {id} that could be revoked")


ERRANDS = {
    GiveCertificate.__name__: errand(GiveCertificate, _given),
    AskToSign.__name__: errand(AskToSign, _asked),
}
