/** One tariff: its versions in time, the form for the next one, and beside it what a trip costs, reckoned by the hub. */
import { useState } from 'react';
import { useParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import { useUnsaved } from '../../app/leaving';
import { useAsk } from '../../api/queries';
import type { Prices, TariffShape, VersionShape } from '../../api/shapes';
import { useNow } from '../../lib/clock';
import {
  AMOUNTS,
  NUMBERS,
  pricesOf,
  typedPrices,
  versionAt,
  versionsOf,
  type AmountKey,
  type NumberKey,
} from '../../lib/tariffs';
import { named } from '../../i18n/words';
import { Chip } from '../../ui/Chip';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Card, Head } from '../../ui/Head';
import { Failure, Loading } from '../../ui/States';
import { Quote } from './Quote';

export function Tariff() {
  const { tariffId = '' } = useParams();
  const asked = useAsk<TariffShape>(`/api/v1/tariffs/${tariffId}`);
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={8} />;
  }
  return <Shown tariff={asked.data} />;
}

function Shown({ tariff }: { tariff: TariffShape }) {
  const { t } = useAround();
  const may = useMay();
  const now = useNow(60);
  const newest = versionsOf(tariff).at(-1);
  return (
    <>
      <Head
        title={tariff.name}
        under={
          <p className="muted">
            {named(t, 'use', tariff.use)} · {tariff.currency}
          </p>
        }
      />
      <div className="station">
        <div className="station-main">
          {newest !== undefined && (
            <Card title={may('tariffs:write') ? t('tariff_change') : t('tariff_prices')}>
              <Form key={newest.version} tariff={tariff} newest={newest} isReadOnly={!may('tariffs:write')} />
            </Card>
          )}
          <Card title={t('versions')}>
            <Versions tariff={tariff} now={now} />
          </Card>
        </div>
        <div className="station-side">
          <Quote tariff={tariff} />
        </div>
      </div>
    </>
  );
}

