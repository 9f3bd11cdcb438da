/** A new password; the other sessions end, and a mail tells the owner. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import { Refusal } from '../../api/client';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Card } from '../../ui/Head';
import { Sheet } from '../../ui/Sheet';

const SHORTEST = 10;

export function Password() {
  const { t } = useAround();
  const [isOpen, setOpen] = useState(false);
  const [isChanged, setChanged] = useState(false);
  return (
    <Card title={t('password')}>
      <p className="muted" role="status">
        {isChanged ? t('password_changed') : t('password_what')}
      </p>
      <div className="card-acts">
        <button type="button" className="button" onClick={() => setOpen(true)}>
          {t('password_change')}
        </button>
      </div>
      {isOpen && (
        <PasswordSheet
          close={() => setOpen(false)}
          done={() => {
            setChanged(true);
            setOpen(false);
          }}
        />
      )}
    </Card>
  );
}

function PasswordSheet({ close, done }: { close: () => void; done: () => void }) {
  const { t } = useAround();
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const [isShort, setShort] = useState(false);
  const deed = useDeed();
  const fieldError = useFieldError(deed.error);
  const isWrong = deed.error instanceof Refusal && deed.error.problem.code === 'bad_credentials';
  const submit = () => {
    setShort(fresh.length < SHORTEST);
    if (fresh.length < SHORTEST) return;
    deed.run('/api/v1/me/password', { method: 'POST', body: { password: old, new_password: fresh } }, done);
  };
  return (
    <Sheet title={t('password_change')} close={close}>
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Field
          label={t('password_old')} type="password" autoComplete="current-password" value={old} onChange={setOld}
          error={isWrong ? t('password_not_yours') : fieldError('/password')}
        />
        <Field
          label={t('password_new')} help={t('password_help')} type="password" autoComplete="new-password"
          value={fresh} onChange={setFresh}
          error={isShort ? t('password_short') : fieldError('/new_password')}
        />
        <FormFoot error={isWrong ? null : deed.error} isBusy={deed.isBusy} act={t('password_change')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}
