"""What stations report of themselves and of what hangs on them, in words for every version of OCPP."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct

from laddnav.scheduling.model import ChargingProfile


class Topic(StrEnum):
    """What a report is about. Things of a topic are told apart by a key, and the newest word of each counts."""

    BATTERY_SWAP = "BATTERY_SWAP"
    CHARGING_LIMIT = "CHARGING_LIMIT"
    CHARGING_NEEDS = "CHARGING_NEEDS"
    CHARGING_PROFILE = "CHARGING_PROFILE"
    CHARGING_SCHEDULE = "CHARGING_SCHEDULE"
    CUSTOMER_INFORMATION = "CUSTOMER_INFORMATION"
    DER_ALARM = "DER_ALARM"
    DER_CONTROL = "DER_CONTROL"
    DER_STATE = "DER_STATE"
    DISPLAY_MESSAGE = "DISPLAY_MESSAGE"
    DYNAMIC_PROFILE = "DYNAMIC_PROFILE"
    EVENT_STREAM = "EVENT_STREAM"
    MONITOR = "MONITOR"  # what is monitored, by its number; below it, what it alerts of
    PRIORITY_CHARGING = "PRIORITY_CHARGING"
    SETTLEMENT = "SETTLEMENT"
    STREAMED = "STREAMED"
    UNPLUGGED = "UNPLUGGED"


class Thing(Struct, frozen=True):
    """One of a topic; `document` is what was said of it, in the station's own words."""

    key: str
    document: dict[str, Any]


class Part(Struct, frozen=True, kw_only=True):
    """Of the report of this number, the first being 0; `more` are to come."""

    number: int
    part: int
    more: bool


class Reported(Struct, frozen=True, kw_only=True):
    """These are so now, and what is `gone` is not there any more: a key, or what stands before a slash in several.

    `whole`: nothing else of the topic is there. `awaited` is the number under which all of it will be told: what no
    `part` of that report names is not there any more.
    """

    topic: Topic
    things: tuple[Thing, ...] = ()
    gone: tuple[str, ...] = ()
    whole: bool = False
    part: Part | None = None
    awaited: int | None = None


class BatteryTold(Struct, frozen=True, kw_only=True):
    """How full it is, and how full the car means to have it, in percent of so many Wh."""

    capacity: Decimal
    percent: Decimal
    percent_wanted: Decimal


class NeedsTold(Struct, frozen=True, kw_only=True):
    """What a car at an Evse needs, to be answered with how the charge may go on.

    `energy` is what it still wants, in Wh; `periods_max` how many a schedule may have that it can read. `both_ways`: it
    and its station have agreed that it may give back, `gives_back_max` watts at most; None: they do not say how many.
    `energy_least` in Wh from now on: it gives back no further, below nought of what it has.
    """

    evse_no: int
    report: Reported
    departs_at: datetime | None = None
    energy: Decimal | None = None
    battery: BatteryTold | None = None
    periods_max: int | None = None
    both_ways: bool = False
    gives_back_max: Decimal | None = None
    energy_least: Decimal | None = None


class NeedsJudged(StrEnum):
    """To NeedsTold. ACCEPTED: a profile follows. PROCESSING: and then another, as it is planned anew.

    NO_PROFILE: nothing of ours limits this car.
    """

    ACCEPTED = "ACCEPTED"
    PROCESSING = "PROCESSING"
    NO_PROFILE = "NO_PROFILE"


class ScheduleTold(Struct, frozen=True, kw_only=True):
    """How a car at an Evse means to charge, to be held against what it may."""

    evse_no: int
    meant: ChargingProfile
    report: Reported


class ScheduleJudged(StrEnum):
    """To ScheduleTold. REJECTED: it is beyond our limits, and a profile follows."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


class VatNumberAsked(Struct, frozen=True, kw_only=True):
    """Whether a driver who pays on the spot may have this VAT number on the receipt."""

    number: str
    evse_no: int | None


class VatNumberJudged(Struct, frozen=True, kw_only=True):
    """To VatNumberAsked; `well_formed` says no more than that a number of that country looks like this."""

    number: str
    evse_no: int | None
    well_formed: bool


class UpdatePulled(Struct, frozen=True, kw_only=True):
    """What a dynamic profile of ours says now (OCPP 2.1 K28)."""

    profile_no: int


class UpdateGiven(Struct, frozen=True, kw_only=True):
    """To UpdatePulled; None: there is no such profile."""

    values: dict[str, Any] | None


class ReservationGone(Struct, frozen=True, kw_only=True):
    """The station keeps nothing any more under this number; `removed`: it could not, and nobody was late."""

    number: int
    removed: bool


ReportEvent = Reported | NeedsTold | ScheduleTold | VatNumberAsked | UpdatePulled | ReservationGone
ReportAnswer = NeedsJudged | ScheduleJudged | VatNumberJudged | UpdateGiven
