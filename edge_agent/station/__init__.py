"""The imperative shell round the core: one consumer loop, the dispatch of orders, the ports to the links.

The only writer of the station's state.
"""
