/** Ids as people call them: a station's name, a vehicle's label, a person's name; each leads to the thing, for whom it has a page. */
import { Link } from 'react-router';
import { useMay, useMe } from '../app/context';
import { useAsk, useWhole } from '../api/queries';
import type { AccountShape, StationShape, VehicleShape } from '../api/shapes';

const STALE = { stale: 120_000 };

export function StationName({ id }: { id: string | null }) {
  const may = useMay();
  const stations = useWhole<StationShape>('/api/v1/stations', {}, STALE).data?.items;
  if (id === null) return <>–</>;
  const name = stations?.find((one) => one.id === id)?.name ?? short(id);
  return may('telemetry:read') ? <Link to={`/stations/${id}`}>{name}</Link> : <>{name}</>;
}

export function VehicleName({ id }: { id: string | null }) {
  const may = useMay();
  const vehicles = useWhole<VehicleShape>('/api/v1/vehicles', {}, { ...STALE, most: 1000 }).data?.items;
  if (id === null) return <>–</>;
  const label = vehicles?.find((one) => one.id === id)?.label ?? short(id);
  const isShown = may('vehicles:write') || may('rentals:read');
  return isShown ? <Link to={`/fleet/${id}`}>{label}</Link> : <>{label}</>;
}

export function AccountName({ id }: { id: string | null }) {
  const may = useMay();
  const me = useMe();
  const isReadable = id !== null && id !== me.id && may('accounts:read');
  const account = useAsk<AccountShape>(`/api/v1/accounts/${id ?? ''}`, {
    ...STALE,
    enabled: isReadable,
  }).data;
  if (id === null) return <>–</>;
  if (id === me.id) return <Link to="/me">{me.display_name}</Link>;
  if (!isReadable) return <span className="mono">{short(id)}</span>;
  return <Link to={`/people/${id}`}>{account?.display_name ?? short(id)}</Link>;
}

/** Enough of an id to tell two apart: its end, for ids that begin with the time. */
export function short(id: string): string {
  return `…${id.slice(-6)}`;
}
