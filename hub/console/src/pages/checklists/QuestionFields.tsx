/** One question of a checklist: its words, how it is answered, and its place among the others. */
import { useAround } from '../../app/context';
import type { DraftQuestion } from '../../lib/checklist_form';
import { Field } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { Select } from '../../ui/Select';
import { Tick } from '../../ui/Tick';
import { TextFields } from './TextFields';

const KINDS = ['yes_no', 'number', 'text'] as const;

interface QuestionFieldsProps {
  readonly one: DraftQuestion;
  /** Its place, from one on. */
  readonly number: number;
  readonly set: (change: Partial<DraftQuestion>) => void;
  readonly move: (by: -1 | 1) => void;
  readonly remove: () => void;
  readonly error: (pointer: string) => string | null;
}

export function QuestionFields({ one, number, set, error, ...rest }: QuestionFieldsProps) {
  const { t } = useAround();
  const kinds = KINDS.map((id) => ({ id, name: t(`asked_kind_${id}`) }));
  return (
    <li className="question" data-row={one.row} data-testid={`question-${String(number)}`}>
      <Head number={number} {...rest} />
      <TextFields name="text" legend={t('question_number', { number })}
        isSaid texts={one.text} set={(text) => set({ text })} error={(lang) => error(`/text/${lang}`) ?? error('/text')} />
      <div className="form-pair">
        <Select label={t('field_answer')} name="kind" value={one.kind} onChange={(kind) => set({ kind: kind as DraftQuestion['kind'] })} choices={kinds} />
        {one.kind === 'number' && (
          <Field label={t('field_unit')} name="unit" maxLength={20} placeholder="km" value={one.unit} onChange={(unit) => set({ unit })} error={error('/unit')} />
        )}
      </div>
      <div className="question-ticks">
        <Tick label={t('asked_needed')} isOn={one.needed} set={(needed) => set({ needed })} />
        <Tick label={t('asked_with_photo')} isOn={one.photo} set={(photo) => set({ photo })} />
      </div>
    </li>
  ); // prettier-ignore
}

/** Where it stands, and the buttons that change that. */
function Head({ number, move, remove }: Pick<QuestionFieldsProps, 'number' | 'move' | 'remove'>) {
  const { t } = useAround();
  return (
    <div className="question-head">
      <h3>{t('question_number', { number })}</h3>
      <button type="button" className="round" data-move="-1" onClick={() => move(-1)}>
        <Icon name="up" size={18} />
        <span className="sr-only">{t('question_up', { number })}</span>
      </button>
      <button type="button" className="round" data-move="1" onClick={() => move(1)}>
        <Icon name="down" size={18} />
        <span className="sr-only">{t('question_down', { number })}</span>
      </button>
      <button type="button" className="round" onClick={remove}>
        <Icon name="close" size={18} />
        <span className="sr-only">{t('question_remove', { number })}</span>
      </button>
    </div>
  );
}
