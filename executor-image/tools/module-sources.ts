/** Which modules cannot be fetched, said before `init` would run into it. Used by the OpenTofu and Terraform tool. */
import type { Diagnostic } from '../../core/contracts/job.ts';
import { failed } from '../failure.ts';
import { isGitSource, isLocalSource, type ModuleCall } from './code.ts';

/** A bucket is reached without the internet: https://opentofu.org/docs/language/modules/sources/#s3-bucket */
const isBucketSource = (source: string) => source.startsWith('s3::');

/**
 * `closed`: the job has no way to the internet.
 * @throws JobFailure naming every call that cannot be served, with a diagnostic at each.
 */
export function requireServedModules(calls: readonly ModuleCall[], closed: boolean): void {
  refuse(calls, {
    isRefused: isGitSource,
    how: 'is fetched with git',
    why: 'git module sources are not served yet; use a registry, an archive or a directory of this repository',
    summary: 'Git module source',
  });
  if (!closed) return;
  refuse(calls, {
    isRefused: (source) => !isLocalSource(source) && !isBucketSource(source),
    how: 'comes',
    why: "plans have no way to the internet here (plans.network is 'closed' in belay.config.ts); keep it in a directory of this repository",
    summary: 'Module source out of reach',
  });
}

interface Refusal {
  readonly isRefused: (source: string) => boolean;
  readonly how: string;
  readonly why: string;
  readonly summary: string;
}

function refuse(calls: readonly ModuleCall[], { isRefused, how, why, summary }: Refusal): void {
  const refused = calls
    .filter(({ source }) => isRefused(source))
    .map(({ name, source, ...place }) => ({ ...place, detail: `module "${name}" ${how} from ${source}` }));
  if (refused.length === 0) return;
  throw failed(
    `${refused.map(({ detail }) => detail).join('; ')}: ${why}`,
    refused.map((one): Diagnostic => ({ severity: 'error', summary, ...one })),
  );
}

/** How both tools say that they have found no provider, in whatever version. */
const NO_PROVIDER = /^Failed to (query available|resolve|install) provider/;

/** What to do about providers that a closed job lacks, to be added to the tool's own words; nothing when it lacks none. */
export const missingProviderHint = (diagnostics: readonly Diagnostic[]) =>
  diagnostics.some(({ summary }) => NO_PROVIDER.test(summary))
    ? "; plans have no way to a registry here (plans.network is 'closed'): name this provider and version in plans.providers of belay.config.ts and deploy Belay, or change the version in the code"
    : '';
