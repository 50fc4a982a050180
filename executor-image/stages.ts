/** The work of an admitted job: fetch what the stage may read, make the tool's identity and environment, do the stage. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { inputsSchema, type Outputs, outputsSchema, STAGE_ARTIFACTS } from '../core/contracts/job.ts';
import { WRITING_STAGES } from '../core/words.ts';
import { unpack } from './archive.ts';
import { type BundleMeta, checkBundle, makeBundle, openBundle } from './bundle.ts';
import { runTest } from './component-test.ts';
import { badInput, JobFailure } from './failure.ts';
import { hostArchitecture } from './host.ts';
import { writeIdentity } from './identity.ts';
import type { Job } from './job.ts';
import { type LockArchives, withLockFile } from './lock-file.ts';
import { createRun } from './processes.ts';
import { withToolConfiguration } from './tool-configuration.ts';
import { toolEnvironment } from './tool-environment.ts';
import { ShellTool } from './tools/shell.ts';
import { TerraformTool } from './tools/terraform.ts';
import type { Tool, ToolContext } from './tools/tool.ts';
import { findTool } from './tools/toolchain.ts';
import { download } from './transfer.ts';
import { listTree } from './tree.ts';
import { requireComponent } from './workspace.ts';

/**
 * @returns one line for people: what was done.
 * @throws JobFailure; what was learned by then is in `job.report` and `job.keep`.
 */
export async function runStage(job: Job): Promise<string> {
  const { spec, workspace, steps } = job;
  const { urls, bundle, source, context } = await steps.during('fetch', () => fetchWork(job));
  if (spec.stage === 'test') {
    await unpackSource(job, source);
    const outputs = readValues(await fetchArtifact(job, urls, 'outputs'), outputsSchema);
    return testStage(job, context, await outputs);
  }
  const [tool] = await steps.during('unpack', () =>
    Promise.all([chooseTool(job, context), unpackSource(job, source)]),
  );
  job.report.tool = { name: tool.name, version: tool.version };
  job.log.say(`${tool.name} ${tool.version}`);
  await tool.prepare();
  if (bundle) return applyStage(job, tool, await openBundle(bundle, workspace));
  return spec.stage === 'plan'
    ? planStage(job, tool, await lockArchives(job, urls))
    : validateStage(job, tool);
}

/** What every stage begins with: its artifacts, its secrets, the environment of its tool. */
async function fetchWork(job: Job) {
  const { spec, masking } = job;
  const [urls, secrets] = await Promise.all([readableUrls(job), fetchSecrets(job)]);
  masking.add(secrets);
  const writes = WRITING_STAGES.includes(spec.stage);
  // The bundle is judged first: with a wrong one nothing else is looked at.
  const bundle = writes ? await requireArtifact(job, urls, 'bundle') : undefined;
  if (bundle) await checkBundle(bundle, spec.planDigest);
  const [source, inputs] = await Promise.all([
    requireArtifact(job, urls, 'source'),
    fetchArtifact(job, urls, 'inputs').then((file) => readValues(file, inputsSchema)),
  ]);
  maskSensitive(job, inputs);
  return { urls, bundle, source, context: await toolContext(job, inputs, secrets) };
}

async function validateStage(job: Job, tool: Tool): Promise<string> {
  job.report.diagnostics.push(...(await tool.validate()));
  return 'the code is valid';
}

async function lockArchives(job: Job, urls: Readonly<Record<string, string>>): Promise<LockArchives> {
  const [lock, bundle, source] = await Promise.all([
    fetchArtifact(job, urls, 'lock'),
    fetchArtifact(job, urls, 'current-bundle'),
    fetchArtifact(job, urls, 'current-source'),
  ]);
  return { lock, 'current-bundle': bundle, 'current-source': source };
}

async function planStage(job: Job, tool: Tool, archives: LockArchives): Promise<string> {
  const { spec, workspace, report, keep, log } = job;
  const before = await listTree(workspace.tree);
  const say = (text: string) => log.say(text);
  const { planJson, hasPlanFile, diagnostics, ...plan } = await withLockFile(
    { spec, workspace, archives, say },
    () => tool.plan(),
  );
  report.diagnostics.push(...diagnostics);
  const bundle = await makeBundle(workspace, before, {
    tool: tool.name,
    toolVersion: tool.version,
    architecture: hostArchitecture(),
    hasPlanFile,
  });
  for (const path of bundle.leftOut)
    log.say(`not in the plan bundle: ${path}, a link that leaves the work tree`);
  report.plan = { ...plan, planDigest: bundle.digest };
  keep.set('bundle.tar.gz', bundle.file);
  if (planJson) keep.set('plan.json', planJson);
  return plan.summary;
}

