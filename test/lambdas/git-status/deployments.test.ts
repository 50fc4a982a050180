/** GitHub Deployments: begun and ended once, and no hindrance where GitHub does not take them. */
import { beforeEach, expect, test } from '@jest/globals';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { GitHubError } from '../../../lambdas/github-error.ts';
import { auditWorld, deploys, type World } from './audit-world.ts';
import { deploymentItem, ID, outcome } from './world.ts';

let w: World;
beforeEach(() => {
  w = auditWorld();
});

test('a GitHub deployment is begun once and ended once, however often it is looked at; a redrive goes on with it', async () => {
  await deploys(w, { ttl: 3600 });
  await w.look();
  await w.look();
  await w.put(outcome('app', { outcome: 'failed' }));
  await w.ledger.put(ledgerKeys.deployment(1, ID, 'dev'), deploymentItem({ verdict: 'failed' }));
  await w.look();
  await w.look();
  await w.put(outcome('app', { attempt: 2 }));
  await w.ledger.put(ledgerKeys.deployment(1, ID, 'dev'), deploymentItem());
  await w.look();
  expect(w.repository.deployments).toEqual([
    {
      order: expect.objectContaining({ transient_environment: true, production_environment: false }),
      states: ['in_progress: apply', 'failure: failed: 1 target: 1 failed', 'in_progress: apply'],
    },
  ]);
});

test('a token that may not: the release is asked for once, and its statuses do not wait for it', async () => {
  await deploys(w);
  let asked = 0;
  w.audit = {
    ...w.repository.writer,
    async createDeployment() {
      asked += 1;
      throw new GitHubError(403, 'Resource not accessible by personal access token');
    },
  };
  expect([await w.look(), await w.look()]).toEqual(['done', 'done']);
  expect(asked).toBe(1);
  expect(w.lines.join('\n')).toContain('deployment dropped');
});
