"""The contract errors. Each says who must act; see docs/conventions.md.

`Malformed`: the peer broke the contract; it never leaves the link that met it.
`Refused`: the rules say no; an answer, not an accident.
"""

from collections.abc import Mapping

Param = str | int | float | bool | None


class ContractError(Exception):
    """Base of everything a contract may raise."""


class Malformed(ContractError):
    """Bytes or values that break the wire's contract. `reason` is a short stable code."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Refused(ContractError):
    """The rules say no. `code` is stable (snake_case); `params` fill the message a person reads."""

    def __init__(self, code: str, **params: Param) -> None:
        super().__init__(code)
        self.code = code
        self.params: Mapping[str, Param] = params
