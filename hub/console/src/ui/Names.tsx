/** Ids as people call them: a station's name, a vehicle's label, a person's name; each leads to the thing. */
import { Link } from 'react-router';
import { useMay } from '../app/context';
import { useAsk, useWhole } from '../api/queries';
import type { AccountShape, StationShape, VehicleShape } from '../api/shapes';

const STALE = { stale: 120_000 };

export function StationName({ id }: { id: string | null }) {
  const stations = useWhole<StationShape>('/api/v1/stations', {}, STALE).data?.items;
  if (id === null) return <>–</>;
  return <Link to={`/stations/${id}`}>{stations?.find((one) => one.id === id)?.name ?? short(id)}</Link>;
}

export function VehicleName({ id }: { id: string | null }) {
  const vehicles = useWhole<VehicleShape>('/api/v1/vehicles', {}, { ...STALE, most: 1000 }).data?.items;
  if (id === null) return <>–</>;
  return <Link to={`/fleet/${id}`}>{vehicles?.find((one) => one.id === id)?.label ?? short(id)}</Link>;
}

export function AccountName({ id }: { id: string | null }) {
  const may = useMay();
  const isReadable = id !== null && may('accounts:read');
  const account = useAsk<AccountShape>(`/api/v1/accounts/${id ?? ''}`, {
    ...STALE,
    enabled: isReadable,
  }).data;
  if (id === null) return <>–</>;
  if (!isReadable) return <span className="mono">{short(id)}</span>;
  return <Link to={`/people/${id}`}>{account?.display_name ?? short(id)}</Link>;
}

/** Enough of an id to tell two apart: its end, for ids that begin with the time. */
export function short(id: string): string {
  return `…${id.slice(-6)}`;
}
