"""How each Connector does in its Station's words, as it is kept."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.locations.model import Station, Status
from laddnav.ocpp.wire.events import ConnectorStatus

REPORT_CONNECTOR = """
insert into ocpp_connector (holder, station_id, evse_no, connector_no, status, said, at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (holder, station_id, evse_no, connector_no) do update set status = $5, said = $6, at = $7
"""
CONNECTORS = """
select status, said, at from ocpp_connector where holder = $1 and station_id = $2 and evse_no = $3 order by connector_no
"""


def report(unit: Unit, station: Station, one: ConnectorStatus, at: datetime) -> None:
    unit.write(
        REPORT_CONNECTOR, str(station.holder), station.id, one.evse_no, one.connector_no, one.status, one.said, at
    )


async def of_evse(unit: Unit, station: Station, evse_no: int) -> list[tuple[Status, str, datetime]]:
    """(status, in the station's words, since when) of each Connector that was ever reported on."""
    rows = await unit.fetch(CONNECTORS, str(station.holder), station.id, evse_no)
    return [(Status(row["status"]), row["said"], row["at"]) for row in rows]
