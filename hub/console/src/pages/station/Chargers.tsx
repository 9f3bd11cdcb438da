/** The chargers with each place: how it stands, with how much power, for whom; a charge can be stopped here. */
import { useState } from 'react';
import { Link } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type {
  ChargerSample,
  ConnectorSample,
  ChargerShape,
  ConnectorShape,
  ChargingRow,
  StationDetail,
} from '../../api/shapes';
import { named } from '../../i18n/words';
import { Chip, type Tone } from '../../ui/Chip';
import { Card } from '../../ui/Head';
import { useFate, Fate } from './fate';
import { OrderSheet } from './OrderSheet';

/** What OCPP says where nothing is wrong. */
const WELL = new Set(['NoError', '']);
const TONES: Readonly<Record<string, Tone>> = {
  charging: 'good',
  faulted: 'coral',
  unavailable: 'amber',
  silent: 'amber',
};

export function Chargers({ station }: { station: StationDetail }) {
  const { t } = useAround();
  const may = useMay();
  const filters = { station_id: station.id, state: 'running' };
  const running = useWhole<ChargingRow>('/api/v1/charging-sessions', filters, {
    enabled: may('charging:read') && station.chargers.length > 0,
    every: 5_000,
    most: 50,
  });
  if (station.chargers.length === 0) return null;
  const samples = new Map(station.picture?.chargers.map((one) => [one.charger_id, one]));
  return (
    <Card title={t('chargers')}>
      <ul className="chargers">
        {station.chargers.flatMap((charger) =>
          charger.connectors.map((connector) => (
            <Place
              key={`${charger.charger_id}-${String(connector.connector_no)}`}
              station={station}
              charger={charger}
              connector={connector}
              sample={samples.get(charger.charger_id)}
              session={running.data?.items.find(
                (one) => one.charger_id === charger.charger_id && one.connector_no === connector.connector_no,
              )}
            />
          )),
        )}
      </ul>
    </Card>
  );
}

interface PlaceProps {
  readonly station: StationDetail;
  readonly charger: ChargerShape;
  readonly connector: ConnectorShape;
  readonly sample: ChargerSample | undefined;
  readonly session: ChargingRow | undefined;
}

function Place({ station, charger, connector, sample, session }: PlaceProps) {
  const { t, f } = useAround();
  const live = liveOf(sample, connector.connector_no);
  const state = sample?.online === false ? 'silent' : (live?.state ?? connector.state);
  return (
    <li className="charger">
      <div className="charger-head">
        <h3>{charger.charger_id}</h3>
        <Chip tone={TONES[state] ?? (state === 'silent' ? 'amber' : 'plain')}>
          {named(t, 'connector', state)}
        </Chip>
      </div>
      <p className="charger-power">{f.kw(live?.power_w ?? 0)}</p>
      <p className="small muted">
        {t('charger_place', { number: connector.connector_no })} · {charger.vendor} {charger.model}
        {live?.soc_pct !== undefined && <> · {f.percent(live.soc_pct)}</>}
      </p>
      {!WELL.has(connector.error_code) && <p className="dock-fault">{connector.error_code}</p>}
      {session !== undefined && <Running station={station} session={session} />}
    </li>
  );
}

function liveOf(sample: ChargerSample | undefined, connectorNo: number): ConnectorSample | undefined {
  return sample?.connectors?.find((one) => one.connector_no === connectorNo);
}

function Running({ station, session }: { station: StationDetail; session: ChargingRow }) {
  const { t, f } = useAround();
  const may = useMay();
  const [isStopping, setStopping] = useState(false);
  const fate = useFate(station.id, (one) => one.body['session_id'] === session.id);
  const chargerId = session.charger_id ?? '';
  return (
    <div className="charger-session">
      <Link to={`/charging/${session.id}`}>
        {session.started_at === null
          ? t('charging_session')
          : t('charging_since', { time: f.when(session.started_at) })}
      </Link>
      {may('orders:write') && (
        <button type="button" className="button" onClick={() => setStopping(true)}>
          {t('stop_charge')}
          <span className="sr-only"> {chargerId}</span>
        </button>
      )}
      {fate !== undefined && <Fate order={fate} />}
      {isStopping && (
        <OrderSheet
          station={station}
          wish={{ type: 'StopCharge', sessionId: session.id, chargerId }}
          close={() => setStopping(false)}
        />
      )}
    </div>
  );
}
