/** One rental with its whole story: who, which vehicle, from where to where, what it cost and why, and what was paid. */
import { Link, useParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useAsk, useWhole } from '../../api/queries';
import type {
  CaseShape,
  FactShape,
  PaymentShape,
  PostingShape,
  RentalShape,
  RentalStory,
  VehicleShape,
} from '../../api/shapes';
import { named } from '../../i18n/words';
import { storyOf } from '../../lib/story';
import { BillTable } from '../../ui/BillTable';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { AccountName, short, StationName, VehicleName } from '../../ui/Names';
import { Failure, Loading } from '../../ui/States';
import { OpenCases } from '../cases/OpenCases';
import { BillPapers } from '../payments/BillPapers';
import { Corrections } from '../payments/Corrections';
import { HoldOf } from '../payments/HoldOf';
import { Photos } from './Photos';
import { Story } from './Story';

const LIVE_MS = 5_000;

export function Rental() {
  const { rentalId = '' } = useParams();
  const asked = useAsk<RentalStory>(`/api/v1/rentals/${rentalId}`, { every: LIVE_MS });
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={8} />;
  }
  return <Shown rental={asked.data} />;
}

function Shown({ rental }: { rental: RentalStory }) {
  const { t } = useAround();
  return (
    <>
      <Head title={t('rental_title', { id: short(rental.id) })} under={<Under rental={rental} />} />
      <div className="station">
        <div className="station-main">
          <WholeStory rental={rental} />
        </div>
        <div className="station-side">
          <Card title={t('rental_facts')}>
            <Facts rental={rental} />
          </Card>
          <OpenCases of={rental.id} />
          <Photos rental={rental} />
          <Card title={t('bill')} testId="bill">
            {rental.bill === null || rental.total === null ? (
              <p className="muted">{t('not_billed')}</p>
            ) : (
              <>
                <BillTable lines={rental.bill} total={rental.total} tax={rental.tax} />
                <Corrections billId={rental.id} />
                <BillPapers billId={rental.id} />
              </>
            )}
            <HoldOf subjectId={rental.id} />
          </Card>
        </div>
      </div>
    </>
  );
}

function Under({ rental }: { rental: RentalShape }) {
  const { t } = useAround();
  const tone = rental.state === 'active' ? 'sky' : rental.state === 'voided' ? 'amber' : 'good';
  return (
    <>
      <Chip tone={tone}>{named(t, 'state', rental.state)}</Chip>
      {rental.offline === true && (
        <Chip tone="plain" icon="offline">
          {t('began_offline')}
        </Chip>
      )}
      {rental.time_uncertain && <Chip tone="amber">{t('flag_time_uncertain')}</Chip>}
      {rental.flags
        .filter((one) => one !== 'time_uncertain')
        .map((one) => (
          <Chip key={one} tone="amber">
            {named(t, 'flag', one)}
          </Chip>
        ))}
    </>
  );
}

function Facts({ rental }: { rental: RentalShape }) {
  const { t, f } = useAround();
  const began = rental.undocked_at ?? rental.started_at;
  return (
    <dl className="pairs wide">
      <dt>{t('col_person')}</dt>
      <dd>
        <AccountName id={rental.account_id} />
      </dd>
      <dt>{t('col_vehicle')}</dt>
      <dd>
        <VehicleName id={rental.vehicle_id} />
      </dd>
      <dt>{t('col_by')}</dt>
      <dd>{rental.renter_by === null ? '–' : named(t, 'by', rental.renter_by)}</dd>
      <dt>{t('rental_from')}</dt>
      <dd>
        <StationName id={rental.station_id} />{' '}
        {rental.dock_no !== null && t('dock_title', { number: rental.dock_no })}
        <span className="muted block">{began === null ? '' : f.when(began)}</span>
      </dd>
      <dt>{t('rental_to')}</dt>
      <dd>
        {rental.ended_at === null ? '–' : <StationName id={rental.ended_station_id ?? rental.station_id} />}{' '}
        {rental.ended_dock_no !== null && t('dock_title', { number: rental.ended_dock_no })}
        <span className="muted block">{rental.ended_at === null ? '' : f.when(rental.ended_at)}</span>
      </dd>
      <dt>{t('col_duration')}</dt>
      <dd>{rental.duration_s === null ? '–' : f.span(rental.duration_s)}</dd>
      {rental.distance_m !== null && (
        <>
          <dt>{t('col_distance')}</dt>
          <dd>{f.km(rental.distance_m / 1000)}</dd>
        </>
      )}
      <Charge rental={rental} />
      <dt>{t('nav_tariffs')}</dt>
      <dd>
        {rental.tariff_id === null ? (
          '–'
        ) : (
          <Link to={`/tariffs/${rental.tariff_id}`}>
            {t('version_number', { number: rental.tariff_version ?? 0 })}
          </Link>
        )}
      </dd>
    </dl>
  );
}

function Charge({ rental }: { rental: RentalShape }) {
  const { t, f } = useAround();
  const [start, end] = [rental.soc_start_pct, rental.soc_end_pct];
  return (
    <>
      <dt>{t('col_charge')}</dt>
      <dd>
        {start === null ? '–' : f.percent(start)} → {end === null ? '–' : f.percent(end)}
      </dd>
    </>
  );
}

/** Facts of a station are listed newest first; so many are looked through for those of this rental. */
const FACTS = 1000;

function WholeStory({ rental }: { rental: RentalShape }) {
  const { t } = useAround();
  const may = useMay();
  const stationId = rental.station_id;
  const facts = useWhole<FactShape>(
    '/api/v1/facts',
    { station_id: stationId, lane: 'biz' },
    { enabled: may('facts:read'), most: FACTS, stale: 10_000 },
  );
  const money = { enabled: may('payments:read'), every: LIVE_MS, most: 50 };
  const payments = useWhole<PaymentShape>('/api/v1/payments', { bill_id: rental.id }, money);
  const ledger = { enabled: may('ledger:read'), every: LIVE_MS, most: 100 };
  const postings = useWhole<PostingShape>('/api/v1/ledger', { subject_id: rental.id }, ledger);
  const asked = { enabled: may('cases:read'), every: LIVE_MS, most: 50 };
  const cases = useWhole<CaseShape>('/api/v1/cases', { rental_id: rental.id }, asked);
  const vehicles = useWhole<VehicleShape>('/api/v1/vehicles', {}, { stale: 120_000, most: 1000 });
  const story = storyOf({
    rental,
    facts: facts.data?.items ?? [],
    payments: payments.data?.items ?? [],
    postings: postings.data?.items ?? [],
    cases: cases.data?.items ?? [],
  });
  return (
    <Card title={t('story')} testId="story">
      {facts.isLoading ? (
        <Loading rows={6} />
      ) : (
        <Story moments={story} vehicles={vehicles.data?.items ?? []} />
      )}
    </Card>
  );
}
