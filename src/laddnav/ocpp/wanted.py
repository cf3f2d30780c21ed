"""What a Station is wanted to do, written down once; whoever holds its socket says it when its turn comes."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.seal import Seal
from laddnav.ocpp import rules, store
from laddnav.ocpp.model import StationCall
from laddnav.sessions.events import Limiting

# What `action` says of a call that is not verbatim.
START, STOP = "StartCharge", "StopCharge"
KEEP, FREE = "KeepEvse", "FreeEvse"
UNLOCK = "Unlock"
LIMITS = {one: f"Limits {one}" for one in Limiting}
STORY = "ReportCharge"
REPORT = "ReportVariables"
MONITORS = "ReportMonitors"
ADJUST = "AdjustStream"
TASK = "Task"
CURE = "Cure"
CLOSE = "CloseStation"

# How long a station may take, on a clock on the wall; mobile networks are slow (OCPP-J 1.6 §4.1.1).
PATIENCE = timedelta(seconds=30)


class About(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a call is about, where that is no Session: kept in its body. `attempt`: how often it was refused before."""

    attempt: int = 0
    number: int = 0
    evse_no: int = 0
    seconds: int = 0
    charge: str = ""
    text: str = ""


NOTHING = About()


def about(call: StationCall) -> About:
    return json.decode(call.body, About)


def write_down(
    unit: Unit,
    holder: PartyId,
    station_id: str,
    action: str,
    *asks: str,
    about: Struct = NOTHING,
    session_id: str | None = None,
    request: str | None = None,
    seal: Seal | None = None,
) -> StationCall:
    """`asks` make the same request the same row, so that a Station is asked once; a `seal` keeps its body a secret."""
    body = json.encode(about).decode()
    call = StationCall(
        holder=holder,
        id=rules.stable_id(action, *asks),
        station_id=station_id,
        action=action,
        body=body if seal is None else seal.sealed(body),
        session_id=session_id,
        request=request,
        asked_at=unit.now,
        expires_at=unit.now + unit.clock.wall(PATIENCE),
    )
    store.calls.ask(unit, call)
    return call
