"""Frames, charges, Connectors, calls and variables as they are kept."""

from laddnav.ocpp.store import calls, charges, connectors, frames, variables

__all__ = ["calls", "charges", "connectors", "frames", "variables"]
