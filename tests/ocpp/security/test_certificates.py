"""Certificates that stations get from us, and roots that they are given, in every version."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.locations.model import Station
from laddnav.ocpp import calls, store
from laddnav.ocpp.security import authorities, authority, roots, signing
from laddnav.ocpp.security.authority import KeyKind, read, serial_of
from laddnav.ocpp.security.means import Means
from laddnav.ocpp.security.model import Signing
from laddnav.ocpp.security.roots import UnknownRoot
from laddnav.ocpp.wire.security import RootKind, Use
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.security.conftest import OURS, Paper, requested, root_of, trusting
from tests.ocpp.security.stations import proving
from tests.things import US

VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
TRIGGERS = {
    "ocpp1.6": ("ExtendedTriggerMessage", "SignChargePointCertificate"),
    "ocpp2.0.1": ("TriggerMessage", "SignChargingStationCertificate"),
    "ocpp2.1": ("TriggerMessage", "SignChargingStationCertificate"),
}
HASH = {
    "hash_algorithm": "SHA256",
    "issuer_name_hash": "ab" * 32,
    "issuer_key_hash": "cd" * 32,
    "serial_number": "1f",
}


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_a_station_gets_a_certificate_for_its_new_key_and_comes_with_it(
    url: str, secure: str, database: Database, means: Means, clock: SetClock, protocol: str
) -> None:
    """A02.FR.11, A02.FR.14, A02.FR.17, A02.FR.25: and renews it when it is asked to, a month before it ends."""
    csr, key = requested("ST1", OURS)
    number = {"request_id": 7} if protocol == "ocpp2.1" else {}
    kind = {} if protocol == "ocpp1.6" else {"certificate_type": "ChargingStationCertificate"}
    chains = set()
    async with proving(url, protocol) as station:
        for _ in range(2):
            assert (await station.say("SignCertificate", csr=csr, **kind, **number)).status == "Accepted"
            await asyncio.gather(*(signing.carry_on(database, means) for _ in range(2)))  # as two processes do
            given = await station.was_asked("CertificateSigned")
            assert {name: value for name, value in given.items() if name != "certificate_chain"} == {**kind, **number}
            chains.add(given["certificate_chain"])
            clock.advance(timedelta(seconds=1))
        await until(lambda: taken(database))
    assert len(chains) == 1
    async with database.unit() as unit:
        (one,) = await signing.known(unit, await locations.station(unit, "ST1"))
        assert one.serial_number == serial_of(read(given["certificate_chain"]))
        await locations.provision(unit, "ST1", Provisioning(security_profile=3))
    context = trusting(await root_of(database), Paper(given["certificate_chain"], key))
    async with proving(secure, protocol, context, None) as station:
        clock.advance(timedelta(days=334))
        await signing.renew_due(database)
        clock.advance(timedelta(days=2))
        for _ in range(2):
            await signing.renew_due(database)
        action, asked = TRIGGERS[protocol]
        assert (await station.was_asked(action))["requested_message"] == asked
        await until(lambda: nothing_waits(database))
        assert station.wire.asked.empty()
    clock.advance(timedelta(days=-336))
    async with database.unit() as unit:
        await signing.revoke(unit, await locations.station(unit, "ST1"), one.id)
    with pytest.raises(Exception, match="401"):
        async with proving(secure, protocol, context, None):
            pass


async def test_a_request_that_nobody_can_sign_keeps_no_other_waiting(
    database: Database, station: Station, port: object, means: Means
) -> None:
    """A02.FR.11"""
    csr, _ = requested("ST1", OURS)
    async with database.unit() as unit:
        for id, said in (("1", "kept before it was checked"), ("2", csr)):
            one = Signing(holder=US, id=id, station_id="ST1", use=Use.STATION, number=None, csr=said, asked_at=unit.now)
            store.certificates.ask(unit, one)
    await signing.carry_on(database, means)
    async with database.unit() as unit:
        kept = {one.id: one for one in await signing.known(unit, station)}
    assert kept["1"].problem is not None and kept["1"].certificate is None
    assert kept["2"].certificate is not None


async def test_whoever_is_trusted_has_been_since_then_and_for_each_organisation(
    database: Database, station: Station, clock: SetClock
) -> None:
    """A00.FR.804"""
    root = root_of_somebody(clock)
    async with database.unit() as unit:
        first = await authorities.trust(unit, US, "Maker", root)
    clock.advance(timedelta(days=1))
    async with database.unit() as unit:
        assert await authorities.trust(unit, US, "Maker", root) == first
        other = await authorities.trust(unit, US, "Other Maker", root)
        assert [one.organisation for one in await authorities.of(unit, US)] == ["Maker", "Other Maker"]
    assert first.made_at == other.made_at - timedelta(days=1)


def root_of_somebody(clock: SetClock) -> str:
    return authority.root_of("Maker", authority.new_key(KeyKind.EC), clock.now())


async def taken(database: Database) -> bool:
    async with database.unit() as unit:
        return bool((await signing.known(unit, await locations.station(unit, "ST1")))[0].taken)


async def nothing_waits(database: Database) -> bool:
    async with database.unit() as unit:
        return not await unit.value("select count(*) from ocpp_call where answered_at is null")


async def test_what_may_not_be_signed_is_rejected_with_the_reason(url: str, database: Database) -> None:
    """A02.FR.12, A00.FR.501, A00.FR.502, A00.FR.503, A00.FR.509, A00.FR.511."""
    weak, small = rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP192R1())
    unfit = {
        "common name": requested("ST2", OURS)[0],
        "organisation": requested("ST1", "Somebody Else AB")[0],
        "organisation is": requested("ST1", "")[0],
        "1024 bits": requested("ST1", OURS, weak)[0],
        "192 bits": requested("ST1", OURS, small)[0],
        "no request in PEM": "-----BEGIN NONSENSE-----",
    }
    async with proving(url, "ocpp2.0.1") as station:
        for why, csr in unfit.items():
            answer = await station.say("SignCertificate", csr=csr)
            assert answer.status == "Rejected" and why in answer.status_info["additional_info"]
        fit = requested("SECC1", OURS)[0]
        answer = await station.say("SignCertificate", csr=fit, certificate_type="V2GCertificate")
        assert answer.status == "Rejected" and "v2g-ca-url" in answer.status_info["additional_info"]
    async with database.unit() as unit:
        assert await signing.known(unit, await locations.station(unit, "ST1")) == []


@pytest.mark.parametrize("protocol", VERSIONS)
async def test_a_root_is_installed_listed_and_deleted_by_the_hashes_that_the_station_told(
    url: str, port: object, database: Database, protocol: str
) -> None:
    """M03.FR.01, M03.FR.05, M04.FR.01, M04.FR.07, M05.FR.01: and who is not known is not deleted."""
    root = await root_of(database, KeyKind.EC)
    listed: dict[str, Any] = {"certificate_hash_data": [HASH]}
    if protocol != "ocpp1.6":
        child = HASH | {"serial_number": "20"}
        chain = {"certificate_type": "CSMSRootCertificate", "certificate_hash_data": HASH}
        listed = {"certificate_hash_data_chain": [chain | {"child_certificate_hash_data": [child]}]}
    async with proving(url, protocol) as station:
        station.answers["GetInstalledCertificateIds"] = {"status": "Accepted", **listed}
        async with database.unit() as unit:
            here = await locations.station(unit, "ST1")
            with pytest.raises(UnknownRoot):
                await roots.delete(unit, here, "1f")
            call = roots.install(unit, here, RootKind.CENTRAL, root)
        assert (await calls.answer_to(database, call)).result == {"status": "Accepted"}
        asked = await station.was_asked("InstallCertificate")
        kind = "CentralSystemRootCertificate" if protocol == "ocpp1.6" else "CSMSRootCertificate"
        assert asked == {"certificate_type": kind, "certificate": root.strip()}
        await station.was_asked("GetInstalledCertificateIds")
        await until(lambda: nothing_waits(database))
        async with database.unit() as unit:
            known = await roots.known(unit, here)
            serials = ["1f"] if protocol == "ocpp1.6" else ["1f", "20"]
            assert [(one.root.kind, one.root.certificate.serial_number) for one in known] == [
                (RootKind.CENTRAL, serial) for serial in serials
            ]
            call = await roots.delete(unit, here, "1F")
        assert (await calls.answer_to(database, call)).result == {"status": "Accepted"}
        assert await station.was_asked("DeleteCertificate") == {"certificate_hash_data": HASH}


async def test_a_kind_of_root_that_a_version_does_not_have_is_not_sent(
    url: str, port: object, database: Database
) -> None:
    root = await root_of(database)
    async with proving(url, "ocpp1.6"):
        async with database.unit() as unit:
            call = roots.install(unit, await locations.station(unit, "ST1"), RootKind.V2G, root)
        assert "certificateType" in ((await calls.answer_to(database, call)).description or "")


async def test_only_one_that_is_on_the_line_is_asked_for_a_new_key(url: str, database: Database) -> None:
    """A02.FR.02."""
    async with proving(url, "ocpp2.1") as station:
        async with database.unit() as unit:
            call = signing.renew(unit, await locations.station(unit, "ST1"), Use.V2G_20)
        assert (await calls.answer_to(database, call)).result == {"status": "Accepted"}
        assert (await station.was_asked("TriggerMessage"))["requested_message"] == "SignV2G20Certificate"
