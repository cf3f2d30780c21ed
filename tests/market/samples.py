"""Price documents written from the public descriptions of their formats; none is a recording (data/README.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T")

SE3 = "10Y1001A1001A46L"
NAMESPACE = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"
NOTHING = """<?xml version="1.0" encoding="UTF-8"?>
<Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0">
  <mRID>5b0c</mRID><createdDateTime>2026-11-22T11:40:00Z</createdDateTime>
  <Reason><code>999</code><text>No matching data found for Data item ENERGY_PRICES</text></Reason>
</Acknowledgement_MarketDocument>
"""


def period(
    start: str,
    end: str,
    resolution: str,
    points: Mapping[int, object],
    *,
    curve: str = "A03",
    contract: str = "A01",
    domain: str = SE3,
    auction: int | None = None,
    currency: str = "EUR",
) -> str:
    """A TimeSeries with one Period."""
    told = "".join(
        f"<Point><position>{n}</position><price.amount>{value}</price.amount></Point>" for n, value in points.items()
    )
    position = "classificationSequence_AttributeInstanceComponent.position"
    return f"""
  <TimeSeries><mRID>1</mRID><auction.type>A01</auction.type><businessType>A62</businessType>
    <in_Domain.mRID codingScheme="A01">{domain}</in_Domain.mRID>
    <out_Domain.mRID codingScheme="A01">{domain}</out_Domain.mRID>
    <contract_MarketAgreement.type>{contract}</contract_MarketAgreement.type>
    <currency_Unit.name>{currency}</currency_Unit.name><price_Measure_Unit.name>MWH</price_Measure_Unit.name>
    {"" if auction is None else f"<{position}>{auction}</{position}>"}
    <curveType>{curve}</curveType>
    <Period><timeInterval><start>{start}</start><end>{end}</end></timeInterval>
      <resolution>{resolution}</resolution>{told}</Period>
  </TimeSeries>"""


def a44(*series: str, created: str = "2026-11-21T11:57:00Z") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Publication_MarketDocument xmlns="{NAMESPACE}">
  <mRID>4f1d</mRID><revisionNumber>1</revisionNumber><type>A44</type>
  <createdDateTime>{created}</createdDateTime>
  <period.timeInterval><start>2026-11-21T23:00Z</start><end>2026-11-22T23:00Z</end></period.timeInterval>
  {"".join(series)}
</Publication_MarketDocument>
""".encode()


def day_of(begin: datetime, values: Sequence[T], minutes: int) -> Iterable[tuple[datetime, datetime, T]]:
    for n, value in enumerate(values):
        at = begin + n * timedelta(minutes=minutes)
        yield at, at + timedelta(minutes=minutes), value


def nord_pool(
    begin: datetime, values: Sequence[object], *, minutes: int = 15, areas: Sequence[str] = ("SE3",)
) -> bytes:
    """Money per MWh."""
    return json.dumps(
        {
            "deliveryDateCET": f"{begin + timedelta(hours=3):%Y-%m-%d}",
            "version": 3,
            "updatedAt": "2026-11-21T11:58:02.1234567Z",
            "deliveryAreas": list(areas),
            "market": "DayAhead",
            "multiAreaEntries": [
                {
                    "deliveryStart": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                    "deliveryEnd": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                    "entryPerArea": dict.fromkeys(areas, value),
                }
                for at, end, value in day_of(begin, values, minutes)
            ],
            "currency": "SEK",
            "exchangeRate": 10.9735,
            "areaStates": [{"state": "Final", "areas": list(areas)}],
        }
    ).encode()


def elpriset(begin: datetime, values: Sequence[float], *, minutes: int = 15) -> bytes:
    """SEK per kWh, at 11 SEK a euro."""
    return json.dumps(
        [
            {
                "SEK_per_kWh": value,
                "EUR_per_kWh": round(value / 11, 5),
                "EXR": 11.0,
                "time_start": at.isoformat(),
                "time_end": end.isoformat(),
            }
            for at, end, value in day_of(begin, values, minutes)
        ]
    ).encode()


def electricity_maps(begin: datetime, grams: Sequence[int]) -> bytes:
    return json.dumps(
        {
            "zone": "SE-SE3",
            "forecast": [
                {"carbonIntensity": value, "datetime": f"{at:%Y-%m-%dT%H:%M:%S.000Z}"}
                for at, _, value in day_of(begin, grams, 60)
            ],
            "updatedAt": "2026-11-22T10:00:00.000Z",
        }
    ).encode()
