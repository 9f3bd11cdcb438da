"""Register maps of meters as data, and the pure translation from register words to readings.

`profiles/*.toml` holds one device model each. No Modbus library and no socket.
"""
