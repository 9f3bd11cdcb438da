/** A new account at the door: name, address, password; then whoever asked looks into the mail, known here or not. */
import { useEffect, useRef, useState } from 'react';
import { useAround } from '../../app/context';
import { Field } from '../../ui/Field';
import { DoorTrouble } from './DoorTrouble';
import { useRegistering, type FieldName, type Registering } from './registering';

export function Register({ leave }: { readonly leave: () => void }) {
  const { t } = useAround();
  const form = useRegistering();
  return (
    <>
      {form.hasAsked ? <LookIntoYourMail form={form} /> : <RegisterForm form={form} />}
      <button type="button" className="link door-aside" onClick={leave}>
        {t('register_sign_in')}
      </button>
    </>
  );
}

function RegisterForm({ form }: { readonly form: Registering }) {
  const { t } = useAround();
  const place = useRef<HTMLFormElement>(null);
  const wrong = () => place.current?.querySelector<HTMLInputElement>('[aria-invalid=true]');
  useEffect(() => place.current?.querySelector('input')?.focus(), []);
  const said = form.wrong;
  useEffect(() => wrong()?.focus(), [said]);
  const field = (name: FieldName) => ({
    label: t(`field_${name}`), name, value: form.typed[name], error: form.errorAt(name),
    onChange: (value: string) => form.set(name, value),
  }); // prettier-ignore
  return (
    <form
      ref={place}
      className="door-form"
      noValidate
      data-testid="register"
      onSubmit={(event) => {
        event.preventDefault();
        void form.send();
      }}
    >
      <h1>{t('register')}</h1>
      <p className="muted">
        {t('register_what')} {form.organisation !== null && t('register_with', { slug: form.organisation })}
      </p>
      {form.trouble !== null && <DoorTrouble trouble={form.trouble} />}
      <Field {...field('display_name')} autoComplete="name" maxLength={120} />
      <Field {...field('email')} type="email" autoComplete="username" maxLength={254} />
      <Field
        {...field('password')}
        type="password"
        autoComplete="new-password"
        maxLength={200}
        help={t('register_password_help')}
      />
      <button type="submit" className="button primary wide" disabled={form.isBusy || form.isLocked}>
        {form.isBusy ? t('one_moment') : t('register')}
      </button>
    </form>
  );
}

function LookIntoYourMail({ form }: { readonly form: Registering }) {
  const { t } = useAround();
  const [wasAgain, setAgain] = useState(false);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <div className="door-form" data-testid="look-into-mail">
      <h1 tabIndex={-1} ref={title}>
        {t('register_sent_title')}
      </h1>
      <p>{t('register_sent', { email: form.typed.email.trim() })}</p>
      <p className="muted">{t('register_sent_known')}</p>
      <p className="muted">{t('register_sent_none')}</p>
      {form.trouble !== null && <DoorTrouble trouble={form.trouble} />}
      <p role="status">{wasAgain && form.trouble === null ? t('register_sent_again') : ''}</p>
      <div className="door-ways">
        <button
          type="button"
          className="button"
          disabled={form.isBusy || form.isLocked}
          onClick={() => void form.sendAgain().then(setAgain)}
        >
          {form.isBusy ? t('one_moment') : t('register_again')}
        </button>
        <button type="button" className="link" onClick={form.change}>
          {t('register_other_address')}
        </button>
      </div>
    </div>
  );
}
