"""Stretches of charging times a Tariff: the price, with the reason for every cent; pure."""
