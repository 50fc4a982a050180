/** What a call of a function's port asks of AWS, as its adapter makes it: so that the fault suite, which has ports in memory, is held to the policies too. */
import type { Assembly } from '../../local/assembly/model.ts';
import { createAuthorize } from '../../local/iam/authorize.ts';
import { keyUse } from '../../local/wire/kms.ts';
import { createPrincipals } from '../../local/wire/principals.ts';
import type { Permission } from '../../local/wire/service.ts';
import { type Recorder, recorder } from './recorder.ts';

/** Hears of every port call of the fault suite: the function by its name there (`GitStatus`), the call (`ledger.put`) and its arguments. */
export type OnCall = (name: string, call: string, given: readonly unknown[]) => void;

/** DynamoDB's name for what the ledger does with one item. */
const LEDGER: Readonly<Record<string, string>> = {
  get: 'GetItem',
  query: 'Query',
  put: 'PutItem',
  update: 'UpdateItem',
  remove: 'DeleteItem',
};
/** What the store's calls need for their objects, in the order of their arguments. */
const STORE: Readonly<Record<string, readonly ('Get' | 'Put' | 'Delete')[]>> = {
  get: ['Get'],
  exists: ['Get'],
  put: ['Put'],
  copy: ['Get', 'Put'],
  remove: ['Delete'],
  presignGet: ['Get'],
  presignPut: ['Put'],
};

/** A recorder that is fed with port calls. */
export function portRecorder(assembly: Assembly): Recorder & { readonly onCall: OnCall } {
  const clock = { now: () => 0, after: () => () => {} };
  const principals = createPrincipals(clock);
  const authorize = createAuthorize(assembly);
  const heard = recorder(assembly);
  const sessions = new Map(
    assembly.functions.map(({ handler, roleArn }) => [
      handler.replace('.handler', '').replaceAll('-', ''),
      principals.openSession(roleArn),
    ]),
  );
  const seen = new Set<string>();
  return {
    ...heard,
    onCall(name, call, given) {
      const about = [name, call, ...given.filter((one) => typeof one === 'string'), leadingKey(given)];
      const what = about.join(' ');
      if (seen.has(what)) return;
      seen.add(what);
      const principal = sessions.get(name.toLowerCase());
      if (principal === undefined) throw new Error(`recording ${what}: the stack has no function ${name}`);
      for (const permission of needsOf(assembly, call, given))
        heard.hear({ ...permission, principal, refusal: authorize({ ...permission, principal }) });
    },
  };
}

const leadingKey = ([key]: readonly unknown[]) =>
  typeof key === 'object' && key !== null && 'pk' in key ? String(key.pk) : undefined;

/** Calls that leave AWS alone (GitHub, Git) need nothing here. */
function needsOf(assembly: Assembly, call: string, given: readonly unknown[]): Permission[] {
  const [port = '', method = ''] = call.split('.');
  const { region, account } = assembly.place;
  if (port === 'ledger' && method in LEDGER) {
    const [table] = assembly.tables;
    const resource = `arn:aws:dynamodb:${region}:${account}:table/${table?.name}`;
    const leading = leadingKey(given);
    const conditions: Record<string, string> =
      leading === undefined ? {} : { 'dynamodb:LeadingKeys': leading };
    const own = { action: `dynamodb:${LEDGER[method]}`, resource, conditions };
    return [own, keyUse('dynamodb', 'Decrypt', { key: table?.kmsKeyArn ?? '', region })];
  }
  if (port === 'store') {
    const [bucket] = assembly.buckets;
    return (STORE[method] ?? []).flatMap((action, index) => {
      const own = { action: `s3:${action}Object`, resource: `arn:aws:s3:::${bucket?.name}/${given[index]}` };
      if (action === 'Delete') return [own];
      const use = action === 'Get' ? 'Decrypt' : 'GenerateDataKey';
      return [own, keyUse('s3', use, { key: bucket?.kmsKeyArn ?? '', region })];
    });
  }
  const action = OTHERS[call];
  if (action === undefined) return [];
  const own = { action, resource: resourceOf(assembly, action, given) };
  const key = action === 'sqs:SendMessage' ? statusQueue(assembly)?.kmsKeyArn : undefined;
  if (key === undefined) return [own];
  const uses = (['Decrypt', 'GenerateDataKey'] as const).map((use) => keyUse('sqs', use, { key, region }));
  return [own, ...uses];
}

const OTHERS: Readonly<Record<string, string>> = {
  'status.changed': 'sqs:SendMessage',
  'tokens.succeed': 'states:SendTaskSuccess',
  'executions.isRunning': 'states:DescribeExecution',
  'redrives.look': 'states:DescribeExecution',
  'redrives.redrive': 'states:RedriveExecution',
  'jobs.hasEnded': 'batch:DescribeJobs',
  'jobs.wasSubmittedFor': 'batch:DescribeJobs',
  'bus.publish': 'events:PutEvents',
  'schedules.remove': 'scheduler:DeleteSchedule',
};

const statusQueue = ({ queues }: Assembly) => queues.find(({ name }) => name === 'belay-status.fifo');

function resourceOf(assembly: Assembly, action: string, given: readonly unknown[]) {
  const { buses, place, stateMachines } = assembly;
  const { region, account } = place;
  switch (action) {
    case 'sqs:SendMessage':
      return statusQueue(assembly)?.arn;
    case 'states:SendTaskSuccess':
      return stateMachines.find(({ name }) => name === 'belay-deployment')?.arn;
    case 'states:DescribeExecution':
    case 'states:RedriveExecution':
      return `arn:aws:states:${region}:${account}:execution:${String(given[0]).split(':execution:').at(-1)}`;
    case 'events:PutEvents':
      return buses[0]?.arn;
    case 'scheduler:DeleteSchedule':
      return `arn:aws:scheduler:${region}:${account}:schedule/belay/${given[0]}`;
    default:
      return undefined;
  }
}
