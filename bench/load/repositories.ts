/** The repositories of the load: each with its own environment, in which every commit's number is deployed. Made by `main.ts`. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../../local/world.ts';
import { changeFiles, makeRepository } from '../measure.ts';

/** A commit, and the delivery GitHub has for its push. */
export interface Pushed {
  readonly delivery: string;
  readonly commit: string;
  /** Of its repository, from 1. */
  readonly number: number;
}

export interface LoadRepository {
  /** GitHub's numeric id. */
  readonly id: number;
  readonly name: string;
  /** Where it deploys to. */
  readonly deployed: string;
  /** Oldest first. */
  readonly pushes: readonly Pushed[];
}

const manifest = (deployed: string) =>
  JSON.stringify({
    version: 1,
    environments: {
      dev: { account: '111122223333', region: 'eu-west-1', approval: 'never', env: { DEPLOYED: deployed } },
    },
    components: {
      app: {
        path: 'app',
        tool: 'shell',
        commands: {
          plan: 'cmp -s value "$DEPLOYED/value" || exit 2',
          apply: 'cat value >> "$DEPLOYED/applied" && cp value "$DEPLOYED/value"',
        },
      },
    },
  });

/** Makes a repository and pushes its commits to the twin's GitHub, which delivers none of them yet. */
export async function pushAll(
  world: World,
  { folder, name, commits }: { readonly folder: string; readonly name: string; readonly commits: number },
): Promise<LoadRepository> {
  const directory = join(folder, name);
  const deployed = join(folder, 'deployed', name);
  mkdirSync(deployed, { recursive: true });
  const pushes: Pushed[] = [];
  let id = 0;
  for (let number = 1; number <= commits; number += 1) {
    const value = { 'app/value': `${number}\n` };
    if (number === 1) makeRepository(directory, { ...value, 'belay.yaml': manifest(deployed) });
    else changeFiles(directory, value);
    const { guid, commit, repository } = await world.parts.github.receivePush({ directory, deliveries: 0 });
    id = repository.id;
    pushes.push({ delivery: guid, commit, number });
  }
  return { id, name, deployed, pushes };
}

/** The numbers of the commits that were applied, in this order. */
export const appliedIn = ({ deployed }: LoadRepository): readonly number[] =>
  readFileSync(join(deployed, 'applied'), 'utf8').trim().split('\n').map(Number);
