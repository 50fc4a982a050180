import { expect, test } from '@jest/globals';
import {
  manifestAnnotations,
  problemAnnotations,
  removalAnnotations,
} from '../../../core/checks/annotations.ts';

test('problems and dangers are annotated at their line, where they have one in the repository', () => {
  const problem = {
    severity: 'error',
    summary: 'Unsupported argument',
    detail: 'An argument named "x"…',
  } as const;
  expect(
    problemAnnotations([
      { ...problem, file: 'app/main.tf', line: 7 },
      { ...problem, severity: 'warning', file: 'app/main.tf', detail: '' },
      problem,
      { ...problem, file: '../elsewhere.tf', line: 1 },
    ]),
  ).toEqual([
    {
      path: 'app/main.tf',
      start_line: 7,
      end_line: 7,
      annotation_level: 'failure',
      title: 'Unsupported argument',
      message: 'An argument named "x"…',
    },
    {
      path: 'app/main.tf',
      start_line: 1,
      end_line: 1,
      annotation_level: 'warning',
      title: 'Unsupported argument',
      message: 'Unsupported argument',
    },
  ]);
  const removal = { address: 'aws_db_instance.main', type: 'aws_db_instance', replace: false };
  const place = { file: 'db/main.tf', line: 12 };
  expect(
    removalAnnotations(
      'dev/db',
      [{ ...removal, place }, removal, { ...removal, type: 'x', place }],
      ['aws_db_instance'],
    ),
  ).toMatchObject([
    {
      path: 'db/main.tf',
      start_line: 12,
      annotation_level: 'warning',
      title: 'dev/db would destroy aws_db_instance.main',
    },
  ]);
});

test('problems of a manifest are annotated where they have a place', () => {
  const reason = 'belay.yaml:3:5 unknown key `nets`\nbelay.yaml:9:1 dev is there twice\nno components';
  expect(manifestAnnotations(reason)).toMatchObject([
    {
      path: 'belay.yaml',
      start_line: 3,
      end_line: 3,
      annotation_level: 'failure',
      message: 'unknown key `nets`',
    },
    { path: 'belay.yaml', start_line: 9, title: 'dev is there twice' },
  ]);
});
