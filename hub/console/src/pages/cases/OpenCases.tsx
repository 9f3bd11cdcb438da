/** What a person must still look at that names this vehicle, ride, booking or person; and the way to all of its cases. */
import { Link } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { CaseShape } from '../../api/shapes';
import { Card } from '../../ui/Head';
import { Failure, Loading } from '../../ui/States';
import { CaseLink } from './CaseLink';

const EVERY_MS = 15_000;
const SHOWN = 20;

interface OpenCasesProps {
  /** The id that they name. */
  readonly of: string;
}

export function OpenCases({ of }: OpenCasesProps) {
  const { t } = useAround();
  const may = useMay();
  const asked = useOpenCases(of);
  if (!may('cases:read')) return null;
  const all = <Link to={`/cases?state=all&naming=${of}`}>{t('all_of_them')}</Link>;
  return (
    <Card title={t('cases_open')} testId="open-cases" aside={all}>
      {asked.isLoading && <Loading rows={1} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && <p className="muted">{t('cases_none_open')}</p>}
      <CaseRows cases={asked.data?.items ?? []} />
    </Card>
  );
}

/** The same where there is little room: nothing at all where nothing is open. */
export function OpenCaseRows({ of }: OpenCasesProps) {
  const cases = useOpenCases(of).data?.items ?? [];
  return cases.length === 0 ? null : <CaseRows cases={cases} />;
}

function useOpenCases(of: string) {
  const may = useMay();
  const options = { enabled: may('cases:read'), every: EVERY_MS, most: SHOWN };
  return useWhole<CaseShape>('/api/v1/cases', { naming: of, unresolved: true }, options);
}

function CaseRows({ cases }: { cases: readonly CaseShape[] }) {
  return (
    <ul className="rows">
      {cases.map((one) => (
        <li key={one.id}>
          <CaseLink one={one} />
        </li>
      ))}
    </ul>
  );
}
