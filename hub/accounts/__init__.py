"""People and machines that may use the hub: accounts, roles, passwords, tokens."""
