/** docs/grants.md: what every role may do and how that is known to be needed. Written by `npm run grants`, held against the stack by `grants.test.ts`. */
import { whyUnused } from './explained.ts';
import { type Grant, nameOf } from './grants.ts';

const HEAD = `# What every role may do

Every grant of every role of the stack, as it is synthesized. *used*: a call of the end-to-end suite, or of the fault suite, was allowed by exactly this
grant. All others say why they are there. Calls that no grant allows fail those suites. How grants are given, and why resources are named by a pattern, is
in [lib/allow.ts](../lib/allow.ts) and beside each of them in \`lib/\`; what code in a job can reach with them, in the [threat model](threat-model.md).
One denial is not listed: whoever has the ledger is denied the item that opens the [set-up page](threat-model.md#the-set-up-page), all but \`set-up\`.

Names are without partition, region and account, and without what CloudFormation appends.

<!-- Written by \`npm run grants\` when it has run the suites; \`BELAY_WRITE_GRANTS=1 npm run -s jest -- test/grants\` writes what came to it or went
since, and what test/grants/explained.ts says of it. -->
`;

const USED = 'used';

/** Grants that no suite has used and nobody explains. */
export const unexplained = (grants: readonly Grant[], used: ReadonlySet<string>): string[] =>
  grants.filter((grant) => !used.has(nameOf(grant)) && whyUnused(grant) === undefined).map(nameOf);

export function writeDocument(grants: readonly Grant[], used: ReadonlySet<string>): string {
  const roles = [...new Set(grants.map(({ role }) => role))].sort();
  const sections = roles.map((role) => {
    const rows = rowsOf(
      grants.filter((grant) => grant.role === role),
      used,
    );
    return `\n## ${role}\n\n| actions | resource | if | |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return HEAD + sections.join('');
}

/** One row for all actions that have resource, condition and reason in common. */
function rowsOf(grants: readonly Grant[], used: ReadonlySet<string>): string[] {
  const rows = new Map<string, Set<string>>();
  for (const grant of grants) {
    const shown = used.has(nameOf(grant)) ? USED : (whyUnused(grant) ?? '**nobody says when**');
    const condition = grant.condition === '' ? '' : `\`${grant.condition}\``;
    const rest = `\`${grant.resource}\` | ${condition} | ${shown} |`;
    rows.set(rest, (rows.get(rest) ?? new Set()).add(grant.action));
  }
  return [...rows].map(([rest, actions]) => `| ${[...actions].sort().join(' ')} | ${rest}`).sort();
}

/** The names of the grants that the page says are used. */
export function readUsed(document: string): Set<string> {
  const used = new Set<string>();
  let role = '';
  for (const line of document.split('\n')) {
    role = /^## (\S+)$/.exec(line)?.[1] ?? role;
    const cells = line.slice('| '.length, -' |'.length).split(' | ');
    const [actions = '', resource, condition, shown] = cells.map((cell) => cell.replace(/^`|`$/g, ''));
    if (shown !== USED) continue;
    for (const action of actions.split(' ')) used.add([role, action, resource, condition].join(' | '));
  }
  return used;
}
