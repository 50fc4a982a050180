import { expect, test } from '@jest/globals';
import type { CodeFile } from '../../executor-image/tools/code.ts';
import { readBlocks } from '../../executor-image/tools/hcl.ts';
import { placeOf } from '../../executor-image/tools/places.ts';

const file = (name: string, text: string): CodeFile => ({ name, text, blocks: readBlocks(text) });
const CODE = [
  file('a.tf', 'variable "x" {}\n\nresource "aws_s3_bucket" "logs" {\n}\n'),
  file('b.tf', 'module "db" {\n  source = "../db"\n}\nresource "aws_s3_bucket" "data" {\n}\n'),
];

test.each([
  ['aws_s3_bucket.logs', { file: 'live/app/a.tf', line: 3 }],
  ['aws_s3_bucket.data["eu"]', { file: 'live/app/b.tf', line: 4 }],
  ['module.db.aws_db_instance.main[0]', { file: 'live/app/b.tf', line: 1 }],
  ['module.db["a"].module.inner.aws_db_instance.main', { file: 'live/app/b.tf', line: 1 }],
  ['aws_s3_bucket.gone', undefined],
  ['module.gone.aws_s3_bucket.logs', undefined],
  ['not an address', undefined],
])('%s is declared at %o', (address, place) => {
  expect(placeOf(address, CODE, 'live/app')).toEqual(place);
});
