"""Which verb carries out what a Station tells of itself, where that needs a Unit of its own and nobody is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from laddnav.ocpp import needs, reports, variables
from laddnav.ocpp.model import Outcome
from laddnav.ocpp.security import noticing
from laddnav.ocpp.tasks import going_on
from laddnav.ocpp.wire.events import StationEvent
from laddnav.ocpp.wire.reports import NeedsTold, Reported, ReservationGone, ScheduleTold, UpdatePulled, VatNumberAsked
from laddnav.ocpp.wire.security import SecurityNoticed
from laddnav.ocpp.wire.upkeep import FirmwareTold, LogTold
from laddnav.ocpp.wire.variables import VariablesReported

HEARD: Mapping[type[StationEvent], Callable[..., Awaitable[Outcome]]] = {
    NeedsTold: needs.tell,
    Reported: reports.tell,
    ScheduleTold: needs.judge_schedule,
    ReservationGone: reports.reservation_gone,
    SecurityNoticed: noticing.hear,
    UpdatePulled: reports.pull_update,
    VariablesReported: variables.tell,
    VatNumberAsked: reports.judge_vat_number,
    FirmwareTold: going_on.told,
    LogTold: going_on.told,
}
