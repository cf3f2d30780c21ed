"""Frames, charges, Connectors and calls as they are kept."""

from laddnav.ocpp.store import calls, charges, connectors, frames

__all__ = ["calls", "charges", "connectors", "frames"]
