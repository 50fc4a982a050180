/** Printed diagnostics of both tools, framed (a terminal's look) and plain. */
import { expect, test } from '@jest/globals';
import { printedDiagnostics, provisionerFailure } from '../../core/plan/diagnostics.ts';

const FRAMED = `╷
│ Warning: Deprecated argument
│ 
│   with aws_instance.web,
│   on ../../modules/web/main.tf line 4, in resource "aws_instance" "web":
│    4:   old = 1
│ 
│ Use new instead.
╵
╷
│ Error: creating VPC: UnauthorizedOperation
│ 
│   on main.tf line 12:
│   12: resource "aws_vpc" "a" {
│ 
│ You are not authorized.
│ Ask someone.
╵
Something else.
`;

test('framed', () => {
  expect(printedDiagnostics(FRAMED, 'components/app')).toEqual([
    {
      severity: 'warning',
      summary: 'Deprecated argument',
      detail: 'Use new instead.',
      file: 'modules/web/main.tf',
      line: 4,
    },
    {
      severity: 'error',
      summary: 'creating VPC: UnauthorizedOperation',
      detail: 'You are not authorized.\nAsk someone.',
      file: 'components/app/main.tf',
      line: 12,
    },
  ]);
});

test('plain, and without a place', () => {
  expect(printedDiagnostics('\nError: No luck\n\nTry again.\n\nError: Second\n', 'a')).toEqual([
    { severity: 'error', summary: 'No luck', detail: 'Try again.' },
    { severity: 'error', summary: 'Second', detail: '' },
  ]);
});

test('nothing', () => {
  expect(printedDiagnostics('exit 1\n', 'a')).toEqual([]);
});

test.each([
  [
    "Error running command 'echo one; exit 7': exit\nstatus 7. Output: one\nthe port is taken",
    'the port is taken',
  ],
  ["Error running command 'false': exit status 1. Output:", 'exit status 1'],
  ['Something else.', ''],
])('the last word of a provisioner: %j', (detail, said) => {
  expect(provisionerFailure({ summary: 'local-exec provisioner error', detail })).toBe(said);
  expect(provisionerFailure({ summary: 'Another error', detail })).toBe('');
});
