/** What is expected at one station, hour by hour of its own week, and what must stay there for people without a booking. */
import { Link, useParams, useSearchParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { DemandShape, StationDetail } from '../../api/shapes';
import { named, type Words } from '../../i18n/words';
import { kindsOf, MEASURES, weekOf, type Measure } from '../../lib/demand';
import { Card, Head } from '../../ui/Head';
import { Empty, Failure, Loading } from '../../ui/States';
import { HeatWeek } from './HeatWeek';
import { Safety } from './Safety';

const WEEK_H = 168;

export function Demand() {
  const { t } = useAround();
  const may = useMay();
  const { stationId = '' } = useParams();
  const path = `/api/v1/stations/${stationId}`;
  const isOpen = may('balance:read');
  const station = useAsk<StationDetail>(path, { enabled: isOpen, stale: 60_000 });
  const demand = useAsk<DemandShape>(`${path}/demand?hours=${String(WEEK_H)}`, {
    enabled: isOpen,
    stale: 300_000,
  });
  if (!isOpen) return <Empty icon="lock" title={t('problem_forbidden')} />;
  const error = station.error ?? demand.error;
  const again = () => {
    void station.refetch();
    void demand.refetch();
  };
  if (station.data === undefined || demand.data === undefined) {
    return error === null ? <Loading rows={8} /> : <Failure error={error} again={again} />;
  }
  return (
    <>
      <Title station={station.data} demand={demand.data} />
      {error !== null && <Failure error={error} again={again} />}
      {demand.data.items.length === 0 ? (
        <Card>
          <Empty icon="clock" title={t('demand_none')}>
            <p>{t('demand_none_why')}</p>
          </Empty>
        </Card>
      ) : (
        <Shown station={station.data} demand={demand.data} />
      )}
    </>
  );
}

function Title({ station, demand }: { station: StationDetail; demand: DemandShape }) {
  const { t, f } = useAround();
  return (
    <Head
      title={t('demand_title', { station: station.name })}
      under={
        <span className="muted">
          {t('demand_zone', { zone: station.timezone })}
          {demand.learnt_at !== null && ` · ${t('demand_learnt', { time: f.when(demand.learnt_at) })}`}
        </span>
      }
    >
      <Link className="button" to={`/stations/${station.id}`}>
        {t('demand_station')}
      </Link>
    </Head>
  );
}

function Shown({ station, demand }: { station: StationDetail; demand: DemandShape }) {
  const { t } = useAround();
  const [search, setSearch] = useSearchParams();
  const kinds = kindsOf(demand.items);
  const kind = kinds.find((one) => one === search.get('kind')) ?? kinds[0] ?? '';
  const measure = MEASURES.find((one) => one === search.get('show')) ?? 'out';
  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    next.set(name, value);
    setSearch(next, { replace: true });
  };
  const week = weekOf(demand.items, kind, measure, station.timezone);
  return (
    <div className="station">
      <Card>
        <div className="filters">
          <Views<Measure>
            label={t('demand_show')}
            all={MEASURES}
            chosen={measure}
            choose={(one) => choose('show', one)}
            name={(one) => t(`demand_${one}`)}
          />
          {kinds.length > 1 && (
            <Views
              label={t('col_kind')}
              all={kinds}
              chosen={kind}
              choose={(one) => choose('kind', one)}
              name={(one) => kindName(t, one)}
            />
          )}
        </div>
        <HeatWeek
          week={week}
          label={`${t(`demand_${measure}`)}, ${kindName(t, kind)}`}
          isWhole={measure === 'out_high'}
        />
        <p className="small muted heat-how">{t(`demand_how_${measure}`)}</p>
      </Card>
      <Safety station={station} demand={demand} />
    </div>
  );
}

interface ViewsProps<K extends string> {
  readonly label: string;
  readonly all: readonly K[];
  readonly chosen: K;
  readonly choose: (one: K) => void;
  readonly name: (one: K) => string;
}

function Views<K extends string>({ label, all, chosen, choose, name }: ViewsProps<K>) {
  return (
    <div className="views" role="group" aria-label={label}>
      {all.map((one) => (
        <button key={one} type="button" aria-pressed={one === chosen} onClick={() => choose(one)}>
          {name(one)}
        </button>
      ))}
    </div>
  );
}

/** Rides with vehicles that nobody has registered have no kind. */
export function kindName(t: Words, kind: string): string {
  return kind === '' ? t('demand_unregistered') : named(t, 'kind', kind);
}
