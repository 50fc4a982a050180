/** OpenTofu and Terraform behind the tool interface. One adapter: the commands and files used here are the same in both. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import * as z from 'zod';
import type { Diagnostic, Outputs } from '../../core/contracts/job.ts';
import {
  printedDiagnostics,
  provisionerFailure,
  repositoryPath,
  validateDiagnostics,
  validateJsonSchema,
} from '../../core/plan/diagnostics.ts';
import { planJsonSchema, summarisePlan } from '../../core/plan/summary.ts';
import { failed, stalePlan } from '../failure.ts';
import type { Command, Finished } from '../processes.ts';
import { BACKEND_FILE, BACKEND_OVERRIDE_FILE, managedBackend, type StatePlace } from './backend.ts';
import { declaredBackend, reachModules, readCode, referencedPaths } from './code.ts';
import { missingProviderHint, requireServedModules } from './module-sources.ts';
import { placeOf } from './places.ts';
import type { Tool, ToolContext, ToolPlan } from './tool.ts';
import type { InstalledTool } from './toolchain.ts';

/** Where the tools keep state beside the code unless they are told another name. */
const STATE_FILE = 'terraform.tfstate';

/** Native locking of the S3 backend (`use_lockfile`) came with 1.10 in both tools. */
const OLDEST_FOR_MANAGED_STATE = [1, 10] as const;

/**
 * How both tools refuse a plan whose state has another serial by now, before they do anything:
 * https://github.com/opentofu/opentofu/blob/main/internal/backend/local/backend_local.go
 */
const STALE_PLAN = 'Saved plan is stale';

const outputsJsonSchema = z.record(
  z.string(),
  z.object({ value: z.json(), sensitive: z.boolean().default(false) }),
);

export class TerraformTool implements Tool {
  readonly name: string;
  readonly version: string;
  readonly #tool: InstalledTool;
  readonly #place: Omit<StatePlace, 'state'>;
  readonly #context: ToolContext;

  constructor(tool: InstalledTool, context: ToolContext, place: Omit<StatePlace, 'state'>) {
    this.name = tool.name;
    this.version = tool.version;
    this.#tool = tool;
    this.#context = context;
    this.#place = place;
  }

