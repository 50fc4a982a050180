/** Comments, buttons and re-runs through the real functions: who may, what is meant, what is answered, and that it is done once. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { askedDigest } from '../../../core/checks/buttons.ts';
import { parseComment } from '../../../core/commands/parse.ts';
import { command as contract } from '../../../core/contracts/command.ts';
import type { ReleaseRef } from '../../../core/contracts/release.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { type OutcomeItem, outcomeItemSchema } from '../../../core/ledger/work-items.ts';
import type { ResolvedTarget } from '../../../core/manifest/resolved.ts';
import { command } from '../../../lambdas/command/command.ts';
import {
  commitOf,
  deploy,
  outcomesOf,
  REPOSITORY,
  release,
  target,
  type World,
  world,
} from '../../support/deployment-world.ts';
import { Crash, dyingPorts } from '../../support/dying-ports.ts';

let w: World;
let ref: ReleaseRef;
const always: ResolvedTarget['policy'] = {
  approval: 'always',
  approvers: [],
  selfApproval: false,
  protect: [],
  rollback: 'connected',
};
const app = target('app', { policy: always });

beforeEach(async () => {
  w = world();
  ref = await release(w, { environments: { dev: [app] } });
  await w.ledger.put(ledgerKeys.commit(7, ref.commit), { release: ref.id });
  w.github.pull = { ...w.github.pull, head: commitOf('2'), merged: ref.commit };
});

const run = (event: object, ports = w.ports) =>
  contract.handle((input) => command(input, ports))({ repository: REPOSITORY, by: 'mira', ...event });

let comments = 0;
beforeEach(() => {
  comments = 100;
});

/** A comment as `webhook` passes it on. */
function commented(body: string, more: object = {}) {
  const parsed = parseComment(body);
  comments += 1;
  return {
    action: 'comment',
    delivery: `guid-${comments}`,
    pull: 3,
    comment: comments,
    at: w.now().toISOString(),
    orders: parsed.kind === 'orders' ? parsed.orders : [],
    problems: parsed.kind === 'problems' ? parsed.problems : [],
    ...more,
  };
}

/** What is answered to it on GitHub. */
async function answerTo(body: string, more: object = {}) {
  const event = commented(body, more);
  await run(event);
  return (await w.ledger.get(ledgerKeys.comment(7, event.comment)))?.answer;
}

/** Does something while the target waits for a person, who rejects it in the end if nobody has decided. */
async function whileAsked(body: () => Promise<unknown>) {
  await deploy(w, ref, {
    person: async () => {
      await body();
      await run({
        ...{ action: 'reject', repository: 7, release: ref.id, by: 'last' },
        ...{ environment: 'dev', component: 'app' },
      });
    },
  });
}

const asked = async (): Promise<OutcomeItem> =>
  outcomeItemSchema.parse(
    await w.ledger.get(ledgerKeys.outcome(7, ref.id, { environment: 'dev', component: 'app' })),
  );
const APPLIED = ['app: applied (1 added)'];
const REJECTED = ['app: rejected (rejected by last)'];

