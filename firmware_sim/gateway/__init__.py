"""A payment gateway that is none: deterministic, with every misfortune on demand by the card's token."""
