/** One question of a checklist: yes or no, a number, or words; a note and a picture where something is wrong. */
import { useId } from 'react';
import type { QuestionView } from '../../api/types';
import { useStaff } from '../context';
import { Photos, type Photo } from './Photos';

export interface Answer {
  readonly value: string;
  readonly note: string;
  readonly photos: readonly Photo[];
}

interface QuestionProps {
  readonly question: QuestionView;
  readonly answer: Answer;
  readonly isMissing: boolean;
  readonly onAnswer: (answer: Answer) => void;
}

export function Question({ question, answer, isMissing, onAnswer }: QuestionProps) {
  const { t } = useStaff();
  const isWrong = question.kind === 'yes_no' && answer.value === 'no';
  return (
    <section className={`card question ${isMissing ? 'open' : ''}`}>
      {question.kind === 'yes_no' ? (
        <YesNo question={question} answer={answer} onAnswer={onAnswer} isMissing={isMissing} />
      ) : (
        <Typed question={question} answer={answer} onAnswer={onAnswer} isMissing={isMissing} />
      )}
      {isWrong && <WhatIsWrong questionKey={question.key} answer={answer} onAnswer={onAnswer} />}
      {(isWrong || question.photo) && (
        <Photos
          photos={answer.photos}
          onPhotos={(photos) => {
            onAnswer({ ...answer, photos });
          }}
        />
      )}
      {isMissing && (
        <p className="missing">{t(question.kind === 'number' ? 'fill_number' : 'fill_needed')}</p>
      )}
    </section>
  );
}

function YesNo({ question, answer, onAnswer }: QuestionProps) {
  const { t } = useStaff();
  const id = useId();
  return (
    <fieldset className="yes-no">
      <legend>{question.text}</legend>
      <div className="chips">
        {(['yes', 'no'] as const).map((value) => (
          <label key={value} className={`choice ${value}`}>
            <input
              type="radio"
              name={id}
              data-testid={`${question.key}-${value}`}
              checked={answer.value === value}
              onChange={() => {
                onAnswer({ ...answer, value });
              }}
            />
            <span>{t(value === 'yes' ? 'yes' : 'no')}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Typed({ question, answer, isMissing, onAnswer }: QuestionProps) {
  const { t } = useStaff();
  const id = useId();
  const isNumber = question.kind === 'number';
  const label = [
    question.text,
    question.unit === '' ? null : question.unit,
    question.needed ? null : t('fill_optional'),
  ];
  const change = (value: string) => {
    onAnswer({ ...answer, value });
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label.filter((part) => part !== null).join(' · ')}</label>
      {isNumber ? (
        <input
          id={id}
          data-testid={question.key}
          inputMode="decimal"
          autoComplete="off"
          value={answer.value}
          aria-invalid={isMissing}
          onChange={(event) => {
            change(event.target.value);
          }}
        />
      ) : (
        <textarea
          id={id}
          data-testid={question.key}
          rows={2}
          maxLength={1000}
          value={answer.value}
          aria-invalid={isMissing}
          onChange={(event) => {
            change(event.target.value);
          }}
        />
      )}
    </div>
  );
}

interface WrongProps {
  readonly questionKey: string;
  readonly answer: Answer;
  readonly onAnswer: (answer: Answer) => void;
}

function WhatIsWrong({ questionKey, answer, onAnswer }: WrongProps) {
  const { t } = useStaff();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{t('fill_wrong')}</label>
      <textarea
        id={id}
        data-testid={`${questionKey}-note`}
        rows={2}
        maxLength={500}
        value={answer.note}
        onChange={(event) => {
          onAnswer({ ...answer, note: event.target.value });
        }}
      />
    </div>
  );
}
