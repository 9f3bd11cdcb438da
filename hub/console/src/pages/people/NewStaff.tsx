/** Lets somebody act by hand: what, known by which PIN or badge, until when. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { AccountShape, StaffShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { dayIn, endOf } from '../../lib/days';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Sheet } from '../../ui/Sheet';
import { Ticks } from '../../ui/Ticks';

const MAY = ['unlock', 'rent', 'end'] as const;
const DAYS = 365;

interface NewStaffProps {
  readonly account: AccountShape;
  readonly close: () => void;
}

export function NewStaff({ account, close }: NewStaffProps) {
  const { t } = useAround();
  const [may, setMay] = useState<readonly string[]>(['unlock']);
  const [pin, setPin] = useState('');
  const [badge, setBadge] = useState('');
  const [until, setUntil] = useState(() => dayIn(DAYS));
  const [isUnknown, setUnknown] = useState(false);
  const deed = useDeed<StaffShape>();
  const fieldError = useFieldError(deed.error);
  const submit = () => {
    setUnknown(pin === '' && badge === '');
    if (pin === '' && badge === '') return;
    const known = { ...(pin === '' ? {} : { pin }), badge: badge.trim() };
    const body = {
      account_id: account.id,
      name: account.display_name,
      may,
      valid_to: endOf(until),
      ...known,
    };
    deed.run('/api/v1/station-staff', { method: 'POST', body }, close);
  };
  return (
    <Sheet title={t('staff_add')} close={close}>
      <form
        className="form"
        data-testid="new-staff"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p className="muted">{t('staff_what')}</p>
        <Ticks legend={t('field_may')} choices={MAY.map((id) => ({ id, name: named(t, 'may', id) }))} chosen={may} choose={setMay} error={fieldError('/may')} />
        <Field label={t('field_pin')} help={t('staff_pin_help')} name="pin" inputMode="numeric" autoComplete="off" maxLength={8} value={pin} onChange={setPin} error={isUnknown ? t('staff_needs') : fieldError('/pin')} />
        <Field label={t('field_badge')} name="badge" autoComplete="off" value={badge} onChange={setBadge} error={fieldError('/badge')} />
        <Field label={t('field_valid_to')} type="date" required value={until} onChange={setUntil} error={fieldError('/valid_to')} />
        <FormFoot error={deed.error} isBusy={deed.isBusy} isBlocked={may.length === 0 || until === ''} act={t('staff_add')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}
