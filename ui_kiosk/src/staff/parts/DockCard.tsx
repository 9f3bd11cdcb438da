/** One dock as it stands there: lock, vehicle, charge, what is wrong, and what became of the last act. */
import type { FateView, StaffDockView } from '../../api/types';
import { whole } from '../../lib/format';
import { Icon, Vehicle, type Sign } from '../../ui/icons';
import { useStaff, type Staff } from '../context';
import { keyFor, type StaffKey } from '../words';

const LOCKS: Readonly<Record<'locked' | 'unlocked' | 'moving' | 'stuck' | 'unknown', Sign>> = {
  locked: 'lock',
  unlocked: 'unlock',
  moving: 'moving',
  stuck: 'warn',
  unknown: 'offline',
};

export function lockOf(dock: StaffDockView): { readonly sign: Sign; readonly key: StaffKey } {
  if (!dock.online) return { sign: 'offline', key: 'dock_no_line' };
  const lock = dock.lock ?? 'unknown';
  return { sign: LOCKS[lock], key: `lock_${lock}` };
}

/** What is wrong, in words, the gravest first; empty when nothing is. */
export function troubles(dock: StaffDockView, t: Staff['t']): readonly string[] {
  const faults = dock.faults.map((code) => t(keyFor('fault', code)));
  return dock.out_of_service ? [t('out_of_service'), ...faults] : faults;
}

export function dockName(dock: StaffDockView, t: Staff['t']): string {
  return t(dock.kind === 'bay' ? 'bay' : 'dock', { dock: dock.dock_no });
}

export function DockCard({ dock, isChosen }: { readonly dock: StaffDockView; readonly isChosen: boolean }) {
  const { t } = useStaff();
  const wrong = troubles(dock, t);
  const lock = lockOf(dock);
  const look = wrong.length > 0 || !dock.online ? 'bad' : dock.occupied === false ? 'free' : 'fine';
  return (
    <li>
      <a
        href={`#/docks/${dock.dock_no}`}
        className={`dock ${look} ${dock.out_of_service ? 'parked' : ''} ${isChosen ? 'chosen' : ''}`}
        data-testid={`dock-${dock.dock_no}`}
        data-lock={dock.lock ?? 'unknown'}
        data-online={dock.online}
        data-fate={dock.last_act?.state ?? ''}
        aria-current={isChosen ? 'true' : undefined}
      >
        <span className="dock-head">
          <b>
            <span className="unseen">{dockName(dock, t)}</span>
            <span aria-hidden="true">{dock.dock_no}</span>
          </b>
          <span className={`lock ${dock.online ? (dock.lock ?? 'unknown') : 'unknown'}`}>
            <Icon sign={lock.sign} />
            {t(lock.key)}
          </span>
        </span>
        <Inhabitant dock={dock} />
        {wrong.map((word) => (
          <span className="wrong" key={word}>
            {word}
          </span>
        ))}
        {dock.last_act !== null && <Fate act={dock.last_act} isBrief />}
      </a>
    </li>
  );
}

function Inhabitant({ dock }: { readonly dock: StaffDockView }) {
  const { t, f } = useStaff();
  const { vehicle } = dock;
  if (vehicle === null)
    return (
      <span className="nobody">
        {t(dock.occupied === true ? 'unreadable' : dock.occupied === false ? 'dock_free' : 'lock_unknown')}
      </span>
    );
  const soc = vehicle.soc_pct;
  return (
    <span className="inhabitant">
      <Vehicle kind={vehicle.kind} />
      <strong>{whole(vehicle.label)}</strong>
      {soc !== null && (
        <span className="charge">
          <i style={{ width: `${Math.max(3, Math.min(100, soc))}%` }} className={soc < 25 ? 'low' : ''} />
          <span>{f.percent(Math.floor(soc))}</span>
        </span>
      )}
      {wordOf(dock, t) !== '' && <span className="word">{wordOf(dock, t)}</span>}
    </span>
  );
}

function wordOf(dock: StaffDockView, t: Staff['t']): string {
  const { vehicle } = dock;
  if (vehicle === null || (vehicle.why_not === 'fault' && troubles(dock, t).length > 0)) return '';
  if (dock.rental !== null) return t('why_dock_busy');
  if (vehicle.charging) return t('charging');
  return vehicle.rentable ? t('ready') : t(keyFor('why', vehicle.why_not ?? ''));
}

const SIGNS: Readonly<Record<FateView['state'], Sign>> = {
  asked: 'moving',
  done: 'check',
  refused: 'cross',
  no_answer: 'warn',
  expired: 'clock',
};

export function Fate({ act, isBrief = false }: { readonly act: FateView; readonly isBrief?: boolean }) {
  const { view, t, f } = useStaff();
  const at = f.when(act.ended_at ?? act.asked_at, Date.parse(view.at));
  return (
    <span className={`fate ${act.state}`} data-testid={isBrief ? undefined : 'fate'} data-state={act.state}>
      <Icon sign={SIGNS[act.state]} />
      <span>
        {t(`fate_${act.state}`, { what: t(`deed_${act.what}`) })}
        {!isBrief && act.state === 'no_answer' && <small>{t('fate_look')}</small>}
        <small>{isBrief ? at : t('fate_by', { name: act.by, time: at })}</small>
      </span>
    </span>
  );
}
