/** The pictures that staff took with this rental: each fetched with the caller's token, for no address shows it alone. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { useAround } from '../../app/context';
import { fileOf } from '../../api/client';
import type { RentalPhoto, RentalStory } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Card } from '../../ui/Head';

export function Photos({ rental }: { rental: RentalStory }) {
  const { t } = useAround();
  if (rental.photos.length === 0) return null;
  return (
    <Card title={t('rental_photos')} testId="photos">
      <ul className="photos">
        {rental.photos.map((one) => (
          <li key={one.id} data-state={one.state}>
            <Shot rentalId={rental.id} photo={one} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Shot({ rentalId, photo }: { rentalId: string; photo: RentalPhoto }) {
  const { session, t, f } = useAround();
  const path = `/api/v1/rentals/${rentalId}/photos/${photo.id}`;
  const file = useQuery({
    queryKey: ['file', path],
    queryFn: ({ signal }) => session.as((token) => fileOf(path, token, signal)),
    enabled: photo.state === 'here',
    staleTime: Infinity,
  });
  const shown = useAddress(file.data);
  const when = f.when(photo.taken_at);
  return (
    <figure>
      {shown !== null && <img src={shown} alt={t('photo_of', { when })} />}
      <figcaption>
        {when}
        {photo.state !== 'here' && <span className="muted block">{named(t, 'photo', photo.state)}</span>}
        {file.isError && <span className="muted block">{t('photo_lost')}</span>}
      </figcaption>
    </figure>
  );
}

/** An address for the bytes while they are shown. */
function useAddress(blob: Blob | undefined): string | null {
  const address = useMemo(() => (blob === undefined ? null : URL.createObjectURL(blob)), [blob]);
  useEffect(() => {
    if (address === null) return undefined;
    return () => {
      URL.revokeObjectURL(address);
    };
  }, [address]);
  return address;
}
