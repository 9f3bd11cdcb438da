/** The same words in each language that the console speaks. English is needed: it stands in for the others. */
import { LANGUAGES } from '../../i18n/words';
import type { Texts } from '../../lib/checklist_form';
import { Field } from '../../ui/Field';

const LONGEST = 200;

interface TextFieldsProps {
  readonly name: string;
  readonly legend: string;
  /** The legend is said only, where a heading above shows the same. */
  readonly isSaid?: boolean;
  readonly texts: Texts;
  readonly set: (texts: Texts) => void;
  readonly error: (lang: string) => string | null;
}

export function TextFields({ name, legend, isSaid = false, texts, set, error }: TextFieldsProps) {
  return (
    <fieldset className="texts">
      <legend className={isSaid ? 'sr-only' : undefined}>{legend}</legend>
      <div className="texts-all">
        {LANGUAGES.map((one) => (
          <Field
            key={one.lang}
            label={one.name}
            name={`${name}_${one.lang}`}
            lang={one.lang}
            required={one.lang === 'en'}
            maxLength={LONGEST}
            autoComplete="off"
            value={texts[one.lang] ?? ''}
            onChange={(value) => set({ ...texts, [one.lang]: value })}
            error={error(one.lang)}
          />
        ))}
      </div>
    </fieldset>
  );
}
