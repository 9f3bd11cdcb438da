/** The console's places: their order on the left, the permission that opens each, and the address. Pure data. */
import type { IconName } from '../ui/Icon';
import type { MessageKey } from '../i18n/rooms';

/** The first piece of every address of ours; `hub/app.py` has the same list, and a test holds the two in step. */
export const SECTION_PATHS = [
  'network',
  'stations',
  'alarms',
  'rentals',
  'reservations',
  'fleet',
  'balance',
  'charging',
  'cases',
  'checklists',
  'tariffs',
  'payments',
  'people',
  'access',
  'audit',
  'system',
  'organisations',
  'mine',
  'me',
] as const;

export type SectionPath = (typeof SECTION_PATHS)[number];

export interface Section {
  readonly path: SectionPath;
  readonly title: MessageKey;
  readonly icon: IconName;
  /** Any one of these permissions opens it. */
  readonly needs: readonly string[];
}

/** What stands on the left. `me` and `mine` do not: they are opened from the face on top. */
export const SECTIONS: readonly Section[] = [
  { path: 'network', title: 'nav_network', icon: 'network', needs: ['telemetry:read'] },
  { path: 'stations', title: 'nav_stations', icon: 'station', needs: ['telemetry:read'] },
  { path: 'alarms', title: 'nav_alarms', icon: 'bell', needs: ['alarms:read'] },
  { path: 'rentals', title: 'nav_rentals', icon: 'rental', needs: ['rentals:read'] },
  { path: 'reservations', title: 'nav_reservations', icon: 'calendar', needs: ['reservations:read'] },
  { path: 'fleet', title: 'nav_fleet', icon: 'vehicle', needs: ['vehicles:write', 'rentals:read'] },
  { path: 'balance', title: 'nav_balance', icon: 'balance', needs: ['plans:read', 'tasks:read'] },
  { path: 'charging', title: 'nav_charging', icon: 'bolt', needs: ['charging:read'] },
  { path: 'cases', title: 'nav_cases', icon: 'case', needs: ['cases:read'] },
  {
    path: 'checklists',
    title: 'nav_checklists',
    icon: 'checklist',
    needs: ['cases:read', 'stations:write'],
  },
  { path: 'tariffs', title: 'nav_tariffs', icon: 'tariff', needs: ['tariffs:read'] },
  { path: 'payments', title: 'nav_payments', icon: 'money', needs: ['payments:read', 'ledger:read'] },
  { path: 'people', title: 'nav_people', icon: 'people', needs: ['accounts:read'] },
  { path: 'access', title: 'nav_access', icon: 'key', needs: ['vouchers:read', 'cards:read', 'blocks:read'] },
  { path: 'audit', title: 'nav_audit', icon: 'audit', needs: ['audit:read'] },
  {
    path: 'system',
    title: 'nav_system',
    icon: 'system',
    needs: ['facts:read', 'work:read', 'telemetry:read'],
  },
  {
    path: 'organisations',
    title: 'nav_organisations',
    icon: 'organisation',
    needs: ['organisations:read'],
  },
];

/** The sections that these permissions open, in their order. */
export function sectionsFor(permissions: ReadonlySet<string>): readonly Section[] {
  return SECTIONS.filter((section) => section.needs.some((one) => permissions.has(one)));
}

/** Where somebody with these permissions begins; undefined for who only rents: prices are everybody's, and no business. */
export function homeFor(permissions: ReadonlySet<string>): Section | undefined {
  return sectionsFor(permissions).find((one) => one.path !== 'tariffs');
}
