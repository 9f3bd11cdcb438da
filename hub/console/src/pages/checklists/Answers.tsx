/** Answers with their questions as they were shown, and the pictures that were taken. */
import { useAround } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { Answer, PhotoShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Icon } from '../../ui/Icon';
import { Shot } from '../../ui/Shot';

interface AnswersProps {
  readonly answers: readonly Answer[];
  /** The act whose pictures are shown under them. */
  readonly photosOf?: string;
}

export function Answers({ answers, photosOf }: AnswersProps) {
  const { t } = useAround();
  return (
    <>
      {answers.length > 0 && (
        <ul className="answers">
          {answers.map((one) => (
            <li key={one.key} className={one.ok ? '' : 'wrong'}>
              <Icon name={one.ok ? 'check' : 'alert'} size={16} />
              <div>
                <p>
                  {one.text}{' '}
                  <strong>{one.kind === 'yes_no' ? named(t, 'answer', one.value) : one.value}</strong>
                </p>
                {one.note !== '' && <p className="small">{one.note}</p>}
              </div>
            </li>
          ))}
        </ul>
      )}
      {photosOf !== undefined && <Pictures act={photosOf} />}
    </>
  );
}

function Pictures({ act }: { act: string }) {
  const photos = useWhole<PhotoShape>('/api/v1/photos', { act_id: act }).data?.items ?? [];
  if (photos.length === 0) return null;
  return (
    <ul className="photos">
      {photos.map((one) => (
        <li key={one.id}>
          <Shot path={`/api/v1/photos/${one.id}`} photo={one} />
        </li>
      ))}
    </ul>
  );
}
