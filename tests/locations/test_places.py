"""Places are kept whole, and news is told from no news."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from laddnav.db import stream
from laddnav.db.unit import Database
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.locations import rules
from laddnav.locations.model import EvseParking, Parking, Status, StatusSchedule
from laddnav.locations.rules import EvseTaken, StationExists, TwoEvsesAlike, UnknownEvse, UnknownLocation
from tests.clock import SetClock
from tests.things import LONG_AGO, THEM, US, connector, evse, location, settled


async def announced(database: Database) -> list[str]:
    async with database.unit() as unit:
        return [one.kind for one in await stream.after(unit, "")]


async def test_a_location_is_read_as_it_was_kept(database: Database) -> None:
    async with database.unit() as unit:
        assert await locations.keep(unit, US, location())
    async with database.unit() as unit:
        assert await locations.fetch(unit, US, US, "loc1") == location()
    assert await announced(database) == ["LocationChanged"]


async def test_a_location_is_one_by_its_id_in_whatever_case(database: Database) -> None:
    """LOC-037, LOC-058: and what is REMOVED there may give its printed number to another."""
    later = LONG_AGO + timedelta(days=1)
    gone = evse("EVSE1", status=Status.REMOVED, evse_id=None)
    async with database.unit() as unit:
        await locations.keep(unit, US, location())
        printed = evse("EVSE3", evse_id=evse("EVSE1").evse_id)
        await locations.keep(unit, US, location("loc1", evses=(gone, printed), last_updated=later))
    async with database.unit() as unit:
        ((_, _, only),) = await locations.page(unit, US)
    assert {one.uid: one.evse_id for one in only.evses} == {
        "EVSE1": None,
        "EVSE2": evse("EVSE2").evse_id,
        "EVSE3": evse("EVSE1").evse_id,
    }


async def test_a_schedule_changes_no_status(database: Database, clock: SetClock) -> None:
    """LOC-062: it informs; what is true is said when it is."""
    planned = StatusSchedule(begin_at=clock.now() + timedelta(hours=1), status=Status.INOPERATIVE)
    async with database.unit() as unit:
        await locations.keep(unit, US, location(evses=(evse("EVSE1", status_schedule=(planned,)),)))
    clock.advance(timedelta(hours=2))
    async with database.unit() as unit:
        kept = await locations.fetch(unit, US, US, "LOC1")
    assert [(one.status, one.status_schedule) for one in kept.evses] == [(Status.AVAILABLE, (planned,))]


async def test_the_same_location_again_changes_nothing(database: Database) -> None:
    async with database.unit() as unit:
        await locations.keep(unit, US, location())
    async with database.unit() as unit:
        assert not await locations.keep(unit, US, location(last_updated=LONG_AGO + timedelta(days=1)))
    assert await announced(database) == ["LocationChanged"]


async def test_an_evse_of_ours_that_is_gone_stays_as_removed(database: Database) -> None:
    """LOC-022: an Evse is never dropped but becomes REMOVED."""
    async with database.unit() as unit:
        await locations.keep(unit, US, location())
        await locations.keep(unit, US, location(evses=(evse("EVSE1"),)))
    async with database.unit() as unit:
        kept = await locations.fetch(unit, US, US, "LOC1")
    assert {one.uid: one.status for one in kept.evses} == {"EVSE1": Status.AVAILABLE, "EVSE2": Status.REMOVED}


async def test_a_location_of_ours_is_as_new_as_its_newest_part(database: Database) -> None:
    """LOC-003: also where a feed dates each part by itself."""
    newest = LONG_AGO + timedelta(days=1)
    one = evse("EVSE1", connectors=(connector(last_updated=newest),))
    async with database.unit() as unit:
        await locations.keep(unit, US, location(evses=(one, evse("EVSE2"))))
    async with database.unit() as unit:
        kept = await locations.fetch(unit, US, US, "LOC1")
    assert (kept.last_updated, *(one.last_updated for one in kept.evses)) == (newest, newest, LONG_AGO)


async def test_older_news_of_a_partner_is_not_news(database: Database) -> None:
    new = location(owner=THEM, name="Nya", last_updated=LONG_AGO + timedelta(hours=1))
    async with database.unit() as unit:
        await locations.keep(unit, US, new)
        assert not await locations.keep(unit, US, location(owner=THEM, name="Gamla"))
    async with database.unit() as unit:
        assert (await locations.fetch(unit, US, THEM, "LOC1")).name == "Nya"


async def test_a_new_evse_makes_its_location_as_new(database: Database) -> None:
    later = LONG_AGO + timedelta(hours=1)
    async with database.unit() as unit:
        await locations.keep(unit, US, location())
        await locations.keep_evse(unit, US, US, "LOC1", evse("EVSE3", last_updated=later))
    async with database.unit() as unit:
        kept = await locations.fetch(unit, US, US, "LOC1")
    assert [one.uid for one in kept.evses] == ["EVSE1", "EVSE2", "EVSE3"]
    assert kept.last_updated == later


async def test_a_connector_is_replaced_in_its_place(database: Database) -> None:
    async with database.unit() as unit:
        await locations.keep(unit, US, location())
        await locations.keep_connector(unit, US, US, "LOC1", "evse1", connector(tariff_ids=("T2",)))
        with pytest.raises(UnknownEvse):
            await locations.keep_connector(unit, US, US, "LOC1", "EVSE9", connector())
    async with database.unit() as unit:
        kept = await locations.fetch(unit, US, US, "LOC1")
    assert kept.evses[0].connectors[0].tariff_ids == ("T2",)
    assert kept.evses[1].connectors[0].tariff_ids == ("T1",)


async def test_a_status_is_news_only_when_it_is_another_and_not_older(database: Database) -> None:
    async with database.unit() as unit:
        await locations.keep(unit, US, location())

    async def report(status: Status, hours: int) -> bool:
        async with database.unit() as unit:
            return await locations.report_status(
                unit, US, US, "LOC1", "EVSE1", status, LONG_AGO + timedelta(hours=hours)
            )

    assert await report(Status.CHARGING, 2)
    assert not await report(Status.CHARGING, 3)
    assert not await report(Status.AVAILABLE, 1)
    async with database.unit() as unit:
        kept = await locations.fetch(unit, US, US, "LOC1")
    assert kept.evses[0].status is Status.CHARGING
    assert kept.last_updated == LONG_AGO + timedelta(hours=2)
    assert await announced(database) == ["LocationChanged", "EvseStatusChanged"]


async def test_two_evses_of_one_uid_are_refused_and_nothing_is_kept(database: Database) -> None:
    with pytest.raises(TwoEvsesAlike, match="twice"):
        async with database.unit() as unit:
            await locations.keep(unit, US, location(evses=(evse("E1"), evse("e1"))))
    async with database.unit() as unit:
        with pytest.raises(UnknownLocation):
            await locations.fetch(unit, US, US, "LOC1")


async def test_what_one_party_holds_another_does_not_see(database: Database) -> None:
    async with database.unit() as unit:
        await locations.keep(unit, US, location())
    async with database.unit() as unit:
        assert await locations.find(unit, THEM, US, "LOC1") is None
        assert list(await locations.page(unit, THEM)) == []


async def test_a_page_goes_on_where_the_last_one_ended(database: Database) -> None:
    async with database.unit() as unit:
        for number in range(5):
            await locations.keep(unit, US, location(f"L{number}", name=f"Plats {number}"))
    seen: list[str] = []
    after: str | None = None
    while True:
        async with database.unit() as unit:
            page = await locations.page(unit, US, after=after, limit=2)
        if not page:
            break
        seen += [place.id for _, _, place in page]
        after = page[-1][0]
    assert seen == ["L0", "L1", "L2", "L3", "L4"]


async def test_words_are_searched_as_they_are_written(database: Database) -> None:
    async with database.unit() as unit:
        await locations.keep(unit, US, location("A", name="100% sol"))
        await locations.keep(unit, US, location("B", name="Hamnen"))
    async with database.unit() as unit:
        assert [place.id for _, _, place in await locations.page(unit, US, words="0% s")] == ["A"]


async def test_a_station_is_attached_to_an_evse_once(database: Database) -> None:
    station = await settled(database)
    assert dict(station.evses)[1] == EvseRef("LOC1", "EVSE1")
    assert station.location_id == "LOC1"
    async with database.unit() as unit:
        await locations.add_station(unit, US, "ST2")
        with pytest.raises(EvseTaken, match="ST1"):
            await locations.attach(unit, "ST2", 1, EvseRef("LOC1", "EVSE1"))
        with pytest.raises(StationExists):
            await locations.add_station(unit, US, "ST1")
        with pytest.raises(UnknownEvse):
            await locations.attach(unit, "ST2", 1, EvseRef("LOC1", "NONE"))


async def test_a_stations_password_is_kept_as_a_hash(database: Database) -> None:
    await settled(database)
    async with database.unit() as unit:
        for _ in range(2):
            assert await locations.password_fits(unit, "ST1", "a-password-of-16-bytes")
        assert not await locations.password_fits(unit, "ST1", "another")
        assert not await locations.password_fits(unit, "NOBODY", "another")
        kept = await unit.value("select password_hash from station where id = 'ST1'")
    assert "a-password" not in kept


async def test_a_password_that_fitted_opens_nothing_once_another_took_its_place(database: Database) -> None:
    """What is known again is the password with what is kept of it, not the password, and not the station."""
    await settled(database)
    async with database.unit() as unit:
        for id in ("ST7", "ST8"):
            await locations.add_station(unit, US, id, password=f"a-password-of-{id}")
        assert await locations.password_fits(unit, "ST7", "a-password-of-ST7")
        assert not await locations.password_fits(unit, "ST8", "a-password-of-ST7")
    async with database.unit() as unit:
        await locations.provision(unit, "ST7", locations.Provisioning(password="another-of-16-bytes"))
        assert not await locations.password_fits(unit, "ST7", "a-password-of-ST7")
        assert await locations.password_fits(unit, "ST7", "another-of-16-bytes")


async def test_a_socket_that_a_newer_one_replaced_elsewhere_does_not_disconnect_the_station(database: Database) -> None:
    station = await settled(database)
    async with database.unit() as unit:
        locations.connected(unit, station, process="other", protocol="ocpp1.6")
    async with database.unit() as unit:
        locations.disconnected(unit, station, process="test")
    async with database.unit() as unit:
        assert (await locations.station(unit, "ST1")).connected_at is not None
        await locations.nobody_holds(unit, "other")
        assert (await locations.station(unit, "ST1")).connected_at is None


async def test_who_talks_over_one_socket_is_seen_every_few_seconds_and_read_every_minute(
    database: Database, clock: SetClock
) -> None:
    station = await settled(database)

    async def shown(*, anew: bool = False) -> bool:
        async with database.unit() as unit:
            talking = await locations.talking(unit, [station], anew=["ST1"] if anew else ())
            return talking["ST1"].shows_prices

    async def elsewhere(shows: bool) -> None:
        async with database.unit() as unit:
            await unit.execute("update station set shows_prices = $1", shows)

    async def seen_at() -> datetime | None:
        async with database.unit() as unit:
            return (await locations.station(unit, "ST1")).last_seen_at

    began = clock.now()
    assert not await shown() and await seen_at() == began
    await elsewhere(True)
    clock.advance(timedelta(seconds=9))
    assert not await shown() and await seen_at() == began
    clock.advance(timedelta(seconds=2))
    assert not await shown() and await seen_at() == clock.now()
    assert await shown(anew=True)
    await elsewhere(False)
    assert await shown()
    clock.advance(timedelta(seconds=61))
    assert not await shown() and await seen_at() == clock.now()
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", locations.Provisioning(shows_prices=True))
    assert await shown()
    await elsewhere(False)
    clock.advance(timedelta(seconds=1))
    async with database.unit() as unit:
        station = locations.connected(unit, station, process="test", protocol="ocpp1.6")
    assert not await shown()


async def test_an_evse_is_found_by_the_number_printed_on_it(database: Database) -> None:
    await settled(database)
    async with database.unit() as unit:
        holder, place, one = await locations.evse_named(unit, "SE*LAD*EEVSE2")
    assert (holder, place.id, one.uid) == (US, "LOC1", "EVSE2")


def test_an_evse_of_ours_is_reached_from_parking_places_that_are_there() -> None:
    """LOC-073, LOC-074, LOC-084: a partner may say what it likes; and plugs of two Evses may have one id."""
    space = Parking(id="P1", vehicle_types=("BUS",), restricted_to_type=True, reservation_required=False)
    one = evse("EVSE1", parking=(EvseParking("p1"),))
    place = location(evses=(one, evse("EVSE2")), parking_places=(space,))
    assert rules.sound(place, ours=True) == place
    assert rules.spaces_of(place, one) == ((space, None),)
    nowhere = replace(place, parking_places=())
    assert rules.sound(nowhere, ours=False) == nowhere and rules.spaces_of(nowhere, one) == ()
    with pytest.raises(rules.UnknownParking, match="p1"):
        rules.sound(nowhere, ours=True)
    with pytest.raises(rules.TwoEvsesAlike, match="P1"):
        rules.sound(replace(place, parking_places=(space, space)), ours=True)


async def test_provisioning_changes_only_what_it_says(database: Database) -> None:
    before = await settled(database)
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", locations.Provisioning(accepted=None, heartbeat_interval=60))
    async with database.unit() as unit:
        after = await locations.station(unit, "ST1")
    assert after == replace(before, accepted=None, heartbeat_interval=60)


@pytest.mark.parametrize(
    ("power_type", "power_max", "watts"),
    [
        ("AC_1_PHASE", None, 7_360),
        ("AC_2_PHASE", None, 14_720),
        ("AC_3_PHASE", None, 22_080),
        ("DC", None, 7_360),
        ("AC_3_PHASE", 11_000, 11_000),
    ],
)
def test_a_connector_gives_what_all_of_its_phases_give(power_type: str, power_max: int | None, watts: int) -> None:
    """CHP-017, CHP-026: of 230 V and 32 A each; where less is said than that, so much."""
    assert rules.capacity(connector(power_type=power_type, power_max=power_max)) == watts
