"""A grid company's VTN, the sites that are its resources, what it asked for, and the proof of what came of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.sites.model.told import Covers


class Vtn(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`url` is where its paths begin, `token_url` None: it says so itself, or it is `auth/token` below.

    `programs`: ids of those that are listened to; empty: all that it shows us. A program can be left out, not guessed.
    """

    holder: PartyId
    ref: str
    name: str
    url: str
    token_url: str | None = None
    client_id: str
    scope: str | None = None
    ven_name: str
    programs: tuple[str, ...] = ()
    poll_seconds: int = 30
    enabled: bool = True
    changed_at: datetime
    changed_by: str


class VtnStanding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How it stands with a VTN. `skew_seconds`: by how much its clock is ahead of ours.

    `since_at`: since when it answers, or does not; `trouble` says why not. `ven_id`: what it calls us.
    """

    holder: PartyId
    ref: str
    ven_id: str | None = None
    answers: bool = False
    since_at: datetime | None = None
    heard_at: datetime | None = None
    trouble: str | None = None
    failures: int = 0
    skew_seconds: int = 0


class GridResource(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A site of ours as a VTN knows it. `name` is its resourceName, and `id` what the VTN calls it once it is told.

    `covers`: what a limit of import is for; dimming as of section 14a EnWG is for the cars alone. `full_kw`: what the
    cars may draw at level 0 of SIMPLE; None: nothing is made of levels. `prices`: plans of the site go by what the VTN
    says that energy costs, earns and carries; else that is noted.
    """

    holder: PartyId
    vtn: str  # its ref
    site_id: str
    name: str
    id: str | None = None
    covers: Covers = Covers.SITE
    full_kw: Decimal | None = None
    prices: bool = False


class SignalKind(StrEnum):
    """The payload types of an event that are understood here (OpenADR 3, event interval payloads)."""

    IMPORT_CAPACITY_LIMIT = "IMPORT_CAPACITY_LIMIT"
    EXPORT_CAPACITY_LIMIT = "EXPORT_CAPACITY_LIMIT"
    DISPATCH_SETPOINT = "DISPATCH_SETPOINT"
    SIMPLE = "SIMPLE"
    ALERT_BLACK_START = "ALERT_BLACK_START"
    PRICE = "PRICE"
    EXPORT_PRICE = "EXPORT_PRICE"
    GHG = "GHG"


class GridSignal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One payload of one interval of an event, for one site. `end_at` None: until it is taken back.

    `value` is kW of a limit, a level of SIMPLE, money or grams per kWh of the others. `priority`: the lowest number
    counts most, None least.
    """

    event_id: str
    event_name: str | None = None
    program_id: str
    interval_id: int
    kind: SignalKind
    value: Decimal
    currency: str | None = None
    begin_at: datetime
    end_at: datetime | None = None
    priority: int | None = None
    modified_at: datetime | None = None


class SignalState(StrEnum):
    """What became of a GridSignal."""

    AHEAD = "AHEAD"
    IN_FORCE = "IN_FORCE"  # it is told to the site, which is on its way
    OBEYED = "OBEYED"
    OVER = "OVER"
    WITHDRAWN = "WITHDRAWN"
    NOTED = "NOTED"  # it limits nothing here; it is kept and shown


class SignalProof(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a VTN asked of a site, and what came of it.

    `heard_at`: when we knew; `obeyed_at`: since when nothing could draw more, by what Stations acknowledged. `limit_kw`
    is what was made of it, and `covers` of what. `energy_kwh`: what came in meanwhile; `highest_kw`: the highest
    minute's mean since it was obeyed; `over_minutes`: how many of those were above it. `reported_at`: the VTN was told.
    """

    holder: PartyId
    ref: str
    vtn: str
    site_id: str
    by: str  # under which name the site was told
    signal: GridSignal
    state: SignalState
    limit_kw: Decimal | None = None
    covers: Covers | None = None
    spans: int = 0  # in how many pieces the site was told
    reports: tuple[str, ...] = ()  # payload types that the VTN wants to be told of it
    heard_at: datetime
    obeyed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    energy_kwh: Decimal | None = None
    highest_kw: Decimal | None = None
    over_minutes: int = 0
    minutes: int = 0
    reported_at: datetime | None = None


class KnownVtn(Struct, frozen=True, kw_only=True):
    """A VTN with all that is known of it but its secret."""

    holder: PartyId
    ref: str
    vtn: Vtn
    standing: VtnStanding
    resources: tuple[GridResource, ...]


class Minute(Struct, frozen=True, kw_only=True):
    """What a site drew in one minute, the mean of what its meter said; `whole` False: cars only, no meter says more."""

    at: datetime
    kw: Decimal
    whole: bool