function Versions({ tariff, now }: { tariff: TariffShape; now: number }) {
  const { t, f } = useAround();
  const current = versionAt(tariff, now)?.version;
  const shown = (price: string) => !(NOT_FOR[tariff.use] ?? []).includes(price);
  const money = (minor: number) => f.money({ minor, currency: tariff.currency });
  return (
    <div className="scroll">
      <table className="table" data-testid="versions">
        <thead>
          <tr>
            <th>{t('col_version')}</th>
            <th>{t('col_from')}</th>
            <th className="number">{t('price_unlock_minor')}</th>
            {shown('per_minute_minor') && <th className="number">{t('price_per_minute_minor')}</th>}
            {shown('per_kwh_minor') && <th className="number">{t('price_per_kwh_minor')}</th>}
            {shown('day_cap_minor') && <th className="number">{t('price_day_cap_minor')}</th>}
            <th className="number">{t('price_tax_pct')}</th>
          </tr>
        </thead>
        <tbody>
          {[...versionsOf(tariff)].reverse().map((one) => (
            <tr key={one.version}>
              <td>
                {one.version} {one.version === current && <Chip tone="good">{t('in_force')}</Chip>}
                {Date.parse(one.valid_from) > now && <Chip tone="sky">{t('to_come')}</Chip>}
              </td>
              <td>{f.when(one.valid_from)}</td>
              <td className="number">{money(one.prices.unlock_minor)}</td>
              {shown('per_minute_minor') && <td className="number">{money(one.prices.per_minute_minor)}</td>}
              {shown('per_kwh_minor') && <td className="number">{money(one.prices.per_kwh_minor)}</td>}
              {shown('day_cap_minor') && (
                <td className="number">
                  {one.prices.day_cap_minor === null ? '–' : money(one.prices.day_cap_minor)}
                </td>
              )}
              <td className="number">{f.percent(one.prices.tax_pct)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface FormProps {
  readonly tariff: TariffShape;
  readonly newest: VersionShape;
  readonly isReadOnly: boolean;
}

function useVersionForm(tariff: TariffShape, before: Prices) {
  const { t } = useAround();
  const [typed, setTyped] = useState(() => typedPrices(before, tariff.currency));
  const [from, setFrom] = useState('');
  const [isTried, setTried] = useState(false);
  const deed = useDeed<TariffShape>();
  const fieldError = useFieldError(deed.error);
  const read = pricesOf(typed, before, tariff.currency);
  const isSame = JSON.stringify(read.prices) === JSON.stringify(before);
  useUnsaved(!isSame || read.wrong.length > 0 || from !== '');
  const submit = () => {
    setTried(true);
    if (read.wrong.length > 0) return;
    const body = {
      prices: read.prices,
      ...(from === '' ? {} : { valid_from: new Date(from).toISOString() }),
    };
    deed.run(`/api/v1/tariffs/${tariff.id}/versions`, { method: 'POST', body });
  };
  const error = (key: AmountKey | NumberKey) =>
    isTried && read.wrong.includes(key) ? t('not_a_number') : fieldError(`/prices/${key}`);
  const set = (key: AmountKey | NumberKey) => (value: string) => setTyped({ ...typed, [key]: value });
  const reset = () => {
    setTyped(typedPrices(before, tariff.currency));
    setFrom('');
    setTried(false);
    deed.reset();
  };
  return {
    typed,
    set,
    from,
    setFrom,
    error,
    submit,
    reset,
    deed,
    fieldError,
    isSame,
  };
}

/** What the other use of a tariff has no price for is not asked. */
const NOT_FOR: Readonly<Record<string, readonly string[]>> = {
  rental: ['per_kwh_minor'],
  charging: ['per_minute_minor', 'per_km_minor', 'ride_kwh_minor', 'free_minutes', 'late_hour_minor', 'late_grace_minutes', 'day_cap_minor', 'deposit_minor'],
}; // prettier-ignore

function Form({ tariff, newest, isReadOnly }: FormProps) {
  const { t } = useAround();
  const form = useVersionForm(tariff, newest.prices);
  const hidden = NOT_FOR[tariff.use] ?? [];
  return (
    <form
      className="form"
      data-testid="tariff-form"
      onSubmit={(event) => {
        event.preventDefault();
        form.submit();
      }}
    >
      {!isReadOnly && <p className="muted">{t('tariff_change_how', { number: newest.version + 1 })}</p>}
      <fieldset className="prices" disabled={isReadOnly}>
        <legend className="sr-only">{t('tariff_prices')}</legend>
        {[...AMOUNTS, ...NUMBERS]
          .filter((key) => !hidden.includes(key))
          .map((key) => (
            <Field
              key={key}
              name={key}
              label={t(`price_${key}`)}
              value={form.typed[key]}
              onChange={form.set(key)}
              error={form.error(key)}
              inputMode="decimal"
              unit={unitOf(key, tariff.currency)}
            />
          ))}
      </fieldset>
      {(newest.prices.windows ?? []).length > 0 && <p className="notice">{t('windows_stay')}</p>}
      {!isReadOnly && (
        <>
          <Field
            label={t('tariff_from')}
            help={t('tariff_from_help')}
            type="datetime-local"
            value={form.from}
            onChange={form.setFrom}
            error={form.fieldError('/valid_from')}
          />
          {form.deed.value !== undefined && <p className="notice" role="status">{t('tariff_saved')}</p>}
          <FormFoot
            error={form.deed.error}
            isBusy={form.deed.isBusy}
            isBlocked={form.isSame}
            act={t('tariff_save', { number: newest.version + 1 })}
            close={form.reset}
          />
        </>
      )}
    </form>
  ); // prettier-ignore
}

function unitOf(key: AmountKey | NumberKey, currency: string): string {
  if (key === 'tax_pct') return '%';
  return key === 'free_minutes' || key === 'late_grace_minutes' ? 'min' : currency;
}
