/** Problems as OpenTofu and Terraform report them, turned into diagnostics with repository paths. Called by the executor. */
import posix from 'node:path/posix';
import * as z from 'zod';
import type { Diagnostic } from '../contracts/job.ts';

/** Output of `validate -json`: https://developer.hashicorp.com/terraform/cli/commands/validate */
export const validateJsonSchema = z.object({
  diagnostics: z.array(
    z.object({
      severity: z.enum(['error', 'warning']),
      summary: z.string(),
      detail: z.string().default(''),
      range: z.object({ filename: z.string(), start: z.object({ line: z.int() }) }).optional(),
    }),
  ),
});

/** `componentPath` is the directory the tool ran in; the tool's file names are relative to it. */
export function validateDiagnostics(
  report: z.infer<typeof validateJsonSchema>,
  componentPath: string,
): Diagnostic[] {
  return report.diagnostics
    .map(({ severity, summary, detail, range }) => ({
      severity,
      summary,
      detail,
      ...(range && { file: repositoryPath(componentPath, range.filename), line: range.start.line }),
    }))
    .sort(inReadingOrder);
}

/** By file and line: the tool's own order changes from run to run. */
function inReadingOrder(a: Diagnostic, b: Diagnostic): number {
  const [fileA, fileB] = [a.file ?? '', b.file ?? ''];
  return fileA === fileB ? (a.line ?? 0) - (b.line ?? 0) : fileA < fileB ? -1 : 1;
}

/**
 * Reads the diagnostics out of what `init`, `plan` and `apply` print for people (with `-no-color`): blocks that open with
 * `Error:` or `Warning:`, drawn with `│` at the left, with an `on FILE line N` line where the place is known.
 */
export function printedDiagnostics(text: string, componentPath: string): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const block of diagnosticBlocks(text)) {
    const [head = '', ...rest] = block;
    const heading = /^(Error|Warning): (.*)$/.exec(head);
    if (!heading) continue;
    const place = rest.map((line) => /^\s+on (.+?) line (\d+)/.exec(line)).find((match) => match !== null);
    diagnostics.push({
      severity: heading[1] === 'Error' ? 'error' : 'warning',
      summary: heading[2] ?? '',
      detail: rest
        .filter((line) => !/^\s/.test(line))
        .join('\n')
        .trim(),
      ...(place?.[1] && { file: repositoryPath(componentPath, place[1]), line: Number(place[2]) }),
    });
  }
  return diagnostics;
}

/**
 * What the command of a failed provisioner said last, or how it ended; empty for other diagnostics. The tools wrap the sentence:
 * https://developer.hashicorp.com/terraform/language/resources/provisioners/local-exec
 */
export function provisionerFailure({ summary, detail }: Pick<Diagnostic, 'summary' | 'detail'>): string {
  if (!/^(local|remote)-exec provisioner error$/.test(summary)) return '';
  const [, status = '', output = ''] = /(exit\s+status\s+\d+)\.\s+Output:([\s\S]*)$/.exec(detail) ?? [];
  const last = output.trim().split('\n').at(-1)?.trim();
  return last || status.replaceAll(/\s+/g, ' ');
}

/** Lines from one heading to the end of its frame or to the next heading. */
function diagnosticBlocks(text: string): string[][] {
  const blocks: string[][] = [];
  let current: string[] | undefined;
  for (const raw of text.split('\n')) {
    const line = raw.replace(/^[│╷╵] ?/, '').trimEnd();
    if (/^(Error|Warning): /.test(line)) {
      current = [line];
      blocks.push(current);
    } else if (raw.startsWith('╵')) current = undefined;
    else current?.push(line);
  }
  return blocks;
}

/** Repository path of a file the tool named relative to the component's directory. */
export const repositoryPath = (componentPath: string, file: string) =>
  posix.normalize(posix.join(componentPath, file));
