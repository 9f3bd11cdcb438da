"""What we keep of OCPP, in our own words: charge points, connectors, transactions, meter values.

No OCPP library and no socket; `profiles/` holds one file per model with quirks.
"""
