"""What a meter said, what that makes of a session's time, and what is left in doubt."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.notes import Note
from laddnav.kit.power import Power


class Measurand(StrEnum):
    """What a meter can say, in OCPP's words; a word that is not here is kept as it came (OCPP 1.6 §7.31)."""

    CURRENT_EXPORT = "Current.Export"
    CURRENT_IMPORT = "Current.Import"
    CURRENT_OFFERED = "Current.Offered"
    ENERGY_EXPORT_REGISTER = "Energy.Active.Export.Register"
    ENERGY_IMPORT_REGISTER = "Energy.Active.Import.Register"
    ENERGY_EXPORT_INTERVAL = "Energy.Active.Export.Interval"
    ENERGY_IMPORT_INTERVAL = "Energy.Active.Import.Interval"
    ENERGY_REACTIVE_EXPORT_REGISTER = "Energy.Reactive.Export.Register"
    ENERGY_REACTIVE_IMPORT_REGISTER = "Energy.Reactive.Import.Register"
    ENERGY_REACTIVE_EXPORT_INTERVAL = "Energy.Reactive.Export.Interval"
    ENERGY_REACTIVE_IMPORT_INTERVAL = "Energy.Reactive.Import.Interval"
    FREQUENCY = "Frequency"
    POWER_EXPORT = "Power.Active.Export"
    POWER_IMPORT = "Power.Active.Import"
    POWER_OFFERED = "Power.Offered"
    POWER_FACTOR = "Power.Factor"
    POWER_REACTIVE_EXPORT = "Power.Reactive.Export"
    POWER_REACTIVE_IMPORT = "Power.Reactive.Import"
    FAN_SPEED = "RPM"
    STATE_OF_CHARGE = "SoC"
    TEMPERATURE = "Temperature"
    VOLTAGE = "Voltage"


# As bare text and looked up once: each reading of each charge is compared with it.
_REGISTER = Measurand.ENERGY_IMPORT_REGISTER.value
_RETURNED = Measurand.ENERGY_EXPORT_REGISTER.value


class Reading(Struct, frozen=True, kw_only=True):
    """One register at one instant, as the meter said it. `value` in Wh, W, A, V or percent, whatever unit it came in.

    `phase` None is the sum of all phases. `context` and `location` are OCPP's words, its defaults filled in.
    `signed` is the signed record exactly as it came.
    """

    at: datetime
    measurand: str
    value: Decimal
    phase: str | None = None
    context: str = "Sample.Periodic"
    location: str = "Outlet"
    signed: str | None = None

    @property
    def register(self) -> Energy | None:
        """The total imported through the outlet, if this reading says that; only this and `returned` are billed."""
        if self.measurand != _REGISTER or self.phase is not None or self.location != "Outlet":
            return None
        return Energy(self.value)

    @property
    def returned(self) -> Energy | None:
        """The total that cars gave back through the outlet, if this reading says that."""
        if self.measurand != _RETURNED or self.phase is not None or self.location != "Outlet":
            return None
        return Energy(self.value)


class Activity(StrEnum):
    """What an Evse does for a driver; who paused decides whether time is charging or parking time."""

    RESERVED = "RESERVED"  # it waits for the driver
    CHARGING = "CHARGING"
    SUSPENDED_EV = "SUSPENDED_EV"
    SUSPENDED_EVSE = "SUSPENDED_EVSE"


class Mark(Struct, frozen=True, kw_only=True):
    """From this instant on the session does this."""

    at: datetime
    activity: Activity


class Exchanged(Struct, frozen=True, kw_only=True):
    """From this instant on another meter counts; what the old one said last and the new one first, if known."""

    at: datetime
    before: Energy | None = None
    after: Energy | None = None


Fact = Reading | Mark | Exchanged


class Stretch(Struct, frozen=True, kw_only=True):
    """A piece of a session in which the activity is one and the energy is known.

    `energy` is negative where more was fed back than charged. `interpolated` where energy at one of the ends was not
    read but drawn as a straight line between readings. `current` is the mean current in amperes, summed over the
    phases; None where nobody said it.
    """

    started_at: datetime
    ended_at: datetime
    energy: Energy
    activity: Activity = Activity.CHARGING
    interpolated: bool = False
    current: Decimal | None = None

    @property
    def length(self) -> timedelta:
        return self.ended_at - self.started_at


