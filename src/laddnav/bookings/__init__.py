"""A time at a place, promised to a driver: what can be booked, who asked for it, and what became of it."""
