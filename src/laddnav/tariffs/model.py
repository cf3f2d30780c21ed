"""What is promised to a driver: Tariff > Element > PriceComponent and Restriction, in OCPI's sense and our units."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.power import Power


class TariffDimension(StrEnum):
    """OCPI 2.2.1 mod_tariffs_tariffdimensiontype_enum."""

    ENERGY = "ENERGY"
    FLAT = "FLAT"
    PARKING_TIME = "PARKING_TIME"
    TIME = "TIME"


class TaxIncluded(StrEnum):
    """Whether a Tariff's prices hold their taxes (OCPI 2.3.0 mod_tariffs_taxincluded_enum).

    A Tariff of 2.2.1 says nothing and means NO. UNSAID is 2.1.1: prices before taxes, no word for what is added.
    """

    YES = "YES"
    NO = "NO"
    NOT_APPLICABLE = "N/A"
    UNSAID = "UNSAID"


class TariffType(StrEnum):
    """Whom a Tariff is for; one without a type is for everybody (OCPI 2.2.1 mod_tariffs_tariff_type)."""

    AD_HOC_PAYMENT = "AD_HOC_PAYMENT"
    PROFILE_CHEAP = "PROFILE_CHEAP"
    PROFILE_FAST = "PROFILE_FAST"
    PROFILE_GREEN = "PROFILE_GREEN"
    REGULAR = "REGULAR"


class Weekday(StrEnum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


# Kept without the fields that say nothing: every running charge carries its Tariff and is rewritten with each reading,
# and what is longer than 2 kB PostgreSQL first compresses.


class PriceComponent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`price` of a kWh for ENERGY, of an hour for TIME and PARKING_TIME, once for FLAT. `step_size` in Wh or s.

    Whether `price` holds its taxes is for the Tariff to say (`tax_included`). `vat` is a percentage; None means that no
    tax is named, not that there is none (docs/reference/pricing-readings.md).
    """

    type: TariffDimension
    price: Decimal
    vat: Decimal | None = None
    step_size: int


class Restriction(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When an Element applies: all that is given must hold. Minimum inclusive, maximum exclusive, local time."""

    start_time: time | None = None
    end_time: time | None = None
    start_date: date | None = None
    end_date: date | None = None
    energy_min: Energy | None = None
    energy_max: Energy | None = None
    current_min: Decimal | None = None  # amperes
    current_max: Decimal | None = None  # amperes
    power_min: Power | None = None
    power_max: Power | None = None
    duration_min: timedelta | None = None
    duration_max: timedelta | None = None
    weekdays: tuple[Weekday, ...] = ()
    reservation: str | None = None  # RESERVATION or RESERVATION_EXPIRES: the Element speaks of reservations only
    booking: str | None = None  # of OCPI's bookings: the Element never prices a charge or a reservation


class Element(Struct, frozen=True, kw_only=True, omit_defaults=True):
    components: tuple[PriceComponent, ...]
    restriction: Restriction = Restriction()


class TariffText(Struct, frozen=True):
    language: str
    text: str


class Limit(Struct, frozen=True):
    """A bound of the whole price; `incl` None where only the side before taxes is given."""

    excl: Decimal
    incl: Decimal | None = None


class Tariff(Struct, frozen=True, kw_only=True, omit_defaults=True, cache_hash=True):
    """`owner` is the CPO. Elements are tried in order; for each dimension the first that applies and names it wins.

    Its hash is kept, because a Tariff that was made ready for pricing is found by it for every charge.
    """

    owner: PartyId
    id: str
    currency: str
    type: str | None = None
    elements: tuple[Element, ...]
    texts: tuple[TariffText, ...] = ()
    url: str | None = None
    price_min: Limit | None = None
    price_max: Limit | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    tax_included: TaxIncluded | None = None
    preauthorize_amount: Decimal | None = None  # what a payment terminal reserves first (OCPI 2.3.0 payments)
    is_green_energy: bool | None = None
    last_updated: datetime
