/** Setting the second factor up: the password, the picture for the authenticator, a code as proof, the recovery codes. */
import { lazy, Suspense, useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import { Refusal } from '../../api/client';
import type { Enrolment, RecoveryCodes } from '../../api/shapes';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Once } from '../../ui/Once';
import { Sheet } from '../../ui/Sheet';
import { Loading } from '../../ui/States';
import { CodesShown } from './CodesShown';

const QrPicture = lazy(() => import('../../ui/QrPicture').then((module) => ({ default: module.QrPicture })));
const PATH = '/api/v1/me/second-factor';

export function FactorSetUp({ close }: { readonly close: () => void }) {
  const { t } = useAround();
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [codes, setCodes] = useState<RecoveryCodes | null>(null);
  return (
    <Sheet
      title={codes === null ? t('factor_set_up') : t('recovery_codes')}
      close={close}
      step={codes !== null ? 'codes' : enrolment === null ? 'password' : 'code'}
    >
      {codes !== null ? (
        <CodesShown codes={codes} close={close} />
      ) : enrolment === null ? (
        <Begin done={setEnrolment} close={close} />
      ) : (
        <Confirm enrolment={enrolment} done={setCodes} close={close} />
      )}
    </Sheet>
  );
}

function Begin({ done, close }: { done: (value: Enrolment) => void; close: () => void }) {
  const { t } = useAround();
  const [password, setPassword] = useState('');
  const deed = useDeed<Enrolment>();
  const isWrong = deed.error instanceof Refusal && deed.error.problem.code === 'bad_credentials';
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        deed.run(PATH, { method: 'POST', body: { password } }, done);
      }}
    >
      <p className="muted">{t('factor_begin')}</p>
      <Field
        label={t('password')}
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        error={isWrong ? t('password_not_yours') : null}
      />
      <FormFoot error={isWrong ? null : deed.error} isBusy={deed.isBusy} act={t('go_on')} close={close} />
    </form>
  );
}

interface ConfirmProps {
  readonly enrolment: Enrolment;
  readonly done: (codes: RecoveryCodes) => void;
  readonly close: () => void;
}

function Confirm({ enrolment, done, close }: ConfirmProps) {
  const { t } = useAround();
  const [code, setCode] = useState('');
  const deed = useDeed<RecoveryCodes>();
  const fieldError = useFieldError(deed.error);
  const isWrong = deed.error instanceof Refusal && deed.error.problem.code === 'code_invalid';
  return (
    <form
      className="form"
      data-testid="factor-confirm"
      onSubmit={(event) => {
        event.preventDefault();
        deed.run(`${PATH}/confirm`, { method: 'POST', body: { code: code.replace(/\s/g, '') } }, done);
      }}
    >
      <p className="muted">{t('factor_scan')}</p>
      <Suspense fallback={<Loading rows={4} />}>
        <QrPicture text={enrolment.uri} label={t('factor_picture')} />
      </Suspense>
      <Once label={t('factor_by_hand')} secret={enrolment.secret} />
      <Field
        label={t('factor_code')}
        name="code"
        className="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        value={code}
        onChange={setCode}
        error={isWrong ? t('code_wrong') : fieldError('/code')}
      />
      <FormFoot error={isWrong ? null : deed.error} isBusy={deed.isBusy} act={t('factor_turn_on')} close={close} />
    </form>
  ); // prettier-ignore
}
