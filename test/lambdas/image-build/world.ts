/** A CodeBuild and a registry in memory, and a clock that only waiting moves. */
import type { ImageOrder } from '../../../core/contracts/image-build.ts';
import type { Answer, AnswerPorts } from '../../../lambdas/image-build/answer.ts';
import type { BasesMoved, CheckBasesPorts } from '../../../lambdas/image-build/check-bases.ts';
import { type BuildState, PassingTrouble } from '../../../lambdas/image-build/ensure-image.ts';

const D = (digit: string) => `sha256:${digit.repeat(64)}`;

export const ORDER: ImageOrder = {
  project: 'belay-image-lambdas-arm64',
  repository: 'belay-lambdas',
  repositoryUri: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/belay-lambdas',
  tag: 'abcdefabcdef1234-000000000000-arm64',
  location: 'assets/source.zip',
  bases: { BASE_IMAGE: `public.ecr.aws/lambda/nodejs:24@${D('1')}` },
};

const ENDED = { problem: 'it ended as FAILED, in phase BUILD, exit status 1', log: 'https://log' };

export interface Script {
  /** Tags that are there. */
  readonly tags?: string[];
  /** What one look after the other sees; the last one is seen again and again. @default succeeded at once */
  readonly looks?: readonly (BuildState['status'] | 'unknown' | 'throttled')[];
  /** How often starting is refused by a full queue. */
  readonly refusals?: number;
  /** Nothing is pushed by a build that succeeds. */
  readonly pushesNothing?: boolean;
  /** Name and tag → digest. */
  readonly newest?: Readonly<Record<string, string>>;
}

export function world(script: Script = {}) {
  const tags = new Set(script.tags);
  const looks = [...(script.looks ?? ['succeeded' as const])];
  const started: { readonly order: ImageOrder; readonly token: string }[] = [];
  const stopped: string[] = [];
  const answers: Answer[] = [];
  const told: BasesMoved[] = [];
  let refusals = script.refusals ?? 0;
  let left = 14 * 60_000;
  const ports: AnswerPorts & CheckBasesPorts = {
    hasImage: async (_, tag) => tags.has(tag),
    builds: {
      async start(order, token) {
        if (refusals > 0) {
          refusals -= 1;
          throw new PassingTrouble('AccountLimitExceededException: Cannot have more than 5 builds in queue');
        }
        started.push({ order, token });
        return `${order.project}:1`;
      },
      async look() {
        const seen = looks.length > 1 ? looks.shift() : looks[0];
        if (seen === 'throttled') throw new PassingTrouble('ThrottlingException: Rate exceeded');
        if (seen === undefined || seen === 'unknown') return undefined;
        const [last] = started.slice(-1);
        if (seen === 'succeeded' && last !== undefined && !script.pushesNothing) tags.add(last.order.tag);
        return { status: seen, ...ENDED };
      },
      async stop(id) {
        stopped.push(id);
      },
    },
    timeLeft: () => left,
    wait: async (milliseconds) => {
      left -= milliseconds;
    },
    send: async (_, answer) => {
      answers.push(answer);
    },
    newestDigest: async (name, tag) => script.newest?.[`${name}:${tag}`] ?? '',
    tell: async (news) => {
      told.push(news);
    },
  };
  return { ports, tags, started, stopped, answers, told, waited: () => 14 * 60_000 - left };
}
