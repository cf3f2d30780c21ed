"""How unclear text is read: each question is a switch, and a set of answers is a named policy.

The default answers are ours, with the reason in `docs/reference/pricing-readings.md`. A preset answers as another
implementation does, so that its totals can be understood; the last two switches are plain mistakes of partners.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from laddnav.kit.refusal import Refusal


class Step(StrEnum):
    """Where `step_size` rounds."""

    ONCE = "ONCE"  # the session's total of the dimension, with step and price of its last priced component
    PER_PERIOD = "PER_PERIOD"


class StepVolume(StrEnum):
    """Which volume is rounded."""

    PRICED = "PRICED"
    ALL = "ALL"


class StepTime(StrEnum):
    """Which of TIME and PARKING_TIME takes their one rounding."""

    PARKING = "PARKING"  # parking, if any of it is priced
    LAST = "LAST"


class StepReservation(StrEnum):
    """Whether reservation and charging time are rounded apart."""

    OWN = "OWN"
    SHARED = "SHARED"


class Flats(StrEnum):
    """How often FLAT components are due."""

    PER_PHASE = "PER_PHASE"  # one a session, and one for its reservation
    PER_ELEMENT = "PER_ELEMENT"
    ONE = "ONE"


class DurationFrom(StrEnum):
    """Where `min_duration` and `max_duration` count parking from."""

    START = "START"
    PARKING = "PARKING"


class Extent(StrEnum):
    """How power and current inside a period are held against the limits."""

    PEAK_AND_TROUGH = "PEAK_AND_TROUGH"  # the peak against the minimum, the trough against the maximum
    WHOLE = "WHOLE"  # the whole period must lie inside


class Missing(StrEnum):
    """What a restriction on power or current does where nobody said them."""

    MATCHES = "MATCHES"
    FAILS = "FAILS"


class WindowDay(StrEnum):
    """Which weekday a time window over midnight belongs to."""

    MOMENT = "MOMENT"
    START = "START"


class EqualWindow(StrEnum):
    """What `start_time` = `end_time` means."""

    WHOLE_DAY = "WHOLE_DAY"
    NEVER = "NEVER"


class Crossing(StrEnum):
    """What a CDR's period costs that lies across a border of the price."""

    AT_START = "AT_START"
    PRO_RATA = "PRO_RATA"


class Volume(StrEnum):
    """What counts where a period's TIME and its timestamps differ."""

    WRITTEN = "WRITTEN"
    TIMESTAMPS = "TIMESTAMPS"


class UnwrittenTime(StrEnum):
    """What a period without a TIME dimension costs where TIME has a price."""

    NOTHING = "NOTHING"
    TIMESTAMPS = "TIMESTAMPS"


class LimitSides(StrEnum):
    """How a price limit that names both sides is held."""

    EACH = "EACH"
    EXCLUSIVE = "EXCLUSIVE"  # the side before taxes decides both


class LimitTax(StrEnum):
    """What a limit before taxes only does to the total after taxes."""

    PROPORTIONAL = "PROPORTIONAL"
    UNTOUCHED = "UNTOUCHED"


class LimitScope(StrEnum):
    """What a price limit is held against."""

    CDR = "CDR"
    SESSION = "SESSION"  # not the reservation


class Partials(StrEnum):
    """What a limit does to the partial totals."""

    UNCHANGED = "UNCHANGED"
    SPREAD = "SPREAD"


class MissingVat(StrEnum):
    """What a component without `vat` says."""

    NO_TAX = "NO_TAX"
    UNKNOWN = "UNKNOWN"


class WithoutVat(StrEnum):
    """What `tax_included` YES without `vat` makes of the amount before taxes."""

    UNKNOWN = "UNKNOWN"
    SAME = "SAME"


class NotApplicable(StrEnum):
    """What `tax_included` N/A makes of a component's `vat`."""

    WINS = "WINS"
    APPLIES = "APPLIES"  # the vat does


