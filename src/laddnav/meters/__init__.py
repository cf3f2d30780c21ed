"""Whose word counts: meters with their keys and calibration, and what their signed records prove of a charge."""
