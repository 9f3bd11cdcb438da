"""The settings of how money is taken, compared and billed: gateways, reconciliation, invoices."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from hub.people_settings import Slice
from protocols.errors import Malformed
from protocols.gateway.webhooks import secret_of


class GatewaySettings(Slice):
    """The simulated payment gateway, where there is one. Without it bills are computed and nobody is charged."""

    url: str | None = None
    api_key: SecretStr | None = None
    api_key_file: Path | None = None
    webhook_secret: SecretStr | None = None
    webhook_secret_file: Path | None = None

    @model_validator(mode="after")
    def _fits(self) -> "GatewaySettings":
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError("url: expected http://… or https://…")
        if self.url is not None and (self.key() is None or self.secret() is None):
            raise ValueError("a gateway needs api_key and webhook_secret")
        return self

    def key(self) -> str | None:
        """The key for the gateway's API, from wherever it is given. Raises ValueError."""
        return _one_of(self.api_key, self.api_key_file, "api_key")

    def secret(self) -> bytes | None:
        """The secret that its webhooks are signed with. Raises ValueError."""
        text = _one_of(self.webhook_secret, self.webhook_secret_file, "webhook_secret")
        try:
            return None if text is None else secret_of(text)
        except Malformed as error:
            raise ValueError("webhook_secret: expected whsec_ and base64 of 16 to 64 bytes") from error


def _one_of(given: SecretStr | None, file: Path | None, name: str) -> str | None:
    if given is not None and file is not None:
        raise ValueError(f"give either {name} or {name}_file")
    if file is None:
        return None if given is None else given.get_secret_value()
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{name}_file {file} cannot be read") from error


class StripeSettings(Slice):
    """Stripe, where it is used: the account's secret key, and the signing secret of the webhook endpoint."""

    api_key: SecretStr | None = None
    api_key_file: Path | None = None
    webhook_secret: SecretStr | None = None
    webhook_secret_file: Path | None = None

    @model_validator(mode="after")
    def _fits(self) -> "StripeSettings":
        if (self.key() is None) != (self.secret() is None):
            raise ValueError("stripe needs api_key and webhook_secret")
        return self

    def key(self) -> str | None:
        """The key for Stripe's API. Raises ValueError."""
        return _one_of(self.api_key, self.api_key_file, "api_key")

    def secret(self) -> str | None:
        """The secret that its webhooks are signed with. Raises ValueError."""
        return _one_of(self.webhook_secret, self.webhook_secret_file, "webhook_secret")


class VnpaySettings(Slice):
    """VNPay, where it is used. Without other addresses it is VNPay's sandbox."""

    tmn_code: str | None = Field(default=None, pattern="^[A-Za-z0-9]{1,8}$", description="Who we are there")
    hash_secret: SecretStr | None = None
    hash_secret_file: Path | None = None
    pay_url: str = Field(default="https://sandbox.vnpayment.vn/paymentv2/vpcpay.html", pattern="^https?://")
    api_url: str = Field(default="https://sandbox.vnpayment.vn/merchant_webapi/api/transaction", pattern="^https?://")
    after_url: str | None = Field(default=None, pattern="^https?://", description="Where payers go afterwards")
    server_ip: str = Field(default="127.0.0.1", pattern="^[0-9A-Fa-f.:]{2,45}$", description="Ours, as VNPay is told")
    locale: Literal["vn", "en"] = "vn"
    attempt_s: int = Field(default=900, ge=300, le=3600, description="How long its page waits for the payer")
    pay_within_s: int = Field(default=43_200, ge=600, le=82_800, description="How long a payment waits for its payer")

    @model_validator(mode="after")
    def _fits(self) -> "VnpaySettings":
        if (self.tmn_code is None) != (self.secret() is None):
            raise ValueError("vnpay needs tmn_code and hash_secret")
        return self

    def secret(self) -> str | None:
        """The secret that both sides sign with. Raises ValueError."""
        return _one_of(self.hash_secret, self.hash_secret_file, "hash_secret")


class InvoiceSettings(Slice):
    """Who sends invoices, as it is printed on them."""

    seller_name: str = Field(default="Voltdock", min_length=1, max_length=120)
    seller_address: str = Field(default="", max_length=400, description="Lines apart by line breaks")
    tax_number: str = Field(default="", max_length=40)
    prefix: str = Field(default="VD", pattern="^[A-Z0-9]{1,8}$", description="How invoice numbers begin")


class ReconciliationSettings(Slice):
    """What a gateway may keep of a payment before it is a break: so much, and so many thousandths of the amount."""

    fee_free_minor: int = Field(default=50, ge=0, le=10**9, description="Fixed part of the highest fee, minor units")
    fee_per_mille: int = Field(default=50, ge=0, le=1000, description="Part of the highest fee that grows, in 1/1000")
