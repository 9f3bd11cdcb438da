/** Power over the last six hours, by what drew it: lines with unit and zone, and the same numbers as a table. */
import { useMemo } from 'react';
import { useAround } from '../../app/context';
import { query } from '../../api/client';
import { useAsk } from '../../api/queries';
import type { SeriesShape, StationDetail } from '../../api/shapes';
import { useNow } from '../../lib/clock';
import { powerOf } from '../../lib/power';
import { LineChart } from '../../ui/LineChart';
import { Card } from '../../ui/Head';
import { Failure, Loading } from '../../ui/States';

const HOURS = 6;
const STEP_S = 300;

export function Power({ station }: { station: StationDetail }) {
  const { t, f } = useAround();
  const until = useNow(STEP_S);
  const since = new Date(until - HOURS * 3_600_000).toISOString();
  const path = `/api/v1/stations/${station.id}/telemetry`;
  const asked = useAsk<SeriesShape>(
    path + query({ since, step_s: STEP_S, signal: 'power_w', limit: 10_000 }),
  );
  const lines = useMemo(() => powerOf(asked.data?.points ?? []), [asked.data]);
  const named = lines.map((one) => ({ name: t(`power_${one.of}`), points: one.points }));
  return (
    <Card
      title={t('power')}
      aside={<span className="muted small">{t('power_under', { hours: HOURS, zone: f.zone })}</span>}
    >
      {asked.isLoading && <Loading rows={5} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data !== undefined && lines.length === 0 && <p className="muted">{t('power_none')}</p>}
      {lines.length > 0 && (
        <LineChart
          label={t('power')}
          lines={named}
          unit="kW"
          from={Date.parse(since)}
          until={until}
          format={f.kw}
        />
      )}
    </Card>
  );
}
