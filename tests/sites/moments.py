"""A site at an instant, as the pure half of its room sees it: nothing is kept anywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from laddnav.kit.energy import kwh
from laddnav.sessions.model import AuthMethod, CdrToken, Preferences, Preferred, ProfileType, Session, Status, Voice
from laddnav.sites.facts import Facts
from laddnav.sites.model.standing import Standing
from laddnav.sites.model.told import Measurement, Place
from tests.sites.garage import each, site
from tests.things import US

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)


def charge(station_id: str = "G1", *, energy: float = 0, wants: dict[str, Any] | None = None, **more: Any) -> Session:
    """Begun now; `wants`: what its driver said, at once."""
    preferences = None if wants is None else Preferences(**{"profile": ProfileType.CHEAP} | wants)
    said = () if preferences is None else (Preferred(at=NOW, wants=preferences, by=Voice.DRIVER),)
    fields: dict[str, Any] = {
        "holder": US,
        "owner": US,
        "id": f"S-{station_id}",
        "ref": f"S-{station_id}",
        "status": Status.ACTIVE,
        "token": CdrToken(owner=US, uid="CARD1", type="RFID", contract_id="SE-LAD-C1"),
        "auth_method": AuthMethod.WHITELIST,
        "location_id": "LOC1",
        "evse_uid": f"E{station_id}",
        "connector_id": "1",
        "station_id": station_id,
        "evse_no": 1,
        "started_at": NOW,
        "currency": "SEK",
        "time_zone": "Europe/Stockholm",
        "energy": kwh(str(energy)),
        "preferred": said,
        "last_updated": NOW,
    }
    return Session(**fields | more)


def facts(*sessions: Session, **more: Any) -> Facts:
    """The garage, all of whose stations are on the line and keep to their fallback."""
    garage = more.pop("site", site())
    fields: dict[str, Any] = {
        "site": garage,
        "at": NOW,
        "sessions": {(one.station_id, one.evse_no): one for one in sessions},
        "standings": {
            (one.station_id, 1): Standing(station_id=one.station_id, evse_no=1, fallback=one.fallback_amps)
            for one in garage.members
        },
        "online": frozenset(one.station_id for one in garage.members),
    }
    return Facts(**fields | more)


def measured(place: Place, amps: float, at: datetime = NOW, **more: Any) -> Measurement:
    return Measurement(place=place, at=at, amps=each(amps), **more)
