/** Pictures: taken with the camera or chosen, made small here, handed to the station at once, named by what is sent. */
import { useId, useState } from 'react';
import type { Problem } from '../../api/types';
import { Icon } from '../../ui/icons';
import { useStaff } from '../context';
import { Press } from './Press';
import { problemOf, Said } from './Said';
import { asData, shrink } from './shrink';

export interface Photo {
  readonly name: string;
  readonly shown: string;
}

const MOST = 6;

interface PhotosProps {
  readonly photos: readonly Photo[];
  readonly onPhotos: (photos: readonly Photo[]) => void;
}

export function Photos({ photos, onPhotos }: PhotosProps) {
  const { t, api } = useStaff();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const id = useId();
  const add = async (file: File) => {
    setBusy(true);
    setProblem(null);
    try {
      const small = await shrink(file).catch(() => {
        throw new Error('photo');
      });
      const { photo } = await api.addPhoto(small);
      if (!photos.some((one) => one.name === photo))
        onPhotos([...photos, { name: photo, shown: await asData(small) }]);
    } catch (error) {
      const isOdd = error instanceof Error && error.message === 'photo';
      setProblem(isOdd ? { type: '', title: '', status: 0, code: 'photo_unreadable' } : problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="field photos">
      <div className="shots">
        {photos.map((photo, index) => (
          <Shot
            key={photo.name}
            photo={photo}
            no={index + 1}
            onDrop={() => {
              onPhotos(photos.filter((one) => one !== photo));
            }}
          />
        ))}
      </div>
      {photos.length < MOST && (
        <label htmlFor={id} className="press shoot" aria-busy={isBusy}>
          <Icon sign="camera" />
          <span>{t(isBusy ? 'one_moment' : 'photo_add')}</span>
          <input
            id={id}
            type="file"
            accept="image/*"
            capture="environment"
            data-testid="photo"
            disabled={isBusy}
            onChange={(event) => {
              const [file] = event.target.files ?? [];
              event.target.value = '';
              if (file !== undefined) void add(file);
            }}
          />
        </label>
      )}
      {problem !== null && <Said problem={problem} />}
    </div>
  );
}

interface ShotProps {
  readonly photo: Photo;
  readonly no: number;
  readonly onDrop: () => void;
}

function Shot({ photo, no, onDrop }: ShotProps) {
  const { t } = useStaff();
  return (
    <figure>
      <img src={photo.shown} alt={t('photo_no', { no })} />
      <Press sign="cross" label={t('photo_drop', { no })} onPress={onDrop} />
    </figure>
  );
}
