"""Locations, Evses and Stations as they are kept."""

from laddnav.locations.store import places, stations

__all__ = ["places", "stations"]
