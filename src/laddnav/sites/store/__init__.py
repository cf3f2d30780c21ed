"""A site as it is kept: a file for each thing that a reader may ask of it."""

from laddnav.sites.store import members, plans, quarters, sites, steering, told

__all__ = ["members", "plans", "quarters", "sites", "steering", "told"]
