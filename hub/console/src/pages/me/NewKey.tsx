/** A new key: its name, what it may (never more than its maker), until when; then the key itself, once. */
import { useState } from 'react';
import { useAround, useMe } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { KeyMade } from '../../api/shapes';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Kept } from '../../ui/Kept';
import { Once } from '../../ui/Once';
import { Sheet } from '../../ui/Sheet';
import { Ticks } from '../../ui/Ticks';
import { dayIn, endOf } from '../../lib/days';

const DAYS = 90;

export function NewKey({ close }: { readonly close: () => void }) {
  const { t } = useAround();
  const [made, setMade] = useState<KeyMade | null>(null);
  return (
    <Sheet title={t('key_make')} close={close} isWide>
      {made === null ? <Making done={setMade} close={close} /> : <Made made={made} close={close} />}
    </Sheet>
  );
}

function Making({ done, close }: { done: (made: KeyMade) => void; close: () => void }) {
  const { t } = useAround();
  const me = useMe();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [until, setUntil] = useState(() => dayIn(DAYS));
  const deed = useDeed<KeyMade>();
  const fieldError = useFieldError(deed.error);
  const wide = me.permissions.filter((one) => !one.endsWith(':own')).sort();
  const submit = () => {
    const body = { name: name.trim(), scopes, expires_at: endOf(until) };
    deed.run('/api/v1/api-keys', { method: 'POST', body }, done);
  };
  return (
    <form
      className="form"
      data-testid="new-key"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Field label={t('field_name')} help={t('key_name_help')} name="name" value={name} onChange={setName} maxLength={80} required error={fieldError('/name')} />
      <Field label={t('field_expires_at')} help={t('key_until_help')} type="date" value={until} onChange={setUntil} required error={fieldError('/expires_at')} />
      <Ticks legend={t('field_scopes')} choices={wide.map((one) => ({ id: one, name: one }))} chosen={scopes} choose={setScopes} isMono error={fieldError('/scopes')} />
      <FormFoot error={deed.error} isBusy={deed.isBusy} isBlocked={scopes.length === 0 || until === ''} act={t('key_make')} close={close} />
    </form>
  ); // prettier-ignore
}

function Made({ made, close }: { made: KeyMade; close: () => void }) {
  const { t } = useAround();
  return (
    <div className="form" data-testid="key-made">
      <p className="notice">{t('key_once')}</p>
      <Once label={made.name} secret={made.key} />
      <Kept words={t('once_kept')} close={close} />
    </div>
  );
}