  async prepare(): Promise<void> {
    const { workspace, spec, log } = this.#context;
    const { calls } = await reachModules(workspace.tree, spec.target.path, this.#tool.name);
    requireServedModules(calls, this.#context.closed);
    const code = await readCode(workspace.component, this.#tool.name);
    if (code.length === 0) throw failed(`${spec.target.path} holds no ${this.name} code`);
    const backend = declaredBackend(code);
    if (backend === 'elsewhere') return;
    this.#requireManagedState();
    const file = backend === 'none' ? BACKEND_FILE : BACKEND_OVERRIDE_FILE;
    if (code.some(({ name }) => name === file)) {
      throw failed(`${spec.target.path}/${file} is a name Belay generates; rename the file`);
    }
    await this.#requireNoStateFile();
    const instead =
      backend === 'none' ? '' : ', instead of a file beside the code, which would be gone with this job';
    log.say(`state: s3://${spec.state.bucket}/${spec.state.key} (managed${instead})`);
    const content = managedBackend({ state: spec.state, ...this.#place });
    await writeFile(join(workspace.component, file), content);
  }

  /** The tools would take it over into the managed state, which a plan may not write: they end with an error about a lock. */
  async #requireNoStateFile(): Promise<void> {
    const { workspace, spec } = this.#context;
    if (!(await stat(join(workspace.component, STATE_FILE)).catch(() => undefined))) return;
    throw failed(
      `${spec.target.path}/${STATE_FILE} is in the repository, but Belay keeps the state itself: push that file to a backend of your own (init -migrate-state) and declare it in the code, or delete the file when nothing in it is deployed any more`,
    );
  }

  /** Looks at the code alone: the role of a validate job may not read state. */
  async validate(): Promise<readonly Diagnostic[]> {
    const [unformatted] = await Promise.all([this.#unformatted(), this.#init(['-backend=false'])]);
    if (unformatted.length > 0) {
      throw failed(
        `not formatted: ${unformatted.map(({ file }) => file).join(', ')}`,
        unformatted.map((diagnostic) => ({ ...diagnostic, severity: 'error' })),
      );
    }
    return this.#validate();
  }

  async plan(): Promise<ToolPlan> {
    const { spec, workspace, stop } = this.#context;
    const [unformatted] = await Promise.all([this.#unformatted(), this.#init([])]);
    const warnings = await this.#validate();
    stop.check('the plan');
    const planFile = join(workspace.root, 'plan.bin');
    const planned = await this.#run([
      'plan',
      '-input=false',
      '-detailed-exitcode',
      // A plan's role only reads; the apply checks lineage and serial again.
      '-lock=false',
      ...(spec.destroy ? ['-destroy'] : []),
      `-out=${planFile}`,
    ]);
    if (planned.code !== 0 && planned.code !== 2) throw this.#refused('plan', planned);
    stop.check('reading the plan');
    const planJson = join(workspace.own, 'plan.json');
    const shown = await this.#run(['show', '-json', planFile], { output: { file: planJson } });
    if (shown.code !== 0) throw this.#refused('show', shown);
    const changes = summarisePlan(planJsonSchema.parse(JSON.parse(await readFile(planJson, 'utf8'))));
    return {
      ...changes,
      removals: await this.#withPlaces(changes.removals),
      hasChanges: planned.code === 2,
      dependencies: await this.#dependencies(),
      planJson,
      hasPlanFile: true,
      diagnostics: [...unformatted, ...warnings],
    };
  }

  async #withPlaces(removals: ToolPlan['removals']): Promise<ToolPlan['removals']> {
    if (removals.length === 0) return removals;
    const { spec, workspace } = this.#context;
    const code = await readCode(workspace.component, this.#tool.name);
    return removals.map((removal) => {
      const place = placeOf(removal.address, code, spec.target.path);
      return place === undefined ? removal : { ...removal, place };
    });
  }

  async apply(): Promise<void> {
    const { workspace, stop } = this.#context;
    await this.#init(['-lockfile=readonly']);
    stop.check('the apply');
    const plan = join(workspace.root, 'plan.bin');
    const applied = await this.#run(['apply', '-input=false', '-lock-timeout=60s', plan]);
    if (applied.code === 0) return;
    const diagnostics = printedDiagnostics(applied.errors, this.#context.spec.target.path);
    if (diagnostics.some(({ summary }) => summary === STALE_PLAN)) throw stalePlan(diagnostics);
    throw this.#refused('apply', applied);
  }

  async outputs(): Promise<Outputs> {
    const shown = await this.#run(['output', '-json'], { output: 'capture' });
    if (shown.code !== 0) throw this.#refused('output', shown);
    return outputsJsonSchema.parse(JSON.parse(shown.output));
  }

  #requireManagedState(): void {
    const [major = 0, minor = 0] = this.version.split('.').map(Number);
    const [oldestMajor, oldestMinor] = OLDEST_FOR_MANAGED_STATE;
    if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
    throw failed(
      `managed state needs ${this.name} 1.10 or newer, this is ${this.version}: raise toolVersion, or declare a backend in the code`,
    );
  }

  async #init(flags: readonly string[]): Promise<void> {
    this.#context.stop.check('init');
    const finished = await this.#run(['init', '-input=false', ...flags]);
    if (finished.code !== 0) throw this.#refused('init', finished);
  }

  /** Files of the component that `fmt` would change. Syntax errors are left to `init` and `validate`, which explain them. */
  async #unformatted(): Promise<Diagnostic[]> {
    const { spec } = this.#context;
    const checked = await this.#run(['fmt', '-check', '-recursive', '-list=true'], {
      output: 'capture',
      quiet: true,
    });
    if (checked.code !== 3) return [];
    const files = checked.output
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
    return files.map((file) => ({
      severity: 'warning',
      summary: 'Not formatted',
      detail: `run: ${this.#tool.name === 'opentofu' ? 'tofu' : 'terraform'} fmt -recursive ${spec.target.path}`,
      file: repositoryPath(spec.target.path, file),
    }));
  }

  async #validate(): Promise<readonly Diagnostic[]> {
    const { spec, stop } = this.#context;
    stop.check('validate');
    const finished = await this.#run(['validate', '-json'], { output: 'capture' });
    const report = validateJsonSchema.safeParse(parsedJson(finished.output));
    if (!report.success) throw this.#refused('validate', finished);
    const diagnostics = validateDiagnostics(report.data, spec.target.path);
    if (finished.code !== 0) throw failed(firstError(diagnostics, 'validate failed'), diagnostics);
    return diagnostics;
  }

  /** The depfile: what the plan read besides the component's own directory. */
  async #dependencies(): Promise<string[]> {
    const { workspace, spec } = this.#context;
    const component = posix.normalize(spec.target.path);
    const { directories } = await reachModules(workspace.tree, component, this.#tool.name);
    const candidates = [...directories.keys(), ...referencedPaths(component, directories)];
    const outside = new Set<string>();
    for (const path of candidates) {
      const isInside = component === '.' || path === component || path.startsWith(`${component}/`);
      if (isInside || path === '..' || path.startsWith('../')) continue;
      if (await stat(join(workspace.tree, path)).catch(() => undefined)) outside.add(path);
    }
    return [...outside].sort();
  }

  #run(args: readonly string[], how: Pick<Command, 'output' | 'quiet'> = {}): Promise<Finished> {
    const { run, env, workspace, log } = this.#context;
    const [subcommand = '', ...flags] = args;
    if (!how.output) log.say(`$ ${this.name} ${subcommand}`);
    return run({
      step: subcommand,
      file: this.#tool.binary,
      args: [`-chdir=${workspace.component}`, subcommand, '-no-color', ...flags],
      cwd: workspace.component,
      env,
      ...how,
    });
  }

  #refused(step: string, { errors, code }: Finished) {
    const diagnostics = printedDiagnostics(errors, this.#context.spec.target.path);
    const hint = this.#context.closed ? missingProviderHint(diagnostics) : '';
    return failed(firstError(diagnostics, `${step} ended with exit code ${code}`) + hint, diagnostics);
  }
}

/**
 * `network/main.tf:3: Unsupported argument`, of the first error that has a place, with what a provisioner's command said last. One without says in its first paragraph what
 * it is about (which provider, which lock). The fallback where the tool printed none.
 */
function firstError(diagnostics: readonly Diagnostic[], fallback: string): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const error = errors.find(({ file }) => file !== undefined) ?? errors[0];
  if (!error) return fallback;
  const said = provisionerFailure(error);
  if (error.file) return [`${error.file}:${error.line}`, error.summary, said].filter(Boolean).join(': ');
  const [about = ''] = error.detail.trim().split(/\n\s*\n/);
  return about === '' ? error.summary : `${error.summary}: ${about.replaceAll(/\s+/g, ' ')}`;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
