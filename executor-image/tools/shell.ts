/** The shell tool: plan, apply, destroy and outputs are commands of the manifest. What is not declared is not done. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { ChangeCounts, Diagnostic, JobSpec, Outputs } from '../../core/contracts/job.ts';
import { documentDigest } from '../../core/plan/canonical.ts';
import { describeChanges } from '../../core/plan/summary.ts';
import { failed } from '../failure.ts';
import type { Finished } from '../processes.ts';
import { hashTree } from '../tree.ts';
import type { Tool, ToolContext, ToolPlan } from './tool.ts';

/** What a plan command may write to `$BELAY_PLAN_JSON`. */
export const shellPlanSchema = z.strictObject({
  add: z.int().nonnegative().default(0),
  change: z.int().nonnegative().default(0),
  destroy: z.int().nonnegative().default(0),
  summary: z.string().optional(),
});
type ShellPlan = z.infer<typeof shellPlanSchema>;

/** What an outputs command prints: scalars, or values with a word on their sensitivity. */
export const shellOutputsSchema = z.record(
  z.string(),
  z.union([
    z.union([z.string(), z.number(), z.boolean(), z.null()]),
    z.strictObject({ value: z.json(), sensitive: z.boolean().default(false) }),
  ]),
);

const NO_CHANGES: ChangeCounts = {
  add: 0,
  change: 0,
  destroy: 0,
  replace: 0,
  import: 0,
  move: 0,
  outputs: 0,
};

export class ShellTool implements Tool {
  readonly name = 'shell';
  readonly version = 'sh';
  readonly #context: ToolContext;
  readonly #planFile: string;

  constructor(context: ToolContext) {
    this.#context = context;
    this.#planFile = join(context.workspace.own, 'shell-plan.json');
  }

  /** A shell component needs nothing generated. */
  async prepare(): Promise<void> {}

  async validate(): Promise<readonly Diagnostic[]> {
    this.#context.log.say('the shell tool has nothing to validate');
    return [];
  }

  async plan(): Promise<ToolPlan> {
    const { spec } = this.#context;
    const commands = spec.target.commands ?? {};
    const files = await hashTree(this.#context.workspace.component);
    const none = { add: 0, change: 0, destroy: 0 };
    if (spec.destroy) {
      return commands.destroy === undefined
        ? this.#planned(false, { ...none, summary: 'no destroy command is declared' }, files)
        : this.#planned(true, { ...none, destroy: 1, summary: 'the destroy command will run' }, files);
    }
    if (commands.plan === undefined) {
      const name = applyCommandOf(spec);
      const summary = `changes unknown (no plan command): the ${name} command will run`;
      return commands[name] === undefined
        ? this.#planned(false, { ...none, summary: `no ${name} command is declared` }, files)
        : this.#planned(true, { ...none, summary }, files);
    }
    const finished = await this.#sh('plan', commands.plan);
    if (finished.code !== 0 && finished.code !== 2) {
      throw failed(`the plan command ended with ${ending(finished)}; 0 means no changes, 2 means changes`);
    }
    return this.#planned(finished.code === 2, await this.#writtenPlan(), files);
  }

  async apply(): Promise<void> {
    const { spec } = this.#context;
    const name = applyCommandOf(spec);
    const command = spec.target.commands?.[name];
    if (command === undefined) {
      this.#context.log.say(`no ${name} command is declared: nothing is done`);
      return;
    }
    const finished = await this.#sh(name, command);
    if (finished.code !== 0) throw failed(`the ${name} command ended with ${ending(finished)}`);
  }

  async outputs(): Promise<Outputs> {
    const command = this.#context.spec.target.commands?.outputs;
    if (command === undefined) return {};
    const finished = await this.#sh('outputs', command, 'capture');
    if (finished.code !== 0) throw failed(`the outputs command ended with ${ending(finished)}`);
    const printed = parse('what the outputs command printed', finished.output, shellOutputsSchema);
    return Object.fromEntries(
      Object.entries(printed).map(([name, value]) => [
        name,
        typeof value === 'object' && value !== null ? value : { value, sensitive: false },
      ]),
    );
  }

  async #writtenPlan(): Promise<ShellPlan> {
    const text = await readFile(this.#planFile, 'utf8').catch(() => undefined);
    return text === undefined
      ? { add: 0, change: 0, destroy: 0 }
      : parse('what the plan command wrote to $BELAY_PLAN_JSON', text, shellPlanSchema);
  }

  /** Commands do not say what exactly they would change: equal commands on equal sources and values count as the same change. */
  #planned(hasChanges: boolean, plan: ShellPlan, files: Record<string, string>): ToolPlan {
    const { spec, inputs } = this.#context;
    const { summary, ...counts } = plan;
    const changes = { ...NO_CHANGES, ...counts };
    const counted = counts.add + counts.change + counts.destroy > 0;
    const { commands, env, variables, component } = spec.target;
    return {
      changes,
      hasChanges,
      summary: summary ?? (counted || !hasChanges ? describeChanges(changes) : 'changes (not counted)'),
      removals:
        counts.destroy > 0
          ? [{ address: `${component} (${counts.destroy} by its own count)`, type: 'shell', replace: false }]
          : [],
      creations: [],
      changeDigest: documentDigest({
        destroy: spec.destroy,
        hasChanges,
        plan,
        commands,
        env,
        variables,
        inputs,
        files,
      }),
      dependencies: [],
      hasPlanFile: false,
      diagnostics: [],
    };
  }

  #sh(name: string, command: string, output: 'log' | 'capture' = 'log'): Promise<Finished> {
    const { run, env, workspace, log, stop } = this.#context;
    stop.check(`the ${name} command`);
    log.say(`$ ${name}: ${command}`);
    return run({
      step: name,
      file: 'sh',
      args: ['-eu', '-c', command],
      cwd: workspace.component,
      env: { ...env, BELAY_PLAN_JSON: this.#planFile },
      output,
      signal: 'group',
    });
  }
}

/** On the way back to last good its own `rollback` command comes before its `apply`. */
function applyCommandOf({ stage, pass, target }: JobSpec): 'apply' | 'destroy' | 'rollback' {
  if (stage === 'destroy') return 'destroy';
  return pass === 'reverse' && target.commands?.rollback !== undefined ? 'rollback' : 'apply';
}

/** `exit code 3`, or that a signal ended it. */
export const ending = ({ code }: Finished) => (code === null ? 'a signal' : `exit code ${code}`);

function parse<T extends z.ZodType>(what: string, text: string, schema: T): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw failed(`reading ${what}: it is not JSON`);
  }
  const result = schema.safeParse(value);
  if (!result.success)
    throw failed(`reading ${what}: ${z.prettifyError(result.error).replaceAll('\n', ' ')}`);
  return result.data;
}
