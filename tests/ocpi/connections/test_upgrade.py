"""Versions live: the newest of both is spoken, and a connection moves up, or elsewhere, while it works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import EvseParking, EvsePosition, Location, Parking
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import PartnerRefused
from laddnav.ocpi.connections import offers, partners
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.handshake import Interface, Module, NoCommonVersion, State
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import TaxIncluded
from laddnav.tokens import actions as tokens
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import carded, charged, furnished
from tests.ocpi.network import CPO, EMSP, Installation, installed, introduced, no_luck
from tests.ocpi.peer import Peer, peer, said

SPACE = Parking(
    id="P1",
    vehicle_types=("PERSONAL_VEHICLE", "DISABLED"),
    vehicle_height_max=Decimal(210),
    restricted_to_type=False,
    reservation_required=False,
    roofed=True,
)
THIRD = PartyId("DE", "8AC")


@pytest.fixture
async def they() -> AsyncIterator[Peer]:
    async with peer() as one:
        yield one


def garage(**changes: Any) -> Location:
    """A place of which 2.2.1 has words for some only: a space for disabled drivers, help by telephone, an MCS plug."""
    car = things.evse(
        "EVSE1",
        parking=(EvseParking("P1", EvsePosition.LEFT),),
        accepted_service_providers=("TNM",),
        connectors=(things.connector(capabilities=("ISO_15118_20_PLUG_AND_CHARGE",)),),
    )
    truck = things.evse("EVSE2", connectors=(things.connector(standard="MCS", power_type="DC"),))
    fields: dict[str, Any] = {"evses": (car, truck), "parking_places": (SPACE,), "help_phone": "+46 31 123 45 67"}
    return things.location(owner=CPO, **fields | changes)


async def kept(one: Installation, holder: PartyId = EMSP) -> Location | None:
    async with one.database.unit() as unit:
        return await locations.find(unit, holder, CPO, "LOC1")


async def open_garage(cpo: Installation) -> None:
    async with cpo.database.unit() as unit:
        await tariffs.keep(unit, CPO, things.tariff(owner=CPO, tax_included=TaxIncluded.YES))
        await locations.keep(unit, CPO, garage())


# Which version --------------------------------------------------------------------------------------------------------


async def test_the_newest_version_that_both_speak_is_chosen(cpo: Installation, emsp: Installation) -> None:
    """VER-022, VER-019, CRED-003: and both know which others there are."""
    await introduced(cpo, emsp)
    for one in (await cpo.connection(), await emsp.connection()):
        assert (one.version, one.offers) == ("2.3.0", tuple(VERSIONS))
        assert all("/2.3.0/" in endpoint.url for endpoint in one.endpoints)


async def test_versions_and_modules_of_tomorrow_are_passed_over(cpo: Installation, they: Peer) -> None:
    """VER-016, VER-020, VER-021, VER-029: a partner that speaks 3.0 too is spoken to in what we know."""
    they.answers["/versions"] += [
        {"version": "3.0", "url": f"{they.url}/3.0"},
        {"version": "2.3.0", "url": f"{they.url}/v3"},
    ]
    they.answers["/v3"] = they.answers["/v"] | {"version": "2.3.0"}
    connection = await partners.register(cpo.database, cpo.clients, they.versions_url, "token-a", CPO, Role.CPO)
    assert (connection.version, connection.offers) == ("2.3.0", ("2.1.1", "2.2.1", "2.3.0", "3.0"))
    assert {one.identifier for one in connection.endpoints} > {"nltnm-weather"}


@pytest.mark.parametrize("party", ["NLHUB", "nlhub"])
async def test_whom_a_hub_speaks_as_is_known(cpo: Installation, they: Peer, party: str) -> None:
    """CRED-035, HUB-049, HUB-050, HUB-052: hub_party_id, and the parties behind it are those of the connection."""
    they.answers["/versions"] = [{"version": "2.3.0", "url": f"{they.url}/v"}]
    they.answers["/v"]["version"] = "2.3.0"
    they.answers["/credentials"] |= {"hub_party_id": party}
    connection = await partners.register(cpo.database, cpo.clients, they.versions_url, "token-a", CPO, Role.CPO)
    assert (connection.hub, connection.parties) == (PartyId("NL", "HUB"), frozenset({EMSP}))
    assert (await cpo.connection()).hub == PartyId("NL", "HUB")


# Everything in 2.3.0 --------------------------------------------------------------------------------------------------


async def test_what_2_3_0_alone_can_say_arrives_by_push_and_by_pull(cpo: Installation, emsp: Installation) -> None:
    """LOC-053, LOC-072, LOC-074, LOC-080, LOC-083, LOC-092, TAR-030."""
    await introduced(cpo, emsp)
    await open_garage(cpo)
    await cpo.settle()
    assert await kept(emsp) == garage()
    async with emsp.database.unit() as unit:
        assert (await tariffs.fetch(unit, EMSP, CPO, "T1")).tax_included is TaxIncluded.YES
    await emsp.pull()
    assert await kept(emsp) == garage()


async def test_a_navigation_service_is_told_of_places_and_their_prices(
    cpo: Installation, other_database_url: str, clock: SetClock
) -> None:
    """VER-027, LOC-079, LOC-117: what parking is like is chiefly for such as these; of charges it hears nothing."""
    async with installed(other_database_url, clock, EMSP, Role.NSP) as service:
        await introduced(cpo, service)
        assert ((await cpo.connection()).their_role, (await service.connection()).version) == (Role.NSP, "2.3.0")
        await open_garage(cpo)
        await cpo.settle()
        await service.pull()
        assert await kept(service) == garage()
        async with service.database.unit() as unit:
            assert (await tariffs.fetch(unit, EMSP, CPO, "T1")).tax_included is TaxIncluded.YES
        await furnished(cpo)
        async with cpo.database.unit() as unit:
            await tokens.keep(unit, CPO, things.token("CARD1", EMSP))
        await charged(cpo, clock)
        await cpo.settle()
        assert {one.module for one in await cpo.deliveries()} == {Module.LOCATIONS, Module.TARIFFS}


async def test_a_token_of_a_type_that_nobody_listed_roams(cpo: Installation, emsp: Installation) -> None:
    """TOK-025, TYP-022, TYP-024, TOK-027: and an EMAID is asked about instead of being told."""
    await introduced(cpo, emsp)
    await carded(emsp, "CHIP1", type="SUBDERMAL_CHIP")
    await carded(emsp, "DE8AA1A2B3C4D5", type="EMAID")
    await emsp.settle()
    async with cpo.database.unit() as unit:
        assert [one.type for one in await tokens.by_uid(unit, CPO, "CHIP1")] == ["SUBDERMAL_CHIP"]
        assert await tokens.by_uid(unit, CPO, "DE8AA1A2B3C4D5") == ()


async def test_a_charge_is_told_with_its_taxes_by_name(cpo: Installation, emsp: Installation, clock: SetClock) -> None:
    """TYP-029, TYP-030, CDR-048, CDR-066: the total before taxes, and each tax."""
    await introduced(cpo, emsp)
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    session_id = await charged(cpo, clock)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        cdr = await cdrs.of_session(unit, EMSP, CPO, session_id)
    assert cdr is not None and cdr.costs.total.before_taxes == 30
    (tax,) = cdr.costs.total.taxes or ()
    assert (tax.amount, tax.percentage) == (Decimal("7.5"), Decimal(25))


async def test_partners_of_two_versions_are_told_of_the_same_place_at_once(
    cpo: Installation, emsp: Installation
) -> None:
    """LOC-079, TYP-025: each in its words, and the older one without what it could not take."""
    async with emsp.database.unit() as unit:
        await parties.add(unit, things.party(THIRD, ref=unit.new_id(), name="Another company"))
    await introduced(cpo, emsp)
    await introduced(cpo, emsp, "2.2.1", THIRD)
    await open_garage(cpo)
    await cpo.settle()
    assert await kept(emsp) == garage()
    older = await kept(emsp, THIRD)
    assert older is not None and (older.help_phone, older.parking_places) == (None, ())
    (evse,) = older.evses
    assert (evse.uid, evse.parking, evse.connectors[0].capabilities) == ("EVSE1", (), ())


# Moving up ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["cpo", "emsp"])
async def test_a_connection_moves_up_while_it_works(
    cpo: Installation, emsp: Installation, clock: SetClock, who: str
) -> None:
    """CRED-014, CRED-015, CRED-003: whoever asks for it, both speak the new one, and what they know is said anew."""
    await introduced(cpo, emsp, "2.2.1")
    await open_garage(cpo)
    await carded(emsp)
    await cpo.settle()
    await emsp.settle()
    assert (await kept(emsp) or garage()).help_phone is None
    one = cpo if who == "cpo" else emsp
    await partners.renew(one.database, one.clients, await one.connection(), "2.3.0")
    for side in (cpo, emsp):
        connection = await side.connection()
        assert (connection.version, connection.state) == ("2.3.0", State.CONNECTED)
        assert all("/2.3.0/" in endpoint.url for endpoint in connection.endpoints)
    assert await words_of(emsp, "2.2.1") is None
    await emsp.pull()
    await cpo.pull()
    assert await kept(emsp) == garage()
    assert b"help_phone" in (await words_of(emsp, "2.3.0") or b"")
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, garage(name="Kajen 2", last_updated=unit.now))
    await cpo.settle()
    assert (await kept(emsp) or garage()).name == "Kajen 2"


async def words_of(emsp: Installation, version: str) -> bytes | None:
    key = Key(holder=EMSP, owner=CPO, module=Module.LOCATIONS, version=version, said=False, id="loc1")
    async with emsp.database.unit() as unit:
        found = await store.words.find(unit, key)
    return None if found is None else found.body


async def test_a_cdr_that_waits_is_put_into_the_new_words_and_counts_once(
    cpo: Installation, emsp: Installation, clock: SetClock
) -> None:
    """CRED-015, CDR-022, TRN-091: nobody sends an old CDR to a new endpoint, or takes it for another."""
    await introduced(cpo, emsp, "2.2.1")
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    arrived = await charged(cpo, clock)
    await cpo.settle()
    await emsp.down()
    waiting = await charged(cpo, clock)
    await cpo.settle()
    await emsp.up()
    await partners.renew(cpo.database, cpo.clients, await cpo.connection(), "2.3.0")
    (body,) = [one.body for one in await cpo.deliveries() if one.module is Module.CDRS and one.state == "waiting"]
    assert parsed(body or b"{}")["total_cost"]["before_taxes"] == 30
    await emsp.pull()
    connection = await emsp.connection()
    async with emsp.database.unit() as unit:
        known = {one.session_id for one in await cdrs.page(unit, EMSP)}
        fetched = await partners.pulls(unit, connection)
    assert known == {arrived, waiting}
    old = next(one.location_url for one in await cpo.deliveries() if one.module is Module.CDRS and one.location_url)
    assert "/2.2.1/" in old and (await (await cpo.clients.to(await cpo.connection())).call("GET", old)).http == 200
    assert [one.skipped for one in fetched if one.module is Module.CDRS] == [0]


async def test_a_version_that_the_partner_does_not_offer_changes_nothing(cpo: Installation, they: Peer) -> None:
    """VER-022: no token is renewed, and the partner is asked nothing but its versions."""
    await partners.register(cpo.database, cpo.clients, they.versions_url, "token-a", CPO, Role.CPO)
    before = await cpo.connection()
    with pytest.raises(NoCommonVersion):
        await partners.renew(cpo.database, cpo.clients, before, "2.3.0")
    assert replace(await cpo.connection(), last_reached_at=before.last_reached_at) == before
    assert [one.path for one in they.asked if one.method == "PUT"] == []


async def test_an_upgrade_that_fails_leaves_the_old_version_at_work(cpo: Installation, they: Peer) -> None:
    """CRED-023, CRED-020: the partner said no to the PUT."""
    they.answers["/versions"].append({"version": "2.3.0", "url": f"{they.url}/v3"})
    they.answers["/v3"] = they.answers["/v"] | {"version": "2.3.0"}
    await partners.register(cpo.database, cpo.clients, they.versions_url, "token-a", CPO, Role.CPO, "2.2.1")
    they.answers["PUT /credentials"] = said(200, 3001)
    with pytest.raises(Exception, match="3001"):
        await partners.renew(cpo.database, cpo.clients, await cpo.connection(), "2.3.0")
    connection = await cpo.connection()
    assert (connection.version, connection.offers) == ("2.2.1", ("2.1.1", "2.2.1", "2.3.0"))
    assert {one.url for one in connection.endpoints} == {one["url"] for one in they.answers["/v"]["endpoints"]}


# Moving elsewhere -----------------------------------------------------------------------------------------------------


async def test_endpoints_that_moved_without_a_word_are_found(cpo: Installation, they: Peer) -> None:
    """VER-024: a partner should tell by a PUT; who does not is looked at daily, and at once where nobody answers."""
    await partners.register(cpo.database, cpo.clients, they.versions_url, "token-a", CPO, Role.CPO)
    assert await offers.look_due(cpo.database, cpo.clients, no_luck) == 0
    moved = [one | {"url": one["url"].replace("locations", "places")} for one in they.answers["/v"]["endpoints"]]
    they.answers["/v"]["endpoints"] = moved
    they.answers["/versions"].append({"version": "2.3.0", "url": f"{they.url}/v3"})
    they.answers["/locations/SE/LAD/LOC1"] = None
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location(owner=CPO))
    await cpo.settle()
    assert await offers.look_due(cpo.database, cpo.clients, no_luck) == 1
    connection = await cpo.connection()
    assert connection.endpoint(Module.LOCATIONS, Interface.RECEIVER) == f"{they.url}/places"
    assert (connection.version, connection.offers) == ("2.2.1", ("2.1.1", "2.2.1", "2.3.0"))


@pytest.mark.parametrize(
    ("http", "status", "moved"),
    [
        (404, None, True),
        (410, None, True),
        (404, 3002, True),
        (404, 2000, True),
        (404, 2003, False),
        (200, 2000, False),
    ],
)
def test_what_hints_at_a_move(http: int, status: int | None, moved: bool) -> None:
    """VER-026: nothing of OCPI is there, or nothing of this version."""
    assert PartnerRefused(http, status, "no").perhaps_moved is moved
