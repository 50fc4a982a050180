/** The environment of the tool's process: what is listed here, what the manifest names, and nothing else of the executor's. */
import { delimiter } from 'node:path';
import type { ExecutorSettings } from '../core/contracts/executor.ts';
import type { Outputs } from '../core/contracts/job.ts';
import type { ResolvedTarget } from '../core/manifest/resolved.ts';

/** Variables of the executor's own environment that reach the tool as they are. */
const PASSED = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TF_CLI_CONFIG_FILE',
  'TF_PLUGIN_CACHE_DIR',
  'HTTP_PROXY',
  'http_proxy',
  'HTTPS_PROXY',
  'https_proxy',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'AWS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
];

/** What makes the tools ask nobody and call home to nobody. */
const UNATTENDED = { TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1' };

/** Later parts win: the manifest's `env` over everything of ours, inputs over variables, secrets over all. */
export function toolEnvironment(parts: {
  readonly own: Readonly<Record<string, string | undefined>>;
  readonly settings: ExecutorSettings;
  readonly identity: Readonly<Record<string, string>>;
  readonly target: ResolvedTarget;
  readonly inputs: Outputs;
  readonly secrets: Readonly<Record<string, string>>;
}): Record<string, string> {
  const { own, settings, target } = parts;
  const passed: Record<string, string> = {};
  for (const name of [...PASSED, ...settings.passEnv]) {
    const value = own[name];
    if (value !== undefined) passed[name] = value;
  }
  if (settings.toolsPath) {
    passed.PATH = [settings.toolsPath, passed.PATH].filter(Boolean).join(delimiter);
  }
  const prefix = target.tool === 'shell' ? '' : 'TF_VAR_';
  const inputs = Object.entries(parts.inputs).map(([name, { value }]) => [name, value] as const);
  const variables = [...Object.entries(target.variables), ...inputs]
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [prefix + name, asText(value)]);
  return {
    ...passed,
    ...UNATTENDED,
    ...parts.identity,
    ...target.env,
    ...Object.fromEntries(variables),
    ...parts.secrets,
  };
}

/** Strings as they are, everything else as JSON, which OpenTofu and Terraform read as an expression. */
export const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
