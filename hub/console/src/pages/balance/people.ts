/** Who may be given a task: oneself, and the staff known at the stations; and what they are called. */
import { useMay, useMe } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { StaffShape } from '../../api/shapes';

export interface Hand {
  readonly id: string;
  readonly name: string;
}

export function useHands(): readonly Hand[] {
  const me = useMe();
  const may = useMay();
  const readable = { enabled: may('stations:write'), stale: 60_000 };
  const staff = useWhole<StaffShape>('/api/v1/station-staff', {}, readable).data?.items ?? [];
  const others = staff.map((one) => ({ id: one.account_id, name: one.name }));
  const all = [{ id: me.id, name: me.display_name }, ...others];
  return all.filter((one, index) => all.findIndex((other) => other.id === one.id) === index);
}
