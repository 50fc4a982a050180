// Finds OpenTofu or Terraform, and has a pinned OpenTofu fetched where neither is installed; called by run.mjs.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The folder to add to PATH: undefined when PATH has one of the tools. `node` is the project's own. */
export async function findTool(root, node) {
  if (['tofu', 'terraform'].some((name) => isOnPath(name))) return undefined;
  process.stderr.write('belay: neither tofu nor terraform is on PATH, looking for a fetched OpenTofu …\n');
  const { status, stdout } = spawnSync(
    node,
    ['--no-warnings', join(import.meta.dirname, 'fetch-tool.mjs'), join(root, '.belay', 'tools')],
    {
      // Without this Node's `fetch` does not look at the proxy variables.
      env: { ...process.env, NODE_USE_ENV_PROXY: '1' },
      stdio: ['ignore', 'pipe', process.stderr],
      encoding: 'utf8',
    },
  );
  if (status === 0) return stdout;
  throw new Error(
    'there is no tool to deploy with: install OpenTofu (https://opentofu.org/docs/intro/install/) or Terraform ' +
      '(https://developer.hashicorp.com/terraform/install) so that `tofu` or `terraform` is on PATH, and try again',
  );
}

function isOnPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
