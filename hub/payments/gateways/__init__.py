"""Payment gateways behind one port. What a gateway calls things stays in its file."""
