/** Components whose stages wait until a test lets them go on. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { fileComponent } from './components.ts';
import { type TestFolder, until } from './twin.ts';

/** A component whose stages wait for a file as long as `hold-<stage>` is there, and note that they have begun. */
export const heldComponent = (name: string, needs: readonly string[] = [], more: object = {}) => {
  const hold = (stage: string) =>
    `touch "$DEPLOYED/${name}-${stage}-begun"; while [ -e "$DEPLOYED/hold-${stage}" ]; do sleep 0.05; done`;
  return fileComponent(name, [], {
    needs,
    commands: {
      plan: `mkdir -p "$DEPLOYED" && ${hold('plan')}; sh deploy.sh plan`,
      apply: `${hold('apply')}; test ! -e "$DEPLOYED/broken" && sh deploy.sh apply`,
      outputs: 'sh deploy.sh outputs',
    },
    ...more,
  });
};

/** What is held in the repository called `name`, and let go. */
export const hold = (place: TestFolder, name: string, stage: string) =>
  writeFileSync(place.deployed(name, `hold-${stage}`), '');
export const letGo = (place: TestFolder, name: string, stage: string) =>
  rmSync(place.deployed(name, `hold-${stage}`), { force: true });

/** Waits until a stage (`one-apply`) has begun. */
export const begun = (place: TestFolder, name: string, stage: string) =>
  until(`${stage} of ${name}`, () => existsSync(place.deployed(name, `${stage}-begun`)));
