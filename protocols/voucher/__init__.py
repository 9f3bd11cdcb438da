"""Signed offline permissions: COSE_Sign1/CWT vouchers (Ed25519) and reservation PIN verifiers.

Both sides of the signature, given keys and instants as arguments; no key files, no clock.
"""
