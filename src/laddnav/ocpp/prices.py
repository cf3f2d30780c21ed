"""What drivers see of prices at a Station: what charging will cost, what a charge costs so far, and in the end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.locations.model import Station
from laddnav.metering.model import Activity
from laddnav.ocpp import store
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.wanted import About, about, write_down
from laddnav.ocpp.wire.answers import TokenJudged
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.prices import Rates, ShowCost, ShowFinalCost, ShowPrice
from laddnav.ocpp.wire.requests import Request, Verdict
from laddnav.pricing.model import Choice, Tab
from laddnav.pricing.plain.explain import explained
from laddnav.pricing.plain.rates import of_one, taxes_included
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.actions.grounds import place
from laddnav.sessions.model import Session, Status
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Allowed, Authorization

COST, FINAL, PRICE = "ShowCost", "ShowFinalCost", "ShowPrice"
# Each message is paid for by whoever pays for the station's mobile data (I02, remarks).
OFTEN = timedelta(minutes=1)


# Before a charge ------------------------------------------------------------------------------------------------------


async def foretold(unit: Unit, station: Station, uid: str, given: Authorization, judged: TokenJudged) -> TokenJudged:
    """I01.FR.01, I01.FR.02: with what charging costs this driver here, for a Station that shows it."""
    if not station.shows_prices or given.allowed is not Allowed.ALLOWED:
        return judged
    tariff = await _only_tariff(unit, station, given)
    if tariff is None:
        return judged
    text = in_words(tariff, given)
    write_down(unit, station.holder, station.id, PRICE, unit.new_id(), about=About(charge=uid, text=text))
    return replace(judged, message=text)


async def _only_tariff(unit: Unit, station: Station, given: Authorization) -> Tariff | None:
    """None where Evses of the Station have different ones: a wrong price is worse than none."""
    party = None if given.token is None else given.token.owner
    contract = None if given.token is None else given.token.contract_id
    grounds = [
        await place(unit, station, no, where, None, unit.now, party, contract=contract) for no, where in station.evses
    ]
    tariffs = {ground.tariff for ground in grounds}
    return tariffs.pop() if len(tariffs) == 1 else None


def in_words(tariff: Tariff, given: Authorization) -> str:
    """The operator's own words in the driver's language, or else what the Tariff comes to."""
    language = (given.token.language if given.token is not None else None) or "en"
    texts = {text.language: text.text for text in tariff.texts}
    return texts.get(language) or explained(taxes_included(tariff), language)


# While it goes on, and at its end -------------------------------------------------------------------------------------


def paid(session: Session) -> Decimal | None:
    """What the driver pays, taxes included as far as anybody knows them; None: nobody knows, or nobody pays."""
    if session.cost is None or not session.allowed:
        return None
    with_taxes = session.cost.after_taxes
    return session.cost.before_taxes if with_taxes is None else with_taxes


def total(session: Session | None, *, over: bool) -> Decimal | None:
    """I03.FR.02: what it costs when it is over, as soon as that is known; before, what it costs so far."""
    if session is None or (over and session.status not in (Status.SETTLING, Status.COMPLETED)):
        return None
    return paid(session)


def moved(unit: Unit, measured: Iterable[Measurement]) -> None:
    """I02.FR.01: whoever shows costs is told of what moved, once a minute at most."""
    minute = int(unit.now.timestamp() // OFTEN.total_seconds())
    for one in measured:
        if one.session_id and one.station.shows_prices:
            asks = (one.session_id, str(minute))
            write_down(unit, one.station.holder, one.station.id, COST, *asks, session_id=one.session_id)


def ended(unit: Unit, station: Station, session_id: str) -> None:
    if session_id and station.shows_prices:
        write_down(unit, station.holder, station.id, FINAL, session_id, session_id=session_id)


def rates(session: Session) -> Rates:
    """What is paid for now: by the components that priced the last stretch."""
    tab = session.tab
    if tab is None or not tab.stints:
        return Rates()
    now = tab.stints[-1]
    return Rates(per_kwh=_rate(tab, now.energy_by), per_hour=_rate(tab, now.time_by), flat=_rate(tab, tab.flat))


def _rate(tab: Tab, by: Choice | None) -> Decimal | None:
    if by is None:
        return None
    tariff = tab.tariffs[by.tariff]
    amount = of_one(tariff, tariff.elements[by.element].components[by.component])
    return amount.excl if amount.incl is None else amount.incl


async def _say_cost(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    session, charge = (
        await _session(unit, call),
        await store.charges.of_session(unit, call.holder, call.session_id or ""),
    )
    cost = None if session is None else paid(session)
    if session is None or charge is None or charge.stopped or cost is None or ShowCost not in dialect.asks:
        return Verdict.REJECTED
    stints = () if session.tab is None else session.tab.stints
    return ShowCost(
        charge=charge.name,
        cost=cost,
        at=session.last_updated,
        register=(session.meter_started or Decimal(0)) + session.energy.wh,
        charging=not stints or stints[-1].activity is Activity.CHARGING,
        rates=rates(session),
    )


async def _say_final(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    session, charge = (
        await _session(unit, call),
        await store.charges.of_session(unit, call.holder, call.session_id or ""),
    )
    cost = total(session, over=True)
    if charge is None or cost is None or ShowFinalCost not in dialect.asks:
        return Verdict.REJECTED
    return ShowFinalCost(charge=charge.name, cost=cost)


async def _say_price(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    """A version whose verdict on a card can carry the price has told it there."""
    if ShowPrice not in dialect.asks:
        return Verdict.REJECTED
    told = about(call)
    return ShowPrice(uid=told.charge, text=told.text)


async def _shown(unit: Unit, call: StationCall, answered: Answered) -> None:
    """Whatever became of it is in the log; the next one tells the cost anew."""


async def _session(unit: Unit, call: StationCall) -> Session | None:
    return await sessions.find(unit, call.holder, call.holder, call.session_id or "")


ERRANDS = {
    COST: Errand(_say_cost, _shown),
    FINAL: Errand(_say_final, _shown),
    PRICE: Errand(_say_price, _shown),
}
