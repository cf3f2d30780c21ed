"""What stations say, are asked and are trusted by, as it is kept: a file a topic."""

from laddnav.ocpp.store import (
    authorities,
    calls,
    certificates,
    charges,
    connectors,
    frames,
    local_list,
    reports,
    security,
    tasks,
    variables,
)

__all__ = [
    "authorities",
    "calls",
    "certificates",
    "charges",
    "connectors",
    "frames",
    "local_list",
    "reports",
    "security",
    "tasks",
    "variables",
]
