/** The chargers for cars: where is a place, what does it cost, what to do. */
import type { ChargerView, ConnectorView } from '../api/types';
import { useKiosk, useNow } from '../app/context';
import type { MessageKey } from '../i18n/en';
import { Frame } from '../ui/Frame';
import { Icon, type Sign } from '../ui/icons';
import { Answer } from '../ui/Press';

export function Charge() {
  const { view, t, f, press } = useKiosk();
  const price = view.charge_price;
  return (
    <Frame
      name="charge"
      split
      offline="offline_charge"
      title={t('charge_title')}
      hint={view.chargers.length === 0 ? t('charge_none') : t('charge_hint')}
      answers={<Answer id="done" title={t('refused_home')} onPress={press('home')} />}
      aside={
        <>
          {price !== null && <p className="price-tag">{t('charge_price', { price: f.money(price) })}</p>}
          <ol className="how">
            <li>{t('charge_step_1')}</li>
            <li>{t('charge_step_2')}</li>
            <li>{t('charge_step_3')}</li>
          </ol>
        </>
      }
    >
      <ul className="chargers">
        {view.chargers.map((charger) => (
          <Charger key={charger.charger_id} charger={charger} />
        ))}
      </ul>
    </Frame>
  );
}

function Charger({ charger }: { readonly charger: ChargerView }) {
  return (
    <li className="card charger" data-testid={`charger-${charger.charger_id}`}>
      <h2>
        <Icon sign="bolt" /> {charger.label}
      </h2>
      <ul>
        {charger.connectors.map((connector) => (
          <Connector
            key={connector.connector_no}
            connector={connector}
            online={charger.online}
            many={charger.connectors.length > 1}
          />
        ))}
      </ul>
    </li>
  );
}

type Look = 'good' | 'busy' | 'wait' | 'bad';

const LOOKS: Readonly<Record<ConnectorView['state'], readonly [Look, Sign]>> = {
  available: ['good', 'check'],
  preparing: ['wait', 'card'],
  charging: ['busy', 'bolt'],
  suspended: ['wait', 'clock'],
  finishing: ['wait', 'check'],
  reserved: ['wait', 'clock'],
  unavailable: ['bad', 'cross'],
  faulted: ['bad', 'warn'],
};

interface ConnectorProps {
  readonly connector: ConnectorView;
  readonly online: boolean;
  readonly many: boolean;
}

function Connector({ connector, online, many }: ConnectorProps) {
  const { t, f } = useKiosk();
  const now = useNow(30_000);
  const [look, sign] = online ? LOOKS[connector.state] : (['bad', 'warn'] as const);
  const word: MessageKey = online ? `connector_${connector.state}` : 'connector_offline';
  const facts = online
    ? [
        connector.power_w !== null && connector.power_w > 0 ? f.kw(connector.power_w) : null,
        connector.energy_wh === null ? null : f.kwh(connector.energy_wh),
        connector.since === null ? null : t('since', { time: f.when(connector.since, now) }),
      ].filter((fact) => fact !== null)
    : [];
  return (
    <li className={`connector ${look}`} data-state={connector.state}>
      <Icon sign={sign} />
      <div>
        {many && <small>{t('connector', { no: connector.connector_no })}</small>}
        <strong>{t(word)}</strong>
        {facts.length > 0 && <span className="facts">{facts.join(' · ')}</span>}
      </div>
    </li>
  );
}
