"""Words for a vehicle and its battery: signal names, units and readings that several wires carry."""
