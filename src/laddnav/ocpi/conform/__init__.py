"""Tests somebody else's OCPI endpoint against the catalogue of requirements, and says so in a report."""
