"""What a price should not be read without: kept as data, said as a sentence by `remarks`."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Flag(StrEnum):
    """Each is one reading of unclear text that mattered for this price, or one thing that its input left open."""

    PERIOD_CROSSES_BORDER = "period-crosses-border"  # priced as at its start, though another price began within
    VOLUME_AGAINST_TIMESTAMPS = "volume-against-timestamps"  # as written, though the clock says otherwise
    TIME_NOT_WRITTEN = "time-not-written"  # time has a price, but the period has no TIME dimension: free
    PERIODS_OUT_OF_ORDER = "periods-out-of-order"  # read in order of time
    PERIOD_WITHOUT_TARIFF = "period-without-tariff"
    UNKNOWN_TARIFF = "unknown-tariff"  # a tariff_id that names none: free, unless one tariff was asked for all periods
    TARIFF_NOT_IN_FORCE = "tariff-not-in-force"  # the session began outside its validity
    TAXES_MAY_BE_ADDED = "taxes-may-be-added"  # prices without taxes, and none is named
    AFTER_TAXES_UNKNOWN = "after-taxes-unknown"
    BEFORE_TAXES_UNKNOWN = "before-taxes-unknown"
    VAT_NOT_APPLICABLE = "vat-not-applicable"  # a vat under tax_included N/A was not applied
    PARTS_DO_NOT_ADD_UP = "parts-do-not-add-up"  # a limit changed the total, and the parts stayed
    POWER_UNKNOWN = "power-unknown"  # a restriction asks for power or current, and nobody said it
    ZONE_OF_COUNTRY = "zone-of-country"  # the CDR names no time zone: that of its country was taken
    ZONE_NOT_NEEDED = "zone-not-needed"  # nobody knows the time zone, and no price depends on it
    INTERPOLATED = "interpolated"  # energy at a border was calculated, not read
    CURRENCIES_DIFFER = "currencies-differ"  # the tariff's is not the CDR's: its prices were not converted


class Flagged(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A flag, with the period (from 0) and the tariff it is about, where it is about one."""

    flag: Flag
    period: int | None = None
    tariff_id: str | None = None
