"""Where a car can charge: Location > Evse > Connector, and the Station behind them."""
