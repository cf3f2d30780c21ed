"""What stations say, are asked and are trusted by, as it is kept: a file a topic."""

from laddnav.ocpp.store import (
    attention,
    authorities,
    calls,
    carried,
    certificates,
    charges,
    connectors,
    cures,
    frames,
    listings,
    local_list,
    looked,
    reports,
    security,
    tasks,
    variables,
)

__all__ = [
    "attention",
    "authorities",
    "calls",
    "carried",
    "certificates",
    "charges",
    "connectors",
    "cures",
    "frames",
    "listings",
    "local_list",
    "looked",
    "reports",
    "security",
    "tasks",
    "variables",
]
