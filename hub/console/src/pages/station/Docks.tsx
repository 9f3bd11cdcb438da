/** The docks as they stand in the street, each with its lock, vehicle, charge and temperature, and what can be ordered. */
import { useEffect, useRef, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import type { DockSample, StationDetail } from '../../api/shapes';
import { named, type Words } from '../../i18n/words';
import type { DockSeen } from '../../lib/docks';
import type { Formats } from '../../lib/format';
import type { DockState } from '../../lib/station';
import { Card } from '../../ui/Head';
import { Icon, type IconName } from '../../ui/Icon';
import { Empty } from '../../ui/States';
import { useFate, Fate } from './fate';
import { OrderSheet, type Wish } from './OrderSheet';

const SHAPES: Readonly<Record<DockState, IconName>> = {
  fault: 'alert',
  silent: 'offline',
  open: 'unlock',
  moving: 'restart',
  charging: 'bolt',
  docked: 'lock',
  free: 'down',
  unknown: 'info',
};

export function Docks({ station, docks }: { station: StationDetail; docks: readonly DockSeen[] }) {
  const { t } = useAround();
  const free = docks.filter((one) => one.state === 'free').length;
  return (
    <Card
      title={t('docks')}
      aside={<span className="muted">{t('docks_summary', { count: docks.length, free })}</span>}
      testId="docks"
    >
      {docks.length === 0 && <Empty icon="station" title={t('no_docks')} />}
      <ol className="docks">
        {docks.map((one) => (
          <Dock key={one.dock.dock_no} station={station} seen={one} />
        ))}
      </ol>
    </Card>
  );
}

function Dock({ station, seen }: { station: StationDetail; seen: DockSeen }) {
  const { t } = useAround();
  const [search] = useSearchParams();
  const place = useRef<HTMLLIElement>(null);
  const number = seen.dock.dock_no;
  const isPointedAt = search.get('dock') === String(number);
  useEffect(() => {
    if (isPointedAt) place.current?.scrollIntoView({ block: 'center' });
  }, [isPointedAt]);
  return (
    <li
      ref={place}
      className={`dock ${seen.state}${isPointedAt ? ' pointed' : ''}`}
      data-testid={`dock-${String(number)}`}
      data-state={seen.state}
    >
      <div className="dock-head">
        <h3>
          <span className="sr-only">{t('dock')} </span>
          {number}
        </h3>
        <span className="dock-state">
          <Icon name={SHAPES[seen.state]} size={15} />
          {t(`dock_${seen.state}`)}
        </span>
      </div>
      {seen.vehicle === undefined && seen.soc === null ? <Bare seen={seen} /> : <Full seen={seen} />}
      {seen.dock.faults.map((fault) => (
        <p key={fault.code} className="dock-fault">
          {named(t, 'fault', fault.code)}
        </p>
      ))}
      <DockActs station={station} seen={seen} />
    </li>
  );
}

function Bare({ seen }: { seen: DockSeen }) {
  const { t, f } = useAround();
  const temperature = seen.sample?.temperature_c;
  return (
    <div className="dock-bare">
      <p>{seen.state === 'free' ? t('dock_takes_returns') : t('dock_nothing_known')}</p>
      {temperature !== undefined && <p className="small muted">{f.celsius(temperature)}</p>}
    </div>
  );
}

function Full({ seen }: { seen: DockSeen }) {
  const { t, f } = useAround();
  const { vehicle, soc, rangeKm, booking } = seen;
  const words = soc === null ? t('charge_unknown') : f.percent(soc);
  return (
    <div className="dock-full">
      <p className="dock-soc">{soc === null ? '–' : words}</p>
      <Level soc={soc} words={words} />
      <dl className="pairs">
        <div className="dock-pair">
          <dt>
            {vehicle === undefined ? (
              t('vehicle_strange')
            ) : (
              <Link to={`/fleet/${vehicle.id}`}>{vehicle.label}</Link>
            )}
          </dt>
          <dd>{rangeKm === null ? '' : f.km(rangeKm)}</dd>
        </div>
        {measured(t, f, seen.sample).map(([name, value]) => (
          <div key={name} className="dock-pair">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {booking !== undefined && (
        <Link className="dock-booking" to={`/reservations?open=${booking.id}`}>
          <Icon name="calendar" size={14} />
          {booking.code}
        </Link>
      )}
    </div>
  );
}

/** What the dock has measured, in words and numbers; what it did not measure is left out. */
function measured(
  t: Words,
  f: Formats,
  sample: DockSample | undefined,
): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  if (sample?.power_w !== undefined && sample.power_w > 0)
    found.push([t('charging_with'), f.kw(sample.power_w)]);
  if (sample?.temperature_c !== undefined) found.push([t('temperature'), f.celsius(sample.temperature_c)]);
  if (sample?.soh_pct !== undefined) found.push([t('health'), f.percent(sample.soh_pct)]);
  return found;
}

function Level({ soc, words }: { soc: number | null; words: string }) {
  const look = soc === null ? '' : soc < 20 ? ' low' : soc < 40 ? ' middling' : '';
  return (
    <div className={`level${look}`} role="img" aria-label={words}>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect width={soc ?? 0} height="8" />
      </svg>
    </div>
  );
}

function DockActs({ station, seen }: { station: StationDetail; seen: DockSeen }) {
  const { t } = useAround();
  const may = useMay();
  const [wish, setWish] = useState<Wish | null>(null);
  const number = seen.dock.dock_no;
  const fate = useFate(station.id, (one) => one.body['dock_no'] === number);
  if (!may('orders:write')) return null;
  return (
    <div className="dock-acts">
      <button
        type="button"
        className="button"
        onClick={() => setWish({ type: 'UnlockDock', dockNo: number })}
      >
        {t('unlock')}
        <span className="sr-only"> {t('dock_title', { number })}</span>
      </button>
      <button
        type="button"
        className="button"
        onClick={() => setWish({ type: 'RestartDock', dockNo: number })}
      >
        <Icon name="restart" size={16} />
        <span className="sr-only">
          {t('restart')} {t('dock_title', { number })}
        </span>
      </button>
      {fate !== undefined && <Fate order={fate} />}
      {wish !== null && <OrderSheet station={station} wish={wish} close={() => setWish(null)} />}
    </div>
  );
}
