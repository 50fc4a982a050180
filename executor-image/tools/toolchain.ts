/** Finds the tool a target asks for: installed, or fetched as a pinned release whose SHA-256 is verified. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, mkdir, rename, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { failed, infrastructure, messageOf } from '../failure.ts';
import { archiveUrl, PINNED_OPENTOFU, type Platform, RELEASES } from './releases.ts';
import { readZipFile } from './zip.ts';

export type HclTool = 'opentofu' | 'terraform';

export interface InstalledTool {
  readonly name: HclTool;
  readonly binary: string;
  readonly version: string;
}

const BINARIES = { opentofu: 'tofu', terraform: 'terraform' } as const;
const versionSchema = z.object({ terraform_version: z.string() });

/** What is wanted, and where to look. */
export interface ToolWish {
  /** `auto`: OpenTofu where installed, else Terraform. */
  readonly tool: HclTool | 'auto';
  /** An exact version; any installed one will do when it is absent. */
  readonly version?: string;
  /** Directories to search, as in PATH. */
  readonly path: string;
  /** Where fetched releases are kept. */
  readonly cache: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * @throws JobFailure naming the tool, the version wanted, what was found and what to do.
 */
export async function findTool(wish: ToolWish): Promise<InstalledTool> {
  const names: readonly HclTool[] = wish.tool === 'auto' ? ['opentofu', 'terraform'] : [wish.tool];
  const found: InstalledTool[] = [];
  for (const name of names) {
    const installed = await installedTool(name, wish);
    if (installed && (wish.version === undefined || wish.version === installed.version)) return installed;
    if (installed) found.push(installed);
  }
  const name = wish.tool === 'auto' ? (found[0]?.name ?? 'opentofu') : wish.tool;
  const version = wish.version ?? (name === 'opentofu' ? PINNED_OPENTOFU : undefined);
  return fetchTool(name, version, wish, found);
}

async function installedTool(name: HclTool, wish: ToolWish): Promise<InstalledTool | undefined> {
  for (const directory of wish.path.split(delimiter).filter(Boolean)) {
    const binary = join(directory, BINARIES[name]);
    const executable = await access(binary, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return { name, binary, version: await versionOf(binary, wish.env) };
  }
  return undefined;
}

async function versionOf(binary: string, env: ToolWish['env']): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['version', '-json'], { env });
    return versionSchema.parse(JSON.parse(stdout)).terraform_version;
  } catch (error) {
    throw failed(`asking ${binary} for its version: ${messageOf(error)}`);
  }
}

async function fetchTool(
  name: HclTool,
  version: string | undefined,
  wish: ToolWish,
  found: readonly InstalledTool[],
): Promise<InstalledTool> {
  const platform = hostPlatform();
  const sha256 = version && platform && RELEASES[name][version]?.[platform];
  const wanted = `${name}${version ? ` ${version}` : ''}`;
  const seen = found.map((tool) => `${tool.name} ${tool.version}`).join(' and ') || 'none';
  if (!version || !sha256) {
    const known = Object.keys(RELEASES[name]).join(', ');
    throw failed(
      `finding ${wanted}: installed is ${seen}; the executor fetches ${known} by itself, so install ${wanted} in its image (or on this machine's PATH), or change toolVersion in belay.yaml`,
    );
  }
  const directory = join(wish.cache, `${name}-${version}`);
  const binary = join(directory, BINARIES[name]);
  if (await access(binary, constants.X_OK).catch(() => 'absent')) {
    const url = archiveUrl(name, version, platform);
    const archive = await fetchArchive(url).catch((error: unknown) => {
      throw infrastructure(
        `fetching ${wanted} from ${url}: ${messageOf(error)}; installed is ${seen}: install ${wanted}, or give access to that address`,
      );
    });
    const digest = createHash('sha256').update(archive).digest('hex');
    if (digest !== sha256) {
      throw failed(
        `fetching ${wanted} from ${url}: its SHA-256 is ${digest}, published is ${sha256}; not used`,
      );
    }
    await mkdir(directory, { recursive: true });
    // Written aside and renamed: two jobs of one machine may fetch the same release.
    const partial = `${binary}.${process.pid}`;
    await writeFile(partial, readZipFile(archive, BINARIES[name]), { mode: 0o755 });
    await rename(partial, binary);
  }
  return { name, binary, version };
}

async function fetchArchive(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

function hostPlatform(): Platform | undefined {
  const system = process.platform;
  const machine = process.arch === 'x64' ? 'amd64' : process.arch;
  const known = (system === 'linux' || system === 'darwin') && (machine === 'amd64' || machine === 'arm64');
  return known ? `${system}_${machine}` : undefined;
}
