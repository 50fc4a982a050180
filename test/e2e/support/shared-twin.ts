/** The one twin that all cases of `pipeline.test.ts` push their repositories into; opening one for each would take its time. */
import { afterAll, beforeAll } from '@jest/globals';
import { openTestTwin, type TestTwin } from './twin.ts';

/** Jobs that run at once. */
export const SLOTS = 3;

/** Open while tests run. Its bus delivers every event twice, as EventBridge may. */
export let twin: TestTwin;

beforeAll(async () => {
  twin = await openTestTwin(() => ({
    slots: SLOTS,
    busDeliveries: 2,
    passEnv: ['PASSED'],
    environment: { PASSED: 'on', OF_THE_SHELL: 'secret', AWS_ACCESS_KEY_ID: 'of the user' },
  }));
});
afterAll(() => twin.close());
