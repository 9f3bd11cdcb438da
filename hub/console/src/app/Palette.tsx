/** Ctrl-K: go anywhere, find a station, a vehicle, a booking or an id, or do something, all by keyboard. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { useWhole } from '../api/queries';
import type { ReservationShape, StationShape, VehicleShape } from '../api/shapes';
import { matches, type Findable } from '../lib/find';
import { Icon, type IconName } from '../ui/Icon';
import { useAround, useMay, useMe } from './context';
import { useLeaving } from './leaving';
import { sectionsFor } from './sections';

interface Choice extends Findable {
  readonly icon: IconName;
  readonly go: () => void;
}

const MOST = 12;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function Palette({ close }: { readonly close: () => void }) {
  const { t } = useAround();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const choices = matches(useChoices(text), text, MOST);
  const index = Math.min(at, choices.length - 1);
  useEffect(() => dialog.current?.showModal(), []);
  const choose = (choice: Choice | undefined) => {
    if (choice === undefined) return;
    close();
    choice.go();
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a press beside the box closes it; Escape does too
    <dialog
      ref={dialog}
      className="palette"
      aria-label={t('search')}
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
        if (event.key === 'Enter') choose(choices[index]);
        if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
        event.preventDefault();
        setAt((index + (event.key === 'ArrowDown' ? 1 : -1) + choices.length) % Math.max(1, choices.length));
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={choices[index] === undefined ? undefined : `palette-${String(index)}`}
        aria-label={t('search')}
        placeholder={t('search_hint')}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
      />
      <Choices choices={choices} at={index} choose={choose} />
    </dialog>
  );
}

interface ChoicesProps {
  readonly choices: readonly Choice[];
  readonly at: number;
  readonly choose: (choice: Choice) => void;
}

function Choices({ choices, at, choose }: ChoicesProps) {
  const { t } = useAround();
  if (choices.length === 0) return <p className="palette-none">{t('search_none')}</p>;
  return (
    <div id="palette-list" role="listbox" aria-label={t('search')} className="palette-list">
      {choices.map((choice, index) => (
        <button
          key={choice.id}
          id={`palette-${String(index)}`}
          type="button"
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          onClick={() => choose(choice)}
        >
          <Icon name={choice.icon} size={18} />
          <span>{choice.name}</span>
          <span className="muted">{choice.more}</span>
        </button>
      ))}
    </div>
  );
}

function useChoices(text: string): readonly Choice[] {
  const { t, prefs, setPrefs, mode, session } = useAround();
  const me = useMe();
  const navigate = useNavigate();
  const leaving = useLeaving();
  const things = useThings();
  return useMemo(() => {
    const go = (to: string) => () => void navigate(to);
    const sections = sectionsFor(new Set(me.permissions)).map((one): Choice => {
      const name = t(one.title);
      return { id: one.path, name, more: t('search_go'), icon: one.icon, go: go(`/${one.path}`) };
    });
    const dark = mode === 'dark';
    const commands: Choice[] = [
      {
        id: 'mode',
        name: dark ? t('go_light') : t('go_dark'),
        more: t('search_do'),
        icon: dark ? 'sun' : 'moon',
        go: () => setPrefs({ ...prefs, mode: dark ? 'light' : 'dark' }),
      },
      {
        id: 'leave',
        name: t('sign_out'),
        more: t('search_do'),
        icon: 'leave',
        go: () => leaving.ask(() => void session.signOut()),
      },
    ];
    const id = text.trim();
    const byId: Choice[] = UUID.test(id)
      ? [{ id, name: id, more: t('search_rental_id'), icon: 'rental', go: go(`/rentals/${id}`) }]
      : [];
    return [...byId, ...sections, ...things.map((one) => ({ ...one, go: go(one.to) })), ...commands];
  }, [t, me, mode, prefs, setPrefs, session, navigate, leaving, things, text]);
}

type Thing = Findable & { readonly icon: IconName; readonly to: string };

function useThings(): readonly Thing[] {
  const { t } = useAround();
  const may = useMay();
  const stale = { stale: 60_000 };
  const stations = useWhole<StationShape>('/api/v1/stations', {}, stale).data;
  const vehicles = useWhole<VehicleShape>('/api/v1/vehicles', {}, { ...stale, most: 1000 }).data;
  const readable = { ...stale, most: 400, enabled: may('reservations:read') };
  const bookings = useWhole<ReservationShape>('/api/v1/reservations', {}, readable).data;
  return useMemo(
    () => [
      ...(stations?.items ?? []).map((one): Thing => {
        const more = t('station_number', { number: one.number });
        return { id: one.id, name: one.name, more, icon: 'station', to: `/stations/${one.id}` };
      }),
      ...(vehicles?.items ?? []).map((one): Thing => ({
        id: one.id,
        name: one.label,
        more: one.model,
        icon: 'vehicle',
        to: `/fleet/${one.id}`,
      })),
      ...(bookings?.items ?? []).map((one): Thing => {
        const to = `/reservations?open=${one.id}`;
        return { id: one.id, name: one.code, more: t('search_booking'), icon: 'calendar', to };
      }),
    ],
    [stations, vehicles, bookings, t],
  );
}
