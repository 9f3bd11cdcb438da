/** Which stations go by what they were told last: those without a line hear of a change when it is back. */
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { StationShape } from '../../api/shapes';

const EVERY_MS = 30_000;

export function Hearing() {
  const { t } = useAround();
  const may = useMay();
  const options = { enabled: may('stations:read'), every: EVERY_MS };
  const stations = useWhole<StationShape>('/api/v1/stations', {}, options).data?.items;
  if (stations === undefined) return null;
  const away = stations.filter((one) => one.last_seen_at !== null && !one.online);
  if (away.length === 0) return <p className="small muted">{t('hearing_all')}</p>;
  const names = away.slice(0, 3).map((one) => one.name).join(', '); // prettier-ignore
  return <p className="small">{t('hearing_away', { count: away.length, names })}</p>;
}
