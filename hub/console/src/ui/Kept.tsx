/** The foot of what is shown once: it closes only when somebody says that it is kept, so no second press loses it. */
import { useState } from 'react';
import { useAround } from '../app/context';

export function Kept({ words, close }: { readonly words: string; readonly close: () => void }) {
  const { t } = useAround();
  const [isKept, setKept] = useState(false);
  return (
    <>
      <label className="tick">
        <input type="checkbox" checked={isKept} onChange={(event) => setKept(event.target.checked)} />
        {words}
      </label>
      <div className="form-foot">
        <button type="button" className="button primary" disabled={!isKept} onClick={close}>
          {t('done')}
        </button>
      </div>
    </>
  );
}
