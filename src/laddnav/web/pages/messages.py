"""What a frame of a station says, in one line, for lists that nobody wants to read as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from laddnav.kit import json
from laddnav.ocpp.model import FrameKind, Message

# Where each kind of frame has what it says (OCPP-J 1.6 §4.2).
PAYLOAD = {FrameKind.CALL: 3, FrameKind.RESULT: 2, FrameKind.ERROR: 2}
SHOWN = 6  # values; the rest is behind the line


def gist(message: Message) -> str:
    """`connectorId 1 · status SuspendedEV · …`: its values in order; "" where there are none or it cannot be read."""
    try:
        frame = json.decode(message.body, list[Any])
    except json.Unreadable:
        return ""
    said = list(_values(frame[PAYLOAD.get(message.kind, len(frame)) :]))
    return " · ".join(said[:SHOWN]) + (" · …" if len(said) > SHOWN else "")


def _values(said: Any, name: str = "") -> Iterator[str]:
    if isinstance(said, dict):
        for key, value in said.items():
            yield from _values(value, key)
    elif isinstance(said, list):
        for value in said:
            yield from _values(value, name)
    elif said not in (None, ""):
        yield f"{name} {said}".strip()
