/** Reads the commands in a comment, strictly: called by `webhook`, which passes on only what this made of the text. */
import { didYouMean } from '../manifest/suggest.ts';
import { FORMS, type Form, nameSchema, type Order, orderSchema, shortCommitSchema, VERBS } from './order.ts';
import { linesSaid } from './said.ts';

/** Commands in one comment. */
export const MAX_ORDERS = 10;

/** How much of somebody's words is repeated to them. Characters. */
const MAX_REPEATED = 80;

/** Nothing of a comment with a problem is done: half of what somebody meant may be worse than none. */
export type Parsed =
  /** Nobody is spoken to. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'orders'; readonly orders: readonly Order[] }
  /** One a line, for who wrote it. */
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/** Every line that begins with `/belay` is a command or a mistake, unless GitHub shows it as code or a quotation, or not at all. */
export function parseComment(body: string): Parsed {
  const lines = linesSaid(body).filter((line) => /^\/belay/i.test(line));
  if (lines.length === 0) return { kind: 'nothing' };
  if (lines.length > MAX_ORDERS) {
    const problem = `one comment has ${lines.length} commands: at most ${MAX_ORDERS} are taken, write a second comment`;
    return { kind: 'problems', problems: [problem] };
  }
  const read = lines.map(readLine);
  const problems = read.flatMap((one) => ('problem' in one ? one.problem : []));
  if (problems.length > 0) return { kind: 'problems', problems };
  return { kind: 'orders', orders: read.flatMap((one) => ('order' in one ? one.order : [])) };
}

type Line = { readonly order: Order } | { readonly problem: string };

function readLine(line: string): Line {
  const [word = '', verb, ...rest] = line.trimEnd().split(/[ \t]+/);
  const problem = (why: string): Line => ({ problem: `\`${repeated(line)}\`: ${why}` });
  if (word !== '/belay') return problem(`commands begin with \`/belay\` and a space; ${helpful}`);
  if (verb === undefined) return problem(`say what is to be done; ${helpful}`);
  const known = VERBS.find((one) => one === verb);
  if (known === undefined) {
    const guess = didYouMean(verb, VERBS);
    return problem(`there is no command \`${repeated(verb)}\`${guess === '' ? `; ${helpful}` : guess}`);
  }
  const { place, options, usage } = FORMS[known];
  const read = readWords(rest, options);
  if (typeof read === 'string')
    return problem(read.endsWith('?') ? read : `${read}; write \`/belay ${usage}\``);
  if (place === 'commit?')
    return readPlan(read.places) ?? problem(`write \`/belay ${usage}\`, COMMIT with at least 7 digits`);
  const [first, ...others] = read.places;
  const [environment, component, ...more] = first?.split('/') ?? [];
  const names = [environment, component].filter((name) => name !== undefined);
  const isWhole = others.length === 0 && more.length === 0 && !names.includes('');
  const fits = isWhole && COUNTS[place].includes(names.length);
  if (!fits) return problem(`write \`/belay ${usage}\``);
  const wrong = names.find((name) => !nameSchema.safeParse(name).success);
  if (wrong !== undefined) {
    return problem(`\`${repeated(wrong)}\` is no name: a letter, then letters, digits and dashes, all small`);
  }
  const older = options.includes('--older') ? { older: read.older } : {};
  return { order: orderSchema.parse({ verb: known, environment, component, to: read.to, ...older }) };
}

/** Undefined when it is none. */
function readPlan([commit, ...more]: readonly string[]): Line | undefined {
  const { data: order } = orderSchema.safeParse({ verb: 'plan', commit });
  return order === undefined || more.length > 0 ? undefined : { order };
}

const helpful = '`/belay help` lists them';

/** How many names a place may have. */
const COUNTS: Readonly<Record<Exclude<Form['place'], 'commit?'>, readonly number[]>> = {
  none: [0],
  'environment?': [0, 1],
  environment: [1],
  'target?': [0, 1, 2],
  'environment, target?': [1, 2],
  target: [2],
};

interface Words {
  readonly places: readonly string[];
  readonly older: boolean;
  readonly to: string | undefined;
}

/** The problem where they are none. */
function readWords(words: readonly string[], options: readonly string[]): Words | string {
  const places: string[] = [];
  let older = false;
  let to: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      places.push(word);
    } else if (!options.includes(word)) {
      return `there is no option \`${repeated(word)}\` here${didYouMean(word, options)}`;
    } else if (word === '--older' && !older) {
      older = true;
    } else if (word === '--to' && to === undefined) {
      at += 1;
      to = words[at];
      if (!shortCommitSchema.safeParse(to).success)
        return '`--to` needs the id of a commit, at least its first 7 digits';
    } else {
      return `\`${word}\` is there twice`;
    }
  }
  return { places, older, to };
}

/** Somebody's words in a code span: nothing in them ends it, and they are not long. */
function repeated(text: string): string {
  const line = text.replace(/[`\s]+/g, ' ').trim();
  return line.length <= MAX_REPEATED ? line : `${line.slice(0, MAX_REPEATED - 1)}…`;
}
