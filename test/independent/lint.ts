/** The synthesized templates under cfn-lint: resource properties, references, IAM policies, Amazon States Language. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Template, withPlainDefinitions } from './template.ts';
import { found, type Part } from './tools.ts';

/** CDK has functions and machines wait for their roles' policies by naming the role as well, which their own reference does already. */
const PASSED_OVER = ['W3005'];

/** `templates`: path → content. */
export function lint(templates: ReadonlyMap<string, Template>, folder: string): Part {
  const name = 'cfn-lint';
  const program = found(name);
  if (program === undefined)
    return { name, ran: false, problems: [], notes: ['not installed: pip install cfn-lint'] };
  const files = [...templates].map(([path, template]) => {
    const file = join(folder, basename(path));
    writeFileSync(file, JSON.stringify(withPlainDefinitions(template), undefined, 1));
    return file;
  });
  const { status, stdout, stderr, error } = spawnSync(
    program,
    ['--format', 'parseable', '--ignore-checks', ...PASSED_OVER, '--template', ...files],
    { encoding: 'utf8' },
  );
  if (error !== undefined) throw new Error(`running ${program}: ${error.message}`);
  const problems = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  if (status !== 0 && problems.length === 0) problems.push(`cfn-lint ended with ${status}`);
  const machines = files.length === 1 ? '1 template' : `${files.length} templates`;
  return {
    name,
    ran: true,
    problems,
    notes: [`${machines}, with the state machines' definitions; passed over: ${PASSED_OVER.join(', ')}`],
  };
}