class LocalTime(StrEnum):
    """Whose clock the restrictions read."""

    LOCATION = "LOCATION"
    UTC = "UTC"


class Pause(StrEnum):
    """What time is in which the charging point paused the charging."""

    CHARGING = "CHARGING"
    PARKING = "PARKING"


class Untold(StrEnum):
    """Which tariff a period has that names none, in a CDR whose other periods name theirs."""

    NONE = "NONE"
    FIRST = "FIRST"


class Edited(StrEnum):
    """Which version of a tariff prices a session that was under way when the operator changed it."""

    AT_START = "AT_START"
    NEWEST = "NEWEST"


class Rounding(StrEnum):
    """When money is rounded, where it is asked to be rounded at all."""

    END = "END"
    PER_COMPONENT = "PER_COMPONENT"


class Expired(StrEnum):
    """How a CDR says that its reservation expired."""

    ONLY_RESERVED = "ONLY_RESERVED"  # it has nothing but RESERVATION_TIME
    TOLD = "TOLD"  # by whoever asks for the price


class NoZone(StrEnum):
    """What happens where neither the CDR nor the asker knows the Location's time zone and the tariff needs it."""

    REFUSE = "REFUSE"
    COUNTRY = "COUNTRY"  # the zone of the country, with a flag; refused where the country has several
    UTC = "UTC"


class Policy(Struct, frozen=True, kw_only=True, cache_hash=True):
    """One answer to each question; see the enumerations for what they ask."""

    name: str = "laddnav"
    step: Step = Step.ONCE
    step_volume: StepVolume = StepVolume.PRICED
    step_time: StepTime = StepTime.PARKING
    step_reservation: StepReservation = StepReservation.OWN
    flats: Flats = Flats.PER_PHASE
    duration_from: DurationFrom = DurationFrom.START
    extent: Extent = Extent.PEAK_AND_TROUGH
    missing: Missing = Missing.MATCHES
    window_day: WindowDay = WindowDay.MOMENT
    equal_window: EqualWindow = EqualWindow.WHOLE_DAY
    crossing: Crossing = Crossing.AT_START
    volume: Volume = Volume.WRITTEN
    unwritten_time: UnwrittenTime = UnwrittenTime.NOTHING
    limit_sides: LimitSides = LimitSides.EACH
    limit_tax: LimitTax = LimitTax.PROPORTIONAL
    limit_scope: LimitScope = LimitScope.CDR
    partials: Partials = Partials.UNCHANGED
    missing_vat: MissingVat = MissingVat.NO_TAX
    without_vat: WithoutVat = WithoutVat.UNKNOWN
    not_applicable: NotApplicable = NotApplicable.WINS
    local_time: LocalTime = LocalTime.LOCATION
    pause: Pause = Pause.CHARGING
    untold: Untold = Untold.NONE
    edited: Edited = Edited.AT_START
    rounding: Rounding = Rounding.END
    expired: Expired = Expired.ONLY_RESERVED
    no_zone: NoZone = NoZone.COUNTRY
    # Mistakes that no reading of the text allows, kept to recognise them in a partner's CDR.
    without_limits: bool = False
    reservation_leaks: bool = False  # Elements for reservations price charging too


OURS = Policy()

PRESETS = MappingProxyType(
    {
        policy.name: policy
        for policy in (
            OURS,
            Policy(name="tandemdrive", step_volume=StepVolume.ALL),
            Policy(name="ocpi-kit", missing=Missing.FAILS, flats=Flats.ONE),
            Policy(name="ocpi-3", step=Step.PER_PERIOD, crossing=Crossing.PRO_RATA),
        )
    }
)


class UnknownPolicy(Refusal):
    """No policy has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no pricing policy {name!r}; there are {', '.join(PRESETS)}")
        self.name = name


def policy_named(name: str) -> Policy:
    """Raises UnknownPolicy, naming those that there are."""
    try:
        return PRESETS[name]
    except KeyError:
        raise UnknownPolicy(name) from None
