"""What the simulated VNPay knows: payments by the merchant's reference, and what each bank brings about.

No socket, no clock. The bank (vnp_BankCode) is the misfortune:

TWICE     the IPN comes twice
LOST      the IPN never comes: only querydr knows
SILENT    a refund is carried out and the first answer is lost
BUSY      the first refund is answered with 99, and nothing is done
NOREFUND  refunds are refused with 95
LATERNO   refunds are taken on, and refused by the bank afterwards (status 09)
SUSPECT   the money is taken and the payment is under suspicion (07)
POOR      there is not enough money (51)
any other everything works
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Final

GMT7: Final = dt.timezone(dt.timedelta(hours=7))
_FIRST_NO: Final = 14_000_000


@dataclass(slots=True, kw_only=True)
class Refund:
    """A refund, in VNPay's amount."""

    request_id: str
    amount: int
    kind: str
    status: str
    no: int


@dataclass(slots=True, kw_only=True)
class Payment:
    """A payment that was begun. `response` is empty while the payer has not decided."""

    ref: str
    amount: int
    bank: str
    info: str
    begun: str
    return_url: str
    response: str = ""
    no: int = 0
    paid: str = ""
    refunds: list[Refund] = field(default_factory=list)

    @property
    def status(self) -> str:
        """As vnp_TransactionStatus says it."""
        return {"": "01", "00": "00", "07": "07"}.get(self.response, "02")

    @property
    def given_back(self) -> int:
        """What is given back, or on its way."""
        return sum(one.amount for one in self.refunds if one.status != "09")


class VnpayBook:
    """All payments. The same questions in the same order get the same answers."""

    def __init__(self) -> None:
        self.payments: dict[str, Payment] = {}
        self._asked: set[str] = set()
        self._number = _FIRST_NO

    def begin(self, fields: dict[str, str], now: dt.datetime) -> str:
        """The payer comes with a signed order; empty, or the code of what is wrong with it."""
        ref, known = fields["vnp_TxnRef"], self.payments.get(fields["vnp_TxnRef"])
        if fields.get("vnp_ExpireDate", "9") < stamp(now):
            return "11"
        if known is not None and (known.response or str(known.amount) != fields["vnp_Amount"]):
            return "01"
        self.payments.setdefault(
            ref,
            Payment(
                ref=ref, amount=int(fields["vnp_Amount"]), bank=fields.get("vnp_BankCode", "NCB"),
                info=fields["vnp_OrderInfo"], begun=fields["vnp_CreateDate"], return_url=fields["vnp_ReturnUrl"],
            ),
        )  # fmt: skip
        return ""

    def decide(self, ref: str, *, pays: bool, now: dt.datetime) -> Payment | None:
        """The payer pays or gives up; None when there is nothing to decide. Once: the first word stands."""
        found = self.payments.get(ref)
        if found is None or found.response:
            return found
        by_bank = {"POOR": "51", "SUSPECT": "07"}.get(found.bank, "00")
        found.response = by_bank if pays else "24"
        if found.response in {"00", "07"}:
            found.no, found.paid = self._next(), stamp(now)
        return found

    def refund(self, fields: dict[str, str]) -> tuple[str, Refund | None, bool]:
        """The answer's code, the refund, and whether the answer is lost."""
        found = self.payments.get(fields["vnp_TxnRef"])
        request_id, amount = fields["vnp_RequestId"], int(fields["vnp_Amount"])
        if found is None or found.begun != fields["vnp_TransactionDate"]:
            return "91", None, False
        if request_id in self._asked:
            return "94", None, False
        self._asked.add(request_id)
        if found.response != "00" or found.bank == "NOREFUND" or amount > found.amount - found.given_back:
            return "95", None, False
        if found.bank == "BUSY" and len(self._asked) == 1:
            self._asked.clear()
            found.bank = "NCB"
            return "99", None, False
        made = Refund(
            request_id=request_id, amount=amount, kind=fields["vnp_TransactionType"],
            status="05", no=self._next(),
        )  # fmt: skip
        found.refunds.append(made)
        return "00", made, found.bank == "SILENT" and len(found.refunds) == 1

    def refused_by_bank(self) -> None:
        """Time passes: what a bank refuses afterwards is refused now."""
        for one in self.payments.values():
            for refund in one.refunds if one.bank == "LATERNO" else ():
                refund.status = "09"

    def taken(self) -> int:
        """What was taken less what was given back, in dong."""
        return sum(one.amount - one.given_back for one in self.payments.values() if one.response == "00") // 100

    def _next(self) -> int:
        self._number += 1
        return self._number


def stamp(at: dt.datetime) -> str:
    """An instant as VNPay writes it."""
    return at.astimezone(GMT7).strftime("%Y%m%d%H%M%S")
