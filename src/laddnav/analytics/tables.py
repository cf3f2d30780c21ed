"""Reports as a spreadsheet reads them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO

from laddnav.analytics.model import EnergyDifference, EnergyRow, LocationLossRow, LossRow, UptimeRow
from laddnav.kit.energy import Energy

_ENERGY = ("holder", "month", "of", "charges", "delivered_wh", "billed_wh", "difference_wh", "causes")
_LOSSES = ("holder", "month", "location_id", "station_id", "grid_wh", "outlets_wh", "lost_wh")
_LOCATION_LOSSES = ("holder", "month", "location_id", "mains_wh", "outlets_wh", "lost_wh", "doubts")
_UPTIME = (
    *("holder", "month", "location_id", "evse_uid"),
    *("minutes", "up", "out", "silent", "excluded", "unknown", "uptime", "available"),
)


def of_energy(rows: Iterable[EnergyRow]) -> str:
    return _table(_ENERGY, map(_energy, rows))


def _energy(one: EnergyRow) -> tuple[object, ...]:
    causes = "; ".join(_said(each) for each in one.differences)
    energies = (one.delivered.wh, one.billed.wh, one.difference.wh)
    return one.holder, one.month, one.of, one.charges, *energies, causes


def of_losses(rows: Iterable[LossRow]) -> str:
    return _table(
        _LOSSES,
        (
            (one.holder, one.month, one.location_id, one.station_id, one.grid.wh, one.outlets.wh, one.lost.wh)
            for one in rows
        ),
    )


def of_location_losses(rows: Iterable[LocationLossRow]) -> str:
    return _table(
        _LOCATION_LOSSES,
        (
            (one.holder, one.month, one.location_id, _wh(one.mains), one.outlets.wh, _wh(one.lost), _doubts(one))
            for one in rows
        ),
    )


def _wh(energy: Energy | None) -> Decimal | None:
    return None if energy is None else energy.wh


def _doubts(of: LocationLossRow) -> str:
    return "; ".join(f"{one.kind} {one.meter} {one.at.isoformat()}" for one in of.doubts)


def of_uptime(rows: Iterable[UptimeRow]) -> str:
    return _table(_UPTIME, (tuple(getattr(one, name) for name in _UPTIME) for one in rows))


def _said(one: EnergyDifference) -> str:
    return f"{one.cause} {one.energy.wh} Wh in {one.charges}"


def _table(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    written = StringIO()
    table = csv.writer(written)
    table.writerow(columns)
    table.writerows(rows)
    return written.getvalue()
