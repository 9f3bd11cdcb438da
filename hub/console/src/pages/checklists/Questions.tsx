/** What a checklist asks, in its order. */
import { useAround } from '../../app/context';
import type { ChecklistBody, QuestionShape } from '../../api/shapes';
import { textIn } from '../../lib/checklists';

export function Questions({ one }: { one: ChecklistBody }) {
  const { prefs } = useAround();
  return (
    <ol className="questions">
      {one.questions.map((question) => (
        <li key={question.key}>
          <p>{textIn(question.text, prefs.lang)}</p>
          <Kind question={question} />
        </li>
      ))}
    </ol>
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
