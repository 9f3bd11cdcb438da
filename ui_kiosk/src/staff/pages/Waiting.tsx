/** What waits to be synced, since when; when the office was last reached; how far the clock can be trusted. */
import { useStaff } from '../context';

export function Waiting() {
  const { view, t, f } = useStaff();
  const { sync, clock, hub } = view;
  const now = Date.parse(view.at);
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
      <h1 data-testid="waiting" data-count={sync.waiting}>
        {t('waiting_title', { count: sync.waiting })}
      </h1>
      <p className="hint">{t(sync.waiting === 0 ? 'waiting_none' : 'waiting_some')}</p>
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
      {sync.photos > 0 && (
        <section className="card">
          <h2>{t('photos')}</h2>
          <p data-testid="photos-kept">
            {t('photos_kept', { count: sync.photos, size: `${f.number(sync.photo_bytes / 1e6, 1)}\u00a0MB` })}
          </p>
          <p className="hint">{t('photos_note')}</p>
        </section>
      )}
    </div>
  );
}

function Lanes() {
  const { view, t, f } = useStaff();
  const now = Date.parse(view.at);
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
          {view.sync.lanes.map((lane) => (
            <tr key={lane.lane}>
              <th scope="row">{t(`lane_${lane.lane}`)}</th>
              <td>{f.number(lane.waiting)}</td>
              <td>{lane.oldest_at === null ? '–' : f.when(lane.oldest_at, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
