/** The door: password, then a code where a second factor is on, or a new account. Small, so that it is there at once. */
import { useState } from 'react';
import { useLocation } from 'react-router';
import { useAround } from '../../app/context';
import { LANGUAGES } from '../../i18n/words';
import { CodeForm } from './CodeForm';
import { Elsewhere } from './Elsewhere';
import { PasswordForm } from './PasswordForm';
import { Register } from './Register';
import { useSigning } from './signing';

/** `isAgain`: the session ran out over an open page, which stays underneath as it was left. */
export function SignIn({ isAgain = false }: { readonly isAgain?: boolean }) {
  const { t } = useAround();
  const signing = useSigning();
  const { search } = useLocation();
  const [isNew, setNew] = useState(!isAgain && new URLSearchParams(search).has('register'));
  return (
    <main className={isAgain ? 'door over' : 'door'}>
      <div className="door-card">
        <p className="brand">
          <span className="brand-mark" />
          Voltdock
        </p>
        {isNew ? (
          <Register leave={() => setNew(false)} />
        ) : signing.step.at === 'code' ? (
          <CodeForm signing={signing} step={signing.step} />
        ) : (
          <>
            <h1>{isAgain ? t('sign_in_again') : t('sign_in_title')}</h1>
            {isAgain && <p className="muted">{t('sign_in_again_why')}</p>}
            <PasswordForm signing={signing} />
            <Elsewhere />
            {!isAgain && (
              <button type="button" className="link door-aside" onClick={() => setNew(true)}>
                {t('register_instead')}
              </button>
            )}
          </>
        )}
        <Languages />
      </div>
    </main>
  );
}

export function SignInAgain() {
  return <SignIn isAgain />;
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
          onClick={() => setPrefs({ ...prefs, lang, isPseudo: false })}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
