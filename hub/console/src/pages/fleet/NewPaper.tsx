/** A paper of a vehicle: what it is, from when to when, and whether the vehicle stays in once it is over. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { DocumentShape, VehicleShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { dayIn, endOf, startOf } from '../../lib/days';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { Tick } from '../../ui/Tick';
import { PAPERS } from './words';

interface NewPaperProps {
  readonly vehicle: VehicleShape;
  readonly close: () => void;
}

export function NewPaper({ vehicle, close }: NewPaperProps) {
  const { t } = useAround();
  const [typed, setTyped] = useState({
    kind: 'registration',
    number: '',
    issuer: '',
    valid_from: dayIn(0),
    valid_until: '',
  });
  const [blocks, setBlocks] = useState(true);
  const deed = useDeed<DocumentShape>();
  const fieldError = useFieldError(deed.error);
  const field = (name: keyof typeof typed) => ({
    label: t(`field_${name}`),
    name,
    value: typed[name],
    onChange: (value: string) => setTyped({ ...typed, [name]: value }),
    error: fieldError(`/${name}`),
  });
  const submit = () => {
    const times = { valid_from: startOf(typed.valid_from), valid_until: endOf(typed.valid_until) };
    deed.run(
      `/api/v1/vehicles/${vehicle.id}/documents`,
      { method: 'POST', body: { ...typed, ...times, blocks } },
      close,
    );
  };
  return (
    <Sheet title={`${t('paper_add')}: ${vehicle.label}`} close={close}>
      <form
        className="form"
        data-testid="paper-form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Select {...field('kind')} choices={PAPERS.map((id) => ({ id, name: named(t, 'paper', id) }))} />
        <Field {...field('number')} maxLength={80} autoComplete="off" />
        <Field {...field('issuer')} maxLength={120} />
        <div className="form-pair">
          <Field {...field('valid_from')} type="date" required />
          <Field {...field('valid_until')} type="date" help={t('until_empty_help')} />
        </div>
        <Tick label={t('field_blocks')} isOn={blocks} set={setBlocks} help={t('paper_blocks_help')} />
        <FormFoot error={deed.error} isBusy={deed.isBusy} isBlocked={typed.valid_from === ''} act={t('paper_add')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}
