/** Asks the ancestry gate with what GitHub knows, and notes the commit as attempted; called by `open`. */

import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { gateProblem } from '../../core/deployment/gate.ts';
import type { EnvironmentItem } from '../../core/ledger/environment-items.ts';
import type { GitHub } from '../github-ports.ts';
import type { Ledger } from '../ports.ts';
import { changeEnvironment, type EnvironmentAddress } from '../shared/environment-item.ts';

/** Undefined when the commit may be deployed, else the reason why it is superseded. */
export async function passGate(
  document: ReleaseDocument,
  environment: EnvironmentItem,
  github: GitHub,
): Promise<string | undefined> {
  const { branch, repository, release } = document;
  const attempted = environment.attempted[branch];
  if (attempted === undefined || attempted === release.commit) return undefined;
  return gateProblem({
    branch,
    attempted,
    ancestry: await github.compare(repository.fullName, attempted, release.commit),
    isHead: async () => (await github.branchHead(repository.fullName, branch)) === release.commit,
  });
}

/** Notes the commit as the last one attempted of its branch, while the lease is held. */
export async function noteAttempt(
  ledger: Ledger,
  address: EnvironmentAddress,
  { document, mustHoldLease }: { document: ReleaseDocument; mustHoldLease(item: EnvironmentItem): void },
): Promise<void> {
  const { branch, release } = document;
  await changeEnvironment(ledger, address, (item) => {
    mustHoldLease(item);
    if (item.attempted[branch] === release.commit) return item;
    return { ...item, attempted: { ...item.attempted, [branch]: release.commit } };
  });
}
