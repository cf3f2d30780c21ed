"""Vehicles with their departures, the depots where they charge, and who bears the cost."""
