"""A promise that an Evse waits for one driver until a moment."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.sessions.model import CdrToken


class State(StrEnum):
    """How a reservation stands; all but the first two are its end."""

    ASKED = "ASKED"  # the Station has not answered
    HELD = "HELD"  # the Station keeps the Evse
    REFUSED = "REFUSED"  # the Station does not
    USED = "USED"  # the driver charges, or charged
    EXPIRED = "EXPIRED"  # nobody came
    CANCELED = "CANCELED"  # whoever asked for it, does not want it any more
    WITHDRAWN = "WITHDRAWN"  # we could not keep it


class Reservation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`number` is what the Station calls it, unique among all who ask; `id` is what whoever asked calls it.

    OCPI 2.2.1 mod_commands_reservenow_object. `wanted_until` is a later or earlier end that was asked for and is not
    answered yet. `session_id` names the Session that began with it, from when it is HELD; `request` what asked for it.
    `booked`: it keeps a promise that was made before, and costs nothing itself. `also` are further Tokens that it is
    for; the Station can be told of one alone.
    """

    holder: PartyId
    number: int
    ref: str
    asked_by: PartyId
    id: str
    state: State
    token: CdrToken
    also: tuple[CdrToken, ...] = ()
    reference: str | None = None
    location_id: str
    evse_uid: str
    station_id: str
    evse_no: int
    until: datetime
    wanted_until: datetime | None = None
    session_id: str | None = None
    request: str | None = None
    booked: bool = False
    asked_at: datetime
    last_updated: datetime

    @property
    def tokens(self) -> tuple[CdrToken, ...]:
        return (self.token, *self.also)
