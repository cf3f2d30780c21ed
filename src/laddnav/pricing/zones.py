"""Whose wall clock a tariff's times of day are read on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from laddnav.pricing.flags import Flag
from laddnav.pricing.model import CannotPrice
from laddnav.pricing.policy import LocalTime, NoZone, Policy

# Countries with one time zone, by ISO 3166-1 alpha-3; one that has several is left out, as Spain and Portugal are.
ZONE_OF_COUNTRY: Mapping[str, str] = MappingProxyType(
    {
        "ALB": "Europe/Tirane",
        "AND": "Europe/Andorra",
        "AUT": "Europe/Vienna",
        "BEL": "Europe/Brussels",
        "BGR": "Europe/Sofia",
        "BIH": "Europe/Sarajevo",
        "CHE": "Europe/Zurich",
        "CZE": "Europe/Prague",
        "DEU": "Europe/Berlin",
        "DNK": "Europe/Copenhagen",
        "EST": "Europe/Tallinn",
        "FIN": "Europe/Helsinki",
        "FRA": "Europe/Paris",
        "GBR": "Europe/London",
        "GIB": "Europe/Gibraltar",
        "GRC": "Europe/Athens",
        "HRV": "Europe/Zagreb",
        "HUN": "Europe/Budapest",
        "IND": "Asia/Kolkata",
        "IRL": "Europe/Dublin",
        "ISL": "Atlantic/Reykjavik",
        "ISR": "Asia/Jerusalem",
        "ITA": "Europe/Rome",
        "JPN": "Asia/Tokyo",
        "KOR": "Asia/Seoul",
        "LIE": "Europe/Vaduz",
        "LTU": "Europe/Vilnius",
        "LUX": "Europe/Luxembourg",
        "LVA": "Europe/Riga",
        "MCO": "Europe/Monaco",
        "MDA": "Europe/Chisinau",
        "MKD": "Europe/Skopje",
        "MLT": "Europe/Malta",
        "MNE": "Europe/Podgorica",
        "NLD": "Europe/Amsterdam",
        "NOR": "Europe/Oslo",
        "POL": "Europe/Warsaw",
        "ROU": "Europe/Bucharest",
        "SGP": "Asia/Singapore",
        "SMR": "Europe/San_Marino",
        "SRB": "Europe/Belgrade",
        "SVK": "Europe/Bratislava",
        "SVN": "Europe/Ljubljana",
        "SWE": "Europe/Stockholm",
        "TUR": "Europe/Istanbul",
    }
)


@lru_cache
def zone_named(name: str, policy: Policy) -> tzinfo:
    """Raises CannotPrice for a zone that does not exist."""
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise CannotPrice(f"There is no time zone {name!r}, so local times of the tariff mean nothing") from unknown
    return UTC if policy.local_time is LocalTime.UTC else zone


def zone_guessed(country: str | None, policy: Policy, *, asked: bool) -> tuple[tzinfo, Flag | None]:
    """Where nobody knows the zone: none is needed unless a price is `asked` for it. Raises CannotPrice."""
    if policy.local_time is LocalTime.UTC or policy.no_zone is NoZone.UTC:
        return UTC, None
    if not asked:
        return UTC, Flag.ZONE_NOT_NEEDED
    name = ZONE_OF_COUNTRY.get(country or "")
    if policy.no_zone is NoZone.COUNTRY and name is not None:
        return ZoneInfo(name), Flag.ZONE_OF_COUNTRY
    raise CannotPrice("The tariff has times of day, and nobody said in which time zone; name the Location's")
