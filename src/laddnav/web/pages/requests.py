"""What a station can be asked in its version: each request as a form made from the official schema, and its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from starlette.responses import Response

from laddnav.kit import json
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import calls, rules
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.wire import forms
from laddnav.ocpp.wire.dialect import Unsayable
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.forms import Field, NoForm
from laddnav.ocpp.wire.secrets import masked
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages import places
from laddnav.web.pages.request_names import REQUESTS, WRONG

# What the texts of OCPP say of these, whatever message they stand in.
_SECONDS = (
    *("delay", "duration", "dynUpdateInterval", "hysteresisDelay", "interval", "maxOfflineDuration", "messageTimeout"),
    *("randomDelay", "randomizedDelay", "responseTime", "retryInterval", "startPeriod"),
)
_LIMITS = tuple(f"{name}{phase}" for name in ("limit", "dischargeLimit", "setpoint") for phase in ("", "_L2", "_L3"))
UNITS = {
    **dict.fromkeys(_SECONDS, "s"),
    **dict.fromkeys((*_LIMITS, "minChargingRate"), "A / W"),
    **dict.fromkeys(("highVoltage", "lowVoltage", "vRef"), "V"),
    **dict.fromkeys(("highFreq", "lowFreq", "overFreq", "underFreq", "frequency"), "Hz"),
    "priceKwh": "/ kWh",
    "priceMinute": "/ min",
    "tax": "%",
    "power": "W",
}
# Numbers that we give, by which the station tells later what it was asked.
NUMBERED = ("requestId", "remoteStartId")
EVSES = ("evseId", "connectorId")


class Group(Struct, frozen=True, kw_only=True):
    title: str
    actions: tuple[tuple[str, str], ...]


class Answer(Struct, frozen=True, kw_only=True):
    """What the Station said to a call; `problem` where it said nothing."""

    request: str
    result: str | None = None
    error: str | None = None
    problem: str | None = None
    accepted: bool = True


async def list_all(asked: Asked) -> Response:
    station, _ = await _station(asked)
    return asked.page(
        "requests.html",
        path=f"/stations/{station.id}/requests",
        station=station,
        groups=[] if station.protocol is None else list(_groups(asked, forms.askable(DIALECTS[station.protocol]))),
    )


def _groups(asked: Asked, askable: tuple[str, ...]) -> Iterator[Group]:
    """By what they are about, those that are asked often by a name that says what for."""
    left = set(askable)
    for title, named in REQUESTS.items():
        here = tuple((action, asked.say(name)) for action, name in named.items() if action in left)
        left -= {action for action, _ in here}
        if here:
            yield Group(title=asked.say(title), actions=here)
    if left:
        yield Group(title=asked.say("Other"), actions=tuple((action, "") for action in sorted(left)))


async def one(asked: Asked) -> Response:
    """With the answer to what was just asked, as soon as it is there: the page waits for it."""
    station, zone = await _station(asked)
    form = _form(station, asked.part("action"))
    call = await _asked_just_now(asked, station)
    if call is None:
        return _page(asked, station, zone, form, _begun(asked, form))
    payload = json.decode(call.body.encode(), dict[str, Any])
    # What was secret in it is typed anew: nobody sends a password that is only dots.
    said = dict(forms.spelt(form, payload, zone)) if masked(payload) == payload else _begun(asked, form)
    return _page(asked, station, zone, form, said, answer=await _answer(asked, call, payload))


async def ask(asked: Asked) -> Response:
    """`turn` adds to the form, or takes away from it; without one it is sent."""
    station, zone = await _station(asked)
    action = asked.part("action")
    form = _form(station, action)
    said = asked.form
    turn, _, path = asked.said("turn").partition(":")
    if turn in ("add", "drop"):
        return _page(asked, station, zone, form, forms.turned(form, said, path, 1 if turn == "add" else -1))
    filled = forms.filled(form, said, zone)
    wrong = {path: asked.say(WRONG[one]) for path, one in filled.wrong.items()}
    if wrong:
        return _page(asked, station, zone, form, said, wrong=wrong)
    try:
        call = await calls.put(asked.console.database, station.id, action, filled.payload)
    except Unsayable as unsayable:
        wrong = {forms.field_of(one): one.message for one in unsayable.problems}
        return _page(asked, station, zone, form, said, wrong=wrong)
    async with asked.unit() as unit:
        people.note(unit, asked.visitor.name, "ask station", f"station {station.id}", action)
    return asked.done(f"/stations/{station.id}/requests/{action}?call={call.id}#answer")


async def _station(asked: Asked) -> tuple[Station, str]:
    """(the Station, the zone in which its clocks are read)."""
    async with asked.unit() as unit:
        station = await locations.station(unit, asked.part("id"))
        around = await places.locations_of(unit, [station])
    zone = next((location.time_zone for _, location in around.values()), None)
    return station, zone or asked.zone


def _form(station: Station, action: str) -> Field:
    """Raises NoForm; before it has connected, nobody knows what it can be asked."""
    if station.protocol is None:
        raise NoForm(action)
    return forms.asked_by(DIALECTS[station.protocol], action)


def _begun(asked: Asked, form: Field) -> dict[str, str]:
    number = str(rules.number_named(asked.console.database.clock.new_id()))
    return {field.name: number for field in form.fields if field.name in NUMBERED}


async def _asked_just_now(asked: Asked, station: Station) -> StationCall | None:
    id = asked.query("call")
    if id is None:
        return None
    async with asked.unit() as unit:
        call = await calls.asked(unit, station, id)
    return call if call is not None and call.action == asked.part("action") else None


async def _answer(asked: Asked, call: StationCall, payload: dict[str, Any]) -> Answer:
    request = json.encode(masked(payload)).decode()
    try:
        replied = await calls.answer_to(asked.console.database, call)
    except rules.NoAnswer:
        return Answer(request=request, problem=asked.say("The station did not answer in time."), accepted=False)
    if replied.code is not None:
        return Answer(request=request, error=f"{replied.code} {replied.description or ''}".strip(), accepted=False)
    result = masked(replied.result or {})
    accepted = str(result.get("status", "Accepted")) in ("Accepted", "Scheduled", "RebootRequired", "Unlocked")
    return Answer(request=request, result=json.encode(result).decode(), accepted=accepted)


def _page(
    asked: Asked,
    station: Station,
    zone: str,
    form: Field,
    said: Mapping[str, str],
    *,
    wrong: Mapping[str, str] | None = None,
    answer: Answer | None = None,
) -> Response:
    action = asked.part("action")
    return asked.page(
        "request.html",
        path=f"/stations/{station.id}/requests/{action}",
        station=station,
        action=action,
        title=next((asked.say(named[action]) for named in REQUESTS.values() if named.get(action)), action),
        form=form,
        said=said,
        wrong=wrong or {},
        answer=answer,
        clocks_of=zone,
        evses=[number for number, _ in station.evses],
        units=UNITS,
        evse_fields=EVSES,
        forms=forms,
    )


DOORS: tuple[Door, ...] = (
    see("/stations/{id}/requests", list_all, Role.OPERATOR),
    see("/stations/{id}/requests/{action}", one, Role.OPERATOR),
    do("/stations/{id}/requests/{action}", ask),
)
