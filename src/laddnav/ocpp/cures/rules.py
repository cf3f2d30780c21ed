"""Decisions about cures: which ill is cured by a rule now, what a cure may not disturb, and whether it helped."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from laddnav.kit.refusal import Refusal
from laddnav.ocpp.cures.model import OVER, Rule, State, Tried
from laddnav.ocpp.ills import CURES, Attention, Cure, Ill
from laddnav.ocpp.shared_ills import FOR_ALL

# A station that restarts is back by then and has told how its Evses are.
HELPS_WITHIN = timedelta(minutes=10)
# A stop that a station agreed to is told by then, with its last readings.
STOPS_WITHIN = timedelta(minutes=2)


class NotIll(Refusal):
    """This Evse has no such ill, or has it no more."""

    def __init__(self, station_id: str, ill: Ill) -> None:
        super().__init__(f"Station {station_id!r} has no {ill.value} there, or has it no more")
        self.station_id, self.ill = station_id, ill


class NoSuchCure(Refusal):
    """Nothing that a Station can be asked helps against this, or it is another thing that does."""

    def __init__(self, ill: Ill, cure: Cure | None) -> None:
        known = ", ".join(CURES[ill]) or "nothing that a Station can be asked"
        super().__init__(f"{'Nothing' if cure is None else cure.value} helps against {ill.value} here; {known} may")
        self.ill, self.cure = ill, cure


class NotForAll(NoSuchCure):
    """What is proposed against this helps one driver who stands there, and is asked of one Evse at a time."""

    def __init__(self, ill: Ill, cure: Cure) -> None:
        super().__init__(ill, cure)
        self.args = (f"{cure.value} is asked against {ill.value} one by one, for a driver who stands there",)


class CureUnderWay(Refusal):
    """This Station is being cured already."""

    def __init__(self, station_id: str) -> None:
        super().__init__(f"Station {station_id!r} is being cured already; what comes of that is seen first")
        self.station_id = station_id


class SomebodyCharges(Refusal):
    """A car charges there, and this would cut it off."""

    def __init__(self, station_id: str) -> None:
        super().__init__(f"A car charges at Station {station_id!r}, and this would cut it off")
        self.station_id = station_id


class UnknownRule(Refusal):
    """Nothing is done about this by rule."""

    def __init__(self, ill: Ill) -> None:
        super().__init__(f"Nothing is done about {ill.value} by rule")
        self.ill = ill


def chosen(ill: Ill, cure: Cure | None) -> Cure:
    """The one that was named, or that is proposed; looking at something is no cure. Raises NoSuchCure."""
    helps = [one for one in CURES[ill] if one is not Cure.SEE]
    if not helps or (cure is not None and cure not in helps):
        raise NoSuchCure(ill, cure)
    return cure or helps[0]


def chosen_for_all(ill: Ill) -> Cure:
    """What is proposed, where it may be asked of many at once. Raises NoSuchCure, NotForAll."""
    cure = chosen(ill, None)
    if cure not in FOR_ALL:
        raise NotForAll(ill, cure)
    return cure


def disturbs(cure: Cure, evse_no: int, charging: Collection[int]) -> bool:
    """Whether a car that charges would be cut off; the charge that has no end is nobody's who waits for energy.

    A reset is of the whole Station, in OCPP 1.6 without a way to wait for its charges.
    """
    if cure is Cure.RESET:
        return any(number != evse_no for number in charging)
    return cure is Cure.UNLOCK and evse_no in charging


def due(rule: Rule, found: Attention, tried: Iterable[Tried], charging: Collection[int], now: datetime) -> bool:
    """Whether the rule has this cured now. `tried` is what was done at this Station, `charging` numbers its Evses.

    Never while a car charges, never beside another cure, and not before `every` has gone by since the last.
    """
    if found.ill is not rule.ill or found.evse_no is None or now - found.since < rule.after:
        return False
    for one in tried:
        if one.state not in OVER:
            return False
        if (one.evse_no, one.ill) == (found.evse_no, found.ill) and now - one.at < rule.every:
            return False
    return not disturbs(rule.cure, found.evse_no, charging)


def gave_up_waiting(one: Tried, now: datetime) -> bool:
    return now - one.at >= (STOPS_WITHIN if one.cure is Cure.CLOSE else HELPS_WITHIN)


def judged(one: Tried, *, ill: bool, on_the_line: bool, now: datetime) -> Tried:
    """Helped, in vain, or not known yet: a Station that is away is not well, for nobody hears that it is."""
    if one.state in (State.ASKED, *OVER):
        return one
    if on_the_line and not ill:
        return replace(one, state=State.CURED, over_at=now)
    if gave_up_waiting(one, now):
        return replace(one, state=State.IN_VAIN, over_at=now)
    return one
