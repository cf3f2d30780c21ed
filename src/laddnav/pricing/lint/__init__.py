"""What is wrong with a Tariff, before anybody pays by it."""
