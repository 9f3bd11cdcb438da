/** A card for somebody: its number, what it may, until when. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { AccountShape, CardShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { endOf } from '../../lib/days';
import { uidOf } from '../../lib/uid';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Sheet } from '../../ui/Sheet';
import { Ticks } from '../../ui/Ticks';
import { UidField } from '../../ui/UidField';

const MAY = ['rent', 'charge'] as const;

interface NewCardProps {
  readonly account: AccountShape;
  readonly close: () => void;
}

export function NewCard({ account, close }: NewCardProps) {
  const { t } = useAround();
  const [uid, setUid] = useState('');
  const [may, setMay] = useState<readonly string[]>(MAY);
  const [until, setUntil] = useState('');
  const deed = useDeed<CardShape>();
  const fieldError = useFieldError(deed.error);
  const submit = () => {
    const body = { uid: uidOf(uid), account_id: account.id, may, valid_to: endOf(until) };
    deed.run('/api/v1/cards', { method: 'POST', body }, close);
  };
  return (
    <Sheet title={t('card_add')} close={close}>
      <form
        className="form"
        data-testid="new-card"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <UidField label={t('field_uid')} help={t('card_help')} name="uid" value={uid} onChange={setUid} error={fieldError('/uid')} />
        <Ticks legend={t('field_may')} choices={MAY.map((id) => ({ id, name: named(t, 'may', id) }))} chosen={may} choose={setMay} error={fieldError('/may')} />
        <Field label={t('field_valid_to')} help={t('until_empty_help')} type="date" value={until} onChange={setUntil} error={fieldError('/valid_to')} />
        <FormFoot error={deed.error} isBusy={deed.isBusy} isBlocked={uid.trim() === '' || may.length === 0} act={t('card_add')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}
