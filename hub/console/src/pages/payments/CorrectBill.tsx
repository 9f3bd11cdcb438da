/** A bill is corrected: all or a part of it credited, or more charged. What comes of it is shown before it is done. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import type { AdjustmentShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import type { What } from '../../lib/corrections';
import { typedOf } from '../../lib/format';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { choices, isWorded, useCorrecting, type Correcting, type Correction } from './correcting';
import { Effect, useEffectOf } from './Effect';

interface CorrectProps extends Correction {
  readonly close: () => void;
}

export function CorrectBill(props: CorrectProps) {
  const { t } = useAround();
  return (
    <Sheet
      title={props.of === undefined ? t('correct') : t('correction_take_back')}
      close={props.close}
      isWide
    >
      <CorrectForm {...props} />
    </Sheet>
  );
}

function CorrectForm({ close, ...correction }: CorrectProps) {
  const { t, f } = useAround();
  const { bill, of } = correction;
  const now = useCorrecting(correction);
  const { what, asked, typed } = now;
  const [isTried, setTried] = useState(false);
  const deed = useDeed<AdjustmentShape>();
  const effect = useEffectOf(bill, asked);
  const send = () => {
    setTried(true);
    if (asked === null || effect.data === undefined || !isWorded(typed.reason) || !isWorded(typed.note))
      return;
    const words = { reason: typed.reason.trim(), note: typed.note.trim() };
    const body = { ...asked, ...words, revision: effect.data.revision };
    deed.run(`/api/v1/bills/${bill.id}/adjustments`, { method: 'POST', body }, close);
  };
  const amount = f.money({ minor: now.amount, currency: bill.currency });
  return (
    <form
      className="form"
      noValidate
      data-testid="correct-bill"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <p className="muted">{t('correct_how')}</p>
      <Select
        label={t('correct_do')}
        name="what"
        value={what}
        onChange={(id) => now.setWhat(id as What)}
        choices={choices(of !== undefined, now.most).map((id) => ({ id, name: t(`correct_${id}`) }))}
      />
      <Numbers now={now} currency={bill.currency} error={deed.error} isTried={isTried} />
      <Effect asked={asked} effect={effect} />
      <Words now={now} error={deed.error} isTried={isTried} />
      <FormFoot
        error={deed.error}
        isBusy={deed.isBusy}
        act={t(what === 'more' ? 'correct_charge' : 'correct_credit', { amount })}
        close={close}
        isBlocked={effect.data === undefined}
      />
    </form>
  );
}

interface FieldsProps {
  readonly now: Correcting;
  readonly error: Error | null;
  readonly isTried: boolean;
}

/** The cause, how much, and with which tax. */
function Numbers({ now, currency, error, isTried }: FieldsProps & { readonly currency: string }) {
  const { t, f } = useAround();
  const fieldError = useFieldError(error);
  const { what, most } = now;
  const left = { help: t('correct_left', { amount: f.money({ minor: most, currency }) }) };
  return (
    <>
      <Select
        label={t('correct_cause')}
        name="cause"
        value={now.cause}
        onChange={now.setCause}
        choices={now.causes.map((id) => ({ id, name: named(t, 'cause', id) }))}
        error={fieldError('/cause')}
      />
      {what !== 'all' && (
        <Field
          label={t('col_amount')}
          name="amount"
          inputMode="decimal"
          unit={currency}
          placeholder={typedOf(0, currency)}
          value={now.typed.amount}
          onChange={now.set('amount')}
          error={isTried && now.amount === 0 ? t('not_a_number') : fieldError('/amount_minor')}
          {...(what === 'part' ? left : {})}
        />
      )}
      {what === 'more' && (
        <Field
          label={t('correct_tax')}
          name="tax"
          inputMode="decimal"
          unit="%"
          value={now.tax}
          onChange={now.set('tax')}
          help={t('correct_tax_help')}
          error={now.rate === null ? t('not_a_number') : fieldError('/tax_bp')}
        />
      )}
    </>
  );
}

/** Why: what the renter reads, and what he does not. */
function Words({ now, error, isTried }: FieldsProps) {
  const { t } = useAround();
  const fieldError = useFieldError(error);
  const wrong = (name: 'reason' | 'note') =>
    isTried && !isWorded(now.typed[name]) ? t('reason_missing') : fieldError(`/${name}`);
  return (
    <>
      <Field
        label={t('correct_reason')}
        name="reason"
        maxLength={200}
        value={now.typed.reason}
        onChange={now.set('reason')}
        help={t('correct_reason_help')}
        error={wrong('reason')}
      />
      <Field
        label={t('correct_note')}
        name="note"
        maxLength={500}
        value={now.typed.note}
        onChange={now.set('note')}
        help={t('correct_note_help')}
        error={wrong('note')}
      />
    </>
  );
}
