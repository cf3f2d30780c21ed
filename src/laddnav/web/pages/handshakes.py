"""How handshakes with a partner went, step by step, while they go on and afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from types import MappingProxyType

from msgspec import Struct
from starlette.responses import Response

from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.renewing import STRANDED_AFTER
from laddnav.ocpi.model import Deed, HandshakeStep, Stage
from laddnav.web import advice
from laddnav.web.asked import Asked, Door, see
from laddnav.web.words import N_

LISTED = 10  # handshakes
DEEDS: Mapping[Deed, str] = MappingProxyType(
    {
        Deed.REGISTER: N_("We register with them"),
        Deed.ACCEPT: N_("They register with us, or renew"),
        Deed.RENEW: N_("We renew the tokens"),
    }
)
STAGES: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.VERSIONS: N_("Fetch their versions"),
        Stage.CHOICE: N_("Choose the version"),
        Stage.DETAILS: N_("Fetch its details: their modules"),
        Stage.CREDENTIALS: N_("Send our credentials"),
        Stage.TOKEN: N_("Take their token"),
        Stage.DEMANDS: N_("Check what they demand"),
        Stage.PULLS: N_("Begin to fetch their lists"),
    }
)
# What is still to come, where it is known.
REGISTERING = (Stage.VERSIONS, Stage.CHOICE, Stage.DETAILS, Stage.CREDENTIALS, Stage.TOKEN, Stage.PULLS)


class Handshake(Struct, frozen=True, kw_only=True):
    """`state` is under way, done, failed or broken off."""

    deed: Deed
    state: str
    steps: tuple[HandshakeStep, ...]
    to_come: tuple[Stage, ...]


def told(steps: Iterable[HandshakeStep], now: datetime) -> list[Handshake]:
    """The newest first, as they are kept."""
    return [_handshake(tuple(each), now) for _, each in groupby(steps, lambda one: one.handshake)]


def latest(steps: Iterable[HandshakeStep], now: datetime) -> Handshake | None:
    return next(iter(told(steps, now)), None)


def _handshake(steps: tuple[HandshakeStep, ...], now: datetime) -> Handshake:
    deed, last = steps[0].deed, steps[-1]
    if last.trouble is not None:
        state = "failed"
    elif last.ended_at is not None and last.stage is Stage.PULLS:
        state = "done"
    else:
        state = "under way" if now - last.began_at < STRANDED_AFTER else "broken off"
    goes_on = state == "under way" and deed is Deed.REGISTER
    begun = {one.stage for one in steps}
    return Handshake(
        deed=deed,
        state=state,
        steps=steps,
        to_come=tuple(one for one in REGISTERING if one not in begun) if goes_on else (),
    )


async def show(asked: Asked) -> Response:
    ref = asked.part("ref")
    async with asked.unit() as unit:
        connection = await partners.fetch(unit, ref)
        known = told(await partners.handshakes(unit, connection, LISTED), unit.now)
    failed = (one for each in known for one in each.steps)
    return asked.page(
        "handshakes.html",
        partner=connection,
        handshakes=known,
        deeds=DEEDS,
        stages=STAGES,
        advice={(one.handshake, one.number): asked.say(said) for one in failed if (said := advice.of_step(one))},
    )


DOORS: tuple[Door, ...] = (see("/partners/{ref}/handshakes", show),)
