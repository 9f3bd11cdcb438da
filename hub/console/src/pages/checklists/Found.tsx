/** What staff found at the stations, what is wrong first, with the case that it opened (`?view=wrong&station=…`). */
import { useState } from 'react';
import { Link, Navigate, useSearchParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useFilters } from '../../app/filters';
import { useWhole } from '../../api/queries';
import type { CaseShape, FilledShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { caseOf, wrongFirst, wrongOf } from '../../lib/checklists';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { StationName, VehicleName } from '../../ui/Names';
import { StationFilter } from '../../ui/StationFilter';
import { Empty, Failure, Loading } from '../../ui/States';
import { Answers } from './Answers';
import { ChecklistTabs } from './ChecklistTabs';

const SHOWN = 200;
const MOST_CASES = 400;
const VIEWS = ['all', 'wrong'] as const;

/** Who may not read what was found sees what is asked. */
export function Found() {
  const { t } = useAround();
  const may = useMay();
  if (may('cases:read')) return <List />;
  if (may('stations:write')) return <Navigate to="/checklists/asked" replace />;
  return <Empty icon="lock" title={t('problem_forbidden')} />;
}

function List() {
  const { t } = useAround();
  const [search] = useSearchParams();
  const isWrong = search.get('view') === 'wrong';
  const filters = { passed: isWrong ? false : null, station_id: search.get('station') };
  const asked = useWhole<FilledShape>('/api/v1/filled-checklists', filters, { every: 30_000, most: SHOWN });
  const failed = { kind: 'checklist_failed' };
  const cases =
    useWhole<CaseShape>('/api/v1/cases', failed, { every: 30_000, most: MOST_CASES }).data?.items ?? [];
  const found = wrongFirst(asked.data?.items ?? []);
  return (
    <>
      <Head title={t('nav_checklists')} />
      <ChecklistTabs />
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      <Card>
        <Filters isWrong={isWrong} />
        {asked.isLoading && <Loading rows={5} />}
        {asked.data !== undefined && found.length === 0 && (
          <Empty icon="check" title={t(isWrong ? 'found_none_wrong' : 'found_none')} />
        )}
        <ul className="rows" data-testid="found">
          {found.map((one) => (
            <Row key={one.id} one={one} opened={caseOf(one, cases)} />
          ))}
        </ul>
        {asked.data?.complete === false && <p className="small muted">{t('shown_only', { count: SHOWN })}</p>}
      </Card>
    </>
  );
}

function Filters({ isWrong }: { isWrong: boolean }) {
  const { t } = useAround();
  const [, choose] = useFilters();
  return (
    <div className="filters">
      <div className="views" role="group" aria-label={t('filter_state')}>
        {VIEWS.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={(one === 'wrong') === isWrong}
            onClick={() => choose('view', one === 'wrong' ? one : '')}
          >
            {t(`found_${one}`)}
          </button>
        ))}
      </div>
      <StationFilter />
    </div>
  );
}

function Row({ one, opened }: { one: FilledShape; opened: CaseShape | undefined }) {
  const { t, f } = useAround();
  const [isOpen, setOpen] = useState(false);
  const wrong = wrongOf(one);
  return (
    <li className="item" data-testid={`filled-${one.id}`}>
      <div className="item-words">
        <p>
          <span className="strong">{one.title}</span>{' '}
          {one.vehicle_id !== null && (
            <span className="linked">
              <VehicleName id={one.vehicle_id} />
            </span>
          )}{' '}
          {one.dock_no !== null && <span className="muted">{t('dock_title', { number: one.dock_no })}</span>}
        </p>
        <p className="small muted">
          <StationName id={one.station_id} /> · {one.staff_name} ·{' '}
          <time dateTime={one.at} title={f.exact(one.at)}>
            {f.when(one.at)}
          </time>
          {one.offline && ` · ${t('found_offline')}`}
        </p>
        <Answers answers={wrong} />
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{t('found_answers', { count: one.answers.length - wrong.length })}</summary>
          {isOpen && <Answers answers={one.answers.filter((answer) => answer.ok)} photosOf={one.id} />}
        </details>
      </div>
      <div className="item-acts">
        {opened !== undefined && (
          <Link to={`/cases/${opened.id}`}>
            {t('found_case', { state: named(t, 'state', opened.state) })}
          </Link>
        )}
        <Chip tone={one.passed ? 'good' : 'coral'}>
          {one.passed ? t('found_right') : t('found_wrong_count', { count: wrong.length })}
        </Chip>
      </div>
    </li>
  );
}
