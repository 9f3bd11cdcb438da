/** Keys on the screen; nobody needs the system's keyboard. */
import { useKiosk } from '../app/context';
import { Icon } from './icons';

export const LETTERS: readonly (readonly string[])[] = [
  ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'],
  ['Q', 'W', 'E', 'R', 'T', 'Y', 'U', 'I', 'O', 'P'],
  ['A', 'S', 'D', 'F', 'G', 'H', 'J', 'K', 'L'],
  ['-', 'Z', 'X', 'C', 'V', 'B', 'N', 'M', 'erase'],
];
export const DIGITS: readonly (readonly string[])[] = [
  ['1', '2', '3'],
  ['4', '5', '6'],
  ['7', '8', '9'],
  ['', '0', 'erase'],
];

interface KeysProps {
  readonly rows: readonly (readonly string[])[];
  readonly name: 'key' | 'pin';
  readonly onKey: (key: string) => void;
}

export function Keys({ rows, name, onKey }: KeysProps) {
  const { t } = useKiosk();
  return (
    <div className={`keys for-${name}`}>
      {rows.map((row) => (
        <div className="key-row" key={row.join('')}>
          {row.map((key) =>
            key === '' ? (
              <span className="key gap" key="gap" />
            ) : (
              <button
                type="button"
                key={key}
                className={`key ${key === 'erase' ? 'erase' : ''}`}
                data-testid={`${name}-${key}`}
                aria-label={key === 'erase' ? t('delete') : key}
                // The field keeps the focus, so that a real keyboard can go on.
                onMouseDown={(event) => {
                  event.preventDefault();
                }}
                onClick={() => {
                  onKey(key);
                }}
              >
                {key === 'erase' ? <Icon sign="erase" /> : key}
              </button>
            ),
          )}
        </div>
      ))}
    </div>
  );
}
