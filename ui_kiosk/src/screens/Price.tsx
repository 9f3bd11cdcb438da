/** What does it cost? In one line and in full, before anybody agrees. */
import { lazy, Suspense, useState } from 'react';
import type { QuoteView, TariffView } from '../api/types';
import { useKiosk, useNow } from '../app/context';
import { Frame } from '../ui/Frame';
import { Vehicle } from '../ui/icons';
import { Answer, Small } from '../ui/Press';

const Contract = lazy(() => import('./Contract'));

export function Price({ quote }: { readonly quote: QuoteView }) {
  const { state, t, f, press } = useKiosk();
  const { vehicle, dock_no: dock } = quote;
  const km = vehicle.range_km === null ? null : f.km(vehicle.range_km);
  const isAsking = state.waiting === 'agree';
  return (
    <Frame
      name="price"
      step={3}
      offline="offline_price"
      title={t('price_title', { dock, km })}
      hint={<VehicleLine quote={quote} />}
      foot={t('nothing_charged_yet')}
      split
      aside={
        <>
          <Examples quote={quote} />
          <Terms tariff={quote.tariff} />
        </>
      }
      answers={
        <>
          <Answer
            id="agree"
            tone="volt"
            title={t('agree', { dock })}
            note={t('agree_note', { seconds: quote.pull_out_s })}
            busy={isAsking ? t('one_moment') : undefined}
            onPress={press('agree')}
          />
          <Answer id="another" title={t('another')} disabled={isAsking} onPress={press('another')} />
        </>
      }
    >
      <section className="card price">
        <div className="price-head">
          <div>
            <p className="label">{t('price_label')}</p>
            <p className="price-line">
              <PriceLine tariff={quote.tariff} />
            </p>
          </div>
          <Vehicle kind={vehicle.kind} />
        </div>
        <PriceRows quote={quote} />
      </section>
    </Frame>
  );
}

function Terms({ tariff }: { readonly tariff: TariffView }) {
  const { t, f } = useKiosk();
  const [isReading, setReading] = useState(false);
  return (
    <>
      <p className="terms">
        {t('price_terms')} {t('price_tax', { tax: f.percent(tariff.tax_pct) })}
      </p>
      <Small id="contract" bare onPress={() => setReading(true)}>
        {t('price_contract')}
      </Small>
      {isReading && (
        <Suspense>
          <Contract hasCap={tariff.day_cap !== null} onClose={() => setReading(false)} />
        </Suspense>
      )}
    </>
  );
}

function VehicleLine({ quote }: { readonly quote: QuoteView }) {
  const { t, f } = useKiosk();
  const { vehicle } = quote;
  const parts = [
    `${t(vehicle.kind)} ${vehicle.label}`,
    vehicle.soc_pct === null ? null : t('price_battery', { soc: f.percent(vehicle.soc_pct) }),
    vehicle.soh_pct === null ? null : t('price_health', { soh: f.percent(vehicle.soh_pct) }),
    t(`by_${quote.identified_by}_done`),
  ];
  return <>{parts.filter((part) => part !== null).join(' · ')}</>;
}

function PriceLine({ tariff }: { readonly tariff: TariffView }) {
  const { t, f } = useKiosk();
  const minute = f.money(tariff.per_minute);
  return tariff.unlock.minor === 0
    ? t('price_by_minute', { minute })
    : t('price_in_a_line', { unlock: f.money(tariff.unlock), minute });
}

function PriceRows({ quote }: { readonly quote: QuoteView }) {
  const { t, f } = useKiosk();
  const now = useNow(60_000);
  const { tariff, due_at: due } = quote;
  const free = tariff.free_minutes > 0 ? t('price_free', { count: tariff.free_minutes }) : undefined;
  return (
    <dl className="rows">
      <Row name={t('price_unlock')} value={f.money(tariff.unlock)} />
      <Row name={t('price_minute')} note={free} value={f.money(tariff.per_minute)} />
      {tariff.per_km && (
        <Row
          name={t('price_km')}
          note={t(quote.counts_km ? 'price_km_note' : 'price_km_none')}
          value={quote.counts_km ? f.money(tariff.per_km) : '–'}
        />
      )}
      {tariff.per_kwh && <Row name={t('price_kwh')} value={f.money(tariff.per_kwh)} />}
      {tariff.day_cap && <Row name={t('price_day')} value={f.money(tariff.day_cap)} />}
      {tariff.late_hour && due !== null && (
        <Row
          name={t('price_late')}
          note={t('price_late_note', { count: tariff.late_grace_minutes, due: f.when(due, now) })}
          value={f.money(tariff.late_hour)}
        />
      )}
      {tariff.deposit.minor > 0 && (
        <Row name={t('price_deposit')} note={t('price_deposit_note')} value={f.money(tariff.deposit)} />
      )}
    </dl>
  );
}

interface RowProps {
  readonly name: string;
  readonly note?: string | undefined;
  readonly value: string;
}

function Row({ name, note, value }: RowProps) {
  return (
    <div className="row">
      <dt>
        {name}
        {note !== undefined && <small>{note}</small>}
      </dt>
      <dd>{value}</dd>
    </div>
  );
}

function Examples({ quote }: { readonly quote: QuoteView }) {
  const { t, f } = useKiosk();
  return (
    <ul className="examples">
      {quote.examples.map((example) => (
        <li key={example.minutes}>
          {t('example', { time: f.minutes(example.minutes * 60), total: f.money(example.total) })}
        </li>
      ))}
    </ul>
  );
}