class DoubtKind(StrEnum):
    """What can be doubtful about a session; a doubt is shown to a person and never turned into money by itself."""

    BACKWARD_REGISTER = "BACKWARD_REGISTER"  # lower than before: not used
    ROLLOVER = "ROLLOVER"  # lower than before, as a meter is that counted to its end and on: used if its end is known
    METER_EXCHANGED = "METER_EXCHANGED"  # another meter counts: used if that is known, and not only guessed
    JUMP = "JUMP"  # more than any EVSE can give since the register before: used only when the next one confirms it
    POWER_IMPLAUSIBLE = "POWER_IMPLAUSIBLE"  # more than this EVSE can give: as a JUMP
    GAP = "GAP"  # energy flowed, but for long nobody said when
    NO_READINGS = "NO_READINGS"  # only start and stop are known
    LATE_READING = "LATE_READING"  # older than what is already folded
    REGISTER_BEFORE_START = "REGISTER_BEFORE_START"
    READING_AFTER_STOP = "READING_AFTER_STOP"
    START_UNKNOWN = "START_UNKNOWN"  # no register at the start: energy before the first reading is not billed
    STOP_UNKNOWN = "STOP_UNKNOWN"  # no register at the stop: energy after the last reading is not billed
    STOP_LOST = "STOP_LOST"  # no stop at all: closed from here with what was known
    START_DISAGREES = "START_DISAGREES"  # the sample of the start says another register than the start
    STOP_DISAGREES = "STOP_DISAGREES"
    STOP_WITHOUT_START = "STOP_WITHOUT_START"
    UNKNOWN_EVSE = "UNKNOWN_EVSE"  # a charge at a number of the Station behind which no Evse of ours stands
    OVERLAP = "OVERLAP"  # two sessions at one Evse at the same time
    CLOCK_OFF = "CLOCK_OFF"  # the station's times cannot all be true
    UNPROVED = "UNPROVED"  # a signed record that failed its check: nothing is billed before somebody has decided
    IMPOSSIBLE = "IMPOSSIBLE"  # no charge lasts so long or takes so much: held as well
    SIGNED_OTHERWISE = "SIGNED_OTHERWISE"  # the meter signed another amount than would be billed: held as well


class Doubt(Struct, frozen=True, kw_only=True):
    """One thing that is not as it should be; `energy` is by how much the register moved more than was billed for it."""

    kind: DoubtKind
    at: datetime
    note: Note
    energy: Energy = NO_ENERGY

    @property
    def detail(self) -> str:
        """In English, and no longer than it can be found by: a station's own words may stand in it."""
        return self.note.text[:500]


class Dimension(Struct, frozen=True, gc=False):
    """How much was counted: ENERGY in kWh, every kind of TIME in hours, currents in A, powers in kW.

    OCPI 2.2.1 mod_cdrs_cdrdimensiontype_enum.
    """

    type: str
    volume: Decimal


class ChargingPeriod(Struct, frozen=True, kw_only=True, gc=False):
    """A stretch in which nothing priced changes; it ends where the next begins, or with the session.

    OCPI 2.2.1 mod_cdrs_chargingperiod_class.
    """

    started_at: datetime
    dimensions: tuple[Dimension, ...]
    tariff_id: str | None = None

    def volume(self, *types: str) -> Decimal:
        """Of these dimensions, added."""
        return sum((one.volume for one in self.dimensions if one.type in types), Decimal(0))


class Held(Struct, frozen=True):
    """A register that implies more power than there can be, and waits for the next one to confirm it."""

    at: datetime
    register: Energy


class Fallen(Struct, frozen=True):
    """The newest of the registers that are lower than the last that counted, and what they are taken for."""

    at: datetime
    register: Energy
    kind: DoubtKind


class Drawn(Struct, frozen=True, array_like=True):
    """Amperes said at a number of instants, the last of them `at`, where `phases` were said; `total` of all of them."""

    at: datetime
    phases: tuple[str, ...]
    instants: int
    total: Decimal


class Meter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the fold over a session's facts remembers between two of them; kept with the session as JSON.

    Everything up to `read_at` has become stretches. `activity` holds then, and has `since`; `marks` are those after it,
    which wait for the next register, and so do the currents in `drawn`, one Drawn between two marks. `amperes` is what
    the last stretch of charging drew, where that is known. `readings` counts the registers between start and stop.
    `power_max` is what the Evse can give; None takes the most that any can. `full` is where the register begins again
    at nought, where that is known. `moved` is by how much it moved without energy, as its meter rolled over or was
    exchanged; `anew`: it was exchanged, and the new one has said nothing yet. `returned` is the newest register of what
    cars gave back, said at `returned_at`; `giving` of it waits for the next register, and `given` has become stretches.
    """

    started_at: datetime
    first: Energy | None
    register: Energy | None
    read_at: datetime
    activity: Activity
    since: datetime
    marks: tuple[Mark, ...] = ()
    held: Held | None = None
    fallen: Fallen | None = None
    readings: int = 0
    power_max: Power | None = None
    drawn: tuple[Drawn, ...] = ()
    amperes: Decimal | None = None
    full: Energy | None = None
    moved: Energy = NO_ENERGY
    anew: bool = False
    returned: Energy | None = None
    returned_at: datetime | None = None
    giving: Energy = NO_ENERGY
    given: Energy = NO_ENERGY

    @property
    def counted(self) -> Energy | None:
        """From the first register to the last, whatever these say; None: no register is known."""
        if self.first is None or self.register is None:
            return None
        return self.register - self.first - self.moved - self.given


class Measured(Struct, frozen=True, kw_only=True):
    """What one more fact, or all of them, made of a session."""

    meter: Meter
    stretches: tuple[Stretch, ...] = ()
    doubts: tuple[Doubt, ...] = ()
