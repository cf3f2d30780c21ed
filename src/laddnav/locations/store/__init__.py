"""Locations, Evses and Stations as they are kept."""

from laddnav.locations.store import maintenance, places, stations

__all__ = ["maintenance", "places", "stations"]
