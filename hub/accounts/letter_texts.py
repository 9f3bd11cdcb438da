"""The words of the letters, by language and kind. Every language has every kind; a test holds them together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A letter's subject, the words on its link, and its paragraphs; the last one stands below the link."""

    subject: str = ""
    button: str = ""
    lines: tuple[str, ...]


_EN: Final[Mapping[str, Text]] = {
    "frame": Text(lines=("Hello {name},", "Code, if you are asked for it: {code}", "Voltdock")),
    "confirm": Text(
        subject="Confirm your e-mail address",
        button="Confirm my address",
        lines=(
            "somebody, probably you, wants to open an account with this address. Please confirm it within 24 hours.",
            "If it was not you, do nothing: no account is opened.",
        ),
    ),
    "exists": Text(
        subject="You already have an account",
        button="Choose a new password",
        lines=(
            (
                "somebody, probably you, wants to open an account with this address. There is one already: please sign "
                "in, or choose a new password."
            ),
            "If it was not you, do nothing: nothing has changed.",
        ),
    ),
    "reset": Text(
        subject="Choose a new password",
        button="Choose a new password",
        lines=(
            "somebody, probably you, asked for a new password. This link is good for one hour and once.",
            "If it was not you, do nothing: your password stays as it is.",
        ),
    ),
    "changed": Text(
        subject="Your password was changed",
        button="Choose a new password",
        lines=(
            "the password of your account was changed, and whoever was signed in with it no longer is.",
            "If it was not you, choose a new password at once and tell us.",
        ),
    ),
    "factor_on": Text(
        subject="Your account has a second factor now",
        lines=(
            "from now on signing in also asks for a code of your authenticator. Keep the recovery codes safe.",
            "If it was not you, choose a new password at once and tell us.",
        ),
    ),
    "factor_off": Text(
        subject="Your account has no second factor any more",
        lines=(
            "from now on your password alone is enough to sign in.",
            "If it was not you, choose a new password at once and tell us.",
        ),
    ),
    "linked": Text(
        subject="A new way into your account",
        button="Choose a new password",
        lines=(
            "your account was signed in to through another provider that knows your address, and can be again.",
            "If it was not you, choose a new password at once and tell us.",
        ),
    ),
}
_DE: Final[Mapping[str, Text]] = {
    "frame": Text(lines=("Guten Tag {name},", "Code, falls danach gefragt wird: {code}", "Voltdock")),
    "confirm": Text(
        subject="Bitte bestätigen Sie Ihre E-Mail-Adresse",
        button="Adresse bestätigen",
        lines=(
            (
                "jemand, vermutlich Sie, möchte mit dieser Adresse ein Konto eröffnen. Bitte bestätigen Sie sie "
                "innerhalb von 24 Stunden."
            ),
            "Wenn Sie das nicht waren, müssen Sie nichts tun: Es wird kein Konto eröffnet.",
        ),
    ),
    "exists": Text(
        subject="Sie haben schon ein Konto",
        button="Neues Passwort wählen",
        lines=(
            (
                "jemand, vermutlich Sie, möchte mit dieser Adresse ein Konto eröffnen. Es gibt schon eines: Bitte "
                "melden Sie sich an oder wählen Sie ein neues Passwort."
            ),
            "Wenn Sie das nicht waren, müssen Sie nichts tun: Es hat sich nichts geändert.",
        ),
    ),
    "reset": Text(
        subject="Wählen Sie ein neues Passwort",
        button="Neues Passwort wählen",
        lines=(
            "jemand, vermutlich Sie, hat um ein neues Passwort gebeten. Dieser Link gilt eine Stunde und einmal.",
            "Wenn Sie das nicht waren, müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist.",
        ),
    ),
    "changed": Text(
        subject="Ihr Passwort wurde geändert",
        button="Neues Passwort wählen",
        lines=(
            "das Passwort Ihres Kontos wurde geändert; wer damit angemeldet war, ist es nicht mehr.",
            "Wenn Sie das nicht waren, wählen Sie sofort ein neues Passwort und sagen Sie uns Bescheid.",
        ),
    ),
    "factor_on": Text(
        subject="Ihr Konto hat jetzt einen zweiten Faktor",
        lines=(
            (
                "ab jetzt wird beim Anmelden auch ein Code Ihrer Authenticator-App verlangt. Bewahren Sie die "
                "Wiederherstellungscodes gut auf."
            ),
            "Wenn Sie das nicht waren, wählen Sie sofort ein neues Passwort und sagen Sie uns Bescheid.",
        ),
    ),
    "factor_off": Text(
        subject="Ihr Konto hat keinen zweiten Faktor mehr",
        lines=(
            "ab jetzt genügt zum Anmelden Ihr Passwort.",
            "Wenn Sie das nicht waren, wählen Sie sofort ein neues Passwort und sagen Sie uns Bescheid.",
        ),
    ),
    "linked": Text(
        subject="Ein neuer Weg in Ihr Konto",
        button="Neues Passwort wählen",
        lines=(
            "Sie wurden über einen anderen Anbieter angemeldet, der Ihre Adresse kennt; das geht ab jetzt immer.",
            "Wenn Sie das nicht waren, wählen Sie sofort ein neues Passwort und sagen Sie uns Bescheid.",
        ),
    ),
}
_VI: Final[Mapping[str, Text]] = {
    "frame": Text(lines=("Xin chào {name},", "Mã, nếu được hỏi: {code}", "Voltdock")),
    "confirm": Text(
        subject="Xác nhận địa chỉ email của bạn",
        button="Xác nhận địa chỉ",
        lines=(
            "có người, chắc là bạn, muốn mở tài khoản với địa chỉ này. Vui lòng xác nhận trong vòng 24 giờ.",
            "Nếu không phải bạn thì không cần làm gì: sẽ không có tài khoản nào được mở.",
        ),
    ),
    "exists": Text(
        subject="Bạn đã có tài khoản",
        button="Chọn mật khẩu mới",
        lines=(
            (
                "có người, chắc là bạn, muốn mở tài khoản với địa chỉ này. Địa chỉ này đã có tài khoản: vui lòng đăng "
                "nhập hoặc chọn mật khẩu mới."
            ),
            "Nếu không phải bạn thì không cần làm gì: không có gì thay đổi.",
        ),
    ),
    "reset": Text(
        subject="Chọn mật khẩu mới",
        button="Chọn mật khẩu mới",
        lines=(
            (
                "có người, chắc là bạn, đã yêu cầu mật khẩu mới. Liên kết này có hiệu lực trong một giờ và chỉ dùng "
                "được một lần."
            ),
            "Nếu không phải bạn thì không cần làm gì: mật khẩu của bạn vẫn như cũ.",
        ),
    ),
    "changed": Text(
        subject="Mật khẩu của bạn đã được thay đổi",
        button="Chọn mật khẩu mới",
        lines=(
            "mật khẩu tài khoản của bạn đã được thay đổi; ai đang đăng nhập bằng mật khẩu cũ đều bị đăng xuất.",
            "Nếu không phải bạn, hãy chọn mật khẩu mới ngay và báo cho chúng tôi.",
        ),
    ),
    "factor_on": Text(
        subject="Tài khoản của bạn đã bật xác thực hai lớp",
        lines=(
            "từ bây giờ khi đăng nhập cần thêm mã của ứng dụng xác thực. Hãy cất các mã khôi phục ở nơi an toàn.",
            "Nếu không phải bạn, hãy chọn mật khẩu mới ngay và báo cho chúng tôi.",
        ),
    ),
    "factor_off": Text(
        subject="Tài khoản của bạn đã tắt xác thực hai lớp",
        lines=(
            "từ bây giờ chỉ cần mật khẩu là đăng nhập được.",
            "Nếu không phải bạn, hãy chọn mật khẩu mới ngay và báo cho chúng tôi.",
        ),
    ),
    "linked": Text(
        subject="Một cách đăng nhập mới vào tài khoản của bạn",
        button="Chọn mật khẩu mới",
        lines=(
            "tài khoản của bạn vừa được đăng nhập qua một nhà cung cấp khác biết địa chỉ của bạn, và từ nay dùng được.",
            "Nếu không phải bạn, hãy chọn mật khẩu mới ngay và báo cho chúng tôi.",
        ),
    ),
}
TEXTS: Final[Mapping[str, Mapping[str, Text]]] = {"en": _EN, "de": _DE, "vi": _VI}
