/** The synthesized templates in another AWS: all that it knows is made, and what it does not make is told. */
import { type Deployed, deploy, type Emulator, openEmulator } from './emulator.ts';
import { limitOf } from './limits.ts';
import { inOrder, only, type Template } from './template.ts';
import type { Part } from './tools.ts';

const NAME = 'deployment';
const MOST_SAID = 300;

/** `endpoint`: of an emulator that is running. */
export async function deployEverywhere(
  templates: ReadonlyMap<string, Template>,
  endpoint: string | undefined,
): Promise<Part> {
  const emulator = await openEmulator(endpoint);
  if (emulator === undefined) {
    const notes = [
      'no emulator: pip install "moto[server]", or give the address of one that is running with --endpoint URL',
    ];
    return { name: NAME, ran: false, problems: [], notes };
  }
  try {
    const problems: string[] = [];
    const notes: string[] = [endpoint === undefined ? 'into moto' : `into ${endpoint}`];
    for (const [path, template] of templates) {
      const { reset } = emulator;
      const { made, refusals } =
        reset === undefined
          ? await all(template, emulator)
          : await asMuchAsCanBe(template, { ...emulator, reset });
      notes.push(`${path}: ${made} of ${Object.keys(template.Resources).length} resources made`);
      for (const { type, ids, said } of refusals) {
        const limit = endpoint === undefined ? limitOf(type, said) : undefined;
        const which = `${type} (${ids[0]}${ids.length > 1 ? ` and ${ids.length - 1} like it` : ''})`;
        const short = said.replaceAll(/\s+/g, ' ').slice(0, MOST_SAID);
        if (limit === undefined) problems.push(`${path}: ${which} was not made: ${short}`);
        else notes.push(`not run: ${which}: ${limit}`);
      }
    }
    return { name: NAME, ran: true, problems, notes };
  } finally {
    await emulator.close();
  }
}

interface Refusal {
  readonly type: string;
  /** Logical ids, the one that was refused first, then those of the same type with the same properties. */
  readonly ids: readonly string[];
  readonly said: string;
}

interface Made {
  readonly made: number;
  readonly refusals: readonly Refusal[];
}

const NOTHING = 'nothing was said, and nothing made';

/** In one go. */
async function all(template: Template, emulator: Emulator): Promise<Made> {
  const { made, said = NOTHING } = await deploy(emulator, only(template, Object.keys(template.Resources)));
  const missing = Object.entries(template.Resources).filter(([id]) => !made.has(id));
  return { made: made.size, refusals: missing.map(([id, { Type }]) => ({ type: Type, ids: [id], said })) };
}

/** As much as there can be: what is refused is found, and left out with all that is like it, until the rest is made. */
async function asMuchAsCanBe(
  template: Template,
  emulator: Emulator & Required<Pick<Emulator, 'reset'>>,
): Promise<Made> {
  const attempt = async (ids: readonly string[]) => {
    await emulator.reset();
    return deploy(emulator, only(template, ids));
  };
  const refusals: Refusal[] = [];
  let left = inOrder(template);
  for (;;) {
    const whole = await attempt(left);
    const refused =
      whole.said === undefined
        ? { ids: left.filter((id) => !whole.made.has(id)), said: NOTHING }
        : await firstRefused(left, whole.said, attempt);
    if (refused.ids.length === 0) return { made: whole.made.size, refusals };
    for (const id of refused.ids) {
      if (!left.includes(id)) continue;
      const like = shapeOf(template, id);
      const others = left.filter((other) => other !== id && shapeOf(template, other) === like);
      refusals.push({
        type: template.Resources[id]?.Type ?? '',
        ids: [id, ...others],
        said: refused.said,
      });
      left = left.filter((one) => one !== id && !others.includes(one));
    }
  }
}

/**
 * By halving, the resource without which those before it are made. Where some of those were passed over in silence, it is these: what
 * refers to them is refused because they are not there.
 */
async function firstRefused(
  ids: readonly string[],
  saidOfAll: string,
  attempt: (ids: readonly string[]) => Promise<Deployed>,
): Promise<{ readonly ids: readonly string[]; readonly said: string }> {
  let [good, bad, said] = [0, ids.length, saidOfAll];
  let silent: readonly string[] = [];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const some = ids.slice(0, middle);
    const answer = await attempt(some);
    if (answer.said === undefined) {
      good = middle;
      silent = some.filter((id) => !answer.made.has(id));
    } else [bad, said] = [middle, answer.said];
  }
  return silent.length > 0 ? { ids: silent, said: NOTHING } : { ids: ids.slice(bad - 1, bad), said };
}

/** Type and names of properties: an emulator that cannot make one of a shape makes none. */
const shapeOf = ({ Resources }: Template, id: string) =>
  [Resources[id]?.Type, ...Object.keys(Resources[id]?.Properties ?? {}).sort()].join(' ');
