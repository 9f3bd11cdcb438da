/** One dock, and what may be done to it: each with a reason, its fate seen right here. */
import { useEffect, useRef, useState } from 'react';
import type { StaffDockView } from '../../api/types';
import { useStaff } from '../context';
import { possible, REASONS, type Deed } from '../deeds';
import { ActForm } from '../parts/ActForm';
import { dockName, Fate, lockOf, troubles } from '../parts/DockCard';
import { Go, Press } from '../parts/Press';
import { Icon, type Sign } from '../../ui/icons';

const SIGNS: Readonly<Record<Deed, Sign>> = {
  unlock: 'unlock',
  lock: 'lock',
  restart: 'again',
  out_of_service: 'cross',
  in_service: 'check',
};

export function Dock({ dock }: { readonly dock: StaffDockView }) {
  const { t, api, look, session, view } = useStaff();
  const [deed, setDeed] = useState<Deed | null>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    title.current?.focus({ preventScroll: true });
  }, [dock.dock_no]);
  return (
    <aside className="card one-dock" data-testid="one-dock">
      <div className="title">
        <h2 ref={title} tabIndex={-1}>
          {dockName(dock, t)}
        </h2>
        <Go to="#/" tone="plain" sign="cross" id="dock-close">
          {t('close')}
        </Go>
      </div>
      {deed === null && <Facts dock={dock} />}
      {dock.last_act !== null && (
        <div role="status">
          <Fate act={dock.last_act} />
        </div>
      )}
      {!session.may.includes('unlock') ? (
        <p className="hint">{t('problem_staff_may_not')}</p>
      ) : deed === null ? (
        <Deeds dock={dock} onChoose={setDeed} />
      ) : (
        <ActForm
          title={t(`ask_${deed}`, { dock: dock.dock_no })}
          hint={t(`note_${deed}`, { seconds: view.pull_out_s })}
          yes={t(`deed_${deed}`)}
          reasons={REASONS[deed]}
          onCancel={() => {
            setDeed(null);
          }}
          send={async (act) => {
            await api.onDock(dock.dock_no, deed, act);
            look();
            setDeed(null);
          }}
        />
      )}
    </aside>
  );
}

function Facts({ dock }: { readonly dock: StaffDockView }) {
  const { t, f } = useStaff();
  const { vehicle } = dock;
  const lock = lockOf(dock);
  const wrong = troubles(dock, t);
  const rows: readonly (readonly [string, string | null])[] = [
    [t('dock_vehicle'), vehicle === null ? t('no_vehicle') : `${vehicle.label} · ${vehicle.model}`],
    [t('dock_charge'), vehicle?.soc_pct == null ? null : f.percent(Math.floor(vehicle.soc_pct))],
    [t('dock_range'), vehicle?.range_km == null ? null : f.km(vehicle.range_km)],
    [t('dock_rent'), dock.rental],
    [t('dock_temperature'), dock.temperature_c === null ? null : `${f.number(dock.temperature_c)}\u00a0°C`],
    [
      t('dock_supply'),
      dock.supply_voltage_v === null ? null : `${f.number(dock.supply_voltage_v, 1)}\u00a0V`,
    ],
    [t('dock_device'), dock.serial === '' ? null : `${dock.serial}, ${dock.firmware}`],
  ];
  return (
    <>
      <p className={`big-lock ${dock.online ? (dock.lock ?? 'unknown') : 'unknown'}`} data-testid="lock">
        <Icon sign={lock.sign} />
        {t(lock.key)}
      </p>
      {wrong.length > 0 && (
        <ul className="wrongs" aria-label={t('dock_faults')}>
          {wrong.map((word) => (
            <li key={word} className="wrong">
              {word}
            </li>
          ))}
        </ul>
      )}
      {!dock.online && <p className="hint">{t('dock_offline')}</p>}
      {dock.rental !== null && <p className="strip sky">{t('dock_busy', { reference: dock.rental })}</p>}
      <dl className="rows">
        {rows.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </>
  );
}

function Deeds({
  dock,
  onChoose,
}: {
  readonly dock: StaffDockView;
  readonly onChoose: (deed: Deed) => void;
}) {
  const { t, session } = useStaff();
  return (
    <div className="deeds">
      {possible(dock).map(({ deed, can }) => (
        <Press
          key={deed}
          id={`deed-${deed}`}
          tone={deed === 'unlock' ? 'volt' : 'plain'}
          sign={SIGNS[deed]}
          disabled={!can}
          wide
          onPress={() => {
            onChoose(deed);
          }}
        >
          {t(`deed_${deed}`)}
        </Press>
      ))}
      {dock.vehicle !== null && session.may.includes('rent') && (
        <Go to={`#/out/${dock.dock_no}`} id="dock-out" sign="ride" wide>
          {t('check_out')}
        </Go>
      )}
    </div>
  );
}
