/** What a trip of so long costs with this tariff, line by line, as the hub reckons it now; nothing is added up here. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAround } from '../../app/context';
import { Refusal } from '../../api/client';
import type { QuoteShape, TariffShape } from '../../api/shapes';
import { BillTable } from '../../ui/BillTable';
import { Field } from '../../ui/Field';
import { Card } from '../../ui/Head';
import { Failure, Loading } from '../../ui/States';

const START = { minutes: '45', km: '8', kwh: '12' };

export function Quote({ tariff }: { tariff: TariffShape }) {
  const { t, session } = useAround();
  const [trip, setTrip] = useState(START);
  const isRide = tariff.use === 'rental';
  const number = (text: string) => Math.max(0, Number(text.replace(',', '.')) || 0);
  const body = {
    use: tariff.use,
    tariff_id: tariff.id,
    duration_s: Math.round(number(trip.minutes) * 60),
    ...(isRide
      ? { distance_m: Math.round(number(trip.km) * 1000) }
      : { energy_wh: Math.round(number(trip.kwh) * 1000) }),
  };
  const asked = useQuery({
    queryKey: ['quote', body, tariff.versions.length],
    queryFn: async ({ signal }) =>
      (await session.call<QuoteShape>('/api/v1/quotes', { method: 'POST', body, signal })).value,
    placeholderData: keepPreviousData,
  });
  // A hub of before has no quotes: then there is nothing to show, and nothing is made up.
  if (asked.error instanceof Refusal && asked.error.problem.status === 404) return null;
  const set = (name: keyof typeof START) => (value: string) => setTrip({ ...trip, [name]: value });
  return (
    <Card title={t('quote')} testId="quote">
      <div className="form">
        <div className="form-pair">
          <Field
            label={t('quote_minutes')}
            value={trip.minutes}
            onChange={set('minutes')}
            unit="min"
            inputMode="decimal"
          />
          {isRide ? (
            <Field label={t('quote_km')} value={trip.km} onChange={set('km')} unit="km" inputMode="decimal" />
          ) : (
            <Field
              label={t('quote_kwh')}
              value={trip.kwh}
              onChange={set('kwh')}
              unit="kWh"
              inputMode="decimal"
            />
          )}
        </div>
        {asked.isLoading && <Loading rows={3} />}
        {asked.error !== null && <Failure error={asked.error} />}
        {asked.data !== undefined && <Shown quote={asked.data} />}
      </div>
    </Card>
  );
}

function Shown({ quote }: { quote: QuoteShape }) {
  const { t, f } = useAround();
  const money = (minor: number) => ({ minor, currency: quote.currency });
  return (
    <>
      <BillTable lines={quote.lines} total={money(quote.total_minor)} tax={money(quote.tax_minor)} />
      <p className="small muted">
        {t('quote_under', { number: quote.tariff_version, time: f.when(quote.from_at) })}
        {quote.deposit_minor > 0 &&
          ` · ${t('quote_deposit', { amount: f.money(money(quote.deposit_minor)) })}`}
      </p>
    </>
  );
}
