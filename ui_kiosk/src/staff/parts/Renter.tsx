/** For whom: by the booking's code, by the card that is held to a dock, or by name in the note. */
import { useId, useState } from 'react';
import type { Problem } from '../../api/types';
import { useStaff } from '../context';
import { CardWait } from './CardWait';
import { Press } from './Press';
import { Said } from './Said';

export interface Who {
  readonly by: 'note' | 'code' | 'card';
  readonly code: string;
  readonly readId: string | null;
}

/** As the station is asked. */
export function whoOf(who: Who): { readonly code?: string; readonly read_id?: string } {
  if (who.by === 'code') return { code: who.code.trim() };
  return who.by === 'card' && who.readId !== null ? { read_id: who.readId } : {};
}

const WAYS = ['code', 'card', 'note'] as const;

export function Renter({ who, onWho }: { readonly who: Who; readonly onWho: (who: Who) => void }) {
  const { t } = useStaff();
  const id = useId();
  return (
    <fieldset className="reasons">
      <legend>{t('whom')}</legend>
      <div className="chips">
        {WAYS.map((by) => (
          <label key={by} className="choice">
            <input
              type="radio"
              name={`${id}-by`}
              data-testid={`whom-${by}`}
              checked={who.by === by}
              onChange={() => {
                onWho({ ...who, by });
              }}
            />
            <span>{t(`whom_${by}`)}</span>
          </label>
        ))}
      </div>
      {who.by === 'code' && (
        <div className="field">
          <label htmlFor={`${id}-code`}>{t('whom_code_label')}</label>
          <input
            id={`${id}-code`}
            data-testid="whom-code-input"
            value={who.code}
            maxLength={16}
            autoCapitalize="characters"
            autoComplete="off"
            onChange={(event) => {
              onWho({ ...who, code: event.target.value });
            }}
          />
        </div>
      )}
      {who.by === 'card' && <Card who={who} onWho={onWho} />}
      {who.by === 'note' && <p className="small">{t('whom_note_hint')}</p>}
    </fieldset>
  );
}

function Card({ who, onWho }: { readonly who: Who; readonly onWho: (who: Who) => void }) {
  const { api, t } = useStaff();
  const [isWaiting, setWaiting] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (isWaiting)
    return (
      <CardWait
        view={() => api.view()}
        says="whom_card_wait"
        onCard={(readId) => {
          setWaiting(false);
          onWho({ ...who, readId });
        }}
        onOver={() => {
          setWaiting(false);
          setProblem({ type: '', title: '', status: 0, code: 'card_not_read' });
        }}
        onCancel={() => {
          setWaiting(false);
        }}
      />
    );
  return (
    <div className="field">
      {problem !== null && <Said problem={problem} />}
      {who.readId !== null && <p role="status">{t('whom_card_read')}</p>}
      <Press
        id="read-card"
        sign="card"
        wide
        onPress={() => {
          setProblem(null);
          setWaiting(true);
        }}
      >
        {t('whom_card_ask')}
      </Press>
    </div>
  );
}
