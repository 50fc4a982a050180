/** Destroy and rollback by hand through the whole local twin: a chain with the real tool, shell components, a dirty environment. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { outputsKey, stateKey } from '../../../core/keys.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { outcomeItemSchema } from '../../../core/ledger/work-items.ts';
import type { CommandOrder, PushReceipt } from '../../../local/cli/twin.ts';
import { environment, fileComponent, fileComponents, manifest } from '../support/components.ts';
import type { Repository } from '../support/repository.ts';
import { twin } from '../support/shared-twin.ts';
import { endsOf, outcomesOf, statusesOf } from '../support/summary.ts';
import { until } from '../support/twin.ts';
import { withTool } from '../support/with-tool.ts';

/** The file is removed as what was applied has it: the commands are those of last good. */
const removable = (name: string, inputs: readonly string[] = []) => {
  const { commands, ...rest } = fileComponent(name, inputs);
  const destroy = 'rm "$DEPLOYED/$NAME" && echo "destroy $NAME" >> "$DEPLOYED/calls"';
  return { ...rest, commands: { ...commands, destroy } };
};

const code = `
variable "above" {
  type = string
}
resource "terraform_data" "main" {
  input = var.above
}
output "first" {
  value = terraform_data.main.output
}
`;

type Order = Extract<CommandOrder, { action: 'destroy' | 'rollback' }>;

async function order(repository: Repository, wish: Partial<Order> & Pick<Order, 'action'>) {
  const id = (await twin.world.repositoryAt(repository.directory)) ?? 0;
  return twin.world.command({ repository: id, environment: 'dev', by: 'mira', ...wish } as Order);
}

async function begun(
  repository: Repository,
  wish: Partial<Order> & Pick<Order, 'action'>,
): Promise<PushReceipt> {
  const { request, message } = await order(repository, wish);
  if (request === undefined) throw new Error(`refused: ${message}`);
  return { delivery: request.id, repository: request.repository, commit: request.commit };
}

/** Ada says yes to whatever is asked, until the release has ended; answers with what was asked, in order. */
async function approveAll(receipt: PushReceipt): Promise<string[]> {
  const asked: string[] = [];
  const { pk, sk } = ledgerKeys.delivery(receipt.delivery);
  await until('the end of the release', async () => {
    const [delivery] = await twin.world.query(pk, sk);
    const release = delivery?.release;
    if (typeof release !== 'string') return false;
    const at = ledgerKeys.release(receipt.repository, release);
    for (const item of await twin.world.query(at.pk, 'outcome/dev/')) {
      const { component, progress, reason } = outcomeItemSchema.parse(item);
      if (progress !== 'approving') continue;
      const target = { repository: receipt.repository, release, environment: 'dev', component };
      const { accepted } = await twin.world.command({ action: 'approve', by: 'ada', ...target });
      if (accepted && !asked.some((line) => line.startsWith(`${component}:`))) {
        asked.push(`${component}: ${reason}`);
      }
    }
    const [item] = await twin.world.query(at.pk, at.sk);
    return item?.verdict !== undefined;
  });
  return asked;
}

withTool('a chain is destroyed in reverse order, each after a yes; then it is deployed anew', async () => {
  const repository = twin.repository('destroyed');
  const files = {
    'belay.yaml': manifest({
      environments: { dev: environment(twin.deployed('destroyed')) },
      components: {
        one: removable('one'),
        two: { path: 'components/two', needs: ['one'], inputs: { above: 'one.first' } },
        three: removable('three', ['two']),
      },
    }),
    'components/two/main.tf': code,
    ...fileComponents({ one: 'one\n', three: 'three\n' }),
  };
  const sha = repository.commit(files);
  expect((await twin.push(repository)).verdict).toBe('succeeded');

  expect(await order(repository, { action: 'destroy', components: ['one'] })).toEqual({
    accepted: false,
    message:
      'dev/two needs one, dev/three needs two and would be left standing; to destroy all of it: destroy --env dev --target one --target two --target three',
  });

  const receipt = await begun(repository, { action: 'destroy' });
  const asked = await approveAll(receipt);
  const report = await twin.ended(receipt);
  expect(endsOf(report.environments[0]?.targets ?? [])).toEqual({
    three: 'destroyed: 1 destroyed',
    two: 'destroyed: 1 destroyed',
    one: 'destroyed: 1 destroyed',
  });
  expect(asked).toEqual([
    'three: it would destroy three (1 by its own count)',
    'two: it would destroy terraform_data.main',
    'one: it would destroy one (1 by its own count)',
  ]);
  expect(statusesOf(report)).toMatchObject({
    belay: 'success: destroy (asked for by mira): 3 targets: 3 destroyed',
    'belay/dev/two': 'success: destroyed: 1 to destroy, 1 output to change',
  });
  expect([report.commit, report.reason]).toEqual([sha, 'destroyed dev/one, dev/three, dev/two']);
  expect(existsSync(twin.deployed('destroyed', 'one'))).toBe(false);
  expect(readFileSync(twin.deployed('destroyed', 'calls'), 'utf8').trim().split('\n').slice(-2)).toEqual([
    'destroy three',
    'destroy one',
  ]);
  const state = await twin.world.artifact(stateKey(receipt.repository, 'dev', 'two'));
  expect(JSON.parse(Buffer.from(state ?? '').toString('utf8'))).toMatchObject({ resources: [], outputs: {} });
  expect(await twin.world.artifact(outputsKey(receipt.repository, 'dev', 'two'))).toBeUndefined();

  repository.commit({ 'components/one/text': 'again\n' });
  const anew = await twin.push(repository);
  expect(outcomesOf(anew)).toEqual({ 'dev/one': 'applied', 'dev/two': 'applied', 'dev/three': 'applied' });
  expect(readFileSync(twin.deployed('destroyed', 'three'), 'utf8')).toBe('three\nin_two=again\n');
});

