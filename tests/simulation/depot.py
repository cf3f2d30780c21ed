"""A seeded site in which things fail: stations that ignore, refuse or lose what they are told, meters, lines.

What control knows is only what came through; what fuses carry is what cars truly draw. Cars take what they may, taper,
come and go; the building does as it likes, up to what the site said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from laddnav.scheduling import asking, beside, committed, control
from laddnav.scheduling.beside import COUNTS_FOR, Beside
from laddnav.scheduling.outlets import NO_AMPS, Amps, Ask, Ban, Floats, Moment, Outcast, Outlet
from laddnav.scheduling.room import fuses_of, ratings_of, weaknesses
from laddnav.scheduling.site import Panel

STEP = timedelta(seconds=10)
SAMPLED_EVERY = 3  # steps, of what a Station draws
START_AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
EPSILON = 1e-6


class Window(Struct, frozen=True):
    begin_at: datetime
    end_at: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.begin_at <= at < self.end_at


class Car(Struct, kw_only=True):
    """It takes up to `amps`, less and less once only `tapers` kWh are missing, and leaves at `leaves_at`."""

    amps: float
    phases: tuple[int, ...]
    missing: float
    tapers: float
    leaves_at: datetime
    wanted_amps: float
    laxity: timedelta

    @property
    def takes(self) -> float:
        if self.missing <= 0:
            return 0.0
        return max(6.0, self.amps * min(1.0, self.missing / self.tapers)) if self.tapers else self.amps


class Message(Struct, kw_only=True):
    number: int
    ask: Ask
    arrives_at: datetime
    answer_at: datetime | None  # None: it is lost
    refuses: bool
    car: Car | None  # whose charge it is for, as far as control knows
    arrived: bool = False


class Truth(Struct, kw_only=True):
    """A Station as it is, not as it says: late by `late`, with a clock that is wrong by `wrong`."""

    outlet: Outlet
    late: timedelta
    wrong: timedelta
    offline: tuple[Window, ...] = ()
    mute: tuple[Window, ...] = ()  # its meter says nothing
    ignores: Window | None = None
    car: Car | None = None
    lease: Ask | None = None
    limits: tuple[tuple[datetime, float], ...] = ()  # what it kept to, as long as it may still be late
    stopped: bool = False  # unavailable
    messages: tuple[Message, ...] = ()
    told: int = 0
    heard_of: Car | None = None
    offline_seen_after: timedelta = timedelta()
    bans: int = 0

    def online(self, at: datetime) -> bool:
        return not any(at in one for one in self.offline)

    def ignoring(self, at: datetime) -> bool:
        return self.ignores is not None and at in self.ignores

    def keeps_to(self, at: datetime) -> float:
        if self.lease is not None and at < self.lease.until_at + self.wrong:
            return self.lease.amps
        return self.outlet.fallback_amps

    def draws(self, at: datetime) -> float:
        if self.car is None or self.stopped:
            return 0.0
        if self.ignoring(at):
            return min(self.car.takes, self.outlet.amps_max) if self.car.missing > 0 else 0.0
        may = max(amps for _, amps in self.limits)
        drawn = min(may, self.car.takes, self.outlet.amps_max)
        return drawn if drawn >= self.outlet.amps_min else 0.0


class Failed(AssertionError):
    """A breach, or a promise that was not kept."""


class Depot:
    """`control` is what decides; a test may hand in a broken one, and see that it is found out."""

    def __init__(
        self,
        seed: int,
        *,
        lasts: timedelta,
        asks: Callable[..., tuple[Ask, ...]] = asking.asks,
        shared: Callable[[Moment], Floats] = control.shared,
        outcasts: Callable[[Moment], tuple[Outcast, ...]] = committed.outcasts,
    ) -> None:
        self.dice = dice = Random(seed)
        self.at = START_AT
        self.ends_at = START_AT + lasts
        self._asks, self._shared, self._outcasts = asks, shared, outcasts
        self.reaction = timedelta(seconds=dice.choice((30, 60, 60, 90)))
        self._furnish()
        self._go_wrong(lasts)
        self.through = fuses_of(self.panels, [one.outlet for one in self.stations])
        self.ratings = ratings_of(self.panels)
        weak = weaknesses(self.panels, [one.outlet for one in self.stations], self.building_max, 1.25)
        self.weak = {(one.panel, one.phase) for one in weak}
        self.over_since: dict[tuple[int, int], datetime] = {}
        self.longest_over = timedelta()
        self.kwh = 0.0
        self.building: list[float] = [dice.uniform(0, most) for most in self.building_max]
        self.beside: Beside | None = None
        self.buildings: list[tuple[datetime, tuple[float, ...]]] = []
        self.known: list[Outlet] = [replace(one.outlet, busy=False) for one in self.stations]
        self.outcasts = 0
        self.waited = timedelta()

    # What there is ---------------------------------------------------------------------------------------------------

    def _furnish(self) -> None:
        dice = self.dice
        count = dice.randrange(2, 15)
        boards = dice.choice((0, 0, 1, 2, 3))
        fallback = dice.choice((0.0, 0.0, 6.0, 6.0, 8.0))
        wired: list[tuple[int, tuple[int, ...], float]] = []
        for number in range(count):
            phases: tuple[int, ...] = (0, 1, 2) if dice.random() < 0.6 else (number % 3 if dice.random() < 0.7 else 0,)
            wired.append(
                (dice.randrange(1, boards + 1) if boards else 0, phases, dice.choice((16.0, 32.0, 32.0, 32.0, 63.0)))
            )
        self.building_max: Amps = tuple(dice.choice((0.0, 0.0, dice.uniform(5, 60))) for _ in range(3))  # type: ignore[assignment]  # three of them
        needed = [[0.0] * 3 for _ in range(boards + 1)]
        for panel, phases, _ in wired:
            for phase in phases:
                needed[0][phase] += fallback
                if panel:
                    needed[panel][phase] += fallback
        for phase in range(3):
            needed[0][phase] += self.building_max[phase]
        # Just enough for the fallbacks, or plenty.
        spare = dice.choice((0.0, 6.0, 12.0, 40.0))
        fuses = [16.0, 20.0, 25.0, 35.0, 50.0, 63.0, 80.0, 100.0, 125.0, 160.0, 200.0, 250.0, 315.0, 400.0, 500.0]

        def fuse(amps: float) -> float:
            return next(one for one in fuses if one >= amps)

        self.panels = tuple(
            Panel(
                name=f"board {number}" if number else "connection",
                under=None if number == 0 else dice.choice((0, 0, number - 1)),
                amps_max=(fuse(max(amps) + spare),) * 3,
            )
            for number, amps in enumerate(needed)
        )
        for number in range(len(self.panels) - 1, 0, -1):  # a board that feeds others needs to feed them
            under = self.panels[number].under
            if under:
                needed[under] = [a + b for a, b in zip(needed[under], needed[number], strict=True)]
                board = self.panels[under]
                wide = fuse(max(*needed[under], board.amps_max[0]))
                self.panels = (*self.panels[:under], replace(board, amps_max=(wide,) * 3), *self.panels[under + 1 :])
        self.stations = [
            Truth(
                outlet=Outlet(
                    id=f"E{number:02}",
                    panel=panel,
                    phases=phases,
                    amps_max=amps_max,
                    fallback_amps=fallback,
                    keeps_for_newcomers=dice.random() < 0.7,
                    reaction=self.reaction,
                ),
                late=self.reaction * dice.choice((0.1, 0.6, 0.6)),
                wrong=self.reaction * dice.uniform(-0.4, 0.4),
                limits=((START_AT, fallback),),
                offline_seen_after=timedelta(seconds=dice.choice((0, 10, 60))),
            )
            for number, (panel, phases, amps_max) in enumerate(wired)
        ]
        self.unbalance_max = dice.choice((None, None, 16.0, 32.0))
        committed.accepted(self.panels, [one.outlet for one in self.stations], self.building_max)

    def _go_wrong(self, lasts: timedelta) -> None:
        dice = self.dice

        def windows(chance: float, longest: timedelta) -> tuple[Window, ...]:
            found = []
            while dice.random() < chance:
                begin_at = START_AT + lasts * dice.random()
                found.append(Window(begin_at, begin_at + longest * dice.random()))
            return tuple(found)

        self.dark = windows(0.4, timedelta(minutes=30))  # no Station has a line
        self.blind = windows(0.5, timedelta(minutes=30))  # the mains meter is silent
        self.lossy = dice.choice((0.0, 0.02, 0.2))
        for one in self.stations:
            one.offline = (*windows(0.3, timedelta(minutes=40)), *self.dark)
            one.mute = windows(0.2, timedelta(minutes=20))
        self.limited = [(one, dice.uniform(0, 60)) for one in windows(0.3, timedelta(minutes=30))]
        if dice.random() < 0.6:
            # One at a time, and one that can be seen and stopped: whom nobody can reach, nobody can take out.
            rogue = dice.choice(self.stations)
            begin_at = START_AT + lasts * dice.uniform(0, 0.8)
            rogue.ignores = Window(begin_at, begin_at + timedelta(minutes=60))
            rogue.mute = ()
            rogue.offline = tuple(one for one in rogue.offline if not _meet(one, rogue.ignores))
            self.dark = tuple(one for one in self.dark if not _meet(one, rogue.ignores))
            for one in self.stations:
                one.offline = tuple(w for w in one.offline if w in self.dark or not _meet(w, rogue.ignores))

    # A step ----------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        while self.at < self.ends_at:
            self._live()
            self._measure()
            self._judge()
            self._hear()
            self._decide()
            self.at += STEP

    def _live(self) -> None:
        """The world goes on: cars, the building, messages that arrive."""
        dice, at = self.dice, self.at
        for phase in range(3):
            if dice.random() < 0.05:
                self.building[phase] = dice.uniform(0, 1) * self.building_max[phase]
            elif dice.random() < 0.01:
                self.building[phase] = self.building_max[phase]
        for one in self.stations:
            if one.car is not None and at >= one.car.leaves_at:
                one.car = None
                if not one.outlet.keeps_for_newcomers:
                    one.lease = None
            elif one.car is None and dice.random() < 0.03:
                one.car, one.limits = self._car(one.outlet), ()
            if one.car is not None and dice.random() < 0.01:
                one.car.wanted_amps = self._wanted()  # another plan
            for message in one.messages:
                if not message.arrived and message.arrives_at <= at:
                    message.arrived = True
                    lost = not one.online(at)
                    of_this_charge = one.outlet.keeps_for_newcomers or message.car is one.car
                    if lost or not of_this_charge:
                        message.answer_at = None
                    elif not message.refuses:
                        one.lease = message.ask
            now = one.keeps_to(at)
            one.limits = (*(each for each in one.limits if each[0] + one.late >= at), (at, now))

    def _car(self, outlet: Outlet) -> Car:
        dice = self.dice
        amps = dice.choice((10.0, 16.0, 20.0, 32.0, 32.0, 63.0))
        return Car(
            amps=amps,
            phases=outlet.phases,
            missing=dice.uniform(0.5, 20),
            tapers=dice.choice((0.0, 0.0, 5.0)),
            leaves_at=self.at + timedelta(minutes=dice.uniform(3, 60)),
            wanted_amps=self._wanted(),
            laxity=timedelta(minutes=dice.randrange(-30, 120)),
        )

    def _wanted(self) -> float:
        return self.dice.choice((0.0, 6.0, 10.5, 16.0, 32.0, 32.0, 63.0, 63.0))

    def _measure(self) -> None:
        """What cars draw now, truly."""
        self.drawn = [one.draws(self.at) for one in self.stations]
        for one, amps in zip(self.stations, self.drawn, strict=True):
            if one.car is not None:
                energy = amps * len(one.outlet.phases) * 0.23 * (STEP / timedelta(hours=1))
                one.car.missing -= energy
                self.kwh += energy

    def _judge(self) -> None:
        """A breach is what docs/decisions/0021 says it is."""
        carried = self.through @ self.drawn
        carried[:3] += self.building
        relief = committed.relief(self.reaction)
        self.buildings = [(at, one) for at, one in self.buildings if self.at - at <= relief]
        self.buildings.append((self.at, tuple(self.building)))
        # What cars were allowed when the building drew least: so long may it take until they are lowered.
        rose = [self.building[phase] - min(one[phase] for _, one in self.buildings) for phase in range(3)]
        rogue = any(one.ignoring(self.at) or (one.ignores and one.draws(self.at) > 0) for one in self.stations)
        for row, amps in enumerate(carried):
            panel, phase = divmod(row, 3)
            rating = self.ratings[row]
            weak = rogue and (self.panels[panel].name, phase) in self.weak
            if amps > 1.25 * rating + EPSILON and not weak:
                raise Failed(
                    f"{self.panels[panel].name} L{phase + 1} carries {amps:.1f} A of {rating:.0f} A at {self.at}"
                )
            if amps <= rating + EPSILON:
                self.over_since.pop((panel, phase), None)
                continue
            if not rogue and amps > rating + (rose[phase] if panel == 0 else 0.0) + EPSILON:
                raise Failed(
                    f"{self.panels[panel].name} L{phase + 1} was promised {amps:.1f} A of {rating:.0f} A at {self.at}"
                )
            since_at = self.over_since.setdefault((panel, phase), self.at)
            self.longest_over = max(self.longest_over, self.at - since_at)
            if self.at - since_at > relief:
                raise Failed(
                    f"{self.panels[panel].name} L{phase + 1} is over {rating:.0f} A since {since_at}: {amps:.1f}"
                )
        for one, known, amps in zip(self.stations, self.known, self.drawn, strict=True):
            if not one.ignoring(self.at) and amps > committed.most(known, self.at, self.at) + EPSILON:
                raise Failed(f"{known.id} draws {amps} A at {self.at} and counts with less: {known}")

    def _hear(self) -> None:
        """What comes through to control."""
        at = self.at
        dark = any(at in one for one in self.dark)
        sampled = (at - START_AT) // STEP % SAMPLED_EVERY == 0
        for number, one in enumerate(self.stations):
            known = self.known[number]
            online = one.online(at)
            reachable = online or (known.reachable and one.online(at - one.offline_seen_after))
            for message in one.messages:
                if message.arrived and message.answer_at is not None and message.answer_at <= at:
                    if online and message.refuses:
                        known = replace(known, leases=committed.refused(known.leases, message.number))
                    elif online:
                        known = replace(known, leases=committed.acknowledged(known.leases, message.number, at))
                    message.answer_at = None
            one.messages = tuple(m for m in one.messages if not m.arrived or m.answer_at is not None)
            if online:
                known = self._told_of_car(one, known)
                if sampled and not any(at in window for window in one.mute):
                    amps = tuple(self.drawn[number] if phase in one.outlet.phases else 0.0 for phase in range(3))
                    known = replace(
                        known, drawn=amps, drawn_at=at, drawn_before=known.drawn, drawn_before_at=known.drawn_at
                    )
            if not known.busy and online:
                known = replace(known, drawn=NO_AMPS, drawn_at=at)  # by its own word nobody charges there
            if known.drawn_at is not None and at - known.drawn_at > COUNTS_FOR:
                known = replace(known, drawn=None, drawn_at=None)
            over_since_at = (known.over_since_at or known.drawn_at) if committed.over(known) else None
            known = replace(known, reachable=reachable, over_since_at=over_since_at)
            if known.ban is not None:
                quiet = known.drawn is not None and max(known.drawn) <= committed.TOLERANCE
                since_at = (known.ban.quiet_since_at or at) if quiet else None
                known = replace(known, ban=replace(known.ban, quiet_since_at=since_at))
                one.stopped = one.stopped or online
                if committed.may_return(known, at):
                    known, one.stopped = replace(known, ban=None), False
            self.known[number] = known
        if not dark and not any(at in one for one in self.blind):
            mains = self.through[:3] @ self.drawn + self.building
            now = beside.look((mains[0], mains[1], mains[2]), at, self.known)
            self.beside = beside.believed(self.beside, now, at, self.building_max)
        else:
            self.beside = None

    def _told_of_car(self, one: Truth, known: Outlet) -> Outlet:
        charging = one.car is not None and one.car.missing > 0
        if one.heard_of is not one.car:
            one.heard_of = one.car
            known = replace(
                known,
                busy=one.car is not None,
                since_at=self.at,
                drawn=None,
                drawn_at=None,
                drawn_before=None,
                drawn_before_at=None,
                over_since_at=None,
                leases=committed.ended(known.leases, known),
            )
        wanted = one.car.wanted_amps if one.car is not None else 0.0
        laxity = one.car.laxity if one.car is not None else timedelta()
        return replace(known, charging=charging, wanted_amps=wanted, laxity=laxity)

    def _decide(self) -> None:
        at, dice = self.at, self.dice
        self.known = [replace(one, leases=committed.pruned(one.leases, one, at)) for one in self.known]
        kw_max = min((kw for window, kw in self.limited if at in window), default=None)
        moment = Moment(
            at=at,
            panels=self.panels,
            outlets=tuple(self.known),
            building=None if self.beside is None else self.beside.amps,
            building_max=self.building_max,
            kw_max=kw_max,
            unbalance_max=self.unbalance_max,
        )
        for outcast in self._outcasts(moment):
            number = next(n for n, one in enumerate(self.known) if one.id == outcast.outlet_id)
            station = self.stations[number]
            if station.ignores is None:
                raise Failed(f"{outcast} follows, and is taken out")
            station.bans += 1
            self.outcasts += 1
            self.known[number] = replace(self.known[number], ban=Ban(since_at=at, times=station.bans))
        moment = replace(moment, outlets=tuple(self.known))
        targets = self._shared(moment)
        for ask in self._asks(moment, targets):
            number = next(n for n, one in enumerate(self.known) if one.id == ask.outlet_id)
            station, known = self.stations[number], self.known[number]
            station.told += 1
            self.known[number] = replace(known, leases=committed.asked(known.leases, ask, at, station.told))
            if dice.random() < self.lossy:
                continue  # it never gets there
            before = max((m.arrives_at for m in station.messages), default=at)
            arrives_at = max(before, at + STEP * dice.choice((0, 1, 1, 2, 6)))
            answer_at = None if dice.random() < self.lossy else arrives_at + STEP * dice.choice((0, 0, 1, 4))
            refuses = dice.random() < self.lossy / 4
            message = Message(
                number=station.told,
                ask=ask,
                arrives_at=arrives_at,
                answer_at=answer_at,
                refuses=refuses,
                car=station.heard_of,
            )
            station.messages = (*station.messages, message)
        self.known = [control.after(one, float(amps), at) for one, amps in zip(self.known, targets, strict=True)]
        waits = [at - one.waits_since_at for one in self.known if one.waits_since_at is not None and one.reachable]
        self.waited = max([self.waited, *waits])


def _meet(one: Window, other: Window) -> bool:
    return one.begin_at < other.end_at + timedelta(minutes=15) and other.begin_at < one.end_at + timedelta(minutes=15)


def run(seed: int, lasts: timedelta, **how: Callable[..., object]) -> Depot:
    depot = Depot(seed, lasts=lasts, **how)  # type: ignore[arg-type]  # what a test breaks
    try:
        depot.run()
    except Failed as failed:
        raise Failed(f"seed {seed}: {failed}") from failed
    return depot


def breaches(seeds: Sequence[int], lasts: timedelta, **how: Callable[..., object]) -> list[str]:
    """What went wrong in which of them."""
    found = []
    for seed in seeds:
        try:
            run(seed, lasts, **how)
        except Failed as failed:
            found.append(str(failed))
    return found
