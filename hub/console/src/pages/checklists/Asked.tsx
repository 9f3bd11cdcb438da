/** What the stations ask: each checklist with its questions; one can be taken back. */
import { useState } from 'react';
import { useAround, useMay } from '../../app/context';
import { useDeed } from '../../app/deeds';
import { useWhole } from '../../api/queries';
import type { ChecklistShape, QuestionShape } from '../../api/shapes';
import { textIn } from '../../lib/checklists';
import { Card, Head } from '../../ui/Head';
import { FormFoot } from '../../ui/Form';
import { Sheet } from '../../ui/Sheet';
import { Empty, Failure, Loading } from '../../ui/States';
import { ChecklistTabs } from './ChecklistTabs';

const PATH = '/api/v1/checklists';

export function Asked() {
  const { t } = useAround();
  const may = useMay();
  return may('stations:read') ? <List /> : <Empty icon="lock" title={t('problem_forbidden')} />;
}

function List() {
  const { t } = useAround();
  const asked = useWhole<ChecklistShape>(PATH);
  const all = asked.data?.items ?? [];
  return (
    <>
      <Head title={t('nav_checklists')} />
      <ChecklistTabs />
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.isLoading && <Loading rows={5} />}
      {asked.data !== undefined && all.length === 0 && (
        <Card>
          <Empty icon="checklist" title={t('asked_none')}>
            <p>{t('asked_none_what')}</p>
          </Empty>
        </Card>
      )}
      <div className="vans" data-testid="asked">
        {all.map((one) => (
          <Definition key={one.id} one={one} />
        ))}
      </div>
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
      <ol className="questions">
        {one.questions.map((question) => (
          <li key={question.key}>
            <p>{textIn(question.text, prefs.lang)}</p>
            <Kind question={question} />
          </li>
        ))}
      </ol>
      <p className="small muted">
        <span className="mono">{one.key}</span> · {t('asked_version', { number: one.version })}
      </p>
      {may('stations:write') && (
        <div className="card-acts">
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

function Kind({ question }: { question: QuestionShape }) {
  const { t } = useAround();
  const said = [
    t(`asked_kind_${question.kind}`) + (question.unit === '' ? '' : ` (${question.unit})`),
    question.needed ? '' : t('asked_optional'),
    question.photo ? t('asked_photo') : '',
  ];
  return <p className="small muted">{said.filter(Boolean).join(' · ')}</p>;
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
