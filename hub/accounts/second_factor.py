"""The second factor: an authenticator's codes, and recovery codes for who has lost it."""

import json
import uuid
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub.accounts import totp
from hub.accounts.desk import Desk
from hub.accounts.second_factor_tables import RecoveryCode, SecondFactor
from hub.accounts.tables import Account
from protocols.errors import Refused

CHALLENGE_S: Final = 300
_ISSUER: Final = "Voltdock"
_SECRET: Final = "second factor"  # noqa: S105  # what it is sealed for
_RECOVERY: Final = "recovery codes"
_CHALLENGE: Final = "challenge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """The password was right; now a code is wanted, with this token, for so long."""

    token: str
    expires_in_s: int = CHALLENGE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenged:
    """Whose challenge a token is, and the mark of the password that it was given for."""

    account_id: uuid.UUID
    mark: str


class SecondFactors:
    """Secrets, codes, challenges. Locks the factor's row while a code is used: of two at once one counts."""

    def __init__(self, desk: Desk) -> None:
        self._clock = desk.clock
        self._seal = desk.entrance.seal

    async def of(self, session: AsyncSession, account_id: uuid.UUID) -> SecondFactor | None:
        """The account's confirmed second factor."""
        found = await session.get(SecondFactor, account_id)
        return found if found is not None and found.confirmed_at is not None else None

    async def codes_left(self, session: AsyncSession, account_id: uuid.UUID) -> int:
        """How many recovery codes have not been used."""
        mine = (RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
        return await session.scalar(select(func.count()).select_from(RecoveryCode).where(*mine)) or 0

    async def enrol(self, session: AsyncSession, account: Account) -> tuple[str, str]:
        """A new secret and its URI; it counts once a code of it has come back. Raises Refused."""
        row = await session.get(SecondFactor, account.id, with_for_update=True)
        if row is not None and row.confirmed_at is not None:
            raise Refused("second_factor_on")
        secret = totp.new_secret()
        if row is None:
            row = SecondFactor(account_id=account.id, confirmed_at=None)
            session.add(row)
        row.created_at, row.last_step = self._clock.now(), 0
        row.sealed_secret = self._seal.seal(_SECRET, secret.encode())
        return secret, totp.uri_of(secret, account.email, _ISSUER)

    async def confirm(self, session: AsyncSession, account_id: uuid.UUID, code: str) -> list[str]:
        """It is on from now; the recovery codes, which nobody sees again. Raises Refused."""
        row = await session.get(SecondFactor, account_id, with_for_update=True)
        if row is None:
            raise Refused("second_factor_off")
        if row.confirmed_at is not None:
            raise Refused("second_factor_on")
        if not self._fits(row, code):
            raise Refused("code_invalid")
        row.confirmed_at = self._clock.now()
        return await self.new_codes(session, account_id)

    async def new_codes(self, session: AsyncSession, account_id: uuid.UUID) -> list[str]:
        """New recovery codes; the old ones are void."""
        await session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
        codes = totp.new_recovery_codes()
        for code in codes:
            row = RecoveryCode(
                id=self._clock.new_id(), account_id=account_id, code_hash=self._hash(account_id, code), used_at=None
            )
            session.add(row)
        return codes

    async def use(self, session: AsyncSession, account_id: uuid.UUID, code: str) -> bool:
        """Use a code up, of the authenticator or for recovery; whether it was right."""
        row = await session.get(SecondFactor, account_id, with_for_update=True)
        if row is None or row.confirmed_at is None:
            return False
        return self._fits(row, code) or await self._recovers(session, account_id, code)

    async def remove(self, session: AsyncSession, account_id: uuid.UUID) -> bool:
        """Off; whether it was on or begun."""
        await session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
        gone = delete(SecondFactor).where(SecondFactor.account_id == account_id)
        return await session.scalar(gone.returning(SecondFactor.account_id)) is not None

    def challenge(self, account: Account) -> Challenge:
        """What who knows this account's password is asked to come back with."""
        until = self._clock.now().timestamp() + CHALLENGE_S
        said = {"account": str(account.id), "mark": self.mark(account), "until": until}
        return Challenge(token=self._seal.seal(_CHALLENGE, json.dumps(said).encode()))

    def challenged(self, token: str) -> Challenged | None:
        """Whose challenge it is; None for one that is too old or none of ours."""
        opened = self._seal.open(_CHALLENGE, token)
        if opened is None:
            return None
        said: dict[str, Any] = json.loads(opened)
        if said["until"] <= self._clock.now().timestamp():
            return None
        return Challenged(account_id=uuid.UUID(said["account"]), mark=said["mark"])

    def mark(self, account: Account) -> str:
        """Changes with the password, and tells nothing of it."""
        return self._seal.secret(_CHALLENGE, account.password_hash.encode())

    def _fits(self, row: SecondFactor, code: str) -> bool:
        secret = self._seal.open(_SECRET, row.sealed_secret)
        if secret is None:
            raise RuntimeError("a second factor was sealed under another key: keys/access-token.pem is not this hub's")
        step = totp.step_that_fits(secret.decode(), code, self._clock.now(), row.last_step)
        if step is None:
            return False
        row.last_step = step
        return True

    async def _recovers(self, session: AsyncSession, account_id: uuid.UUID, code: str) -> bool:
        mine = (
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash == self._hash(account_id, code),
            RecoveryCode.used_at.is_(None),
        )
        used = update(RecoveryCode).where(*mine).values(used_at=self._clock.now())
        return await session.scalar(used.returning(RecoveryCode.id)) is not None

    def _hash(self, account_id: uuid.UUID, code: str) -> str:
        # 59 bits could be tried offline; under the hub's key a stolen database tells nothing.
        return self._seal.secret(_RECOVERY, account_id.bytes + totp.plain(code).encode())
