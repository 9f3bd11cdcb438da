"""Pictures that staff take: what one may be, and how they come to the hub beside the facts that name them.

Bytes and shapes only; no file, no socket, no clock.
"""
