"""The demo's two companies, furnished on a real database."""

from laddnav.db.unit import Database
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.sim import network
from laddnav.sim.network import CARDS, OURS, STREET, THEIRS
from laddnav.tokens import actions as tokens

PASSWORDS = {site.station_id: "a-password-of-16-bytes" for site in STREET}


async def test_ten_stations_stand_at_evses_that_a_real_operator_published(database: Database) -> None:
    async with database.unit() as unit:
        await network.furnish_network(unit, PASSWORDS, seed=7)
    async with database.unit() as unit:
        stations = await locations.stations(unit, OURS)
        assert len(stations) == 10
        assert {(station.id, evse_no) for station in stations for evse_no, _ in station.evses} == {
            (plug.station_id, plug.evse_no) for plug in network.plugs()
        }
        place = await locations.fetch(unit, OURS, OURS, "2741518")
        evses = {evse.uid: evse for evse in place.evses}
        attached = dict((await locations.station(unit, "LB-GAENSFUSSALLEE-23")).evses)
        assert attached == {1: EvseRef("2741518", "8940683"), 2: EvseRef("2741518", "8940684")}
        assert evses["8940683"].status is Status.UNKNOWN and evses["8940682"].status is Status.PLANNED
        assert evses["8940683"].connectors[0].tariff_ids == ("DAY-AND-NIGHT",)
        assert evses["8940682"].connectors[0].tariff_ids == ("22132ac",)


async def test_both_companies_hand_out_the_cards_of_one_seed(database: Database) -> None:
    async with database.unit() as unit:
        await network.furnish_network(unit, PASSWORDS, seed=7)
        await network.furnish_provider(unit, seed=7)
    async with database.unit() as unit:
        kept = [*await tokens.page(unit, OURS), *await tokens.page(unit, THEIRS)]
    assert len(kept) == CARDS
    assert {token.uid for _, _, token in kept} == {card.uid for card in network.cards(7)}
    assert network.cards(7) != network.cards(8)
