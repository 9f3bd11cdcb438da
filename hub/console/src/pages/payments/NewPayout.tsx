/** A payout is asked for: out of what a gateway has taken and not paid out yet, how much, and why. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import { useAsk } from '../../api/queries';
import type { BalancesShape, EntryShape, PayoutShape } from '../../api/shapes';
import { named, type Words } from '../../i18n/words';
import { minorOf, type Formats } from '../../lib/format';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { Failure, Loading } from '../../ui/States';

const PREFIX = 'clearing:';
/** VNPay pays out by contract, not when it is asked. */
const NEVER = `${PREFIX}vnpay`;

export function NewPayout({ close }: { readonly close: () => void }) {
  const { t } = useAround();
  const asked = useAsk<BalancesShape>(`/api/v1/ledger/balances?prefix=${PREFIX}`);
  const pots = asked.data?.accounts.filter((one) => one.amount_minor > 0 && one.account !== NEVER) ?? [];
  return (
    <Sheet title={t('payout_ask')} close={close} step={String(pots.length)}>
      {asked.isLoading && <Loading rows={3} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data !== undefined && pots.length === 0 && <p>{t('payout_nothing')}</p>}
      {pots.length > 0 && <PayoutForm pots={pots} close={close} />}
    </Sheet>
  );
}

function PayoutForm({ pots, close }: { pots: readonly EntryShape[]; close: () => void }) {
  const { t, f } = useAround();
  const deed = useDeed<PayoutShape>();
  const fieldError = useFieldError(deed.error);
  const [index, setIndex] = useState('0');
  const [typed, setTyped] = useState({ amount: '', why: '' });
  const [isWrong, setWrong] = useState(false);
  const pot = pots[Number(index)] ?? pots[0];
  if (pot === undefined) return null;
  const { currency, amount_minor } = pot;
  const gateway = pot.account.slice(PREFIX.length);
  const send = () => {
    const minor = minorOf(typed.amount, currency);
    setWrong(minor === null || minor === 0);
    if (minor === null || minor === 0) return;
    const body = { gateway, currency, amount_minor: minor, why: typed.why };
    deed.run('/api/v1/payouts', { method: 'POST', body }, close);
  };
  return (
    <form
      className="form"
      noValidate
      data-testid="new-payout"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <p className="muted">{t('payout_how')}</p>
      <Select
        label={t('payout_from')}
        name="pot"
        value={index}
        onChange={setIndex}
        error={fieldError('/gateway')}
        choices={pots.map((one, at) => ({ id: String(at), name: potWords(t, f, one) }))}
      />
      <Field
        label={t('col_amount')}
        name="amount"
        inputMode="decimal"
        unit={currency}
        value={typed.amount}
        onChange={(amount) => setTyped({ ...typed, amount })}
        error={isWrong ? t('not_a_number') : fieldError('/amount_minor')}
        help={t('payout_most', { amount: f.money({ minor: amount_minor, currency }) })}
      />
      <Field
        label={t('field_why')}
        name="why"
        maxLength={500}
        value={typed.why}
        onChange={(why) => setTyped({ ...typed, why })}
        error={fieldError('/why')}
      />
      <FormFoot error={deed.error} isBusy={deed.isBusy} act={t('payout_ask')} close={close} />
    </form>
  );
}

function potWords(t: Words, f: Formats, { account, currency, amount_minor }: EntryShape): string {
  const gateway = named(t, 'gateway', account.slice(PREFIX.length));
  return `${gateway}: ${f.money({ minor: amount_minor, currency })}`;
}
