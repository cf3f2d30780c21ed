"""What Stations report is kept thing by thing, looked up by whoever wants to know, and answered."""

from __future__ import annotations

from collections.abc import Sequence

from laddnav.db.unit import Unit
from laddnav.kit.refusal import Refusal
from laddnav.locations.model import Station
from laddnav.ocpp import store, streams, vat_numbers
from laddnav.ocpp.model import Outcome, StationReport
from laddnav.ocpp.store import reports as kept
from laddnav.ocpp.wire.answers import Noted
from laddnav.ocpp.wire.reports import (
    Part,
    Reported,
    ReservationGone,
    Topic,
    UpdateGiven,
    UpdatePulled,
    VatNumberAsked,
    VatNumberJudged,
)
from laddnav.reservations import actions as reservations


class UnknownReport(Refusal):
    """The Station has told nothing of that kind."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Nothing was told of {key!r}")
        self.key = key


async def tell(unit: Unit, station: Station, reported: Reported) -> Outcome:
    if reported.topic is Topic.STREAMED:
        await streams.hear(unit, station, reported.things)
    keep(unit, station, reported)
    if reported.part is not None:
        await _hear_part(unit, station, reported.topic, reported.part)
    return Outcome(Noted())


async def _hear_part(unit: Unit, station: Station, topic: Topic, told: Part) -> None:
    """What a report that is whole does not name is not there any more."""
    if await store.listings.hear_part(unit, station, topic, told.number, told.part, last=not told.more):
        report = await store.listings.report(unit, station, topic)
        assert report is not None, "it was just found"
        kept.forget_unnamed(unit, station.holder, station.id, topic, report.asked_at)


def keep(unit: Unit, station: Station, reported: Reported) -> None:
    if reported.awaited is not None:
        store.listings.asked(unit, station, reported.topic, reported.awaited)
    for key in reported.gone:
        kept.take_back(unit, station.holder, station.id, reported.topic, key)
    for thing in reported.things:
        kept.keep(unit, station.holder, station.id, reported.topic, thing)
    if reported.whole:
        kept.forget_unnamed(unit, station.holder, station.id, reported.topic, unit.now)


async def reservation_gone(unit: Unit, station: Station, gone: ReservationGone) -> Outcome:
    """H01.FR.16, H01.FR.17: what was promised is over here, too. One that nobody knows is over already."""
    one = await reservations.numbered(unit, station.holder, gone.number)
    if one is None or one.station_id != station.id:
        return Outcome(Noted())
    await reservations.given_up_by_station(unit, station.holder, gone.number, removed=gone.removed)
    return Outcome(Noted(), one.session_id)


async def pull_update(unit: Unit, station: Station, pulled: UpdatePulled) -> Outcome:
    """K28.FR.07, K28.FR.12."""
    key = str(pulled.profile_no)
    found = await kept.one(unit, station.holder, station.id, Topic.DYNAMIC_PROFILE, key)
    return Outcome(UpdateGiven(values=None if found is None else found.document))


async def judge_vat_number(unit: Unit, station: Station, asked: VatNumberAsked) -> Outcome:
    """C18.FR.09, C18.FR.10."""
    judged = vat_numbers.well_formed(asked.number)
    return Outcome(VatNumberJudged(number=asked.number, evse_no=asked.evse_no, well_formed=judged))


# Reads ---------------------------------------------------------------------------------------------------------------


async def page(
    unit: Unit, station: Station, topic: Topic | None, after: tuple[str, str] = ("", ""), limit: int = 100
) -> Sequence[StationReport]:
    return await kept.of_station(unit, station.holder, station.id, topic, after, limit)


async def customer_information(unit: Unit, station: Station, request_no: int) -> tuple[str, bool]:
    """(what the Station has said of a customer, whether that is all); N09: in parts, in whatever order they came.

    Raises UnknownReport.
    """
    topic = Topic.CUSTOMER_INFORMATION
    parts = await kept.below(unit, station.holder, station.id, topic, str(request_no))
    if not parts:
        raise UnknownReport(str(request_no))
    numbers = [int(str(part.document["seqNo"])) for part in parts]
    whole = numbers == list(range(len(parts))) and not parts[-1].document["tbc"]
    return "".join(str(part.document["data"]) for part in parts), whole
