/** All stations: how each stands, since when, and what is wrong; filtered by the address (`?state=offline&q=market`). */
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useFilters } from '../../app/filters';
import { useNeeds } from '../../app/needs';
import type { StationState } from '../../api/shapes';
import type { Formats } from '../../lib/format';
import type { Words } from '../../i18n/words';
import { plain } from '../../lib/find';
import { standingOf, type Standing } from '../../lib/station';
import { Card, Head } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { Empty, Failure, Loading } from '../../ui/States';
import { StateChip } from '../../ui/StateChip';
import { NewStation } from './NewStation';

const STATES: readonly Standing[] = ['online', 'attention', 'fault', 'offline', 'new', 'revoked'];

export function Stations() {
  const { t } = useAround();
  const may = useMay();
  const needs = useNeeds();
  const [search] = useSearchParams();
  const [isAdding, setAdding] = useState(false);
  const state = search.get('state') ?? '';
  const words = plain(search.get('q') ?? '');
  const found = [...needs.stations]
    .filter((one) => state === '' || standingOf(one) === state)
    .filter((one) => plain(`${one.number} ${one.name}`).includes(words))
    .sort((a, b) => a.number.localeCompare(b.number, undefined, { numeric: true }));
  return (
    <>
      <Head title={t('nav_stations')}>
        {may('stations:write') && (
          <button type="button" className="button primary" onClick={() => setAdding(true)}>
            <Icon name="plus" size={18} />
            {t('station_add')}
          </button>
        )}
      </Head>
      {needs.error !== null && <Failure error={needs.error} again={needs.again} />}
      <Card>
        <Filters />
        {needs.isLoading && <Loading rows={8} />}
        {!needs.isLoading && found.length === 0 && <Empty icon="station" title={t('none_found')} />}
        {found.length > 0 && <StationTable stations={found} />}
      </Card>
      {isAdding && <NewStation close={() => setAdding(false)} />}
    </>
  );
}

function Filters() {
  const { t } = useAround();
  const [search, set] = useFilters();
  return (
    <div className="filters">
      <input
        type="search"
        className="control"
        aria-label={t('filter_name')}
        placeholder={t('filter_name')}
        value={search.get('q') ?? ''}
        onChange={(event) => set('q', event.target.value)}
      />
      <select
        className="control"
        aria-label={t('filter_state')}
        value={search.get('state') ?? ''}
        onChange={(event) => set('state', event.target.value)}
      >
        <option value="">{t('filter_all_states')}</option>
        {STATES.map((one) => (
          <option key={one} value={one}>
            {one === 'offline' ? t('station_offline_short') : t(`station_${one}`)}
          </option>
        ))}
      </select>
    </div>
  );
}

interface TableProps {
  readonly stations: readonly StationState[];
}

function StationTable({ stations }: TableProps) {
  const { t, f } = useAround();
  return (
    <div className="scroll">
      <table className="table">
        <thead>
          <tr>
            <th>{t('col_number')}</th>
            <th>{t('col_name')}</th>
            <th>{t('col_state')}</th>
            <th>{t('col_last_seen')}</th>
            <th>{t('col_agent')}</th>
            <th>{t('col_vehicles')}</th>
            <th>{t('col_docks')}</th>
            <th>{t('col_outbox')}</th>
          </tr>
        </thead>
        <tbody>
          {stations.map((one) => (
            <tr key={one.id}>
              <td className="tabular">{one.number}</td>
              <td>
                <Link to={`/stations/${one.id}`} className="strong">
                  {one.name}
                </Link>
              </td>
              <td>
                <StateChip state={standingOf(one)} seen={one.last_seen_at} />
              </td>
              <td>{one.last_seen_at === null ? '–' : f.when(one.last_seen_at)}</td>
              <td>{one.agent.version ?? '–'}</td>
              <td>{t('charged_of', { charged: one.vehicles.charged, count: one.vehicles.present })}</td>
              <td>{t('online_of', { online: one.docks.online, count: one.docks.total })}</td>
              <td>{outboxWords(t, f, one)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What waits at the station, by its last word. */
function outboxWords(t: Words, f: Formats, { outbox }: StationState): string {
  if (outbox === null) return '–';
  if (!outbox.late || outbox.oldest_at === null) return t('outbox_fine');
  return t('outbox_late', { count: outbox.waiting, time: f.when(outbox.oldest_at) });
}
