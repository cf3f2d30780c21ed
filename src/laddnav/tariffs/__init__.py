"""What is promised: Tariff, Element, Restriction."""
