// Finds OpenTofu or Terraform, and fetches a pinned OpenTofu where neither is installed; called by run.mjs.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pinned } from './opentofu.mjs';

/**
 * The folder to add to PATH: undefined when PATH has one of the tools, else that of the fetched OpenTofu.
 * `node` is the project's own: unlike Node 20 its `fetch` honours the proxy variables.
 */
export async function findTool(root, node) {
  if (['tofu', 'terraform'].some((name) => isOnPath(name))) return undefined;
  const folder = join(root, '.belay', 'tools', `opentofu-${pinned.version}`);
  if (isExecutable(join(folder, 'tofu'))) return folder;
  process.stderr.write(
    `belay: neither tofu nor terraform is on PATH; fetching OpenTofu ${pinned.version} …\n`,
  );
  const { status } = spawnSync(node, [join(import.meta.dirname, 'fetch-opentofu.mjs'), folder], {
    env: { ...process.env, NODE_USE_ENV_PROXY: '1' },
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (status === 0) return folder;
  throw new Error(
    'there is no tool to deploy with: install OpenTofu (https://opentofu.org/docs/intro/install/) or Terraform ' +
      '(https://developer.hashicorp.com/terraform/install) so that `tofu` or `terraform` is on PATH, and try again',
  );
}

function isOnPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && isExecutable(join(folder, name)));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
