/** What a fetched commit asks for: nothing, something refused, or a deployment with its documents stored. A step of `resolve`. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { parseTree, type SourceTree } from '../../core/content/tree.ts';
import {
  type ReleaseDocument,
  type ReleaseRef,
  releaseDocumentSchema,
} from '../../core/contracts/release.ts';
import { releaseKey, sourceKey, treeKey } from '../../core/keys.ts';
import { type HeldBack, heldBack } from '../../core/manifest/held-back.ts';
import { type Places, parseManifest } from '../../core/manifest/parse.ts';
import { formatProblems, manifestFile } from '../../core/manifest/problem.ts';
import { newEnvironments, plannedManifest } from '../../core/manifest/pull.ts';
import { type ResolvedEnvironment, resolveTargets } from '../../core/manifest/resolve.ts';
import type { Manifest } from '../../core/manifest/schema.ts';
import type { Request } from '../../core/request.ts';
import type { ReleaseVerdict } from '../../core/words.ts';
import type { FetchedCommit, ObjectStore } from '../ports.ts';
import { referencesOf } from './references.ts';

/** No verdict: the environments are to be deployed, in this order. */
export interface Examination {
  readonly environments: readonly string[];
  readonly verdict?: ReleaseVerdict;
  /** For people; of a refused manifest every problem, one a line. */
  readonly reason: string;
}

/** A reason is kept in the ledger and travels in a machine's state: more than this is cut. Characters. */
const MAX_REASON = 8000;

/** How many paths are named before the rest is counted. */
const NAMED_PATHS = 5;

/** The first line of a Git LFS pointer: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
const LFS_POINTER = '^version https://git-lfs\\.github\\.com/spec/v1$';

export interface ExaminePorts {
  readonly store: ObjectStore;
  /** Where the deployed configuration lets manifests deploy to. */
  readonly places: Places;
}

/** What is to be examined. */
export interface Question {
  readonly request: Pick<Request, 'branch' | 'operation' | 'repository'>;
  readonly release: ReleaseRef;
  /** The one environment that is meant. @default all of the manifest */
  readonly environment?: string;
  /** What is planned before it is merged, and the base branch, which says what it may not. */
  readonly unmerged?: Unmerged;
}

type Unmerged = {
  /** What the base branch has. */
  readonly base: FetchedCommit;
} & (
  | { readonly pull: NonNullable<ReleaseDocument['pull']>; readonly mergeGroup?: never }
  | { readonly mergeGroup: NonNullable<ReleaseDocument['mergeGroup']>; readonly pull?: never }
);

/** Stores snapshot, tree and `release.json` of a commit that deploys something. Repeated calls store the same. */
export async function examine(
  fetched: FetchedCommit,
  { request, release, environment, unmerged }: Question,
  { store: objects, places }: ExaminePorts,
): Promise<Examination> {
  const treeText = await fetched.tree();
  const tree = parseTree(Buffer.from(treeText).toString('utf8'), fetched.rootTree);
  const manifest = await textAt(manifestFile, tree, fetched);
  if (manifest === undefined)
    return end('nothing-to-do', `there is no ${manifestFile} at the root of ${short(release.commit)}`);
  const parsed = parseManifest(manifest, tree, places);
  if ('problems' in parsed) return end('refused', shortened(formatProblems(parsed.problems)));
  if (tree.submodules.length > 0) {
    return end(
      'refused',
      `submodules are not fetched: ${some(tree.submodules)}; put their files into the repository or refer to them as modules`,
    );
  }

  const allowed =
    unmerged === undefined
      ? { manifest: parsed.manifest, note: '', held: [] }
      : await withBase(parsed.manifest, { branch: request.branch, base: unmerged.base, places });
  if ('ended' in allowed) return allowed.ended;
  const all = resolveTargets(allowed.manifest);
  const environments = all.filter(({ name }) => environment === undefined || name === environment);
  if (environments.length === 0) {
    return end('refused', `the manifest of ${short(release.commit)} has no environment ${environment}`);
  }
  const { pull, mergeGroup } = unmerged ?? {};
  const commit = pull?.merge ?? release.commit;
  if (!(await objects.exists(sourceKey(release.repository, commit))))
    await objects.put(sourceKey(release.repository, commit), await fetched.archive());
  await objects.put(treeKey(release.repository, commit), await promisify(gzip)(treeText));
  const document = releaseDocumentSchema.parse({
    version: 1,
    release,
    operation: request.operation,
    repository: request.repository,
    ...(pull && { pull }),
    ...(mergeGroup && { mergeGroup }),
    branch: request.branch,
    rootTree: fetched.rootTree,
    environments: withHeldBack(await withReferences(environments, tree, fetched), allowed.held),
  } satisfies ReleaseDocument);
  await objects.put(releaseKey(release.repository, release.id), JSON.stringify(document));

  const names = environments.map(({ name }) => name);
  const pointers = await lfsPointers(tree, fetched);
  const warning =
    pointers.length === 0
      ? ''
      : `; Git LFS files are not fetched, jobs see their pointers: ${some(pointers)}`;
  const doing = request.operation === 'plan' ? 'planning' : 'deploying to';
  const note = `${allowed.note}${warning}`;
  const reason = `${doing} ${names.join(', ')}${note}`;
  return { environments: names, reason, ...(note !== '' && { note: note.slice(2) }) };
}

