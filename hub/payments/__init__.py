"""Prices and money: tariffs and their versions."""
