"""The dock bus driver: one thread owns the serial port, polls every dock, carries out one command at a time.

The only importer of `serial`. It tells the station what docks say; it decides nothing.
"""
