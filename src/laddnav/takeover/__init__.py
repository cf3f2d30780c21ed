"""Stations, cards and past charges that another central system kept: read from its export, shown first, then taken."""