interface Allowed {
  readonly manifest: Manifest;
  /** What of the head's manifest is left out, for people. */
  readonly note: string;
  readonly held: readonly HeldBack[];
}

/** What the manifest may say when it is planned before it is merged. */
async function withBase(
  head: Manifest,
  {
    branch,
    base,
    places,
  }: { readonly branch: string; readonly base: FetchedCommit; readonly places: Places },
): Promise<Allowed | { readonly ended: Examination }> {
  const tree = parseTree(Buffer.from(await base.tree()).toString('utf8'), base.rootTree);
  const text = await textAt(manifestFile, tree, base);
  if (text === undefined) {
    const why = 'which says where may be deployed and by whom';
    return { ended: end('nothing-to-do', `${branch} has no ${manifestFile} yet, ${why}`) };
  }
  const parsed = parseManifest(text, tree, places);
  if ('problems' in parsed) {
    // No fault of the pull request, which may be the very one that puts it right.
    const why = `${branch}'s manifest cannot be read, so nothing can be planned`;
    const problems = formatProblems(parsed.problems).replaceAll('\n', '; ');
    return { ended: end('nothing-to-do', shortened(`${why}: ${problems}`)) };
  }
  const manifest = plannedManifest(head, parsed.manifest);
  const added = newEnvironments(head, parsed.manifest);
  const note =
    added.length === 0 ? '' : `; planned once it is merged, because it is new: ${added.join(', ')}`;
  if (Object.keys(manifest.environments).length === 0)
    return { ended: end('nothing-to-do', `it has no environment of ${branch}${note}`) };
  const held = heldBack(head, manifest);
  return { manifest, note: `${note}${heldNote(held, branch)}`, held };
}

/** `; planned as on main until merged: tool, secrets of dev/app, prod/app; account of dev` */
function heldNote(held: readonly HeldBack[], base: string): string {
  const named = held.map(({ environment, component, settings }) => ({
    settings: settings.join(', '),
    name: component === undefined ? environment : `${environment}/${component}`,
  }));
  const groups = Map.groupBy(named, ({ settings }) => settings);
  const told = [...groups].map(([settings, of]) => `${settings} of ${some(of.map(({ name }) => name))}`);
  return told.length === 0 ? '' : `; planned as on ${base} until merged: ${told.join('; ')}`;
}

/** Another tool's code cannot be planned with the one that is in force. */
function withHeldBack(
  environments: ReleaseDocument['environments'],
  held: readonly HeldBack[],
): ReleaseDocument['environments'] {
  const isOtherTool = (environment: string, component: string) =>
    held.some(
      (one) =>
        one.environment === environment && one.component === component && one.settings.includes('tool'),
    );
  return environments.map((environment) => ({
    ...environment,
    targets: environment.targets.map((target) => ({
      ...target,
      ...(isOtherTool(environment.name, target.entry.component) && {
        deferred: 'its tool changes with the merge',
      }),
    })),
  }));
}

const end = (verdict: ReleaseVerdict, reason: string): Examination => ({ environments: [], verdict, reason });

const short = (commit: string) => commit.slice(0, 7);

/** The first few paths, and how many more there are. */
export const some = (paths: readonly string[]) =>
  paths.length <= NAMED_PATHS
    ? paths.join(', ')
    : `${paths.slice(0, NAMED_PATHS).join(', ')} and ${paths.length - NAMED_PATHS} more`;

const shortened = (reason: string) =>
  reason.length <= MAX_REASON ? reason : `${reason.slice(0, MAX_REASON)}…`;

async function textAt(path: string, tree: SourceTree, fetched: FetchedCommit): Promise<string | undefined> {
  const entry = tree.entryAt(path);
  if (entry?.type !== 'blob') return undefined;
  return (await fetched.read([entry.id])).get(entry.id);
}

async function withReferences(
  environments: readonly ResolvedEnvironment[],
  tree: SourceTree,
  fetched: FetchedCommit,
): Promise<ReleaseDocument['environments']> {
  const references = await referencesOf(
    environments.flatMap(({ targets }) => targets),
    tree,
    fetched,
  );
  return environments.map((environment) => ({
    ...environment,
    targets: environment.targets.map((entry) => ({ entry, references: references.get(entry) ?? [] })),
  }));
}

/** Only a repository that uses LFS is searched: every file has to be read for it. */
async function lfsPointers(tree: SourceTree, fetched: FetchedCommit): Promise<readonly string[]> {
  const attributes = tree.matching(['**/.gitattributes']).filter(({ type }) => type === 'blob');
  const texts = await fetched.read(attributes.map(({ id }) => id));
  const usesLfs = [...texts.values()].some((text) => text.includes('filter=lfs'));
  return usesLfs ? fetched.grep(LFS_POINTER) : [];
}
