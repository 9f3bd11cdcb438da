/** Address and password, errors at the field, and the way out for whoever has forgotten it. */
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { useAround } from '../../app/context';
import { Field } from '../../ui/Field';
import { DoorTrouble } from './DoorTrouble';
import type { Signing } from './signing';

export function PasswordForm({ signing }: { readonly signing: Signing }) {
  const { t } = useAround();
  const form = usePasswordForm(signing);
  return (
    <form className="door-form" onSubmit={form.submit} noValidate data-testid="sign-in">
      {signing.trouble !== null && <DoorTrouble trouble={signing.trouble} />}
      <Field
        label={t('email')} type="email" autoComplete="username" value={form.email} onChange={form.setEmail}
        error={form.missing === 'email' ? t('email_missing') : null} inputRef={form.emailRef}
      />
      <Field
        label={t('password')} type="password" autoComplete="current-password" value={form.password}
        onChange={form.setPassword} error={form.passwordError} inputRef={form.passwordRef}
      />
      <button type="submit" className="button primary wide" disabled={signing.isBusy || signing.isLocked}>
        {signing.isBusy ? t('one_moment') : t('sign_in')}
      </button>
      {/* The hub's own small page, which also stands behind the mailed link. */}
      <a className="door-aside" href="/account/reset">{t('password_forgotten')}</a>
    </form>
  ); // prettier-ignore
}

function usePasswordForm(signing: Signing) {
  const { t } = useAround();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState<'email' | 'password' | null>(null);
  const emailRef = useRef<HTMLInputElement>(null);
  const passwordRef = useRef<HTMLInputElement>(null);
  useEffect(() => emailRef.current?.focus(), []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const lack = email.trim() === '' ? 'email' : password === '' ? 'password' : null;
    setMissing(lack);
    if (lack !== null) {
      (lack === 'email' ? emailRef : passwordRef).current?.focus();
      return;
    }
    void signing.send({ email, password }, email).then((isIn) => {
      if (isIn) return;
      passwordRef.current?.focus();
      passwordRef.current?.select();
    });
  };
  const isWrong = signing.code === 'bad_credentials';
  const passwordError = missing === 'password' ? t('password_missing') : isWrong ? t('password_wrong') : null;
  return { email, setEmail, password, setPassword, missing, emailRef, passwordRef, passwordError, submit };
}
