/** Roles as text: `analyst` holds everywhere, `technician@<station id>` at one station. The hub has the last word. */
import { named, type Words } from '../i18n/words';

/** Every role that the hub knows, the most usual first. */
export const ROLES = [
  'renter',
  'station_staff',
  'technician',
  'service_advisor',
  'parts_clerk',
  'fleet_operator',
  'support',
  'finance',
  'analyst',
  'developer',
  'kyc_reviewer',
  'vehicle_owner',
  'subsidy_applicant',
  'auditor',
  'admin',
] as const;

/** Those that may be given for single stations (`ASSIGNABLE` of `hub/accounts/rules.py`). */
export const AT_STATION: readonly string[] = [
  'station_staff',
  'technician',
  'service_advisor',
  'parts_clerk',
  'fleet_operator',
  'analyst',
];

export interface Grant {
  readonly role: string;
  readonly stationId: string | null;
}

export function readGrant(text: string): Grant {
  const [role = '', stationId] = text.split('@');
  return { role, stationId: stationId ?? null };
}

export function grantText({ role, stationId }: Grant): string {
  return stationId === null ? role : `${role}@${stationId}`;
}

/** The role in words, and the station that it is for. */
export function roleWords(t: Words, text: string): Grant {
  const { role, stationId } = readGrant(text);
  return { role: named(t, 'role', role), stationId };
}
