"""A tariff's versions and its pure evaluation: the same price at the station and at the hub."""
