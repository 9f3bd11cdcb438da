/** What waits to be synced, since when; when the office was last reached; how far the clock can be trusted. */
import { useStaff } from '../context';

export function Waiting() {
  const { view, t, f } = useStaff();
  const { sync, clock, hub } = view;
  const now = Date.parse(view.at);
  const count = sync.waiting + sync.photos;
  const when = (at: string | null) => (at === null ? t('never') : f.when(at, now));
  const rows: readonly (readonly [string, string])[] = [
    [t('link'), t(`line_${sync.line}`)],
    [t('last_contact'), when(hub.last_contact ?? sync.last_success_at)],
    ...(sync.last_failure !== null && sync.line !== 'online'
      ? [[t('last_failure'), sync.last_failure] as const]
      : []),
    [
      t('clock'),
      clock.uncertainty_s === null
        ? t(`clock_${clock.quality}`)
        : `${t(`clock_${clock.quality}`)}, ${t('clock_off', { seconds: f.number(clock.uncertainty_s, 1) })}`,
    ],
  ];
  return (
    <div className="page">
      <h1 data-testid="waiting" data-count={count}>
        {t('waiting_title', { count })}
      </h1>
      <p className="hint">{t(count === 0 ? 'waiting_none' : 'waiting_some')}</p>
      <Lanes />
      <section className="card">
        <dl className="rows">
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}

function Lanes() {
  const { view, t, f } = useStaff();
  const now = Date.parse(view.at);
  const { sync } = view;
  const since = (at: string | null) => (at === null ? '–' : f.when(at, now));
  return (
    <section className="card">
      <table className="lanes">
        <thead>
          <tr>
            <th scope="col">{t('waiting_lane')}</th>
            <th scope="col">{t('waiting_count')}</th>
            <th scope="col">{t('waiting_since')}</th>
          </tr>
        </thead>
        <tbody>
          {sync.lanes.map((lane) => (
            <tr key={lane.lane}>
              <th scope="row">{t(`lane_${lane.lane}`)}</th>
              <td>{f.number(lane.waiting)}</td>
              <td>{since(lane.oldest_at)}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">
              {t('lane_photos', { size: `${f.number(sync.photo_bytes / 1e6, 1)}\u00a0MB` })}
            </th>
            <td data-testid="photos-waiting">{f.number(sync.photos)}</td>
            <td>{since(sync.photos_oldest_at)}</td>
          </tr>
        </tbody>
      </table>
    </section>
  );
}
