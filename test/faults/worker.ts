/** A share of the faults of a scenario, in a thread of its own. Started by `main.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { faultsOf, type Share, tryFaults } from './every-fault.ts';
import { SCENARIOS } from './scenarios.ts';

const { name, every, share, of } = workerData as Share;
const scenario = SCENARIOS.find((one) => one.name === name);
if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
const chosen = (await faultsOf(scenario)).filter((_, index) => index % every === 0);
const faults = chosen.filter((_, index) => index % of === share);
parentPort?.postMessage(await tryFaults({ scenario, faults }));
