/** The top: search and commands, the clock with its zone, and the one who is signed in. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { Link } from 'react-router';
import { useWhole } from '../api/queries';
import type { OrganisationShape } from '../api/shapes';
import { LANGUAGES } from '../i18n/words';
import { useNow } from '../lib/clock';
import { useLater } from '../lib/later';
import { Icon } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { useAround, useMay, useMe } from './context';
import { useLeaving } from './leaving';
import { homeFor } from './sections';

const Palette = lazy(() => import('./Palette').then((module) => ({ default: module.Palette })));

export function TopBar() {
  const { t } = useAround();
  const [isSearching, setSearching] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setSearching(true);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <header className="top">
      <button type="button" className="top-search" onClick={() => setSearching(true)} data-testid="search">
        <Icon name="search" size={18} />
        <span>{t('search_hint')}</span>
        <kbd>Ctrl K</kbd>
      </button>
      <Organisation />
      <Clock />
      <Person />
      {isSearching && (
        <Suspense fallback={null}>
          <Palette close={() => setSearching(false)} />
        </Suspense>
      )}
    </header>
  );
}

/** Whose hub this is to the one at the screen. */
function Organisation() {
  const me = useMe();
  const asked = useWhole<OrganisationShape>(
    '/api/v1/organisations',
    {},
    { stale: 600_000, enabled: useLater() },
  );
  const mine = asked.data?.items.find((one) => one.id === me.organisation_id);
  return <p className="top-organisation">{mine?.name}</p>;
}

function Clock() {
  const { f } = useAround();
  const now = useNow(1);
  return (
    <p className="top-clock">
      <time dateTime={new Date(now).toISOString()}>{f.time(now)}</time>{' '}
      <span className="muted">{f.zone}</span>
    </p>
  );
}

/** For whoever works here and rents too; who only rents begins with that page. */
function MyRentals() {
  const { t } = useAround();
  const me = useMe();
  const may = useMay();
  if (!may('rentals:read_own') || homeFor(new Set(me.permissions)) === undefined) return null;
  return (
    <Link role="menuitem" to="/mine" data-testid="my-rentals">
      <Icon name="rental" size={18} />
      {t('my_rentals')}
    </Link>
  );
}

function Person() {
  const { t, prefs, setPrefs, mode } = useAround();
  const me = useMe();
  const initials = me.display_name
    .split(/\s+/)
    .map((word) => word.charAt(0))
    .slice(0, 2)
    .join('')
    .toUpperCase();
  return (
    <Menu
      label={t('me_menu', { name: me.display_name })}
      face={
        <span className="top-face" aria-hidden="true">
          {initials}
        </span>
      }
    >
      <p className="menu-head">
        <strong>{me.display_name}</strong>
        <span className="muted">{me.email}</span>
      </p>
      <Link role="menuitem" to="/me" data-testid="my-account">
        <Icon name="person" size={18} />
        {t('me_title')}
      </Link>
      <MyRentals />
      <button
        type="button"
        role="menuitem"
        onClick={() => setPrefs({ ...prefs, mode: mode === 'dark' ? 'light' : 'dark' })}
      >
        <Icon name={mode === 'dark' ? 'sun' : 'moon'} size={18} />
        {mode === 'dark' ? t('go_light') : t('go_dark')}
      </button>
      {LANGUAGES.map(({ lang, name }) => (
        <button
          key={lang}
          type="button"
          role="menuitemradio"
          aria-checked={prefs.lang === lang}
          lang={lang}
          onClick={() => setPrefs({ ...prefs, lang, isPseudo: false })}
        >
          <Icon name={prefs.lang === lang ? 'check' : 'globe'} size={18} />
          {name}
        </button>
      ))}
      <a role="menuitem" href="/docs">
        <Icon name="info" size={18} />
        {t('api_docs')}
      </a>
      <SignOut />
    </Menu>
  );
}

function SignOut() {
  const { t, session } = useAround();
  const leaving = useLeaving();
  const leave = () => leaving.ask(() => void session.signOut());
  return (
    <button type="button" role="menuitem" data-testid="sign-out" onClick={leave}>
      <Icon name="leave" size={18} />
      {t('sign_out')}
    </button>
  );
}