describe('a comment', () => {
  test.each(['/belay approve', '/belay approve dev', '/belay approve dev/app'])(
    '%s approves what is asked, with a thumb and no words',
    async (line) => {
      await whileAsked(async () => expect(await answerTo(line)).toEqual({ reaction: '+1' }));
      expect(await outcomesOf(w, ref)).toEqual(APPLIED);
    },
  );

  test.each([
    ['/belay approve prod', 'release 20261120-1111111-1 is not about prod'],
    ['/belay approve dev/web', 'release 20261120-1111111-1 has no target dev/web'],
  ])('%s names what is not there', async (line, why) => {
    await whileAsked(async () =>
      expect(await answerTo(line)).toEqual({ reaction: '-1', text: `- \`${line}\`: ${why}` }),
    );
    expect(await outcomesOf(w, ref)).toEqual(REJECTED);
  });

  test('who may only read may look and not touch; who may nothing is not spoken to', async () => {
    w.github.permissions.set('ron', 'read').set('eve', 'none');
    await whileAsked(async () => {
      expect(await answerTo('/belay approve', { by: 'ron' })).toEqual({
        reaction: '-1',
        text: '- `/belay approve`: ron may only read acme/shop: this needs write access',
      });
      expect(await answerTo('/belay status', { by: 'ron' })).toMatchObject({ reaction: '+1' });
      expect(await answerTo('/belay help', { by: 'ron' })).toMatchObject({ reaction: '+1' });
      expect(await answerTo('/belay status', { by: 'eve' })).toEqual({ reaction: '-1' });
      expect(await answerTo('/belay aprove', { by: 'eve' })).toEqual({ reaction: '-1' });
    });
    expect(await outcomesOf(w, ref)).toEqual(REJECTED);
  });

  test('who pushed the change may not approve it, and may reject it', async () => {
    await whileAsked(async () => {
      expect(await answerTo('/belay approve', { by: 'Octo' })).toMatchObject({
        reaction: '-1',
        text: expect.stringContaining('Octo pushed this change and may not approve it'),
      });
      expect(await answerTo('/belay reject', { by: 'octo' })).toEqual({ reaction: '+1' });
    });
    expect(await outcomesOf(w, ref)).toEqual(['app: rejected (rejected by octo)']);
  });

  test('approvers are those of the policy, whoever else may write', async () => {
    w = world();
    const only = target('app', { policy: { ...always, approvers: ['deployers'] } });
    ref = await release(w, { environments: { dev: [only] } });
    await w.ledger.put(ledgerKeys.commit(7, ref.commit), { release: ref.id });
    w.github.pull = { ...w.github.pull, head: ref.commit, merged: undefined };
    w.github.members.add('acme/deployers/ada');
    await whileAsked(async () => {
      expect(await answerTo('/belay approve')).toEqual({
        reaction: '-1',
        text: '- `/belay approve`: mira is not among the approvers: deployers may decide',
      });
      expect(await answerTo('/belay approve', { by: 'ada' })).toEqual({ reaction: '+1' });
    });
    expect(await outcomesOf(w, ref)).toEqual(APPLIED);
  });

  test('a comment older than the question does not answer it', async () => {
    await whileAsked(async () => {
      const at = new Date(w.now().getTime() - 60_000).toISOString();
      expect(await answerTo('/belay approve', { at })).toEqual({
        reaction: '-1',
        text: '- `/belay approve`: dev/app was asked about after that was written: look at its plan',
      });
    });
    expect(await outcomesOf(w, ref)).toEqual(REJECTED);
  });

  test('mistakes are told, and nothing is done', async () => {
    await whileAsked(async () =>
      expect(await answerTo('/belay approve\n/belay aprove')).toEqual({
        reaction: '-1',
        text: '- `/belay aprove`: there is no command `aprove`; did you mean `approve`?',
      }),
    );
    expect(await outcomesOf(w, ref)).toEqual(REJECTED);
  });

  test('after a refusal nothing more is done', async () => {
    await whileAsked(async () =>
      expect(await answerTo('/belay approve prod\n/belay approve dev')).toEqual({
        reaction: '-1',
        text: '- `/belay approve prod`: release 20261120-1111111-1 is not about prod\n- not done after that: `/belay approve dev`',
      }),
    );
    expect(await outcomesOf(w, ref)).toEqual(REJECTED);
  });

  test('a pull request without a release says so, whatever is asked of it', async () => {
    w.github.pull = { ...w.github.pull, head: commitOf('2'), merged: undefined };
    for (const line of ['approve', 'cancel', 'redrive', 'status', 'unlock dev/app'])
      expect(await answerTo(`/belay ${line}`)).toEqual({
        reaction: '-1',
        text: `- \`/belay ${line}\`: there is no release of 2222222, its newest commit`,
      });
    expect(await answerTo('/belay apply')).toMatchObject({
      text: expect.stringContaining('this pull request is not merged'),
    });
  });

  test('a delivery that comes again, or of the same comment by another webhook, does nothing', async () => {
    await deploy(w, ref, { tools: { app: { plan: 'fails' } } });
    const event = commented('/belay destroy dev\n/belay redrive');
    await run(commented('/belay redrive'));
    expect(w.running.has(`arn:release:${ref.id}`)).toBe(true);
    const first = commented('/belay cancel');
    expect(await run(first)).toMatchObject({ accepted: true });
    expect(await run(first)).toEqual({
      accepted: false,
      message: `comment ${first.comment} is answered already`,
    });
    expect(await run({ ...first, delivery: 'other' })).toMatchObject({ accepted: false });
    // Whoever shows answers is told again: perhaps nobody was the first time.
    expect(w.answered.filter((one) => one === first.comment)).toHaveLength(4);
    expect(event.orders).toHaveLength(2);
  });

  test('killed anywhere and called again, a release that is asked for begins once, and there is one answer', async () => {
    for (let count = 1; ; count++) {
      w = world();
      ref = await release(w, { environments: { dev: [target('app')] } });
      await w.ledger.put(ledgerKeys.commit(7, ref.commit), { release: ref.id });
      await deploy(w, ref);
      const event = commented('/belay destroy dev');
      const { ports, crash } = dyingPorts(w.ports, count);
      await run(event, ports).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
      // Called again too early, it is left to whoever has it.
      if (crash.happened) await run(event);
      w.advance(60_000);
      await run(event);
      const requests = new Set(w.published.map((detail) => (detail as { request: string }).request));
      expect([...requests]).toEqual([`comment-7-${event.comment}-1`]);
      expect(await w.ledger.get(ledgerKeys.comment(7, event.comment))).toMatchObject({
        state: 'done',
        answer: {
          reaction: '+1',
          text: expect.stringContaining('destroy of dev/app, asked for by mira, begins'),
        },
      });
      if (!crash.happened) return;
    }
  });

  test('a rollback names a commit by its beginning', async () => {
    await deploy(w, ref, { person: async () => void (await answerTo('/belay approve')) });
    w.github.ancestry = 'ahead';
    expect(await answerTo('/belay rollback dev --to 2222222')).toMatchObject({ reaction: '+1' });
    expect(w.published).toMatchObject([{ operation: 'rollback', environment: 'dev', commit: commitOf('2') }]);
    expect(await answerTo('/belay rollback dev --to abcdef0')).toEqual({
      reaction: '-1',
      text: '- `/belay rollback dev --to abcdef0`: there is no commit abcdef0 in acme/shop',
    });
  });

  test('apply goes on with what failed', async () => {
    await deploy(w, ref, { tools: { app: { plan: 'fails' } } });
    expect(await answerTo('/belay apply')).toEqual({ reaction: '+1' });
    expect(await answerTo('/belay apply')).toMatchObject({ text: expect.stringContaining('is under way') });
    w.running.delete(`arn:release:${ref.id}`);
    expect(w.published).toEqual([]);
  });

  test('what has ended is brought again only where it is said that it is older', async () => {
    await deploy(w, ref, { person: async () => void (await answerTo('/belay approve')) });
    w.ends.set(`arn:release:${ref.id}`, 'SUCCEEDED');
    expect(await answerTo('/belay apply')).toMatchObject({
      reaction: '-1',
      text: expect.stringContaining('deploys 1111111 though a newer commit came since'),
    });
    expect(w.published).toEqual([]);
    expect(await answerTo('/belay apply --older')).toMatchObject({ reaction: '+1' });
    expect(w.published).toMatchObject([{ operation: 'rollback', environment: 'dev', commit: ref.commit }]);
  });

  test('status and help have words', async () => {
    await whileAsked(async () => {
      const { text } = (await answerTo('/belay status')) as { text: string };
      expect(text).toMatch(/^Release `20261120-1111111-1` of `1111111`: 0 of 1 target done/);
      expect(text).toContain('| `dev/app` | approving |');
    });
    expect(await answerTo('/belay help')).toMatchObject({
      text: expect.stringContaining('| `/belay rollback ENV [--to COMMIT]` |'),
    });
  });
});

