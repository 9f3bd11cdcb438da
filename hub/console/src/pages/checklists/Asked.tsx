/** What the stations ask: each checklist with its questions; one can be taken back. */
import { useState } from 'react';
import { Link } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useDeed } from '../../app/deeds';
import { useWhole } from '../../api/queries';
import type { ChecklistShape } from '../../api/shapes';
import { textIn } from '../../lib/checklists';
import { Card, Head } from '../../ui/Head';
import { FormFoot } from '../../ui/Form';
import { Sheet } from '../../ui/Sheet';
import { Empty, Failure, Loading } from '../../ui/States';
import { BuiltIn } from './BuiltIn';
import { ChecklistTabs } from './ChecklistTabs';
import { Questions } from './Questions';

const PATH = '/api/v1/checklists';

export function Asked() {
  const { t } = useAround();
  const may = useMay();
  return may('stations:read') ? <List /> : <Empty icon="lock" title={t('problem_forbidden')} />;
}

function List() {
  const { t } = useAround();
  const may = useMay();
  const asked = useWhole<ChecklistShape>(PATH);
  const all = asked.data?.items ?? [];
  return (
    <>
      <Head title={t('nav_checklists')}>
        {may('stations:write') && (
          <Link className="button primary" to="/checklists/new">
            {t('list_new')}
          </Link>
        )}
      </Head>
      <ChecklistTabs />
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.isLoading && <Loading rows={5} />}
      <div className="vans" data-testid="asked">
        {all.map((one) => (
          <Definition key={one.id} one={one} />
        ))}
      </div>
      {asked.data !== undefined && <BuiltIn made={all} />}
    </>
  );
}

function Definition({ one }: { one: ChecklistShape }) {
  const { t, prefs } = useAround();
  const may = useMay();
  const [isEnding, setEnding] = useState(false);
  const title = textIn(one.title, prefs.lang);
  return (
    <Card
      title={title}
      aside={<span className="muted small">{t(`asked_about_${one.about}`)}</span>}
      testId={`asked-${one.key}`}
    >
      <Questions one={one} />
      <p className="small muted">
        <span className="mono">{one.key}</span> · {t('asked_version', { number: one.version })}
      </p>
      {may('stations:write') && (
        <div className="card-acts">
          <Link className="button" to={`/checklists/asked/${one.key}`}>
            {t('list_edit')}
            <span className="sr-only"> {title}</span>
          </Link>
          <button type="button" className="button" onClick={() => setEnding(true)}>
            {t('asked_end')}
            <span className="sr-only"> {title}</span>
          </button>
        </div>
      )}
      {isEnding && <End one={one} title={title} close={() => setEnding(false)} />}
    </Card>
  );
}

function End({ one, title, close }: { one: ChecklistShape; title: string; close: () => void }) {
  const { t } = useAround();
  const deed = useDeed();
  return (
    <Sheet title={`${t('asked_end')}: ${title}`} close={close}>
      <form
        className="form"
        data-testid="end-form"
        onSubmit={(event) => {
          event.preventDefault();
          deed.run(`${PATH}/${one.key}/end`, { method: 'POST' }, close);
        }}
      >
        <p className="muted">{t('asked_end_what')}</p>
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={t('asked_end')} close={close} isDanger />
      </form>
    </Sheet>
  );
}
