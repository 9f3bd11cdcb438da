/** The session of whoever is signed in: kept for this tab only, lost with it. */
import type { StaffSessionView } from '../api/types';

const KEY = 'staff-session';
export type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function recall(kept: Kept): StaffSessionView | null {
  try {
    const found: unknown = JSON.parse(kept.getItem(KEY) ?? 'null');
    return isSession(found) ? found : null;
  } catch {
    return null;
  }
}

export function keep(kept: Kept, session: StaffSessionView | null): void {
  if (session === null) kept.removeItem(KEY);
  else kept.setItem(KEY, JSON.stringify(session));
}

function isSession(value: unknown): value is StaffSessionView {
  return typeof value === 'object' && value !== null && 'token' in value && 'name' in value;
}
