/** Opening an account: what was typed, what lacks, what the hub says to it. It never says whether an address is known. */
import { useState } from 'react';
import { useLocation } from 'react-router';
import { Refusal } from '../../api/client';
import { useAround } from '../../app/context';
import { useFieldError } from '../../app/deeds';
import { useNow } from '../../lib/clock';
import { troubleOf, type Trouble } from './signing';

export const FIELDS = ['display_name', 'email', 'password'] as const;
export type FieldName = (typeof FIELDS)[number];
type Typed = Readonly<Record<FieldName, string>>;

const LACK = {
  display_name: 'name_missing',
  email: 'email_missing',
  password: 'password_new_missing',
} as const;

export interface Registering {
  readonly typed: Typed;
  readonly set: (name: FieldName, value: string) => void;
  readonly errorAt: (name: FieldName) => string | null;
  /** What concerns no single field. */
  readonly trouble: Trouble | null;
  readonly isBusy: boolean;
  readonly isLocked: boolean;
  /** Whose renter one becomes, by the address's `?organisation=`; null: the house's. */
  readonly organisation: string | null;
  readonly hasAsked: boolean;
  readonly send: () => Promise<void>;
  readonly sendAgain: () => Promise<boolean>;
  readonly change: () => void;
  /** Changes whenever fields were found wrong, so that the first of them can take the focus. */
  readonly wrong: unknown;
}

export function useRegistering(): Registering {
  const { t, session, prefs } = useAround();
  const organisation = new URLSearchParams(useLocation().search).get('organisation');
  const [typed, setTyped] = useState<Typed>({ display_name: '', email: '', password: '' });
  const [lacking, setLacking] = useState<ReadonlySet<FieldName>>(new Set());
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [hasAsked, setAsked] = useState(false);
  const fieldError = useFieldError(trouble?.error ?? null);
  const now = useNow();
  const post = async (path: string, body: unknown): Promise<boolean> => {
    setBusy(true);
    try {
      await session.ask(path, { method: 'POST', body });
      setTrouble(null);
      return true;
    } catch (error) {
      setTrouble(troubleOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return {
    typed,
    set: (name, value) => setTyped({ ...typed, [name]: value }),
    errorAt: (name) => (lacking.has(name) ? t(LACK[name]) : fieldError(`/${name}`)),
    trouble: trouble !== null && isAboutFields(trouble.error) ? null : trouble,
    isBusy,
    isLocked: trouble?.until != null && now < trouble.until,
    organisation,
    hasAsked,
    send: async () => {
      const lacks = FIELDS.filter((name) => typed[name].trim() === '');
      setLacking(new Set(lacks));
      if (lacks.length > 0) return;
      const body = { ...typed, email: typed.email.trim(), locale: prefs.lang, organisation };
      if (await post('/api/v1/auth/register', body)) setAsked(true);
    },
    sendAgain: () => post('/api/v1/auth/register/resend', { email: typed.email.trim() }),
    change: () => setAsked(false),
    wrong: lacking.size > 0 ? lacking : trouble,
  };
}

function isAboutFields(error: Error): boolean {
  return (
    error instanceof Refusal &&
    error.problem.errors.some((one) => FIELDS.some((name) => one.pointer === `/${name}`))
  );
}
