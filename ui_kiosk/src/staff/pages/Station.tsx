/** The station at a glance: what needs a person, the docks as they stand, the chargers. A dock opens beside them. */
import type { ChargerView, StaffDockView } from '../../api/types';
import { needsPerson } from '../deeds';
import { useStaff } from '../context';
import { DockCard } from '../parts/DockCard';
import { Dock } from './Dock';

export function Station({ dockNo }: { readonly dockNo: number | null }) {
  const { view, t } = useStaff();
  const chosen = view.docks.find((dock) => dock.dock_no === dockNo);
  return (
    <div className={`split ${chosen === undefined ? '' : 'chosen'}`}>
      <div className="glance">
        <Headline docks={view.docks} />
        <h2>{t('docks')}</h2>
        <ol className="docks" data-testid="docks">
          {view.docks.map((dock) => (
            <DockCard key={dock.dock_no} dock={dock} isChosen={dock === chosen} />
          ))}
        </ol>
        {view.chargers.length > 0 && (
          <>
            <h2>{t('chargers')}</h2>
            <ul className="chargers">
              {view.chargers.map((charger) => (
                <Charger key={charger.charger_id} charger={charger} />
              ))}
            </ul>
          </>
        )}
      </div>
      {chosen !== undefined && <Dock key={chosen.dock_no} dock={chosen} />}
    </div>
  );
}

function Headline({ docks }: { readonly docks: readonly StaffDockView[] }) {
  const { view, t } = useStaff();
  const bad = docks.filter(needsPerson).length;
  const here = docks.filter((dock) => dock.vehicle !== null).length;
  const free = docks.filter((dock) => dock.state === 'free').length;
  return (
    <>
      <h1 data-testid="glance" data-bad={bad}>
        {bad > 0 ? t('glance_bad', { count: bad }) : t('glance_good', { count: docks.length })}
      </h1>
      <p className="hint">{t('glance_line', { here, free, out: view.rides })}</p>
    </>
  );
}

function Charger({ charger }: { readonly charger: ChargerView }) {
  const { view, t, f } = useStaff();
  return (
    <li className="card charger">
      <h3>{charger.label}</h3>
      <ul>
        {charger.connectors.map((one) => (
          <li key={one.connector_no} className={`connector ${charger.online ? one.state : 'offline'}`}>
            <span>{t('connector', { no: one.connector_no })}</span>
            <strong>{t(charger.online ? `connector_${one.state}` : 'connector_offline')}</strong>
            <span className="figures">
              {[
                one.power_w === null || one.power_w <= 0 ? null : f.kw(one.power_w),
                one.energy_wh === null ? null : f.kwh(one.energy_wh),
                one.since === null ? null : t('since', { time: f.when(one.since, Date.parse(view.at)) }),
              ]
                .filter((part) => part !== null)
                .join(' · ')}
            </span>
          </li>
        ))}
        {charger.connectors.length === 0 && (
          <li className="connector offline">
            <strong>{t('connector_offline')}</strong>
          </li>
        )}
      </ul>
    </li>
  );
}