describe('a button', () => {
  let deliveries = 0;
  const press = async (button: string, more: object = {}) =>
    run({
      ...{ action: 'press', delivery: `press-${++deliveries}`, commit: ref.commit, button },
      ...{ check: `${ref.id}/dev/app`, ...more },
    });
  const approve = async () => `approve:${askedDigest([await asked()])}`;
  const notice = async () => (await w.ledger.get(ledgerKeys.release(7, ref.id)))?.notice;

  test.each(['', '/dev/app', '/dev'])('approves what it was shown for, at %p', async (place) => {
    await whileAsked(async () => {
      expect(await press(await approve(), { check: `${ref.id}${place}` })).toEqual({
        accepted: true,
        message: 'dev/app: approved by mira',
      });
    });
    expect(await outcomesOf(w, ref)).toEqual(APPLIED);
    expect(await notice()).toBeUndefined();
  });

  test('one of another plan does nothing, and the check says so until one does something', async () => {
    await whileAsked(async () => {
      expect(await press('approve:0123456789ab')).toEqual({
        accepted: false,
        message: 'what is asked has changed since the button was shown: look at the plan again',
      });
      expect(await notice()).toEqual({
        on: 'dev/app',
        text: 'nothing was done for mira: what is asked has changed since the button was shown: look at the plan again',
      });
      expect(await press(await approve())).toMatchObject({ accepted: true });
      expect(await notice()).toBeUndefined();
    });
    expect(await outcomesOf(w, ref)).toEqual(APPLIED);
  });

  test.each([
    ['no release', { check: '20261120-9999999-1/dev/app' }],
    ['another commit', { commit: commitOf('2') }],
    ['another repository', { repository: { ...REPOSITORY, id: 8 } }],
    ['nothing', { check: '' }],
    ['keys of the ledger', { check: '../7/release/dev/app' }],
    ['too much', { check: '20261120-1111111-1/dev/app/more' }],
  ])('that is about %s does nothing', async (_, more) => {
    await whileAsked(async () => {
      expect(await press(await approve(), more)).toMatchObject({
        accepted: false,
        message: expect.stringContaining('is about no release of'),
      });
      expect(await notice()).toBeUndefined();
    });
    expect(await outcomesOf(w, ref)).toEqual(REJECTED);
  });

  test.each(['approve', 'approve:', 'approve:0123456789AB', 'apply', ''])(
    'nobody has made, %p, does nothing',
    async (button) => {
      await whileAsked(async () =>
        expect(await press(button)).toEqual({ accepted: false, message: 'this check has no such button' }),
      );
      expect(await outcomesOf(w, ref)).toEqual(REJECTED);
    },
  );

  test('of somebody who may not write does nothing', async () => {
    w.github.permissions.set('mira', 'read');
    await whileAsked(async () =>
      expect(await press(await approve())).toEqual({
        accepted: false,
        message: 'mira has no write access to acme/shop',
      }),
    );
    expect(await outcomesOf(w, ref)).toEqual(REJECTED);
  });

  test('delivered twice counts once', async () => {
    await deploy(w, ref, { tools: { app: { plan: 'fails' } } });
    expect(await press('redrive', { delivery: 'one' })).toMatchObject({ accepted: true });
    w.running.delete(`arn:release:${ref.id}`);
    expect(await press('redrive', { delivery: 'one' })).toEqual({
      accepted: false,
      message: 'delivery one is served already',
    });
    expect(w.running.has(`arn:release:${ref.id}`)).toBe(false);
  });

  test('cancels the release', async () => {
    w.running.add(`arn:release:${ref.id}`);
    await whileAsked(async () => expect(await press('cancel')).toMatchObject({ accepted: true }));
    expect(await outcomesOf(w, ref)).toEqual(['app: cancelled (cancelled by mira)']);
  });
});

