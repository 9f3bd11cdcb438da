/** The door: address and password, errors at the field, and when the next try is possible. Small, so that it is there at once. */
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { Refusal } from '../api/client';
import { useAround } from '../app/context';
import { LANGUAGES } from '../i18n/words';
import { useNow } from '../lib/clock';
import { Field } from '../ui/Field';
import { useReason } from '../ui/States';

interface Trouble {
  readonly error: Error;
  readonly until: number | null;
}

/** `isAgain`: the session ran out over an open page, which stays underneath as it was left. */
export function SignIn({ isAgain = false }: { readonly isAgain?: boolean }) {
  const { t } = useAround();
  const form = useSignIn();
  return (
    <main className={isAgain ? 'door over' : 'door'}>
      <form className="door-card" onSubmit={form.submit} noValidate data-testid="sign-in">
        <p className="brand">
          <span className="brand-mark" />
          Voltdock
        </p>
        <h1>{isAgain ? t('sign_in_again') : t('sign_in_title')}</h1>
        {isAgain && <p className="muted">{t('sign_in_again_why')}</p>}
        {form.trouble !== null && <DoorTrouble trouble={form.trouble} />}
        <Field
          label={t('email')} type="email" autoComplete="username" value={form.email} onChange={form.setEmail}
          error={form.missing === 'email' ? t('email_missing') : null} inputRef={form.emailRef}
        />
        <Field
          label={t('password')} type="password" autoComplete="current-password" value={form.password}
          onChange={form.setPassword} error={form.passwordError} inputRef={form.passwordRef}
        />
        <button type="submit" className="button primary wide" disabled={form.isBusy || form.isLocked}>
          {form.isBusy ? t('one_moment') : t('sign_in')}
        </button>
        <Languages />
      </form>
    </main>
  ); // prettier-ignore
}

function DoorTrouble({ trouble }: { trouble: Trouble }) {
  const { t, f } = useAround();
  const now = useNow();
  const { title, small } = useReason(trouble.error);
  const left = trouble.until === null ? 0 : Math.ceil((trouble.until - now) / 1000);
  if (trouble.until !== null && left <= 0) return null;
  const isLocked = trouble.until !== null;
  return (
    <div className="door-trouble" role="alert" data-testid="sign-in-problem">
      <p>{isLocked ? t('locked_out', { span: f.span(left), time: f.time(trouble.until) }) : title}</p>
      {!isLocked && !(trouble.error instanceof Refusal) && <p className="small">{small}</p>}
    </div>
  );
}

function Languages() {
  const { t, prefs, setPrefs } = useAround();
  return (
    <div className="door-langs" role="group" aria-label={t('language')}>
      {LANGUAGES.map(({ lang, name }) => (
        <button
          key={lang}
          type="button"
          lang={lang}
          className="link"
          aria-pressed={prefs.lang === lang}
          onClick={() => {
            setPrefs({ ...prefs, lang, isPseudo: false });
          }}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

function useSignIn() {
  const { t, session } = useAround();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState<'email' | 'password' | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [isBusy, setBusy] = useState(false);
  const emailRef = useRef<HTMLInputElement>(null);
  const passwordRef = useRef<HTMLInputElement>(null);
  const isLocked = useIsBefore(trouble?.until ?? null);
  useEffect(() => emailRef.current?.focus(), []);
  const wrong = trouble?.error instanceof Refusal && trouble.error.problem.code === 'bad_credentials';
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const lack = email.trim() === '' ? 'email' : password === '' ? 'password' : null;
    setMissing(lack);
    if (lack !== null) {
      (lack === 'email' ? emailRef : passwordRef).current?.focus();
      return;
    }
    setBusy(true);
    session
      .signIn({ email, password })
      .catch((error: unknown) => {
        setTrouble(troubleOf(error));
        passwordRef.current?.focus();
        passwordRef.current?.select();
      })
      .finally(() => setBusy(false));
  };
  const passwordError = missing === 'password' ? t('password_missing') : wrong ? t('password_wrong') : null;
  return {
    email, setEmail, password, setPassword, missing, trouble, isBusy, isLocked, emailRef, passwordRef, passwordError,
    submit,
  }; // prettier-ignore
}

function useIsBefore(instant: number | null): boolean {
  const now = useNow();
  return instant !== null && now < instant;
}

function troubleOf(error: unknown): Trouble {
  const seen = error instanceof Error ? error : new Error(String(error));
  const wait = seen instanceof Refusal ? seen.problem.params['retry_after_s'] : undefined;
  return { error: seen, until: typeof wait === 'number' ? Date.now() + wait * 1000 : null };
}
