/** The Release machine's last call, for tests. */
import * as functions from '../../core/contracts/functions.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { settle } from '../../lambdas/settle/settle.ts';
import type { World } from './deployment-world.ts';

export const settleRelease = (release: ReleaseRef, ports: World['ports']) =>
  functions.settle.handle((input) => settle(input, ports))({ scope: 'release', release });
