/** The second step: a code of the authenticator, or one of the recovery codes that were kept for the day it is lost. */
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { useAround } from '../../app/context';
import { Field } from '../../ui/Field';
import { DoorTrouble } from './DoorTrouble';
import type { Signing, Step } from './signing';

interface CodeFormProps {
  readonly signing: Signing;
  readonly step: Extract<Step, { readonly at: 'code' }>;
}

export function CodeForm({ signing, step }: CodeFormProps) {
  const { t } = useAround();
  const [isRecovery, setRecovery] = useState(false);
  const form = useCodeForm(signing, step.challenge, isRecovery);
  const isWrong = signing.code === 'code_invalid';
  return (
    <form className="door-form" onSubmit={form.submit} noValidate data-testid="second-factor">
      <h1>{t('factor_title')}</h1>
      <p className="muted">{isRecovery ? t('recovery_how') : t('factor_how')}</p>
      {signing.trouble !== null && !isWrong && <DoorTrouble trouble={signing.trouble} />}
      <Field
        key={String(isRecovery)}
        label={isRecovery ? t('recovery_code') : t('factor_code')}
        value={form.code}
        onChange={form.setCode}
        error={form.isMissing ? t('code_missing') : isWrong ? t('code_wrong') : null}
        inputRef={form.ref}
        inputMode={isRecovery ? 'text' : 'numeric'}
        autoComplete="one-time-code"
        autoCapitalize="off"
        spellCheck={false}
        maxLength={40}
        name="code"
        className="code"
      />
      <button type="submit" className="button primary wide" disabled={signing.isBusy || signing.isLocked}>
        {signing.isBusy ? t('one_moment') : t('sign_in')}
      </button>
      <div className="door-ways">
        <button type="button" className="link" onClick={() => setRecovery(!isRecovery)}>
          {isRecovery ? t('factor_instead') : t('recovery_instead')}
        </button>
        <button type="button" className="link" onClick={signing.startOver}>
          {t('factor_other_account')}
        </button>
      </div>
    </form>
  );
}

function useCodeForm(signing: Signing, challenge: string, isRecovery: boolean) {
  const [code, setCode] = useState('');
  const [isMissing, setMissing] = useState(false);
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => ref.current?.focus(), [isRecovery]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const typed = code.replace(/\s/g, '');
    setMissing(typed === '');
    if (typed === '') {
      ref.current?.focus();
      return;
    }
    void signing.send({ challenge, code: typed }, '').then(() => {
      ref.current?.focus();
      ref.current?.select();
    });
  };
  return { code, setCode, isMissing, ref, submit };
}
