/** What must stay at the station, how it stands now, and whether that is enough for what is expected. */
import { useAround, useMay } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { Availability, DemandShape, LimitShape, StationDetail } from '../../api/shapes';
import { hoursAbove } from '../../lib/demand';
import { Chip } from '../../ui/Chip';
import { Card } from '../../ui/Head';
import { Failure, Loading } from '../../ui/States';
import { kindName } from './Demand';

interface SafetyProps {
  readonly station: StationDetail;
  readonly demand: DemandShape;
}

export function Safety({ station, demand }: SafetyProps) {
  const { t } = useAround();
  const may = useMay();
  const isOpen = may('vehicles:read');
  const path = `/api/v1/availability?station_id=${station.id}&limit=1`;
  const asked = useAsk<Availability>(path, { enabled: isOpen, every: 60_000 });
  if (!isOpen) return null;
  const limits = asked.data?.stations.find((one) => one.station_id === station.id)?.limits ?? [];
  const walkIns = limits[0]?.walk_ins ?? 0; // the share is of all kinds together
  return (
    <Card title={t('safe_title')} testId="safety">
      {asked.isLoading && <Loading rows={2} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data !== undefined && limits.length === 0 && <p className="muted">{t('safe_none')}</p>}
      <ul className="rows">
        {limits.map((one) => (
          <Limit key={one.kind} one={one} demand={demand} />
        ))}
      </ul>
      {walkIns > 0 && <p className="small muted">{t('safe_walk_ins', { count: walkIns })}</p>}
      <p className="small muted">{t('safe_how')}</p>
    </Card>
  );
}

function Limit({ one, demand }: { one: LimitShape; demand: DemandShape }) {
  const { t } = useAround();
  const above = hoursAbove(demand.items, one.kind, one.safe);
  return (
    <li className="item">
      <div className="item-words">
        <p className="strong">{kindName(t, one.kind)}</p>
        <p className="small muted">{t('safe_line', { safe: one.safe, supply: one.supply })}</p>
        {one.leased > 0 && <p className="small muted">{t('safe_leased', { count: one.leased })}</p>}
        {one.safe > 0 && <p className="small muted">{t('safe_above', { count: above })}</p>}
      </div>
      <Chip tone={one.limited ? 'amber' : 'good'}>{t(one.limited ? 'safe_limited' : 'safe_open')}</Chip>
    </li>
  );
}
