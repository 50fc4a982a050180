/** The plans of a check run as one text within GitHub's limit: `output.text`. Called by `git-status` with the plans it has read. */
import { MAX_TEXT } from './check-run.ts';
import { code, cutTo, sizeOf } from './markdown.ts';
import { planGroups, type ReadablePlan } from './plan-diff.ts';

/** Targets with one and the same plan. */
export interface PlanSection {
  /** `dev/network`, … */
  readonly targets: readonly string[];
  readonly plan: ReadablePlan;
  /** Where the whole plan lies, for those who may read it. */
  readonly artifact: string;
}

/** Names in a heading; the others are counted. */
const MAX_NAMES = 5;

/** Undefined when no plan changes anything. One target needs no heading of its own. */
export function planText(sections: readonly PlanSection[]): string | undefined {
  const parts = sections.flatMap((section) => sectionParts(section, sections.length > 1));
  if (parts.length === 0) return undefined;
  const artifacts = [...new Set(sections.map(({ artifact }) => artifact))];
  const where =
    artifacts.length === 1 ? code(artifacts[0] ?? '') : `${code(artifacts[0] ?? '')} and those beside it`;
  return cutTo(
    parts,
    MAX_TEXT,
    (left) => `\n_${left} more parts are not shown here: the whole plan is ${where}._`,
  );
}

/** Each part stands alone: a fence that is opened is closed in it, so that a cut between two leaves both whole. */
function sectionParts({ targets, plan }: PlanSection, isNamed: boolean): string[] {
  const groups = planGroups(plan);
  if (groups.length === 0) return [];
  const heading = isNamed ? [`## ${namesOf(targets)}`] : [];
  return [
    ...heading,
    ...groups.flatMap(({ name, blocks }) =>
      chunks(blocks).map((chunk, index) => {
        const title = index === 0 ? `### ${name}${name === 'Outputs' ? '' : ` (${blocks.length})`}\n` : '';
        return `${title}${fenced(chunk.join('\n'))}`;
      }),
    ),
  ];
}

/** Some names, and how many more. */
export function namesOf(targets: readonly string[]): string {
  const names = targets.slice(0, MAX_NAMES).map(code).join(', ');
  return targets.length > MAX_NAMES ? `${names} and ${targets.length - MAX_NAMES} more` : names;
}

/** Bytes of one fence: fine enough to cut at, without a frame around every resource. */
const CHUNK = 4000;

/** A block that is larger alone is cut at a line. */
function chunks(blocks: readonly string[]): string[][] {
  const all: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const block of blocks) {
    const part = cutTo(block.split('\n'), CHUNK, (left) => `  … ${left} more lines`);
    size += sizeOf(part) + 1;
    if (size > CHUNK) {
      all.push([]);
      size = sizeOf(part);
    }
    all.at(-1)?.push(part);
  }
  return all;
}

/** The fence is longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}diff\n${text}\n${fence}`;
}
