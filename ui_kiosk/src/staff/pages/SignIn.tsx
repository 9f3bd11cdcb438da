/** Who is there? By PIN, on keys or on a keyboard, or by the badge that is held to a dock. */
import { useEffect, useRef, useState, type SyntheticEvent } from 'react';
import type { Problem, StaffSessionView, StationView } from '../../api/types';
import { setClock } from '../../lib/clock';
import { Icon } from '../../ui/icons';
import type { StaffApi } from '../api';
import { useSpeaking } from '../context';
import { Languages } from '../parts/Languages';
import { Press } from '../parts/Press';
import { problemOf, Said } from '../parts/Said';
import type { StaffKey } from '../words';
import { BadgeWait } from './BadgeWait';

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '', '0', 'erase'] as const;
const LONGEST = 8;
const SHORTEST = 4;

interface SignInProps {
  readonly api: StaffApi;
  readonly farewell: StaffKey | null;
  readonly onIn: (session: StaffSessionView) => void;
  readonly onZone: (zone: string) => void;
}

export function SignIn({ api, farewell, onIn, onZone }: SignInProps) {
  const { t } = useSpeaking();
  const station = useStationOf(api, onZone);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBadge, setBadge] = useState(false);
  return (
    <div className="gate" data-testid="page-sign-in">
      <header>
        <div className="where">
          <strong>{station?.station.name ?? 'Voltdock'}</strong>
          {station !== null && <span>{t('station_line', { number: station.station.number })}</span>}
        </div>
        <Languages />
      </header>
      <main>
        <h1>{t('sign_in_title')}</h1>
        {farewell !== null && problem === null && (
          <p className="strip sky" role="status" data-testid="farewell">
            <Icon sign="check" />
            <span>{t(farewell)}</span>
          </p>
        )}
        <p className="hint">{t('sign_in_hint')}</p>
        {problem !== null && <Said problem={problem} />}
        {isBadge ? (
          <BadgeWait
            api={api}
            onIn={onIn}
            onEnd={(found) => {
              setProblem(found);
              setBadge(false);
            }}
          />
        ) : (
          <ByPin
            api={api}
            onIn={onIn}
            onProblem={setProblem}
            onBadge={() => {
              setProblem(null);
              setBadge(true);
            }}
          />
        )}
        {station?.hub.online === false && (
          <p className="strip amber" data-testid="offline-strip">
            <Icon sign="offline" />
            <span>{t('sign_in_works_offline')}</span>
          </p>
        )}
      </main>
    </div>
  );
}

function useStationOf(api: StaffApi, onZone: (zone: string) => void): StationView | null {
  const [station, setStation] = useState<StationView | null>(null);
  useEffect(() => {
    let isOn = true;
    const ask = () =>
      void api
        .view()
        .then((found) => {
          if (!isOn) return;
          setClock(found.at);
          onZone(found.station.timezone);
          setStation(found);
        })
        .catch(() => undefined);
    ask();
    const timer = setInterval(ask, 10_000);
    return () => {
      isOn = false;
      clearInterval(timer);
    };
  }, [api, onZone]);
  return station;
}

interface ByPinProps {
  readonly api: StaffApi;
  readonly onIn: (session: StaffSessionView) => void;
  readonly onProblem: (problem: Problem | null) => void;
  readonly onBadge: () => void;
}

function ByPin({ api, onIn, onProblem, onBadge }: ByPinProps) {
  const { t } = useSpeaking();
  const [pin, setPin] = useState('');
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const type = (text: string) => {
    setPin(text.replace(/\D/g, '').slice(0, LONGEST));
    onProblem(null);
  };
  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    if (pin.length < SHORTEST || isBusy) return;
    setBusy(true);
    onProblem(null);
    api.signIn({ pin, read_id: null }).then(onIn, (error: unknown) => {
      setBusy(false);
      setPin('');
      onProblem(problemOf(error));
    });
  };
  return (
    <form className="pin" onSubmit={send}>
      <label htmlFor="pin">{t('pin')}</label>
      <input
        id="pin"
        ref={field}
        data-testid="pin"
        type="password"
        inputMode="none"
        autoComplete="off"
        value={pin}
        onChange={(event) => {
          type(event.target.value);
        }}
      />
      <p className="unseen" role="status">
        {t('pin_typed', { count: pin.length })}
      </p>
      <Pad
        onKey={(key) => {
          type(key === 'erase' ? pin.slice(0, -1) : pin + key);
          field.current?.focus();
        }}
      />
      <Press id="sign-in" tone="volt" wide submit busy={isBusy} disabled={pin.length < SHORTEST}>
        {t('sign_in')}
      </Press>
      <Press id="use-badge" wide sign="card" onPress={onBadge}>
        {t('use_badge')}
      </Press>
    </form>
  );
}

function Pad({ onKey }: { readonly onKey: (key: string) => void }) {
  const { t } = useSpeaking();
  return (
    <div className="pad">
      {DIGITS.map((key) =>
        key === '' ? (
          <span key="gap" />
        ) : (
          <button
            key={key}
            type="button"
            data-testid={`pin-${key}`}
            aria-label={key === 'erase' ? t('erase') : key}
            onClick={() => {
              onKey(key);
            }}
          >
            {key === 'erase' ? <Icon sign="erase" /> : key}
          </button>
        ),
      )}
    </div>
  );
}
