/** What happened at the station, the newest first: the facts that it told, as people tell them. */
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { FactShape, VehicleShape } from '../../api/shapes';
import { named, type Words } from '../../i18n/words';
import { listLink } from '../../lib/links';
import { happened, textOf, type Told } from '../../lib/happened';
import { Card } from '../../ui/Head';
import { Loading } from '../../ui/States';

const SHOWN = 12;

interface HappenedProps {
  readonly stationId: string;
  readonly vehicles: readonly VehicleShape[];
}

export function Happened({ stationId, vehicles }: HappenedProps) {
  const { t, f } = useAround();
  const asked = { every: 5_000, most: 60 };
  const biz = useWhole<FactShape>('/api/v1/facts', { station_id: stationId, lane: 'biz' }, asked);
  const ops = useWhole<FactShape>('/api/v1/facts', { station_id: stationId, lane: 'ops' }, asked);
  const facts = [...(biz.data?.items ?? []), ...(ops.data?.items ?? [])];
  const rows = happened(facts, SHOWN);
  return (
    <Card
      title={t('happened')}
      aside={
        <Link to={listLink('/system/facts', { station_id: stationId, lane: 'biz' })}>{t('all_facts')}</Link>
      }
    >
      {biz.isLoading && <Loading rows={6} />}
      {!biz.isLoading && rows.length === 0 && <p className="muted">{t('nothing_happened')}</p>}
      <ol className="log">
        {rows.map((one) => (
          <li key={one.id}>
            <time dateTime={new Date(one.at).toISOString()} title={f.exact(one.at)}>
              {f.when(one.at)}
            </time>
            <div>
              <p>{sentence(t, one, vehicles)}</p>
              {one.isLate && (
                <p className="small muted">{t('told_late', { time: f.when(one.receivedAt) })}</p>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** One fact in one sentence; a type that we do not know is told by its name. */
export function sentence(t: Words, one: Told, vehicles: readonly VehicleShape[]): string {
  const key = `fact_${one.type}`;
  if (!t.has(key)) return one.type;
  const vehicle = vehicles.find((each) => each.id === one.body['vehicle_id']);
  const code = textOf(one.body, 'code');
  const state = textOf(one.body, 'state');
  return t(key, {
    dock: textOf(one.body, 'dock_no'),
    vehicle: vehicle?.label ?? '',
    charger: textOf(one.body, 'charger_id'),
    what: code === '' ? textOf(one.body, 'what') : named(t, 'fault', code),
    state: named(t, 'connector', state),
    who: textOf(one.body, 'staff_name'),
    title: textOf(one.body, 'title'),
    reason: named(t, 'voided', textOf(one.body, 'reason')),
    how: named(t, 'outcome', textOf(one.body, 'outcome')),
    version: textOf(one.body, 'version'),
  });
}
