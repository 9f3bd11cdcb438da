/**
 * The part of ICU MessageFormat that our words need: `{name}`, plural (with `=n`, `#`), select. Quoting by '' and '{'.
 * Numbers, money and times are formatted by the caller, where unit and time zone are known.
 * A library for all of ICU weighs 12 kB over the wire; this is one.
 */

export type Values = Readonly<Record<string, string | number | boolean | null | undefined>>;

type Node =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'value'; readonly name: string }
  | { readonly is: 'count' }
  | {
      readonly is: 'plural' | 'select';
      readonly name: string;
      readonly cases: ReadonlyMap<string, readonly Node[]>;
    };

/** The message is not well-formed: a mistake in our catalogue, found by its test. */
export class MessageError extends Error {}

class Parser {
  private at = 0;
  constructor(private readonly source: string) {}

  whole(): readonly Node[] {
    const nodes = this.nodes(false);
    if (this.at < this.source.length) this.fail('unexpected }');
    return nodes;
  }

  private nodes(inPlural: boolean): readonly Node[] {
    const found: Node[] = [];
    while (this.at < this.source.length && this.source[this.at] !== '}') {
      if (this.source[this.at] === '{') found.push(this.argument());
      else if (inPlural && this.source[this.at] === '#') {
        this.at += 1;
        found.push({ is: 'count' });
      } else found.push({ is: 'text', text: this.text(inPlural) });
    }
    return found;
  }

  private text(inPlural: boolean): string {
    let text = '';
    while (this.at < this.source.length) {
      const here = this.source[this.at] ?? '';
      if (here === "'" && this.source[this.at + 1] === "'") {
        text += "'";
        this.at += 2;
      } else if (here === "'" && '{}#'.includes(this.source[this.at + 1] ?? ' ')) {
        const end = this.source.indexOf("'", this.at + 2);
        text += this.source.slice(this.at + 1, end < 0 ? undefined : end);
        this.at = end < 0 ? this.source.length : end + 1;
      } else if (here === '{' || here === '}' || (inPlural && here === '#')) break;
      else {
        text += here;
        this.at += 1;
      }
    }
    return text;
  }

  private argument(): Node {
    this.at += 1;
    const name = this.word();
    if (this.take('}')) return { is: 'value', name };
    this.expect(',');
    const is = this.word();
    if (is !== 'plural' && is !== 'select') return this.fail(`unknown kind ${is}`);
    this.expect(',');
    const cases = new Map<string, readonly Node[]>();
    while (!this.take('}')) {
      const key = this.word();
      this.expect('{');
      cases.set(key, this.nodes(is === 'plural'));
      this.expect('}');
    }
    if (!cases.has('other')) this.fail('a plural or select needs the case other');
    return { is, name, cases };
  }

  private word(): string {
    this.skip();
    const match = /^[=\w-]+/.exec(this.source.slice(this.at));
    if (!match) return this.fail('a word is missing');
    this.at += match[0].length;
    this.skip();
    return match[0];
  }

  private skip(): void {
    while (/\s/.test(this.source[this.at] ?? '')) this.at += 1;
  }

  private take(sign: string): boolean {
    this.skip();
    if (this.source[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  private expect(sign: string): void {
    if (!this.take(sign)) this.fail(`${sign} is missing`);
  }

  private fail(why: string): never {
    throw new MessageError(`${why} at ${String(this.at)} in: ${this.source}`);
  }
}

const parsed = new Map<string, readonly Node[]>();

function parse(message: string): readonly Node[] {
  const known = parsed.get(message);
  if (known) return known;
  const nodes = new Parser(message).whole();
  parsed.set(message, nodes);
  return nodes;
}

interface Setting {
  readonly values: Values;
  readonly locale: string;
  readonly change: (text: string) => string;
}

function write(nodes: readonly Node[], setting: Setting, count: string): string {
  return nodes.map((node) => writeOne(node, setting, count)).join('');
}

function writeOne(node: Node, setting: Setting, count: string): string {
  switch (node.is) {
    case 'text':
      return setting.change(node.text);
    case 'count':
      return count;
    case 'value':
      return String(setting.values[node.name] ?? '');
    case 'plural': {
      const number = Number(setting.values[node.name] ?? 0);
      const rule = new Intl.PluralRules(setting.locale).select(number);
      const chosen =
        node.cases.get(`=${String(number)}`) ?? node.cases.get(rule) ?? node.cases.get('other') ?? [];
      return write(chosen, setting, new Intl.NumberFormat(setting.locale).format(number));
    }
    case 'select': {
      // A value that is not there is the case `none`, so that a message can live with what an older agent leaves out.
      const key = String(setting.values[node.name] ?? 'none');
      return write(node.cases.get(key) ?? node.cases.get('other') ?? [], setting, count);
    }
  }
}

/** The message with its values. Raises MessageError when the message itself is malformed. */
export function formatMessage(
  message: string,
  values: Values,
  locale: string,
  change?: (text: string) => string,
): string {
  return write(parse(message), { values, locale, change: change ?? ((text) => text) }, '');
}

/** The names that a message asks for: for tests of the catalogues. */
export function namesIn(message: string): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      if (node.is === 'value' || node.is === 'plural' || node.is === 'select') names.add(node.name);
      if (node.is === 'plural' || node.is === 'select') node.cases.forEach(visit);
    }
  };
  visit(parse(message));
  return names;
}

const ACCENTS: Readonly<Record<string, string>> = {
  a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ú', y: 'ý', c: 'ç', n: 'ñ', A: 'Á', E: 'É', I: 'Í', O: 'Ó', U: 'Ú', C: 'Ç', N: 'Ñ',
}; // prettier-ignore

/** Pseudo-locale: accents on every letter and a third longer, so that what is not translated or overflows is seen. */
export function pseudo(text: string): string {
  const accented = text.replace(/[a-zA-Z]/g, (letter) => ACCENTS[letter] ?? letter);
  return text.trim().length < 3
    ? accented
    : accented.replace(/\S(?=\s*$)/, (last) => `${last}${'·'.repeat(Math.ceil(text.trim().length / 4))}`);
}
