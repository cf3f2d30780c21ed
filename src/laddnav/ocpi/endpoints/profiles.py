"""Charging profiles: as CPO we are asked to limit a charge, as eMSP we hear what became of it, and what limits it now.

OCPI 2.2.1 mod_charging_profiles_interfaces_and_endpoints.
"""

from __future__ import annotations

from datetime import timedelta

from laddnav.db.unit import Unit
from laddnav.kit.json import Unreadable
from laddnav.ocpi.commands import delegated, limited, profiled
from laddnav.ocpi.commands.asked import UnknownCommand, sent_command
from laddnav.ocpi.commands.taken import theirs
from laddnav.ocpi.endpoints.call import DONE, Call, Reply, Table, Within
from laddnav.ocpi.wire.profiles import ChargingProfileResponse, ProfileRequest, SetChargingProfile
from laddnav.scheduling.model import ActiveChargingProfile

DURATION_MAX = 7 * 24 * 3600  # seconds; nobody plans further, and a station has little memory


async def get(unit: Unit, call: Call) -> Reply:
    """Raises Unreadable, ForbiddenAddress."""
    response = await profiled.take_question(
        unit, call.connection, call.settings, call.segments[0], duration(call), response_url(call)
    )
    return reply(call, response)


async def put(unit: Unit, call: Call) -> Reply:
    """Raises Unreadable, ForbiddenAddress."""
    response = await profiled.take_set(unit, call.connection, call.settings, call.segments[0], wanted(call), call.body)
    return reply(call, response)


async def delete(unit: Unit, call: Call) -> Reply:
    """Raises Unreadable, ForbiddenAddress."""
    response = await profiled.take_clear(unit, call.connection, call.settings, call.segments[0], response_url(call))
    return reply(call, response)


async def result(unit: Unit, call: Call) -> Reply:
    """Raises UnknownCommand, Unreadable."""
    kind, id = call.segments
    command = await sent_command(unit, id)
    if command.connection_id != call.connection.id or command.kind != kind or kind not in set(ProfileRequest):
        raise UnknownCommand("No such request of this id was sent to this partner")
    outcome = await limited.hear_result(unit, call.connection, call.version, command, call.body, call.hearing())
    if outcome is not None and command.asked_for is not None:
        await delegated.tell_on(unit, command, command.asked_for, outcome)
    return DONE


async def update(unit: Unit, call: Call) -> Reply:
    """A CPO tells what limits one of its charges now. Raises UnknownSession, Unreadable."""
    active = call.codec(ActiveChargingProfile).decode(call.body, call.hearing())
    await limited.hear_active(unit, call.connection, call.segments[0], active)
    return DONE


def wanted(call: Call) -> SetChargingProfile:
    """Raises Unreadable, ForbiddenAddress."""
    command = call.codec(SetChargingProfile).decode(call.body, call.hearing())
    theirs(call.connection, call.settings, command.response_url)
    return command


def duration(call: Call) -> timedelta:
    """Raises Unreadable."""
    said = call.query.get("duration", "")
    if not said.isdecimal() or not 0 < int(said) <= DURATION_MAX:
        raise Unreadable(f"duration is {said[:20]!r}; it has to be a number of seconds")
    return timedelta(seconds=int(said))


def response_url(call: Call) -> str:
    """Raises Unreadable, ForbiddenAddress."""
    url = call.query.get("response_url")
    if not url:
        raise Unreadable("response_url is required")
    return theirs(call.connection, call.settings, url)


def reply(call: Call, response: ChargingProfileResponse) -> Reply:
    return Reply(data=call.codec(ChargingProfileResponse).encode(response))


SENDER: Table = {("POST", 2): Within(result), ("PUT", 1): Within(update)}
RECEIVER: Table = {("GET", 1): Within(get, acts=True), ("PUT", 1): Within(put), ("DELETE", 1): Within(delete)}
