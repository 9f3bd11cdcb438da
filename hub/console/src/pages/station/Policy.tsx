/** What stays at the station for people without a booking, what is held for bookings to come, and what is limited now. */
import { useState } from 'react';
import { useAround, useMay } from '../../app/context';
import type { Tagged } from '../../api/client';
import { useAsk, useTagged } from '../../api/queries';
import type { Availability, LeasePolicySeen, LimitShape, StationDetail } from '../../api/shapes';
import { isSet, VEHICLE_KINDS, whyLimited } from '../../lib/policy';
import { named } from '../../i18n/words';
import { Chip } from '../../ui/Chip';
import { Card } from '../../ui/Head';
import { Pairs, type Pair } from '../../ui/Pairs';
import { Failure, Loading } from '../../ui/States';
import { PolicySheet } from './PolicySheet';

const EVERY_MS = 30_000;

export function Policy({ station }: { readonly station: StationDetail }) {
  const { t } = useAround();
  const may = useMay();
  const [begun, setBegun] = useState<Tagged<LeasePolicySeen> | null>(null);
  const asked = useTagged<LeasePolicySeen>(`/api/v1/stations/${station.id}/lease-policy`, {
    every: EVERY_MS,
  });
  const policy = asked.data?.value;
  const change = may('stations:write') && asked.data !== undefined && (
    <button type="button" className="button" onClick={() => setBegun(asked.data)}>
      {t('policy_change')}
    </button>
  );
  return (
    <Card title={t('safe_title')} testId="policy" aside={change}>
      {asked.isLoading && <Loading rows={2} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {policy !== undefined && <Set policy={policy} />}
      {may('vehicles:read') && <Now station={station} />}
      {begun !== null && <PolicySheet station={station} edited={begun} close={() => setBegun(null)} />}
    </Card>
  );
}

/** What was set; a station whose agent knows no leases holds none ahead. */
function Set({ policy }: { policy: LeasePolicySeen }) {
  const { t, f } = useAround();
  const kinds = (counts: LeasePolicySeen['safe']) =>
    VEHICLE_KINDS.filter((kind) => (counts[kind] ?? 0) > 0)
      .map((kind) => `${named(t, 'kind', kind)} ${f.number(counts[kind] ?? 0)}`)
      .join(', ');
  const said: readonly Pair[] = [
    [t('policy_safe'), kinds(policy.safe)],
    [t('policy_walk_ins'), useShare(policy)],
    [t('policy_ahead'), kinds(policy.ahead)],
  ];
  return (
    <>
      {isSet(policy) ? <Pairs pairs={said.filter(([, value]) => value !== '')} /> : <p className="muted">{t('safe_none')}</p>}
      {policy.knows_leases === false && <p className="small muted">{t('policy_old_agent')}</p>}
    </>
  ); // prettier-ignore
}

/** What stays of all kinds together: a number, a share of what stands there, or the greater of both. */
function useShare(policy: LeasePolicySeen): string {
  const { t, f } = useAround();
  const [count, share] = [f.number(policy.walk_in_min), f.percent(policy.walk_in_pct)];
  if (policy.walk_in_min > 0 && policy.walk_in_pct > 0) return t('policy_share', { count, share });
  return policy.walk_in_min > 0 ? count : policy.walk_in_pct > 0 ? share : '';
}

/** How it stands now, kind by kind, as a booking that begins now would find it. */
function Now({ station }: { station: StationDetail }) {
  const asked = useAsk<Availability>(`/api/v1/availability?station_id=${station.id}&limit=1`, {
    every: EVERY_MS,
  });
  const limits = asked.data?.stations.find((one) => one.station_id === station.id)?.limits ?? [];
  return (
    <>
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      <ul className="rows">
        {limits.map((one) => (
          <Kind key={one.kind} one={one} all={limits} />
        ))}
      </ul>
    </>
  );
}

function Kind({ one, all }: { one: LimitShape; all: readonly LimitShape[] }) {
  const { t } = useAround();
  const why = whyLimited(one, all);
  return (
    <li className="item" data-testid={`limit-${one.kind}`}>
      <div className="item-words">
        <p className="strong">{named(t, 'kind', one.kind)}</p>
        <p className="small muted">{t('policy_now', { count: one.supply })}</p>
        {why !== null && (
          <p className="small">{t(`policy_why_${why.of}`, { left: why.left, needed: why.needed })}</p>
        )}
        {one.leased > 0 && <p className="small muted">{t('safe_leased', { count: one.leased })}</p>}
      </div>
      <Chip tone={one.limited ? 'amber' : 'good'}>{t(one.limited ? 'safe_limited' : 'safe_open')}</Chip>
    </li>
  );
}
