"""The OCPP central system for the station's own chargers. The only importer of `ocpp`.

Handlers translate: a message becomes an input for the station, its answer becomes the reply.
"""
