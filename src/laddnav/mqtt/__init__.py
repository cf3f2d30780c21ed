"""Speaks with smart homes by MQTT: Home Assistant finds charge points by itself, evcc beside it, roofs are followed."""
