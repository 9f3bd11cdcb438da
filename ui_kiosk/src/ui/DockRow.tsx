/** The docks as they stand: the picture that the kiosk is about. */
import { useEffect, useState } from 'react';
import type { DockView, VehicleView } from '../api/types';
import { useKiosk, useNow } from '../app/context';
import { canRent, dockWords, perRow } from './docks';
import { Icon, Vehicle, type Sign } from './icons';

interface DockRowProps {
  /** Docks that can be pressed lead to this. */
  readonly onChoose?: ((dockNo: number) => void) | undefined;
  /** Which docks are lit: the best vehicle, or the free docks. */
  readonly lit: 'best' | 'free';
}

export function DockRow({ onChoose, lit }: DockRowProps) {
  const { view, t } = useKiosk();
  const most = useMost();
  const columns = perRow(view.docks.length, most);
  const rows = Math.ceil(view.docks.length / columns);
  return (
    <ul
      className={`docks rows-${String(Math.min(rows, 4))}`}
      aria-label={t('docks_picture')}
      style={{ gridTemplateColumns: `repeat(${String(columns)}, minmax(0, 1fr))` }}
    >
      {view.docks.map((dock) => (
        <li key={dock.dock_no}>
          <DockTile dock={dock} lit={lit} onChoose={canRent(dock) ? onChoose : undefined} />
        </li>
      ))}
    </ul>
  );
}

/** A tall window holds eight docks side by side, a wide one twelve, a small one eight. */
function useMost(): number {
  const [most, setMost] = useState(measure);
  useEffect(() => {
    const again = () => {
      setMost(measure());
    };
    window.addEventListener('resize', again);
    return () => {
      window.removeEventListener('resize', again);
    };
  }, []);
  return most;
}

function measure(): number {
  return window.innerHeight > window.innerWidth || window.innerWidth < 1000 ? 8 : 12;
}

interface DockTileProps {
  readonly dock: DockView;
  readonly lit: 'best' | 'free';
  readonly onChoose: ((dockNo: number) => void) | undefined;
}

function DockTile({ dock, lit, onChoose }: DockTileProps) {
  const { t, f } = useKiosk();
  const now = useNow(60_000);
  const until = dock.vehicle?.reserved_until;
  const { look, word } = dockWords(dock, t, until ? f.soon(until, now) : null);
  const inside = (
    <>
      <span className="dock-no">{dock.dock_no}</span>
      {dock.vehicle === null || look === 'out' ? (
        <EmptyDock dock={dock} />
      ) : (
        <Standing vehicle={dock.vehicle} />
      )}
      <span className="dock-word">{word}</span>
    </>
  );
  const className = `dock ${look} ${dock.kind} ${isLit(dock, lit) ? 'lit' : ''} ${lit === 'free' ? 'for-return' : ''}`;
  const label = `${t(dock.kind === 'bay' ? 'bay' : 'dock', { dock: dock.dock_no })}. ${spoken(dock, word, f.percent, f.km)}`;
  return onChoose === undefined ? (
    <div className={className} data-testid={`dock-${String(dock.dock_no)}`} data-state={dock.state}>
      {inside}
    </div>
  ) : (
    <button
      type="button"
      className={className}
      data-testid={`dock-${String(dock.dock_no)}`}
      data-state={dock.state}
      aria-label={label}
      onClick={() => {
        onChoose(dock.dock_no);
      }}
    >
      {inside}
    </button>
  );
}

function isLit(dock: DockView, lit: DockRowProps['lit']): boolean {
  return lit === 'free' ? dock.state === 'free' : canRent(dock) && dock.vehicle?.best === true;
}

function spoken(
  dock: DockView,
  word: string,
  percent: (value: number) => string,
  km: (value: number) => string,
): string {
  const { vehicle } = dock;
  if (vehicle === null) return word;
  const parts = [
    vehicle.label,
    vehicle.soc_pct === null ? null : percent(vehicle.soc_pct),
    vehicle.range_km === null ? null : km(vehicle.range_km),
    word,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

const EMPTY: Readonly<Record<DockView['state'], Sign>> = {
  free: 'down',
  open: 'lock',
  moving: 'clock',
  out_of_order: 'cross',
  unknown: 'warn',
  occupied: 'warn',
};

function EmptyDock({ dock }: { readonly dock: DockView }) {
  const sign = dock.state === 'free' && dock.kind === 'bay' ? 'park' : EMPTY[dock.state];
  return (
    <span className="dock-empty">
      <Icon sign={sign} />
    </span>
  );
}

function Standing({ vehicle }: { readonly vehicle: VehicleView }) {
  const { f } = useKiosk();
  const { soc_pct: soc, range_km: range } = vehicle;
  return (
    <>
      <Vehicle kind={vehicle.kind} />
      <Battery soc={soc} charging={vehicle.charging} />
      <span className="dock-soc">{soc === null ? '–' : f.percent(soc)}</span>
      <span className="dock-km">{range === null ? '' : f.km(range)}</span>
    </>
  );
}

const LOW_PCT = 30;

function Battery({ soc, charging }: { readonly soc: number | null; readonly charging: boolean }) {
  const level = Math.max(0, Math.min(100, soc ?? 0));
  return (
    <span className={`battery-bar ${level < LOW_PCT ? 'low' : ''}`} aria-hidden="true">
      <i style={{ '--level': `${String(level)}%` } as React.CSSProperties} />
      {charging && <Icon sign="bolt" />}
    </span>
  );
}