async function applyStage(job: Job, tool: Tool, meta: BundleMeta): Promise<string> {
  const { workspace, spec, keep } = job;
  const planned = `${meta.tool} ${meta.toolVersion} on ${meta.architecture}`;
  const present = `${tool.name} ${tool.version} on ${hostArchitecture()}`;
  if (planned !== present) {
    throw badInput(
      `the plan was made by ${planned}, this job has ${present}; nothing was touched, plan again`,
    );
  }
  try {
    await tool.apply();
  } catch (error) {
    throw await withErroredState(job, error);
  }
  if (spec.stage === 'destroy') return 'destroyed';
  const outputs = await tool.outputs();
  maskSensitive(job, outputs);
  const file = join(workspace.own, 'outputs.json');
  await writeFile(file, JSON.stringify(outputs), { mode: 0o600 });
  keep.set('outputs.json', file);
  return 'applied';
}

async function testStage(job: Job, context: ToolContext, outputs: Outputs): Promise<string> {
  maskSensitive(job, outputs);
  await runTest(context, outputs);
  return 'the test passed';
}

/** A state that could not be written lies beside the code: it is the only record of what was made, so it is kept and named. */
async function withErroredState({ workspace, spec, keep }: Job, error: unknown): Promise<unknown> {
  const file = join(workspace.component, 'errored.tfstate');
  if (!(await stat(file).catch(() => undefined))) return error;
  keep.set('errored.tfstate', file);
  if (!(error instanceof JobFailure)) return error;
  return new JobFailure(
    error.exitCode,
    `${error.message}; the state could not be written: errored.tfstate is kept with this job's artifacts, push it (state push) before ${spec.target.environment}/${spec.target.component} is applied again`,
    error.diagnostics,
  );
}

async function readableUrls({ services, proof, spec }: Job): Promise<Record<string, string>> {
  const { get } = await services.artifacts({ ...proof, get: [...STAGE_ARTIFACTS[spec.stage].get], put: [] });
  return get;
}

async function fetchSecrets({ services, proof, spec }: Job): Promise<Record<string, string>> {
  if (Object.keys(spec.target.secrets).length === 0) return {};
  const { values } = await services.secrets(proof);
  const missing = Object.keys(spec.target.secrets).filter((name) => values[name] === undefined);
  if (missing.length > 0) throw badInput(`reading the secrets: ${missing.join(', ')} got no value`);
  return values;
}

async function fetchArtifact(
  { workspace }: Job,
  urls: Readonly<Record<string, string>>,
  name: string,
): Promise<string | undefined> {
  const url = urls[name];
  if (!url) return undefined;
  const file = join(workspace.own, `fetched-${name}`);
  await download(name, url, file);
  return file;
}

async function requireArtifact(
  job: Job,
  urls: Readonly<Record<string, string>>,
  name: string,
): Promise<string> {
  const file = await fetchArtifact(job, urls, name);
  if (file === undefined) throw badInput(`fetching the ${name}: it is not stored; start the release again`);
  return file;
}

async function readValues(file: string | undefined, schema: typeof outputsSchema): Promise<Outputs> {
  if (file === undefined) return {};
  const values = schema.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!values.success) throw badInput(`reading stored values: ${z.prettifyError(values.error)}`);
  return values.data;
}

function maskSensitive({ masking }: Job, values: Outputs): void {
  for (const { value, sensitive } of Object.values(values)) if (sensitive) masking.add(value);
}

async function unpackSource({ workspace, spec }: Job, source: string): Promise<void> {
  await unpack(source, workspace.tree);
  await requireComponent(workspace, spec);
}

async function toolContext(
  job: Job,
  inputs: Outputs,
  secrets: Readonly<Record<string, string>>,
): Promise<ToolContext> {
  const { spec, settings, workspace, log, stop, steps, masking } = job;
  const identity = await writeIdentity(job);
  const env = toolEnvironment({
    own: await withToolConfiguration(job),
    settings,
    identity,
    target: spec.target,
    inputs,
    secrets,
  });
  const closed = settings.providerMirror !== undefined;
  return { spec, workspace, env, inputs, closed, run: createRun(log, stop, steps), log, masking, stop };
}

async function chooseTool({ spec, settings }: Job, context: ToolContext): Promise<Tool> {
  const { tool, toolVersion } = spec.target;
  if (tool === 'shell') return new ShellTool(context);
  const installed = await findTool({
    tool,
    version: toolVersion,
    path: context.env.PATH ?? '',
    cache: join(settings.BELAY_WORKSPACE, '.tools'),
    env: context.env,
  });
  return new TerraformTool(installed, context, {
    region: settings.AWS_REGION,
    endpoint: settings.endpoint,
  });
}
