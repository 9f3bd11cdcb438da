"""Pictures that staff took at the stations: which the facts name, which are here, which will never come.

The bytes lie in the hub's file store; who may see one is its rental's or its case's business.
"""
