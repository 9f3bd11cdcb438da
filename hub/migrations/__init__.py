"""The steps of the hub's schema, one file per room and change; never edited once released."""
