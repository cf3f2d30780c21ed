"""Whom Stations trust: roots are given to them, taken from them, and listed."""

from __future__ import annotations

from collections.abc import Sequence

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import store
from laddnav.ocpp.errand import Answered
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.security import authority
from laddnav.ocpp.security.model import Installed
from laddnav.ocpp.security.wanted import connected, errand, want
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.security import DeleteRoot, InstallRoot, ListRoots, Root, RootKind, RootsTold


class UnknownRoot(Refusal):
    """The Station did not say that it has a root of this serial number; list them anew."""


def install(unit: Unit, station: Station, kind: RootKind, certificate: str) -> StationCall:
    """M05. Raises Offline, UnfitCertificate."""
    authority.read(certificate)
    return want(unit, connected(station), InstallRoot(kind=kind, certificate=certificate.strip()))


async def delete(unit: Unit, station: Station, serial_number: str) -> StationCall:
    """M04.FR.07: named by the hashes with which the Station itself named it. Raises Offline, UnknownRoot."""
    known = await store.certificates.installed(unit, station.holder, station.id)
    for one in known:
        if one.root.certificate.serial_number.lower() == serial_number.lower():
            return want(unit, connected(station), DeleteRoot(certificate=one.root.certificate))
    raise UnknownRoot(f"Station {station.id!r} did not say that it has a root of serial number {serial_number}")


def ask_for(unit: Unit, station: Station, kind: RootKind | None) -> StationCall:
    """M03. Raises Offline."""
    return want(unit, connected(station), ListRoots(kind=kind))


async def known(unit: Unit, station: Station) -> Sequence[Installed]:
    """As the Station said when it was last asked."""
    return await store.certificates.installed(unit, station.holder, station.id)


async def _listed(unit: Unit, call: StationCall, answered: Answered) -> None:
    if not isinstance(answered, RootsTold):
        return
    asked = json.decode(call.body, ListRoots).kind
    roots = tuple(
        Root(kind=one.kind or asked or RootKind.CENTRAL, certificate=one.certificate) for one in answered.roots
    )
    store.certificates.keep_installed(unit, call.holder, call.station_id, asked, roots)


async def _changed(unit: Unit, call: StationCall, answered: Answered) -> None:
    """What it has now, it says best itself."""
    if answered is Verdict.ACCEPTED:
        station = await locations.station(unit, call.station_id)
        kind = json.decode(call.body, InstallRoot).kind if call.action == InstallRoot.__name__ else None
        want(unit, station, ListRoots(kind=kind))


ERRANDS = {
    InstallRoot.__name__: errand(InstallRoot, _changed),
    DeleteRoot.__name__: errand(DeleteRoot, _changed),
    ListRoots.__name__: errand(ListRoots, _listed),
}
