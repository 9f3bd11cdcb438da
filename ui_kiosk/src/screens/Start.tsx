/** The first screen: the station as it stands, and what one may do here. */
import { useKiosk } from '../app/context';
import type { StationView } from '../api/types';
import type { MessageKey } from '../i18n/en';
import { DockRow } from '../ui/DockRow';
import { freeDocks, rentable } from '../ui/docks';
import { Frame } from '../ui/Frame';
import { Answer } from '../ui/Press';

type Situation = 'ready' | 'none' | 'empty' | 'out';

/** What the station is good for right now. */
export function situationOf(view: StationView): Situation {
  if (rentable(view).length > 0) return 'ready';
  const works = view.docks.some((dock) => dock.state !== 'out_of_order' && dock.state !== 'unknown');
  if (!works) return 'out';
  return view.docks.some((dock) => dock.vehicle !== null) ? 'none' : 'empty';
}

const SAYS: Readonly<Record<Situation, readonly [MessageKey, MessageKey]>> = {
  ready: ['ready_to_ride', 'start_hint'],
  none: ['none_ready', 'start_hint_none'],
  empty: ['none_here', 'start_hint_empty'],
  out: ['all_out', 'start_hint_out'],
};

export default function Start() {
  const { view, t, tell } = useKiosk();
  const situation = situationOf(view);
  const isPaused = view.not_accepting !== null;
  const [title, hint] = SAYS[situation];
  return (
    <Frame
      name="start"
      title={t(title, { count: rentable(view).length })}
      hint={t(hint, { phone: view.station.help_phone })}
      answers={<Answers situation={situation} isPaused={isPaused} />}
    >
      <DockRow
        lit="best"
        onChoose={
          isPaused
            ? undefined
            : (dockNo) => {
                tell({ on: 'choose', dockNo });
              }
        }
      />
    </Frame>
  );
}

function Answers({ situation, isPaused }: { readonly situation: Situation; readonly isPaused: boolean }) {
  const { view, t, press } = useKiosk();
  const canRent = situation === 'ready' && !isPaused;
  const free = freeDocks(view);
  return (
    <>
      <Answer
        id="rent"
        tone={canRent ? 'volt' : 'plain'}
        title={t('rent')}
        note={<RentNote situation={situation} isPaused={isPaused} />}
        disabled={isPaused || situation === 'out'}
        onPress={press('rent')}
      />
      <Answer
        id="return"
        tone="deep"
        title={t('return')}
        note={t('return_into', { count: free.length, dock: free[0]?.dock_no })}
        onPress={press('return')}
      />
      {view.chargers.length > 0 && <ChargeAnswer />}
      <Answer id="help" title={t('help')} note={t('help_note')} onPress={press('help')} />
    </>
  );
}

function RentNote({ situation, isPaused }: { readonly situation: Situation; readonly isPaused: boolean }) {
  const { view, t, f } = useKiosk();
  if (isPaused || situation === 'out') return t('rent_not_now');
  if (situation !== 'ready') return t('rent_booked_only');
  const hint = view.price_hint;
  if (hint === null) return t('rent_plain');
  return t('rent_from', { unlock: f.money(hint.unlock), minute: f.money(hint.per_minute) });
}

function ChargeAnswer() {
  const { view, t, press } = useKiosk();
  const places = view.chargers.flatMap((charger) =>
    charger.connectors.map((one) => charger.online && one.state === 'available'),
  );
  const free = places.filter((isFree) => isFree).length;
  return (
    <Answer
      id="charge"
      title={t('charge')}
      note={t('charge_free', { free, all: places.length })}
      onPress={press('charge')}
    />
  );
}
