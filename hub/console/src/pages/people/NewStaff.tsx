/** Lets somebody act by hand, or changes it: what, known by which PIN or badge, until when. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { AccountShape, StaffShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { dayIn, dayOf, endOf } from '../../lib/days';
import { uidOf } from '../../lib/uid';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Sheet } from '../../ui/Sheet';
import { Tick } from '../../ui/Tick';
import { Ticks } from '../../ui/Ticks';
import { UidField } from '../../ui/UidField';

const MAY = ['unlock', 'rent', 'end'] as const;
const DAYS = 365;

interface NewStaffProps {
  readonly account: AccountShape;
  /** What is changed; without it somebody is let in anew. */
  readonly member?: StaffShape;
  readonly close: () => void;
}

export function NewStaff({ account, member, close }: NewStaffProps) {
  const { t } = useAround();
  const [may, setMay] = useState<readonly string[]>(member?.may ?? ['unlock']);
  const [pin, setPin] = useState('');
  const [badge, setBadge] = useState(member?.badge ?? '');
  const [isKept, setKept] = useState(member?.has_pin ?? false);
  const [until, setUntil] = useState(() => firstEnd(member));
  const [isUnknown, setUnknown] = useState(false);
  const title = member === undefined ? t('staff_add') : `${t('staff')}: ${account.display_name}`;
  const deed = useDeed<StaffShape>();
  const fieldError = useFieldError(deed.error);
  const submit = () => {
    const keeps = pin === '' && isKept;
    const isNobody = pin === '' && !keeps && uidOf(badge) === '';
    setUnknown(isNobody);
    if (isNobody) return;
    const known = { ...(pin === '' ? {} : { pin }), keep_pin: keeps, badge: uidOf(badge) };
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
    <Sheet title={title} close={close}>
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
        {member?.has_pin === true && <Tick label={t('staff_pin_kept')} help={t('staff_pin_kept_help')} isOn={isKept} set={setKept} />}
        <UidField label={t('field_badge')} help={t('card_help')} name="badge" value={badge} onChange={setBadge} error={fieldError('/badge')} />
        <Field label={t('field_valid_to')} type="date" required value={until} onChange={setUntil} error={fieldError('/valid_to')} />
        <FormFoot error={deed.error} isBusy={deed.isBusy} isBlocked={may.length === 0 || until === ''} act={t(member === undefined ? 'staff_add' : 'save')} close={close} />
      </form>
    </Sheet>
  ); // prettier-ignore
}

/** As it is; a year from now for somebody new, or whose time is over. */
function firstEnd(member: StaffShape | undefined): string {
  return member === undefined || Date.parse(member.valid_to) < Date.now()
    ? dayIn(DAYS)
    : dayOf(member.valid_to);
}
