"""Locations, Evses and Stations as they are kept."""

from laddnav.locations.store import evses, maintenance, places, stations

__all__ = ["evses", "maintenance", "places", "stations"]
