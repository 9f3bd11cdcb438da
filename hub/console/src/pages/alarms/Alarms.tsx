/** Alarms: what should not be so for long, the gravest first; seen, muted and cleared ones by choice. */
import { Link, useSearchParams } from 'react-router';
import { useAround } from '../../app/context';
import { useIsLive } from '../../app/live';
import { useWhole } from '../../api/queries';
import type { AlarmShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { byGravity, subjectOf } from '../../lib/alarms';
import { useNow } from '../../lib/clock';
import { Card, Head } from '../../ui/Head';
import { StationName } from '../../ui/Names';
import { Empty, Failure, Loading } from '../../ui/States';
import { AlarmActs } from './AlarmActs';
import { AlarmState } from './AlarmState';
import { AlarmTabs } from './AlarmTabs';

const VIEWS = ['new', 'open', 'cleared'] as const;
const FILTERS: Readonly<Record<string, Readonly<Record<string, string | boolean>>>> = {
  new: { state: 'open', acknowledged: false, muted: false },
  open: { state: 'open' },
  cleared: { state: 'cleared' },
};
const SEVERITIES = ['critical', 'warning', 'info'] as const;

export function Alarms() {
  const { t } = useAround();
  const isLive = useIsLive();
  const [search, setSearch] = useSearchParams();
  const view = search.get('view') ?? 'open';
  const severity = search.get('severity') ?? '';
  const filter = { ...(FILTERS[view] ?? {}), severity };
  const asked = useWhole<AlarmShape>('/api/v1/alarms', filter, { every: 15_000, most: 400 });
  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    next.set(name, value);
    setSearch(next, { replace: true });
  };
  const shown = [...(asked.data?.items ?? [])].sort(byGravity);
  return (
    <>
      <Head title={t('nav_alarms')} under={isLive ? <span className="live">{t('live')}</span> : undefined} />
      <AlarmTabs />
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      <Card>
        <div className="filters">
          <div className="views" role="group" aria-label={t('filter_state')}>
            {VIEWS.map((one) => (
              <button key={one} type="button" aria-pressed={view === one} onClick={() => choose('view', one)}>
                {t(`alarms_${one}`)}
              </button>
            ))}
          </div>
          <select className="control" aria-label={t('severity')} value={severity} onChange={(event) => choose('severity', event.target.value)}>
            <option value="">{t('severity_all')}</option>
            {SEVERITIES.map((one) => (
              <option key={one} value={one}>
                {t(`severity_${one}`)}
              </option>
            ))}
          </select>
        </div>
        {asked.isLoading && <Loading rows={5} />}
        {asked.data !== undefined && shown.length === 0 && <Empty icon="check" title={view === 'cleared' ? t('none_found') : t('alarms_none')} />}
        <ul className="rows" data-testid="alarms">
          {shown.map((one) => (
            <Row key={one.id} one={one} />
          ))}
        </ul>
      </Card>
    </>
  ); // prettier-ignore
}

function Row({ one }: { one: AlarmShape }) {
  const { t, f } = useAround();
  const now = useNow(15);
  return (
    <li className="item">
      <div className="item-words">
        <p>
          <Link className="strong" to={`/alarms/${one.id}`}>
            {named(t, 'alarm', one.rule)}
          </Link>{' '}
          <span className="muted">{subjectOf(t, one)}</span>
        </p>
        <p className="small muted">
          {one.station_id !== null && (
            <>
              <StationName id={one.station_id} /> ·{' '}
            </>
          )}
          <time dateTime={one.since} title={f.exact(one.since)}>
            {t('since', { ago: f.span((now - Date.parse(one.since)) / 1000) })}
          </time>
          {one.times > 1 && ` · ${t('alarm_times', { count: one.times })}`}
        </p>
      </div>
      <div className="item-acts">
        <AlarmState one={one} />
        <AlarmActs one={one} />
      </div>
    </li>
  );
}
