/** A picture that staff took, fetched with the caller's token, for no address shows it alone; or why it is not there. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { useAround } from '../app/context';
import { fileOf } from '../api/client';
import { named } from '../i18n/words';

interface ShotProps {
  readonly path: string;
  readonly photo: { readonly taken_at: string; readonly state: string };
}

export function Shot({ path, photo }: ShotProps) {
  const { session, t, f } = useAround();
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
