/** One's own rides, each with its way, its bill by lines, and its invoice. */
import { useAround, useMe } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { AdjustmentShape, BillShape, RentalShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { BillTable } from '../../ui/BillTable';
import { Card } from '../../ui/Head';
import { StationName, VehicleName } from '../../ui/Names';
import { CorrectionWords } from '../payments/CorrectionWords';
import { PaperButton } from '../../ui/PaperButton';
import { Empty, Failure, Loading } from '../../ui/States';

const MOST = 50;

export function MyRides() {
  const { t } = useAround();
  const me = useMe();
  const asked = useWhole<RentalShape>(
    '/api/v1/rentals',
    { account_id: me.id },
    { every: 15_000, most: MOST },
  );
  const own = { every: 15_000, most: 200 };
  const bills = useWhole<BillShape>('/api/v1/bills', { account_id: me.id }, own).data?.items;
  const lines = useWhole<AdjustmentShape>('/api/v1/adjustments', { account_id: me.id }, own).data?.items;
  return (
    <Card title={t('mine_rides')} testId="my-rides">
      {asked.isLoading && <Loading rows={3} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && (
        <Empty icon="rental" title={t('no_rentals')}>
          <p>{t('mine_rent')}</p>
        </Empty>
      )}
      <ul className="rows">
        {asked.data?.items.map((one) => (
          <Ride
            key={one.id}
            ride={one}
            bill={bills?.find((bill) => bill.id === one.id)}
            lines={lines?.filter((line) => line.bill_id === one.id) ?? []}
          />
        ))}
      </ul>
      {asked.data?.complete === false && <p className="muted small">{t('mine_newest', { count: MOST })}</p>}
    </Card>
  );
}

interface RideProps {
  readonly ride: RentalShape;
  readonly bill: BillShape | undefined;
  readonly lines: readonly AdjustmentShape[];
}

function Ride({ ride, bill, lines }: RideProps) {
  const { t, f } = useAround();
  const began = ride.undocked_at ?? ride.started_at;
  const isBilled = ride.state === 'ended' && (ride.total?.minor ?? 0) > 0;
  return (
    <li className="item mine-ride" data-testid="my-ride">
      <div className="item-words">
        <p>
          <span className="strong">
            <VehicleName id={ride.vehicle_id} />
          </span>{' '}
          <span className="muted">{began === null ? '' : f.when(began)}</span>
        </p>
        <p className="small muted">
          <StationName id={ride.station_id} />
          {ride.ended_at !== null && (
            <>
              {' → '}
              <StationName id={ride.ended_station_id ?? ride.station_id} />
            </>
          )}
          {ride.duration_s !== null && ` · ${f.span(ride.duration_s)}`}
          {ride.distance_m !== null && ` · ${f.km(ride.distance_m / 1000)}`}
        </p>
        <RideBill ride={ride} bill={bill} lines={lines} />
        {ride.total === null && <p className="small">{named(t, 'state', ride.state)}</p>}
      </div>
      {isBilled && <PaperButton wanted={{ billId: ride.id }}>{t('invoice_pdf')}</PaperButton>}
    </li>
  );
}

/** The ride's price by lines, and what it was corrected by since, with the reason. */
function RideBill({ ride, bill, lines }: RideProps) {
  const { t, f } = useAround();
  if (ride.total === null || ride.bill === null) return null;
  const owed = bill === undefined ? ride.total : { minor: bill.owed_minor, currency: bill.currency };
  return (
    <details>
      <summary>{t('mine_bill', { amount: f.money(owed) })}</summary>
      <BillTable lines={ride.bill} total={ride.total} tax={ride.tax} />
      {lines.length > 0 && (
        <>
          <ul className="rows">
            {lines.map((one) => (
              <li key={one.id} className="item" data-testid="my-correction">
                <CorrectionWords one={one} />
              </li>
            ))}
          </ul>
          <p className="strong">
            {t('owed')}: {f.money(owed)}
          </p>
        </>
      )}
    </details>
  );
}
