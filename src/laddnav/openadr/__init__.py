"""Speaks with grid companies by OpenADR 3, as a VEN: hears their limits and prices, and reports what was delivered."""
