"""An Evse kept for a driver: who asked for it, whether the Station keeps it, and how that ended."""
