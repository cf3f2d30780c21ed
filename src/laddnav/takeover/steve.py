"""What SteVe's tables mean: charge_box, connector, ocpp_tag, transaction_start and transaction_stop; pure.

Passwords are not taken: SteVe keeps them so that nobody can read them. Nor are EVSEs: it knows numbers of connectors,
and not which plugs they have.
"""

from __future__ import annotations

from laddnav.takeover.model import Brought, Card, LeftOut, PastCharge, Source, StationKnown
from laddnav.takeover.tables import Row, Tables, Unfit, each, has, need


def brought(tables: Tables) -> Brought:
    """Raises Missing, WrongFile."""
    left = list[LeftOut]()

    def leave(row: str, says: str) -> None:
        left.append(LeftOut(row=row, says=says))

    stations = list[StationKnown]()
    each(
        need(tables, "charge_box", "charge_box_id"),
        lambda row: stations.append(StationKnown(row=row.place, id=row.must("charge_box_id"))),
        leave,
    )
    cards = list[Card]()
    each(has(tables, "ocpp_tag", "id_tag"), lambda row: cards.append(_card(row)), leave)
    return Brought(
        source=Source.STEVE,
        stations=tuple(stations),
        cards=tuple(cards),
        charges=tuple(_charges(tables, left)),
        left_out=tuple(left),
    )


def _card(row: Row) -> Card:
    """Who may have no charge under way at once is blocked; older versions say so in a column of its own."""
    return Card(
        row=row.place,
        uid=row.must("id_tag"),
        group_id=row.text("parent_id_tag"),
        expires_at=row.instant("expiry_date"),
        blocked=row.number("max_active_transaction_count") == 0 or row.truth("blocked"),
    )


def _charges(tables: Tables, left: list[LeftOut]) -> list[PastCharge]:
    connectors = {
        row.text("connector_pk"): row
        for row in has(tables, "connector", "connector_pk", "charge_box_id", "connector_id")
    }
    # A charge may have several stops: whichever the Station told last is the one that counts.
    stops: dict[str | None, Row] = {}
    for row in has(tables, "transaction_stop", "transaction_pk", "stop_timestamp", "stop_value"):
        known = stops.get(row.text("transaction_pk"))
        if known is None or (row.text("event_timestamp") or "") >= (known.text("event_timestamp") or ""):
            stops[row.text("transaction_pk")] = row
    found = list[PastCharge]()

    def charge(row: Row) -> None:
        connector, stop = connectors.get(row.text("connector_pk")), stops.get(row.text("transaction_pk"))
        if connector is None:
            raise Unfit(f"its connector_pk {row.text('connector_pk')} is in no row of connector")
        if stop is None:
            raise Unfit("it is still under way there; its end will be told to whoever the station is connected to")
        started, ended = row.instant("start_timestamp"), stop.instant("stop_timestamp")
        begun, done = row.amount("start_value"), stop.amount("stop_value")
        if started is None or ended is None or begun is None or done is None:
            raise Unfit("a time or a register of it is empty")
        found.append(
            PastCharge(
                row=row.place,
                station_id=connector.must("charge_box_id"),
                id=row.must("transaction_pk"),
                evse_no=connector.number("connector_id") or 0,
                uid=row.text("id_tag") or "",
                started_at=started,
                ended_at=ended,
                meter_started=begun,
                meter_stopped=done,
                stop_reason=stop.text("stop_reason"),
            )
        )

    each(
        has(tables, "transaction_start", "transaction_pk", "connector_pk", "id_tag", "start_timestamp", "start_value"),
        charge,
        lambda row, says: left.append(LeftOut(row=row, says=says)),
    )
    return found
