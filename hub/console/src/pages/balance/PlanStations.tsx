/** The stations that a plan concerns, in numbers: what is expected, what stands there, what changes. */
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import type { PlanShape, StationBalance } from '../../api/shapes';
import { Card } from '../../ui/Head';

const COLUMNS = ['out', 'back', 'usable', 'empty', 'supply', 'added', 'before', 'after'] as const;

export function PlanStations({ plan }: { readonly plan: PlanShape }) {
  const { t } = useAround();
  if (plan.body.stations.length === 0) return null;
  return (
    <Card title={t('plan_stations')} className="below" testId="plan-stations">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard */}
      <div className="scroll" tabIndex={0} role="region" aria-label={t('plan_stations')}>
        <table className="table">
          <thead>
            <tr>
              <th>{t('col_station')}</th>
              {COLUMNS.map((one) => (
                <th key={one} className="number">
                  {t(`balance_${one}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {plan.body.stations.map((one) => (
              <Row key={one.station_id} one={one} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="small muted">{t('plan_stations_how')}</p>
    </Card>
  );
}

function Row({ one }: { one: StationBalance }) {
  const { f } = useAround();
  const rides = (value: number) => f.number(value, 1);
  return (
    <tr>
      <td>
        <Link to={`/stations/${one.station_id}/demand`}>{one.name}</Link>
      </td>
      <td className="number">{rides(one.out)}</td>
      <td className="number">{rides(one.back)}</td>
      <td className="number">{one.usable}</td>
      <td className="number muted">{one.empty}</td>
      <td className="number">{rides(one.supply)}</td>
      <td className="number">{one.added > 0 ? `+${rides(one.added)}` : rides(one.added)}</td>
      <td className="number">{rides(one.shortage_before)}</td>
      <td className="number strong">{rides(one.shortage_after)}</td>
    </tr>
  );
}
