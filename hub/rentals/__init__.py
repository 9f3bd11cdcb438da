"""Rentals and reservations, and the vouchers that carry them to a station without a network."""