test.concurrent('back to an older commit; the head is not deployed again by itself, the next push is', async () => {
  const repository = twin.repository('by-hand');
  const commit = (one: string, two: string) =>
    repository.commit({
      'belay.yaml': manifest({
        environments: { dev: environment(twin.deployed('by-hand')) },
        components: { one: fileComponent('one'), two: fileComponent('two', ['one']) },
      }),
      ...fileComponents({ one, two }),
    });
  const first = commit('one\n', 'two\n');
  await twin.push(repository);
  commit('ONE\n', 'TWO\n');
  expect((await twin.push(repository)).verdict).toBe('succeeded');

  const report = await twin.ended(await begun(repository, { action: 'rollback', to: first }));
  expect([report.verdict, report.reason, report.commit]).toEqual([
    'succeeded',
    `rolled back dev to ${first.slice(0, 7)}`,
    first,
  ]);
  expect(outcomesOf(report)).toEqual({ 'dev/one': 'applied', 'dev/two': 'applied' });
  expect(statusesOf(report)).toMatchObject({
    belay: 'success: rollback (asked for by mira): 2 targets: 2 applied',
  });
  expect(readFileSync(twin.deployed('by-hand', 'two'), 'utf8')).toBe('two\nin_one=one\n');
  const swept = await twin.world.sweep();
  expect(swept.filter((line) => line.includes('no release has come'))).toEqual([]);

  commit('ONE\n', 'third\n');
  expect((await twin.push(repository)).verdict).toBe('succeeded');
  expect(readFileSync(twin.deployed('by-hand', 'two'), 'utf8')).toBe('third\nin_one=ONE\n');
});

test.concurrent('what is dirty goes back to its last good when it is asked for', async () => {
  const repository = twin.repository('dirty');
  const broken = twin.deployed('dirty', 'is-broken');
  const apply = `test ! -e ${broken} && sh deploy.sh apply`;
  const { commands, ...one } = fileComponent('one');
  const commit = (text: string) =>
    repository.commit({
      'belay.yaml': manifest({
        environments: { dev: environment(twin.deployed('dirty'), { rollback: 'off' }) },
        components: { one: { ...one, commands: { ...commands, apply } }, two: fileComponent('two') },
      }),
      ...fileComponents({ one: text, two: text }),
    });
  commit('good\n');
  await twin.push(repository);
  expect(await order(repository, { action: 'rollback' })).toMatchObject({
    accepted: false,
    message: expect.stringMatching(/^nothing in dev is dirty; deployed there: [0-9a-f]{7} \(one, two\)/),
  });

  writeFileSync(broken, '');
  commit('bad\n');
  expect((await twin.push(repository)).verdict).toBe('failed');
  // Somebody tidied up, and left half of it.
  writeFileSync(twin.deployed('dirty', 'one'), 'half\n');
  rmSync(broken);
  const report = await twin.ended(await begun(repository, { action: 'rollback' }));
  expect([report.verdict, report.reason]).toEqual(['succeeded', 'dev is back at last good']);
  expect(outcomesOf(report)).toEqual({ 'dev/one': 'rolled-back', 'dev/two': 'unchanged' });
  expect(readFileSync(twin.deployed('dirty', 'one'), 'utf8')).toBe('good\n');
  expect(readFileSync(twin.deployed('dirty', 'two'), 'utf8')).toBe('bad\n');
});
