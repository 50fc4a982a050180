/** All checks in their order; one that cannot be made says so and stops no other. Called by `main.ts`. */
import type { Configuration } from '../core/configuration/schema.ts';
import {
  examineBootstrap,
  examineFargate,
  examineFunctions,
  examineReleases,
  examineStack,
} from './account.ts';
import { examineConfiguration } from './configuration.ts';
import type { Finding } from './finding.ts';
import { examineGitHub } from './github.ts';
import type { Aws, GitHub, Place } from './ports.ts';

export interface DoctorPorts {
  /** Imports `belay.config.ts`. */
  readonly load: () => Promise<unknown>;
  readonly aws: Aws;
  /** GitHub where the configuration says it is. */
  readonly gitHub: (configuration: Configuration) => GitHub;
}

const IN_ACCOUNT = 'bootstrap, Fargate, Lambda, stack, releases, GitHub';

export async function examine({ load, aws, gitHub }: DoctorPorts): Promise<readonly Finding[]> {
  const { findings, configuration } = await examineConfiguration(load);
  if (configuration === undefined) {
    const message = `not looked at without a configuration: account, ${IN_ACCOUNT}`;
    return [...findings, { check: 'account', verdict: 'unchecked', message }];
  }
  let place: Place;
  try {
    place = await aws.place();
  } catch (error) {
    const message = `not looked at without AWS credentials and a region: ${IN_ACCOUNT} (${wordsOf(error)})`;
    return [...findings, { check: 'account', verdict: 'unchecked', message }];
  }
  const where: Finding = { check: 'account', verdict: 'ok', message: `${place.account}, ${place.region}` };
  const inAccount = await Promise.all([
    tried('bootstrap', async () => [await examineBootstrap(aws, place)]),
    tried('Fargate', async () => [await examineFargate(aws, configuration)]),
    tried('Lambda', async () => [await examineFunctions(aws)]),
    tried('stack', () => examineDeployed({ aws, gitHub: gitHub(configuration) }, configuration)),
  ]);
  return [...findings, where, ...inAccount.flat()];
}

/** The stack, and what comes with it. */
async function examineDeployed(
  ports: { readonly aws: Aws; readonly gitHub: GitHub },
  configuration: Configuration,
): Promise<readonly Finding[]> {
  const { finding, stack } = await examineStack(ports.aws);
  if (stack === undefined) {
    const message = 'nothing is told before the stack is there';
    return [finding, { check: 'GitHub', verdict: 'unchecked', message }];
  }
  const later = await Promise.all([
    tried('releases', async () => [await examineReleases(ports.aws)]),
    tried('GitHub', () => examineGitHub(ports, configuration, stack)),
  ]);
  return [finding, ...later.flat()];
}

async function tried(check: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [{ check, verdict: 'unchecked', message: wordsOf(error) }];
  }
}

/** The first line: what SDKs add below it is for programmers. */
const wordsOf = (error: unknown) =>
  String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
