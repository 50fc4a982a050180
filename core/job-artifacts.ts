/** Which S3 object an artifact's name stands for in a job: called by `artifacts`. */
import { type JobSpec, STAGE_ARTIFACTS } from './contracts/job.ts';
import { outputsKey, stageKey, type TargetAddress } from './keys.ts';

/** S3 keys by artifact name, or what is wrong with the names. */
export type ArtifactKeys = { readonly keys: ReadonlyMap<string, string> } | { readonly problem: string };

/** What the job may read: the commit, its inputs, lock files, the plan it applies, the outputs of what was applied. */
export function readableKeys(spec: JobSpec, names: readonly string[]): ArtifactKeys {
  const { environment, component } = spec.target;
  const keyOf: Readonly<Record<string, string | undefined>> = {
    source: spec.source.key,
    lock: spec.locks?.lastGood,
    'current-bundle': spec.locks?.current?.bundle,
    'current-source': spec.locks?.current?.source,
    // The values and the bundle the plan was made with, also for the stages after it.
    inputs: stageKey(addressOf(spec), 'plan', 'inputs.json'),
    bundle: stageKey(addressOf(spec), 'plan', 'bundle.tar.gz'),
    // Of the writer this job is a duplicate of.
    result: stageKey(addressOf(spec), spec.stage, 'result.json'),
    outputs: outputsKey(spec.release.repository, environment, component),
  };
  const allowed = STAGE_ARTIFACTS[spec.stage].get;
  // Only a rollback and a destroy have lock files to choose from: in other jobs these artifacts do not exist.
  const existing = names.filter((name) => !allowed.includes(name) || keyOf[name] !== undefined);
  return keysOf(existing, (name) => (allowed.includes(name) ? keyOf[name] : undefined), {
    spec,
    doing: 'read',
    allowed,
  });
}

/** What the job may write: files of its own stage; below a folder (`reports/`) any plain path. */
export function writableKeys(spec: JobSpec, names: readonly string[]): ArtifactKeys {
  const allowed = STAGE_ARTIFACTS[spec.stage].put;
  const isAllowed = (name: string) =>
    allowed.some((one) => (one.endsWith('/') ? name.startsWith(one) && isPlainPath(name) : name === one));
  const keyOf = (name: string) => (isAllowed(name) ? stageKey(addressOf(spec), spec.stage, name) : undefined);
  return keysOf(names, keyOf, { spec, doing: 'write', allowed });
}

function keysOf(
  names: readonly string[],
  keyOf: (name: string) => string | undefined,
  { spec, doing, allowed }: { spec: JobSpec; doing: string; allowed: readonly string[] },
): ArtifactKeys {
  const keys = new Map<string, string>();
  for (const name of names) {
    const key = keyOf(name);
    if (key === undefined) {
      const what = JSON.stringify(name.slice(0, 200));
      return {
        problem: `a ${spec.stage} job may not ${doing} the artifact ${what}, only ${allowed.join(', ')}`,
      };
    }
    keys.set(name, key);
  }
  return { keys };
}

const addressOf = ({ release, target, pass }: JobSpec): TargetAddress => ({
  repository: release.repository,
  release: release.id,
  environment: target.environment,
  component: target.component,
  pass,
});

/** Names joined by single slashes, none of them `.` or `..`, printable, short enough for an S3 key. */
const isPlainPath = (path: string) =>
  path.length <= 500 &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') &&
  !/[\\\p{Cc}]/u.test(path);
