/** What stands round every page: the businesses on the left, search, clock and person on top, the page in the middle. */
import { useState, type ReactNode } from 'react';
import { NavLink, useLocation } from 'react-router';
import { Icon, type IconName } from '../ui/Icon';
import { useAround, useMe } from './context';
import { useLive } from './live';
import { useNeeds, useUnseenAlarms } from './needs';
import { Pages } from './Pages';
import { homeFor, sectionsFor } from './sections';
import { TopBar } from './TopBar';

export function Shell() {
  const { t } = useAround();
  useLive();
  const { pathname } = useLocation();
  const [openAt, setOpenAt] = useState(''); // the names fold away again when one goes elsewhere
  const isOpen = openAt === pathname;
  return (
    <div className={isOpen ? 'shell nav-open' : 'shell'}>
      <a className="skip" href="#page">
        {t('skip')}
      </a>
      <Navigation isOpen={isOpen} toggle={() => setOpenAt(isOpen ? '' : pathname)} />
      <div className="beside">
        <TopBar />
        <main id="page" className="page" tabIndex={-1}>
          <Pages />
        </main>
      </div>
    </div>
  );
}

function Navigation({ isOpen, toggle }: { isOpen: boolean; toggle: () => void }) {
  const { t } = useAround();
  const me = useMe();
  const permissions = new Set(me.permissions);
  const sections = sectionsFor(permissions);
  const needs = useNeeds();
  const alarms = useUnseenAlarms();
  const harmful = needs.rows.filter((one) => one.look !== 'information').length;
  return (
    <nav className="nav" aria-label={t('nav')}>
      <div className="nav-head">
        <p className="brand">
          <span className="brand-mark" />
          <span className="nav-word">Voltdock</span>
        </p>
        <button type="button" className="nav-toggle" aria-expanded={isOpen} onClick={toggle}>
          <Icon name={isOpen ? 'close' : 'menu'} />
          <span className="sr-only">{t('nav_toggle')}</span>
        </button>
      </div>
      <ul>
        {homeFor(permissions) === undefined && (
          <Entry to="/" name={t('nav_mine')} icon="rental" handle="nav-mine" />
        )}
        {sections.map((section) => (
          <Entry
            key={section.path}
            to={`/${section.path}`}
            name={t(section.title)}
            icon={section.icon}
            handle={`nav-${section.path}`}
          >
            {section.path === 'network' && <Count number={harmful} />}
            {section.path === 'alarms' && <Count number={alarms} />}
          </Entry>
        ))}
      </ul>
    </nav>
  );
}

interface EntryProps {
  readonly to: string;
  readonly name: string;
  readonly icon: IconName;
  readonly handle: string;
  readonly children?: ReactNode;
}

function Entry({ to, name, icon, handle, children }: EntryProps) {
  return (
    <li>
      <NavLink to={to} end={to === '/'} title={name} data-testid={handle}>
        <Icon name={icon} />
        <span className="nav-word">{name}</span>
        {children}
      </NavLink>
    </li>
  );
}

function Count({ number }: { number: number }) {
  const { t } = useAround();
  if (number === 0) return null;
  return (
    <span className="nav-count">
      <span aria-hidden="true">{number > 99 ? '99+' : number}</span>
      <span className="sr-only">{t('needs_count', { count: number })}</span>
    </span>
  );
}
