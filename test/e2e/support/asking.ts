/** Repositories whose changes wait for a person. */

import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { approvalItemSchema } from '../../../core/ledger/work-items.ts';
import type { PushReceipt } from '../../../local/cli/twin.ts';
import { environment, fileComponent, fileComponents, manifest } from './components.ts';
import type { Repository } from './repository.ts';
import { type TestFolder, type TestTwin, until } from './twin.ts';

export interface Asking {
  readonly repository: Repository;
  /** Commits the text of `one`, with more of its manifest entry. */
  commit(text: string, policy?: object): string;
}

/** A repository whose environment wants a person for every change of `one`, which `two` needs. The author is called Mira. */
export function asking(place: TestFolder, name: string, policy: object = {}): Asking {
  const repository = place.repository(name);
  const commit = (text: string, more: object = policy) =>
    repository.commit({
      'belay.yaml': manifest({
        environments: { dev: environment(place.deployed(name)) },
        components: {
          one: fileComponent('one', [], { approval: 'always', ...more }),
          two: fileComponent('two', ['one']),
        },
      }),
      ...fileComponents({ one: text, two: 'two\n' }),
    });
  return { repository, commit };
}

/** The release of a push, once its target `dev/one` waits for a person. */
export async function waiting(
  twin: TestTwin,
  { delivery, repository, commit }: PushReceipt,
): Promise<string> {
  let id = '';
  await until('one to wait for approval', async () => {
    const key = ledgerKeys.delivery(delivery);
    const [found] = await twin.world.query(key.pk, key.sk);
    if (typeof found?.release !== 'string') return false;
    id = found.release;
    const target = { environment: 'dev', component: 'one' };
    const { pk, sk } = ledgerKeys.approval(repository, id, target);
    const [item] = await twin.world.query(pk, sk);
    if (item === undefined) return false;
    const { tokens, answer } = approvalItemSchema.parse(item);
    return tokens !== undefined && answer === undefined;
  });
  await until('the question on the commit', async () => {
    const checks = await twin.world.checks({ repository, sha: commit });
    return checks.some(({ title }) => title.startsWith('waiting for approval'));
  });
  return id;
}

/** A person's word about `dev/one`. */
export const say = (
  twin: TestTwin,
  action: 'approve' | 'reject',
  { by, receipt, release }: { by: string; receipt: PushReceipt; release: string },
) =>
  twin.world.command({
    action,
    by,
    repository: receipt.repository,
    release,
    environment: 'dev',
    component: 'one',
  });
