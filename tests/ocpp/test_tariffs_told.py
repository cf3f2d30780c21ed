"""Stations of OCPP 2.1 that count money are told our Tariffs; what they cannot be told is said."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from laddnav.db.unit import Database
from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp.rules import NotInItsVersion
from laddnav.ocpp.tariff_routes import TariffTold, tell_tariff
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.prices import SetTariff
from laddnav.ocpp.wire.v2_1.tariff import lost
from laddnav.people.model import Role, Visitor
from laddnav.sessions.rules import UnknownSession
from laddnav.tariffs.model import Element, Limit, Restriction, TariffDimension, TariffText, Weekday
from tests.clock import SetClock
from tests.ocpp.numbered import metered, numbered
from tests.ocpp.stations import all_sessions
from tests.ocpp.test_prices import AT_1, CARD
from tests.things import US, component, tariff

BY_DAY = Restriction(
    start_time=time(8),
    end_time=time(20, 30),
    start_date=date(2026, 1, 1),
    weekdays=(Weekday.MONDAY, Weekday.SUNDAY),
    energy_max=kwh(20),
    power_min=kw(11),
    current_min=Decimal(6),
    duration_max=timedelta(hours=2),
)
WHOLE = tariff(
    elements=(
        Element(components=(component(TariffDimension.ENERGY, "2.00"),), restriction=BY_DAY),
        Element(
            components=(
                component(TariffDimension.ENERGY, "3.00"),
                component(TariffDimension.TIME, "6.00"),
                component(TariffDimension.PARKING_TIME, "12.00"),
                component(TariffDimension.FLAT, "5.00"),
            )
        ),
        Element(
            components=(component(TariffDimension.TIME, "3.00"), component(TariffDimension.FLAT, "1.00")),
            restriction=Restriction(reservation="RESERVATION"),
        ),
    ),
    texts=(TariffText("sv", "Två kronor"),),
    price_min=Limit(Decimal(10)),
    price_max=Limit(Decimal(100), Decimal(125)),
    starts_at=datetime(2026, 1, 1, tzinfo=UTC),
)
VAT = [{"type": "VAT", "tax": Decimal(25)}]


def test_a_tariff_is_spelt_with_every_condition_that_both_sides_know() -> None:
    """I07.FR.17 I07.FR.18."""
    said = DIALECTS["ocpp2.1"].ask("1", SetTariff(evse_no=0, tariff=WHOLE)).payload
    assert said["evseId"] == 0
    told = said["tariff"]
    conditions = {
        "startTimeOfDay": "08:00",
        "endTimeOfDay": "20:30",
        "dayOfWeek": ["Monday", "Sunday"],
        "validFromDate": "2026-01-01",
        "maxEnergy": 20000,
        "minPower": 11000,
        "minCurrent": 6,
        "maxTime": 7200,
    }
    assert told["energy"] == {"prices": [{"priceKwh": 2, "conditions": conditions}, {"priceKwh": 3}], "taxRates": VAT}
    assert told["chargingTime"] == {"prices": [{"priceMinute": Decimal("0.1")}], "taxRates": VAT}
    assert told["idleTime"] == {"prices": [{"priceMinute": Decimal("0.2")}], "taxRates": VAT}
    assert told["fixedFee"] == {"prices": [{"priceFixed": 5}], "taxRates": VAT}
    assert told["reservationTime"] == {"prices": [{"priceMinute": Decimal("0.05")}], "taxRates": VAT}
    assert told["reservationFixed"] == {"prices": [{"priceFixed": 1}], "taxRates": VAT}
    assert (told["minCost"], told["maxCost"]) == ({"exclTax": 10}, {"exclTax": 100, "inclTax": 125})
    assert told["description"] == [{"format": "UTF8", "language": "sv", "content": "Två kronor"}]
    assert told["validFrom"] == "2026-01-01T00:00:00Z"
    assert lost(WHOLE) == ()


def test_what_cannot_be_told_is_said() -> None:
    expires = Restriction(reservation="RESERVATION_EXPIRES")
    odd = tariff(
        ends_at=datetime(2027, 1, 1, tzinfo=UTC),
        type="REGULAR",
        elements=(
            Element(
                components=(component(TariffDimension.FLAT, "5.00"), component(TariffDimension.TIME, "1.00")),
                restriction=Restriction(energy_min=kwh(1)),
            ),
            Element(components=(component(TariffDimension.TIME, "6.00", vat="6", step_size=60),)),
            Element(components=(component(TariffDimension.FLAT, "5.00"),), restriction=expires),
        ),
    )
    assert lost(odd) == (
        "ends_at",
        "type",
        "FLAT energy_min",
        "TIME price of an hour that is none of a minute",
        "TIME vat that differs",
        "TIME step_size",
        "FLAT for RESERVATION_EXPIRES",
    )
    DIALECTS["ocpp2.1"].ask("1", SetTariff(evse_no=1, tariff=odd))


async def test_a_station_and_a_charge_are_told_a_tariff(url: str, database: Database, clock: SetClock) -> None:
    """I07.FR.10, I11.FR.06: whoever speaks another version cannot be told; another's charge is none of its business."""
    operator = Visitor(id="1", name="test", holder=US, role=Role.OPERATOR, language="en")
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(on_connect="none"))
    async with numbered(url, "ocpp2.1") as station:
        taken = await tell_tariff(database, operator, "ST1", TariffTold(tariff="T1", evse_no=1))
        assert (taken.answer.result, taken.lost) == ({"status": "Accepted"}, ())
        await station.tell("Started", clock.now(), **CARD, **AT_1, meter_value=metered(clock.now(), 0))
        (session,) = await all_sessions(database)
        await tell_tariff(database, operator, "ST1", TariffTold(tariff="T1", session=session.ref))
        assert dict(station.asked)["ChangeTransactionTariff"]["transaction_id"] == "T-1"
        with pytest.raises(UnknownSession):
            await tell_tariff(database, operator, "ST1", TariffTold(tariff="T1", session="nobody's"))
    async with numbered(url, "ocpp2.0.1"):
        with pytest.raises(NotInItsVersion):
            await tell_tariff(database, operator, "ST1", TariffTold(tariff="T1"))
