/** What stays at a station for people without a booking: why a kind is limited, and the form's numbers. Pure. */
import type { LeasePolicy, LimitShape, VehicleKind } from '../api/shapes';

export const VEHICLE_KINDS: readonly VehicleKind[] = ['scooter', 'moped', 'bicycle', 'car'];

/** One more booking would leave `left`, and `needed` must stay: of this kind, or of all kinds together. */
export interface Reason {
  readonly of: 'kind' | 'all';
  readonly left: number;
  readonly needed: number;
}

/** Why no more of this kind is sold there; null where it is. Says what the hub's own rule says (`rentals/safety.py`). */
export function whyLimited(one: LimitShape, all: readonly LimitShape[]): Reason | null {
  if (!one.limited) return null;
  if (one.safe > 0 && one.supply - 1 < one.safe) {
    return { of: 'kind', left: Math.max(0, one.supply - 1), needed: one.safe };
  }
  const together = all.reduce((sum, other) => sum + other.supply, 0);
  return { of: 'all', left: Math.max(0, together - 1), needed: one.walk_ins };
}

/** Whether anything is set at all. */
export function isSet(policy: LeasePolicy): boolean {
  const counts = [...Object.values(policy.safe), ...Object.values(policy.ahead)];
  return policy.walk_in_min > 0 || policy.walk_in_pct > 0 || counts.some((count) => count > 0);
}

/** The policy as it is typed; empty is none. */
export interface TypedPolicy {
  readonly safe: Readonly<Record<VehicleKind, string>>;
  readonly ahead: Readonly<Record<VehicleKind, string>>;
  readonly walk_in_min: string;
  readonly walk_in_pct: string;
}

export function typedPolicy(policy: LeasePolicy): TypedPolicy {
  const text = (number: number | undefined) => (number === undefined || number === 0 ? '' : String(number));
  const all = (counts: LeasePolicy['safe']) =>
    Object.fromEntries(VEHICLE_KINDS.map((kind) => [kind, text(counts[kind])])) as TypedPolicy['safe'];
  return {
    safe: all(policy.safe),
    ahead: all(policy.ahead),
    walk_in_min: text(policy.walk_in_min),
    walk_in_pct: text(policy.walk_in_pct),
  };
}

/** What is sent: kinds of which none must stay are left out. */
export function policyBody(typed: TypedPolicy): LeasePolicy {
  const counts = (texts: TypedPolicy['safe']) =>
    Object.fromEntries(
      VEHICLE_KINDS.map((kind) => [kind, numberIn(texts[kind])] as const).filter(([, count]) => count !== 0),
    );
  return {
    safe: counts(typed.safe),
    ahead: counts(typed.ahead),
    walk_in_min: numberIn(typed.walk_in_min),
    walk_in_pct: numberIn(typed.walk_in_pct),
  };
}

function numberIn(text: string): number {
  return text.trim() === '' ? 0 : Number(text.replace(',', '.'));
}
