/** A checklist that is made (`/checklists/new?from=opening`) or changed (`/checklists/asked/opening`). */
import { useState } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useAsk, useTagged, useWhole } from '../../api/queries';
import type { BuiltInChecklists, ChecklistShape } from '../../api/shapes';
import { draftOf, EMPTY } from '../../lib/checklist_form';
import { textIn } from '../../lib/checklists';
import { Head } from '../../ui/Head';
import { Empty, Failure, Loading } from '../../ui/States';
import { ChecklistForm } from './ChecklistForm';

const PATH = '/api/v1/checklists';

/** What was read is not read again while somebody types. */
const ONCE = { stale: Infinity };

export function NewChecklist() {
  const { t } = useAround();
  const may = useMay();
  const from = useSearchParams()[0].get('from');
  const isAllowed = may('stations:write');
  const built = useAsk<BuiltInChecklists>('/api/v1/built-in-checklists', { ...ONCE, enabled: from !== null });
  const made = useWhole<ChecklistShape>(PATH, {}, { enabled: isAllowed });
  if (!isAllowed) return <Empty icon="lock" title={t('problem_forbidden')} />;
  if (built.isError) return <Failure error={built.error} again={() => void built.refetch()} />;
  if (from !== null && built.data === undefined) return <Loading rows={6} />;
  const first = built.data?.items.find((one) => one.key === from);
  return (
    <>
      <Head title={t('list_new')} />
      {made.data?.items.length === 0 && <p className="notice">{t('list_first')}</p>}
      <ChecklistForm first={first === undefined ? EMPTY : draftOf(first)} />
    </>
  );
}

export function EditChecklist() {
  const { t, prefs } = useAround();
  const may = useMay();
  const { listKey = '' } = useParams();
  const isAllowed = may('stations:write');
  const asked = useTagged<ChecklistShape>(`${PATH}/${listKey}`, { enabled: isAllowed });
  if (!isAllowed) return <Empty icon="lock" title={t('problem_forbidden')} />;
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={6} />;
  }
  const { value, etag } = asked.data;
  return (
    <>
      <Head title={textIn(value.title, prefs.lang)} under={<span className="mono muted">{value.key}</span>} />
      <Changed one={value} etag={etag} />
    </>
  );
}

/** The form stays as it began, whatever is read meanwhile; so does the tag that it sends back. */
function Changed({ one, etag }: { one: ChecklistShape; etag: string | null }) {
  const [began] = useState({ first: draftOf(one), etag: etag ?? '*' });
  return <ChecklistForm first={began.first} etag={began.etag} />;
}
