/** Listens to what roles ask for: which of their grants that uses, and what was refused. One for each twin, and one for the fault suite. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assembly } from '../../local/assembly/model.ts';
import type { Decided } from '../../local/wire/service.ts';
import { grantsOf, nameOf, usedBy } from './grants.ts';

export interface Recorder {
  hear(decided: Decided): void;
  /** Names of the grants that were used. */
  readonly used: ReadonlySet<string>;
  /** What the stack's own code and services were refused: each a grant that is missing. What code in jobs tries is not among it. */
  readonly refused: Set<string>;
  /** Adds what was used to the record that `npm run grants` makes, when it does. */
  save(): void;
}

/** Names the folder of the record while one is made. */
export const RECORD_VARIABLE = 'BELAY_RECORD_GRANTS';

export function recorder(assembly: Assembly): Recorder {
  const grants = grantsOf(assembly);
  const ofJobs = new Set([
    ...assembly.jobDefinitions.map(({ jobRoleArn }) => jobRoleArn),
    ...assembly.roles.filter(({ name }) => name === 'belay-state').map(({ arn }) => arn),
  ]);
  const known = new Set(assembly.roles.map(({ arn }) => arn));
  const heard = new Set<string>();
  const used = new Set<string>();
  const refused = new Set<string>();
  return {
    used,
    refused,
    hear(decided) {
      const { principal, action, resource, conditions, refusal } = decided;
      const what = [principal.roleArn, action, resource, JSON.stringify(conditions), refusal].join(' | ');
      if (heard.has(what)) return;
      heard.add(what);
      if (refusal === undefined) for (const grant of usedBy(grants, decided)) used.add(nameOf(grant));
      else if (known.has(principal.roleArn) && !ofJobs.has(principal.roleArn) && !isLeftAlone(decided)) {
        refused.add(`${principal.roleArn} ${action} ${resource}: ${refusal}`);
      }
    },
    save() {
      const folder = process.env[RECORD_VARIABLE];
      if (folder === undefined) return;
      const lines = [...used].map((name) => `${name}\n`).join('');
      appendFileSync(join(folder, `${process.pid}.txt`), lines);
    },
  };
}

/** A stopped execution tries to end its job, and may not when that is an apply: this refusal is the promise. */
const isLeftAlone = ({ action, conditions }: Decided) =>
  action === 'batch:TerminateJob' && conditions?.['aws:ResourceTag/interruptible'] !== 'true';
