// The pages of mails: send the secret behind the # when a person says so (mail scanners follow links, and must use up
// none), and say what came of it in the person's language.
const WORDS = {
  en: {
    confirm: 'Confirm your address',
    reset: 'Choose a new password',
    forgot: 'Send me a link',
    email: 'E-mail address',
    password: 'New password, at least 10 characters',
    confirmed: 'Thank you. You can sign in now.',
    changed: 'Your password is changed. You can sign in now.',
    sent: 'If this address has an account, a mail is on its way.',
    link_invalid: 'This link has been used or is too old. Please ask for a new one.',
    too_many_requests: 'Too many requests. Please try again in {s} seconds.',
    invalid: 'Please check what you entered.',
    failed: 'That did not work. Please try again later.',
    sign_in: 'To the sign-in',
  },
  de: {
    confirm: 'Adresse bestätigen',
    reset: 'Neues Passwort wählen',
    forgot: 'Link zuschicken',
    email: 'E-Mail-Adresse',
    password: 'Neues Passwort, mindestens 10 Zeichen',
    confirmed: 'Danke. Sie können sich jetzt anmelden.',
    changed: 'Ihr Passwort ist geändert. Sie können sich jetzt anmelden.',
    sent: 'Wenn es zu dieser Adresse ein Konto gibt, ist eine Mail unterwegs.',
    link_invalid: 'Dieser Link wurde schon benutzt oder ist zu alt. Bitte fordern Sie einen neuen an.',
    too_many_requests: 'Zu viele Anfragen. Bitte versuchen Sie es in {s} Sekunden wieder.',
    invalid: 'Bitte prüfen Sie Ihre Eingabe.',
    failed: 'Das hat nicht geklappt. Bitte versuchen Sie es später wieder.',
    sign_in: 'Zur Anmeldung',
  },
  vi: {
    confirm: 'Xác nhận địa chỉ',
    reset: 'Chọn mật khẩu mới',
    forgot: 'Gửi liên kết cho tôi',
    email: 'Địa chỉ email',
    password: 'Mật khẩu mới, ít nhất 10 ký tự',
    confirmed: 'Cảm ơn. Bây giờ bạn có thể đăng nhập.',
    changed: 'Mật khẩu đã được đổi. Bây giờ bạn có thể đăng nhập.',
    sent: 'Nếu địa chỉ này có tài khoản, email đang được gửi đi.',
    link_invalid: 'Liên kết này đã được dùng hoặc đã quá hạn. Vui lòng yêu cầu liên kết mới.',
    too_many_requests: 'Quá nhiều yêu cầu. Vui lòng thử lại sau {s} giây.',
    invalid: 'Vui lòng kiểm tra thông tin đã nhập.',
    failed: 'Không thành công. Vui lòng thử lại sau.',
    sign_in: 'Đến trang đăng nhập',
  },
};

const language = navigator.languages.map((one) => one.slice(0, 2)).find((one) => one in WORDS) ?? 'en';
const words = WORDS[language];
const secret = location.hash.slice(1);
const at = (id) => document.getElementById(id);
const page = location.pathname.endsWith('confirm') ? 'confirm' : secret ? 'reset' : 'forgot';
const ACTIONS = {
  confirm: { path: 'register/confirm', body: () => ({ token: secret }), done: 'confirmed' },
  reset: {
    path: 'password/reset',
    body: () => ({ token: secret, password: at('password').value }),
    done: 'changed',
  },
  forgot: { path: 'password/forgot', body: () => ({ email: at('email').value }), done: 'sent' },
};

async function said(action) {
  const answer = await fetch(`/api/v1/auth/${action.path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(action.body()),
  });
  if (answer.ok) return { text: words[action.done], ok: true };
  const problem = await answer.json().catch(() => ({}));
  const text = words[problem.code] ?? words.failed;
  return { text: text.replace('{s}', String(problem.params?.retry_after_s ?? '')), ok: false };
}

document.documentElement.lang = language;
at('title').textContent = words[page === 'forgot' ? 'reset' : page];
at('go').textContent = words[page];
at('email-label').textContent = words.email;
at('password-label').textContent = words.password;
at('email-row').hidden = page !== 'forgot';
at('email').required = page === 'forgot';
at('password-row').hidden = page !== 'reset';
at('password').required = page === 'reset';
at('form').hidden = false;
at('sign-in').textContent = words.sign_in;
at('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  at('go').disabled = true;
  const result = await said(ACTIONS[page]).catch(() => ({ text: words.failed, ok: false }));
  at('said').textContent = result.text;
  at('form').hidden = result.ok;
  at('on').hidden = !(result.ok && page !== 'forgot');
  at('go').disabled = false;
});
