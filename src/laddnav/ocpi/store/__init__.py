"""Lines and connections, words said and heard, deliveries, exchanges, commands and pulls as they are kept."""

from laddnav.ocpi.store import (
    collected,
    commands,
    connections,
    deliveries,
    examinations,
    exchanges,
    handshakes,
    hub,
    lines,
    lists,
    pulls,
    tls,
    words,
)

__all__ = [
    "collected",
    "commands",
    "connections",
    "deliveries",
    "examinations",
    "exchanges",
    "handshakes",
    "hub",
    "lines",
    "lists",
    "pulls",
    "tls",
    "words",
]
