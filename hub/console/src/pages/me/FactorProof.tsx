/** What only the owner may do to a second factor: new recovery codes, or turning it off; password and code are asked for. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed } from '../../app/deeds';
import { Refusal } from '../../api/client';
import type { RecoveryCodes } from '../../api/shapes';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Sheet } from '../../ui/Sheet';
import { CodesShown } from './CodesShown';

interface FactorProofProps {
  readonly to: 'codes' | 'off';
  readonly close: () => void;
}

export function FactorProof({ to, close }: FactorProofProps) {
  const { t } = useAround();
  const [codes, setCodes] = useState<RecoveryCodes | null>(null);
  const title = to === 'off' ? t('factor_off_title') : t('recovery_new');
  return (
    <Sheet title={title} close={close}>
      {codes === null ? (
        <Proof to={to} done={(value) => (to === 'off' ? close() : setCodes(value))} close={close} />
      ) : (
        <CodesShown codes={codes} close={close} />
      )}
    </Sheet>
  );
}

interface ProofProps extends FactorProofProps {
  readonly done: (value: RecoveryCodes) => void;
}

function Proof({ to, done, close }: ProofProps) {
  const { t } = useAround();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const deed = useDeed<RecoveryCodes>();
  const wrong = deed.error instanceof Refusal ? deed.error.problem.code : '';
  const isAtField = wrong === 'bad_credentials' || wrong === 'code_invalid';
  const path = `/api/v1/me/second-factor/${to === 'off' ? 'disable' : 'recovery-codes'}`;
  return (
    <form
      className="form"
      data-testid="factor-proof"
      onSubmit={(event) => {
        event.preventDefault();
        deed.run(path, { method: 'POST', body: { password, code: code.replace(/\s/g, '') } }, done);
      }}
    >
      <p className="muted">{to === 'off' ? t('factor_off_what') : t('recovery_new_what')}</p>
      <Field
        label={t('password')}
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        error={wrong === 'bad_credentials' ? t('password_not_yours') : null}
      />
      <Field
        label={t('factor_code_or_recovery')}
        name="code"
        className="code"
        autoComplete="one-time-code"
        value={code}
        onChange={setCode}
        error={wrong === 'code_invalid' ? t('code_wrong') : null}
      />
      <FormFoot
        error={isAtField ? null : deed.error}
        isBusy={deed.isBusy}
        act={to === 'off' ? t('factor_turn_off') : t('recovery_new')}
        close={close}
        isDanger={to === 'off'}
      />
    </form>
  );
}
