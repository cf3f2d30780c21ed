"""Readings into stretches and ChargingPeriods; pure."""
