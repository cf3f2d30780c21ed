"""A meter with the key that it signs with, and what the signed records of a charge came to."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.notes import Note
from laddnav.metering.signed.containers import Sent
from laddnav.metering.signed.model import Format, Register, Verdict


class KeySource(StrEnum):
    """Why a key is trusted: somebody read it off the meter or its papers, or took over what the Station sent.

    FIRST_USE: it was the first that a Station sent for this meter, and nobody has confirmed it yet.
    """

    METER = "METER"
    STATION = "STATION"
    FIRST_USE = "FIRST_USE"


class Meter(Struct, frozen=True, kw_only=True):
    """`station_id` and `evse_no` None: it is in store, or was taken out. `public_key` None: it signs nothing.

    `digits` is how many its register has for whole kWh, after which it begins again at nought.
    """

    holder: PartyId
    ref: str
    serial: str
    public_key: str | None
    key_source: KeySource
    digits: int | None = None
    station_id: str | None = None
    evse_no: int | None = None
    type_approval: str | None = None
    calibrated_on: date | None = None
    calibration_ends: date | None = None
    registered_at: datetime
    registered_by: str


class MeterExchange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From an instant on another meter counts at an Evse; what the old one said last and the new first, if known."""

    holder: PartyId
    station_id: str
    evse_no: int
    at: datetime
    before: Energy | None = None
    after: Energy | None = None
    why: str
    noted_at: datetime
    noted_by: str


class Calibration(StrEnum):
    """Whether a meter may still be billed from, by its papers."""

    GOOD = "GOOD"
    ENDING = "ENDING"
    OVER = "OVER"
    UNKNOWN = "UNKNOWN"  # nobody said until when


class Claim(Struct, frozen=True, kw_only=True):
    """A key that a Station sent with a record of this meter, and nobody has registered."""

    holder: PartyId
    serial: str
    public_key: str
    station_id: str
    evse_no: int
    claimed_at: datetime


class Standing(StrEnum):
    """Whether a charge may be billed from what its meter signed."""

    PROVED = "PROVED"
    HELD = "HELD"  # nobody is billed until somebody has decided
    ACCEPTED = "ACCEPTED"  # a person decided that it is billed as it was metered
    REJECTED = "REJECTED"  # a person decided that it is not billed


class Proof(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`records` as they were sent, in the order of the charge; `public_key` is the registered one that they were
    verified with. `reasons` is all that speaks against billing from them, in English, and `notes` the same as kinds
    with their values; what was judged before there were kinds has none."""

    holder: PartyId
    session_id: str
    ref: str
    standing: Standing
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    station_id: str
    meter: str | None = None
    public_key: str | None = None
    format: Format | None = None
    records: tuple[Sent, ...]
    registers: tuple[Register, ...] = ()
    judged_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    note: str | None = None

    @property
    def against(self) -> tuple[Note | str, ...]:
        """`reasons`, to be worded for their reader as far as they can be."""
        return self.notes or self.reasons

    @property
    def bills(self) -> bool:
        return self.standing in (Standing.PROVED, Standing.ACCEPTED)
