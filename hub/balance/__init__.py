"""The balance of the network: what demand is expected where, which moves and swaps meet it, and the staff's tasks."""
