/** From the reference the machines hand around to the address that keys are built from; used by the per-target functions. */
import type { TargetRef } from '../../core/contracts/functions.ts';
import type { TargetAddress } from '../../core/keys.ts';

export const addressOf = ({ release, environment, component, pass }: TargetRef): TargetAddress => ({
  repository: release.repository,
  release: release.id,
  environment,
  component,
  pass,
});
