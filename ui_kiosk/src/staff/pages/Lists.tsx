/** Checklists: which one, about what, one question after the other; kept at the station and sent up by itself. */
import { useStaff } from '../context';
import { Go } from '../parts/Press';
import { useAnswer } from '../useAnswer';
import { Fill } from './Fill';

export function Lists({
  listKey,
  dockNo,
}: {
  readonly listKey: string | null;
  readonly dockNo: number | null;
}) {
  const { api, t, prefs } = useStaff();
  const answer = useAnswer(() => api.checklists(prefs.lang), prefs.lang, null);
  const chosen = answer?.checklists.find((one) => one.key === listKey);
  if (chosen !== undefined) return <Fill key={chosen.key} list={chosen} dockNo={dockNo} />;
  return (
    <div className="page" data-testid="lists">
      <h1>{t('lists_title')}</h1>
      <p className="hint">{answer === null ? t('one_moment') : t('lists_hint')}</p>
      <ul className="lists">
        {(answer?.checklists ?? []).map((one) => (
          <li key={one.key}>
            <Go to={`#/lists/${encodeURIComponent(one.key)}`} id={`list-${one.key}`} sign="list" wide>
              {one.title}
              <small>
                {t(`about_${one.about}`)}, {t('lists_count', { count: one.questions.length })}
              </small>
            </Go>
          </li>
        ))}
      </ul>
    </div>
  );
}
