"""The bidding zones of the Nordic countries, Germany and their neighbours, with their codes at ENTSO-E, as data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from laddnav.kit.refusal import Refusal
from laddnav.market.model import Zone


class UnknownZone(Refusal):
    """No bidding zone of this name is known here."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code!r} is no bidding zone that is known here; there are {', '.join(ZONES)}")
        self.code = code


def _zones(text: str) -> Mapping[str, Zone]:
    rows = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    fields = ("code", "name", "eic", "country", "currency", "time_zone")
    return MappingProxyType({row[0]: Zone(**dict(zip(fields, row, strict=True))) for row in rows})


ZONES = _zones(
    """
    SE1   | Luleå               | 10Y1001A1001A44P | SE | SEK | Europe/Stockholm
    SE2   | Sundsvall           | 10Y1001A1001A45N | SE | SEK | Europe/Stockholm
    SE3   | Stockholm           | 10Y1001A1001A46L | SE | SEK | Europe/Stockholm
    SE4   | Malmö               | 10Y1001A1001A47J | SE | SEK | Europe/Stockholm
    NO1   | Oslo                | 10YNO-1--------2 | NO | NOK | Europe/Oslo
    NO2   | Kristiansand        | 10YNO-2--------T | NO | NOK | Europe/Oslo
    NO3   | Trondheim           | 10YNO-3--------J | NO | NOK | Europe/Oslo
    NO4   | Tromsø              | 10YNO-4--------9 | NO | NOK | Europe/Oslo
    NO5   | Bergen              | 10Y1001A1001A48H | NO | NOK | Europe/Oslo
    DK1   | Western Denmark     | 10YDK-1--------W | DK | DKK | Europe/Copenhagen
    DK2   | Eastern Denmark     | 10YDK-2--------M | DK | DKK | Europe/Copenhagen
    FI    | Finland             | 10YFI-1--------U | FI | EUR | Europe/Helsinki
    EE    | Estonia             | 10Y1001A1001A39I | EE | EUR | Europe/Tallinn
    LV    | Latvia              | 10YLV-1001A00074 | LV | EUR | Europe/Riga
    LT    | Lithuania           | 10YLT-1001A0008Q | LT | EUR | Europe/Vilnius
    DE_LU | Germany, Luxembourg | 10Y1001A1001A82H | DE | EUR | Europe/Berlin
    AT    | Austria             | 10YAT-APG------L | AT | EUR | Europe/Vienna
    NL    | Netherlands         | 10YNL----------L | NL | EUR | Europe/Amsterdam
    BE    | Belgium             | 10YBE----------2 | BE | EUR | Europe/Brussels
    FR    | France              | 10YFR-RTE------C | FR | EUR | Europe/Paris
    PL    | Poland              | 10YPL-AREA-----S | PL | PLN | Europe/Warsaw
    """
)
_OF_EIC = {one.eic: one for one in ZONES.values()}
# As others write them: SE-3, SE_3, DE-LU, and Nord Pool's GER.
_SPELT = {code.replace("_", ""): code for code in ZONES} | {"GER": "DE_LU", "DE": "DE_LU"}


def zone(said: str) -> Zone:
    """By its name in any case, its code at ENTSO-E, or as a column is headed there (`BZN|SE3`). Raises UnknownZone."""
    name = said.strip().removeprefix("BZN|").upper()
    found = ZONES.get(_SPELT.get(name.replace("_", "").replace("-", ""), "")) or _OF_EIC.get(name)
    if found is None:
        raise UnknownZone(said.strip()[:40])
    return found
