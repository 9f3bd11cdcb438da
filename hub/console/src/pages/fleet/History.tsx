/** What happened to a vehicle, the latest first: where it came from and went to, by whom it was blocked, its papers. */
import { useState } from 'react';
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { HistoryShape, VehicleShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Card } from '../../ui/Head';
import { AccountName, short, StationName } from '../../ui/Names';
import { Failure, Loading } from '../../ui/States';

const STEP = 20;

export function History({ vehicle }: { readonly vehicle: VehicleShape }) {
  const { t } = useAround();
  const [most, setMost] = useState(STEP);
  const asked = useWhole<HistoryShape>(`/api/v1/vehicles/${vehicle.id}/history`, {}, { every: 15_000, most });
  return (
    <Card title={t('vehicle_history')} testId="history">
      {asked.isLoading && <Loading rows={5} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && <p className="muted">{t('nothing_happened')}</p>}
      <ol className="log">
        {asked.data?.items.map((one) => (
          <Moment key={one.id} one={one} />
        ))}
      </ol>
      {asked.data?.complete === false && (
        <div className="card-acts">
          <button type="button" className="button" onClick={() => setMost(most + 5 * STEP)}>
            {t('show_more')}
          </button>
        </div>
      )}
    </Card>
  );
}

function Moment({ one }: { one: HistoryShape }) {
  const { t, f } = useAround();
  return (
    <li>
      <time dateTime={one.at} title={f.exact(one.at)}>
        {f.when(one.at)}
      </time>
      <p>
        <span className="strong">{named(t, 'happened', one.what)}</span>{' '}
        {one.station_id !== null && <StationName id={one.station_id} />}
        {one.dock_no !== null && `, ${t('dock_title', { number: one.dock_no })}`}{' '}
        {one.soc_pct !== null && <span className="muted">{f.percent(one.soc_pct)} </span>}
        {one.rental_id !== null && <Link to={`/rentals/${one.rental_id}`}>{short(one.rental_id)} </Link>}
        {one.by !== null && <AccountName id={one.by} />}{' '}
        {one.detail !== '' && <span className="muted">{one.detail}</span>}
      </p>
    </li>
  );
}
