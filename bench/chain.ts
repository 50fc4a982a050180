/** A chain of components deployed by the real tool: by its bare commands, and by a release. Run by `main.ts`. */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from '../executor-image/tools/toolchain.ts';
import { type Bench, changeFiles, makeRepository, median, type Row, timedPush } from './measure.ts';

/** Every component needs the one before: the whole chain is the critical path. */
const names = ['one', 'two', 'three', 'four', 'five'];

const code = `variable "salt" {
  type = string
}

variable "before" {
  type    = string
  default = ""
}

resource "terraform_data" "this" {
  input = "\${var.before}\${var.salt}"
}

output "value" {
  value = terraform_data.this.output
}
`;

const manifest = (salt: number) =>
  [
    'version: 1',
    'environments:',
    `  dev: { account: "111122223333", region: eu-west-1, variables: { salt: "${salt}" } }`,
    'components:',
    ...names.map((name, index) => {
      const before = names[index - 1];
      const needs = before === undefined ? '' : `, needs: [${before}], inputs: { before: ${before}.value }`;
      return `  ${name}: { path: ${name}${needs} }`;
    }),
    '',
  ].join('\n');

export async function chain({ twin, folder, runs }: Bench): Promise<Row[]> {
  const directory = join(folder, 'chain');
  const files = Object.fromEntries(names.map((name) => [`${name}/main.tf`, code]));
  makeRepository(directory, { ...files, 'belay.yaml': manifest(0) });
  const bare = await bareCommands(join(folder, 'bare'), directory);
  const times = { bare: [] as number[], release: [] as number[], nothing: [] as number[] };
  for (let run = 1; run <= runs; run += 1) {
    times.bare.push(bare(run));
    changeFiles(directory, { 'belay.yaml': manifest(run) });
    times.release.push((await timedPush(twin, directory)).milliseconds);
    changeFiles(directory, { 'README.md': `${run}` });
    times.nothing.push((await timedPush(twin, directory)).milliseconds);
  }
  const [tool, release] = [median(times.bare), median(times.release)];
  const perTarget = (release - tool) / names.length / 1000;
  return [
    { what: 'a push that affects nothing', value: median(times.nothing) / 1000, unit: 's', limit: 2 },
    { what: `${names.length} targets in a chain, bare tool`, value: tool / 1000, unit: 's' },
    { what: `${names.length} targets in a chain, a release`, value: release / 1000, unit: 's' },
    {
      what: 'a release over the bare tool',
      value: release / tool,
      unit: '×',
      note: `${perTarget.toFixed(2)} s more for each target`,
    },
  ];
}

/** Deploys the chain as a person at a shell would; answers with the milliseconds it took. */
async function bareCommands(copy: string, original: string): Promise<(salt: number) => number> {
  cpSync(original, copy, { recursive: true });
  const { PATH = '', ...others } = process.env;
  const { binary } = await findTool({ tool: 'auto', path: PATH, cache: join(copy, '.tools'), env: { PATH } });
  return (salt) => {
    const start = performance.now();
    let before = '';
    for (const name of names) {
      const env = { ...others, PATH, TF_VAR_salt: `${salt}`, TF_VAR_before: before, CHECKPOINT_DISABLE: '1' };
      const run = (...args: string[]) =>
        execFileSync(binary, args, {
          cwd: join(copy, name),
          env,
          stdio: ['ignore', 'pipe', 'pipe'],
        }).toString();
      run('init', '-input=false');
      run('validate');
      run('plan', '-input=false', '-out=plan.bin');
      run('show', '-json', 'plan.bin');
      run('apply', '-input=false', 'plan.bin');
      before = JSON.parse(run('output', '-json')).value.value;
    }
    return performance.now() - start;
  };
}
