"""Polls meters over Modbus through register profiles. The only importer of `pymodbus`."""
