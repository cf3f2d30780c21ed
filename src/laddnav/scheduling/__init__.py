"""Limits on what an Evse gives, over time; pure."""
