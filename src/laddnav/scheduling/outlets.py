"""A site as its control sees it from second to second: what each Evse was told, may draw, draws, and should have.

Amperes are per phase of the mains, in floats; phases are 0, 1 and 2.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from laddnav.kit.notes import Note
from laddnav.scheduling.site import Panel

Floats = NDArray[np.float64]
Amps = tuple[float, float, float]  # of L1, L2 and L3 of the mains
NO_AMPS: Amps = (0.0, 0.0, 0.0)


class Lease(Struct, frozen=True, kw_only=True):
    """So many amperes at most until then, as a Station was asked; afterwards it keeps to its fallback by itself.

    Below zero: it is to give back so much, which nobody else is promised anything on the strength of. `phases`: it was
    told to draw them from so many; None: nobody told it. `number` grows with each that is asked of the Evse.
    `acknowledged_at` None: it has not answered, and may follow it or not. `replaced_at`: when it acknowledged a newer
    one, after which this one counts no longer than it takes to follow.
    """

    number: int
    amps: float
    asked_at: datetime
    until_at: datetime
    phases: int | None = None
    acknowledged_at: datetime | None = None
    replaced_at: datetime | None = None


class Ban(Struct, frozen=True, kw_only=True):
    """A Station that did not follow is out since then, for the `times`-th time; it may come back, or not by itself."""

    since_at: datetime
    times: int = 1
    quiet_since_at: datetime | None = None  # since when it has drawn no more than its fallback without a break


class Outlet(Struct, frozen=True, kw_only=True):
    """An Evse that a site feeds. It draws the same amperes from each of `phases`, `amps_min` at least or nothing.

    What it can do: `phases` are all that it is wired to, or fewer where its car is known to use fewer; `amps_max` is
    what its hardware can draw, whoever limits it; `fallback_amps` what it draws at most when nobody tells it, a new
    charge among them; not `fallback_known`, it may be all that it can. `keeps_for_newcomers`: what it was told holds
    for whoever charges there; otherwise it ends with the charge, and the next one begins with the fallback. `reaction`
    is the longest that it and its car take to follow, the error of its clock included. `discharge_amps_max` is the most
    that it and the car that is there can give back.

    How it stands: `reachable`: it can be asked now. `leases` as `committed.asked` and its neighbours keep them. `drawn`
    as measured, below zero what comes back, None: it does not say. `drawn_at`: when; `drawn_before`: what it said
    before that. `busy`: a charge is there, `since_at`: since when that one is, or nobody. `over_since_at`: since when
    it draws, or gives back, more than it may, without a break (`committed.out_of_hand`). `ban`: it is taken out.

    What is wanted: `charging`: a car is there that would take something. `wanted_amps`: what the plan gives it now;
    `ceiling_amps`: what others limit it to. `gives_amps`: what the plan has it give back now instead. `priority`:
    higher goes first. `laxity`: how long it could wait and still be ready, below zero when it is late already.
    `on_since_at`: since when it has had its minimum or more,
    `waits_since_at`: since when it has wanted it in vain, `paused`: after having had it (`control.after` keeps
    these).
    """

    id: str
    panel: int
    phases: tuple[int, ...]
    amps_max: float
    amps_min: float = 6.0
    fallback_amps: float = 6.0
    fallback_known: bool = True
    keeps_for_newcomers: bool = False
    reaction: timedelta = timedelta(seconds=60)
    discharge_amps_max: float = 0.0

    reachable: bool = True
    leases: tuple[Lease, ...] = ()
    drawn: Amps | None = None
    drawn_at: datetime | None = None
    drawn_before: Amps | None = None
    drawn_before_at: datetime | None = None
    busy: bool = True
    since_at: datetime | None = None
    over_since_at: datetime | None = None
    ban: Ban | None = None

    charging: bool = False
    wanted_amps: float = 0.0
    gives_amps: float = 0.0
    ceiling_amps: float | None = None
    priority: int = 0
    laxity: timedelta = timedelta()
    on_since_at: datetime | None = None
    waits_since_at: datetime | None = None
    paused: bool = False


class Moment(Struct, frozen=True, kw_only=True):
    """All that control has to know at `at`. Panels as in a Site: the first is the connection, each after its feeder.

    `building`: what is drawn at the connection beside the cars, as measured (`beside`), a battery that charges among
    it; None: the meter is silent, and `building_max`, the most that the site says it ever draws, counts. `kw_max`: what
    the grid allows now from the connection, `cars_kw_max` what it allows the cars, `export_kw_max` what it lets go out,
    above the safety of fuses: fallbacks are not held against them. `given_kw`: what roof and battery give now, which
    makes room within `kw_max` and nowhere else. `given_most`: amperes that they give by phase, or may in a moment;
    None: nobody can say, and no car gives back beside them. `surely_kw`: what the building draws at the least, which
    lets so much more be given back within `export_kw_max`. `unbalance_max`: amperes between the highest and the lowest
    phase of the connection. `overload`: how many times their rating the fuses carry for an hour; room is kept so that
    one Station that follows nothing stays within that; None: no room is kept for such a one.
    """

    at: datetime
    panels: tuple[Panel, ...]
    outlets: tuple[Outlet, ...]
    building: Amps | None = None
    building_max: Amps = NO_AMPS
    kw_max: float | None = None
    cars_kw_max: float | None = None
    export_kw_max: float | None = None
    given_kw: float = 0.0
    given_most: Amps | None = NO_AMPS
    surely_kw: float = 0.0
    unbalance_max: float | None = None
    volts: float = 230.0
    overload: float | None = 1.25  # IEC 60269-1: the conventional non-fusing current of a gG fuse


class Ask(Struct, frozen=True, kw_only=True):
    """What a Station is to be asked now: at most so many amperes until then, and its fallback after that.

    Below zero it is to give back so much.
    `phases`: from so many of them its car draws, or may, as far as anybody has seen.
    """

    outlet_id: str
    amps: float
    until_at: datetime
    phases: int | None = None


class Outcast(Struct, frozen=True, kw_only=True):
    """A Station to take out: unavailable first, then its charge is stopped; `why` says what it did."""

    outlet_id: str
    why: Note