describe('a re-run', () => {
  const rerun = (more: object = {}) =>
    run({ action: 're-run', delivery: `rerun-${Math.random()}`, commit: ref.commit, ...more });
  const verdict = (word: string | undefined) =>
    w.ledger.update(
      ledgerKeys.release(7, ref.id),
      word === undefined ? { remove: ['verdict'] } : { set: { verdict: word } },
    );

  test.each([{ check: undefined }, { check: '20261120-1111111-1' }, { check: '20261120-1111111-1/dev/app' }])(
    'goes on with a release that failed: $check',
    async ({ check }) => {
      await verdict('failed');
      expect(await rerun({ check })).toMatchObject({ accepted: true });
      expect(w.running.has(`arn:release:${ref.id}`)).toBe(true);
    },
  );

  test.each([
    [
      'succeeded',
      'release 20261120-1111111-1 ended as succeeded: only what failed is run again; push to deploy something else',
    ],
    [undefined, 'release 20261120-1111111-1 is under way'],
  ])('of one that is %s says why not', async (word, message) => {
    await verdict(word);
    expect(await rerun()).toEqual({ accepted: false, message });
    expect((await w.ledger.get(ledgerKeys.release(7, ref.id)))?.notice).toEqual({
      on: '',
      text: `nothing was done for mira: ${message}`,
    });
  });

  test('of a commit that has no release is nobody’s', async () => {
    expect(await rerun({ commit: commitOf('5') })).toEqual({
      accepted: false,
      message: 'the check is about no release of 5555555',
    });
  });
});
