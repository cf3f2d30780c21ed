"""Who is let in with which security profile, over real TLS."""

from __future__ import annotations

import ssl
from datetime import timedelta

import pytest
from websockets.exceptions import InvalidMessage, InvalidStatus

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.seal import Seal
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.locations.rules import LowerProfile
from laddnav.ocpp.security import authorities, authority
from laddnav.ocpp.security.authority import KeyKind
from laddnav.parties import actions as parties
from laddnav.server.stations import StationPort
from tests.clock import SetClock
from tests.ocpp.conftest import PASSWORD
from tests.ocpp.security.conftest import OURS, SEALED_BY, Paper, coming, paper, requested, root_of, trusting
from tests.things import US, party

NO_HANDSHAKE = (ssl.SSLError, ConnectionError, InvalidMessage)
STRANGERS = PartyId("SE", "XXX")


async def with_profile(database: Database, profile: int) -> None:
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(security_profile=profile))


async def status(url: str, context: ssl.SSLContext | None, password: str | None = PASSWORD, id: str = "ST1") -> int:
    """101 for who is let in."""
    try:
        async with coming(url, context, password=password, id=id):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def foreign(database: Database, name: str, organisation: str) -> Paper:
    """Signed by the authority of another party of this installation, whose roots the port trusts as well."""
    async with database.unit() as unit:
        await parties.add(unit, party(STRANGERS, name=organisation))
        signs, opens = await authorities.signing(unit, Seal(SEALED_BY), STRANGERS, KeyKind.EC)
        csr, key = requested(name, organisation)
        request = authority.checked(csr, name, organisation)
        return Paper(authority.pem_of(authority.certificate_for(request, signs, opens, unit.now)), key)


async def test_a_station_is_let_in_with_its_own_profile_and_with_no_other(
    url: str, secure: str, database: Database
) -> None:
    """A00.FR.001, A00.FR.002, A00.FR.207, A00.FR.324, A00.FR.401, A00.FR.405: what comes with the profile is asked."""
    root, own = await root_of(database), await paper(database)
    plain, encrypted, proven = None, trusting(root), trusting(root, own)
    others = trusting(root, await paper(database, "ST2"))
    let_in = {
        0: [(url, plain, None), (url, plain, PASSWORD), (url, plain, "wrong")],
        1: [(url, plain, PASSWORD)],
        2: [(secure, encrypted, PASSWORD), (secure, proven, PASSWORD)],
        3: [(secure, proven, None), (secure, proven, PASSWORD)],
    }
    ways = [
        (url, plain, None),
        (url, plain, PASSWORD),
        (url, plain, "wrong"),
        (secure, encrypted, None),
        (secure, encrypted, PASSWORD),
        (secure, proven, None),
        (secure, proven, PASSWORD),
        (secure, others, None),
    ]
    found = {}
    for profile in range(4):
        await with_profile(database, profile)
        found[profile] = [way for way in ways if await status(*way) == 101]
    assert found == let_in


async def test_a_certificate_of_nobody_we_trust_ends_the_handshake(secure: str, database: Database) -> None:
    """A00.FR.403, A00.FR.407: no chain of certificates leads from it to a root of ours."""
    await with_profile(database, 3)
    key = authority.new_key(KeyKind.EC)
    async with database.unit() as unit:
        self_made = Paper(authority.root_of(OURS, key, unit.now), authority.pem_of_key(key))
    with pytest.raises(NO_HANDSHAKE):
        await status(secure, trusting(await root_of(database), self_made), None)


async def test_what_another_party_s_authority_signed_opens_no_station_of_ours(
    secure: str, port: StationPort, database: Database
) -> None:
    """A00.FR.404: it names another organisation, though it names our station."""
    await with_profile(database, 3)
    theirs = await foreign(database, "ST1", "Somebody Else AB")
    await port.refresh()
    root = await root_of(database)
    assert await status(secure, trusting(root, theirs), None) == 401
    assert await status(secure, trusting(root, await paper(database)), None) == 101


async def test_a_maker_s_certificate_is_taken_once_its_authority_is_trusted(
    secure: str, port: StationPort, database: Database
) -> None:
    """A00.FR.404, A00.FR.804: with the maker's organisation in it, for stations of the party that trusts the maker."""
    await with_profile(database, 3)
    maker = await foreign(database, "ST1", "Maker GmbH")
    async with database.unit() as unit:
        root = (await authorities.of(unit, STRANGERS))[0].certificate
        await authorities.withdraw(unit, STRANGERS, (await authorities.of(unit, STRANGERS))[0].id)
        trusted = await authorities.trust(unit, US, "Maker GmbH", root)
    await port.refresh()
    ours = await root_of(database)
    assert await status(secure, trusting(ours, maker), None) == 101
    async with database.unit() as unit:
        await authorities.withdraw(unit, US, trusted.id)
    assert await status(secure, trusting(ours, maker), None) == 401


async def test_only_tls_from_1_2_on_is_spoken_with_ciphers_that_last(secure: str, database: Database) -> None:
    """A00.FR.313, A00.FR.315, A00.FR.318, A00.FR.320, A00.FR.322, A00.FR.421: the four suites, and no older line."""
    await with_profile(database, 2)
    wanted = {
        "ECDHE-ECDSA-AES128-GCM-SHA256": KeyKind.EC,
        "ECDHE-ECDSA-AES256-GCM-SHA384": KeyKind.EC,
        "AES128-GCM-SHA256": KeyKind.RSA,
        "AES256-GCM-SHA384": KeyKind.RSA,
    }
    for suite, kind in wanted.items():
        context = trusting(await root_of(database, kind))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite)
        assert await status(secure, context) == 101, suite
    old = trusting(await root_of(database))
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    weak = trusting(await root_of(database))
    weak.maximum_version = ssl.TLSVersion.TLSv1_2
    weak.set_ciphers("ECDHE-ECDSA-AES128-SHA256:AES128-SHA")
    for context in (old, weak):
        with pytest.raises(NO_HANDSHAKE):
            await status(secure, context)


async def test_who_came_with_a_higher_profile_comes_with_no_lower_one_any_more(
    url: str, secure: str, database: Database
) -> None:
    """A05.FR.05, A05.FR.07, A00.FR.005: until then either opens, and nothing leads down."""
    context = trusting(await root_of(database))
    async with database.unit() as unit:
        locations.offer_profile(unit, await locations.station(unit, "ST1"), 2)
    assert await status(url, None) == 101
    assert await status(secure, context, "wrong") == 401
    assert await status(secure, context) == 101
    assert await status(url, None) == 401
    async with database.unit() as unit:
        station = await locations.station(unit, "ST1")
        assert (station.security_profile, station.security_profile_next) == (2, None)
        with pytest.raises(LowerProfile):
            locations.offer_profile(unit, station, 1)


async def test_the_house_shows_a_new_certificate_before_the_old_one_ends(
    secure: str, port: StationPort, database: Database, clock: SetClock
) -> None:
    """A00.FR.701, A00.FR.510: it lasts for months only, under the name by which stations know us."""
    await with_profile(database, 2)
    before = await shown(secure)
    clock.advance(timedelta(days=61))
    await port.refresh()
    after = await shown(secure)
    assert before != after


async def shown(secure: str) -> bytes | None:
    """To whoever does not look at the time."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with coming(secure, context) as socket:
        spoken: ssl.SSLObject = socket.transport.get_extra_info("ssl_object")
        return spoken.getpeercert(binary_form=True)
