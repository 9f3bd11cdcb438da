/** One station of those that one may see, or all: a list's filter `?station=…`. */
import { useWhole } from '../api/queries';
import type { StationShape } from '../api/shapes';
import { useAround } from '../app/context';
import { useFilters } from '../app/filters';

export function StationFilter() {
  const { t } = useAround();
  const [search, choose] = useFilters();
  const stations = useWhole<StationShape>('/api/v1/stations', {}, { stale: 120_000 }).data?.items ?? [];
  return (
    <select
      className="control"
      aria-label={t('col_station')}
      value={search.get('station') ?? ''}
      onChange={(event) => choose('station', event.target.value)}
    >
      <option value="">{t('all_stations')}</option>
      {stations.map((one) => (
        <option key={one.id} value={one.id}>
          {`${one.number} ${one.name}`}
        </option>
      ))}
    </select>
  );
}
