/** The pictures that staff took with this rental. */
import { useAround } from '../../app/context';
import type { RentalStory } from '../../api/shapes';
import { Card } from '../../ui/Head';
import { Shot } from '../../ui/Shot';

export function Photos({ rental }: { rental: RentalStory }) {
  const { t } = useAround();
  if (rental.photos.length === 0) return null;
  return (
    <Card title={t('rental_photos')} testId="photos">
      <ul className="photos">
        {rental.photos.map((one) => (
          <li key={one.id} data-state={one.state}>
            <Shot path={`/api/v1/rentals/${rental.id}/photos/${one.id}`} photo={one} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
