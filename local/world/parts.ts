/** Builds the parts of a world and joins them: which part is handed to which. Called by `local/world.ts`. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { ANY } from '../../core/configuration/allowed.ts';
import { writtenSources } from '../../core/webhook-sources.ts';
import { startApi } from '../api/server.ts';
import { loadAssembly } from '../assembly/load.ts';
import type { Assembly } from '../assembly/model.ts';
import { Jobs } from '../batch/jobs.ts';
import { batchService } from '../batch/service.ts';
import { metadataRoute } from '../batch/task-metadata.ts';
import { Builds } from '../builds/builds.ts';
import { Bus } from '../bus/bus.ts';
import { eventsService } from '../bus/service.ts';
import { GitHub } from '../github/github.ts';
import { createAuthorize } from '../iam/authorize.ts';
import { startEventSources } from '../lambda/event-sources.ts';
import { Functions } from '../lambda/functions.ts';
import { lambdaService } from '../lambda/service.ts';
import { Images } from '../registry/images.ts';
import { registryService } from '../registry/service.ts';
import { Schedules } from '../scheduler/schedules.ts';
import { schedulerService } from '../scheduler/service.ts';
import { executionEvent } from '../states/event.ts';
import { Executions } from '../states/executions.ts';
import { statesService } from '../states/service.ts';
import { createTasks, supportsTask } from '../states/tasks.ts';
import { Notices } from '../watch/notices.ts';
import { systemClock } from '../wire/clock.ts';
import { createCredentialsEndpoint } from '../wire/credentials-endpoint.ts';
import { startDynalite } from '../wire/dynamodb/dynalite-server.ts';
import { dynamoService } from '../wire/dynamodb/dynamodb-service.ts';
import { deleteExpiredItems } from '../wire/dynamodb/expiry.ts';
import { startGateway } from '../wire/gateway.ts';
import { createPrincipals } from '../wire/principals.ts';
import { ObjectStore } from '../wire/s3/object-store.ts';
import { s3Service } from '../wire/s3/s3-service.ts';
import { secretsService } from '../wire/secrets/secrets-service.ts';
import type { Authorize, Service } from '../wire/service.ts';
import { Queues } from '../wire/sqs/queues.ts';
import { sqsService } from '../wire/sqs/sqs-service.ts';
import { stsService } from '../wire/sts/sts-service.ts';
import { startDaemon } from '../xray/daemon.ts';
import { Traces } from '../xray/traces.ts';
import type { WorldOptions } from './options.ts';
import type { Progress } from './progress.ts';
import { newAppSecret, WorldSecrets } from './secrets.ts';
import { choosePorts } from './state-directory.ts';
import { Warming } from './warming.ts';

/** Everything a world is made of. */
export type Parts = Awaited<ReturnType<typeof openParts>>;

/** Opens all parts over the state directory `folder`. */
export async function openParts(options: WorldOptions, folder: string, progress: Progress) {
  const log = options.log ?? ((message: string) => void process.stderr.write(`twin: ${message}\n`));
  const ports = await choosePorts(folder);
  const endpoint = `http://127.0.0.1:${ports.aws}`;
  const { cdkOut, region } = options;
  const assembly = loadAssembly({ cdkOut, endpoint, ...(region === undefined ? {} : { region }) });
  const { place } = assembly;
  const inPlace = { accountId: place.account, region: place.region };
  const compileCache = resolve(cdkOut, '.compiled');

  const clock = systemClock;
  const dynamoStarting = startDynalite(join(folder, 'dynamodb'), assembly.tables);
  const principals = createPrincipals(clock);
  const decide = createAuthorize(assembly);
  const authorize: Authorize = (question) => {
    const refusal = decide(question);
    options.decided?.({ ...question, refusal });
    return refusal;
  };
  const credentials = createCredentialsEndpoint(principals, clock);
  const objects = new ObjectStore(join(folder, 's3'), assembly.buckets, clock);
  const queues = new Queues(assembly.queues, { folder: join(folder, 'sqs'), clock, ...inPlace });
  const secrets = new WorldSecrets(assembly.secrets, join(folder, 'secrets'), place);
  const githubSecret = variable(assembly, 'GITHUB_TOKEN_SECRET');
  if (options.github === 'app' && !secrets.current(githubSecret).startsWith('{')) {
    if (existsSync(join(folder, 'github')))
      log(
        `${folder} was begun with a token: from now on Belay is a GitHub App here; commits that have statuses keep them, others get checks`,
      );
    secrets.set(githubSecret, newAppSecret());
  }

  const githubUrl = `http://127.0.0.1:${ports.github}`;
  const traces = new Traces(join(folder, 'xray'));
  const daemon = await startDaemon(traces, log);
  const functions = new Functions({
    xray: { daemonAddress: daemon.address, traces },
    definitions: assembly.functions,
    region: place.region,
    endpoint,
    principals,
    folder: join(folder, 'functions'),
    compileCache,
    path: options.environment.PATH ?? '',
    replacements: {
      GITHUB_URL: githubUrl,
      GITHUB_API_URL: `${githubUrl}/api/v3`,
      // This GitHub limits only when a test says so.
      GITHUB_WRITES_PER_HOUR: '1000000',
      // Its repositories have names of their own, and what it delivers comes from this machine.
      REPOSITORIES: ANY,
      WEBHOOK_SOURCES: writtenSources([]),
    },
  });
  const warming = new Warming(functions, assembly);
  const images = new Images(join(folder, 'images'));
  const builds = new Builds({
    projects: assembly.buildProjects,
    ...{ place, objects, images, principals, authorize },
    folder: join(folder, 'builds'),
    shell: options.environment,
  });
  const jobs = new Jobs({
    definitions: assembly.jobDefinitions,
    queues: assembly.jobQueues,
    place,
    machine: {
      region: place.region,
      endpoint,
      workspace: join(folder, 'workspace'),
      images: resolve(images.folder),
      compileCache,
      shell: options.environment,
      passEnv: options.passEnv ?? [],
    },
    issueCredentials: credentials.issueCredentials,
    folder: join(folder, 'jobs'),
    slots: options.slots ?? Math.max(2, availableParallelism()),
    changed: (job) => {
      progress.changed('job');
      if (job.status === 'STARTING') warming.job();
    },
    printed: () => progress.changed('log'),
  });
  const executions: Executions = new Executions({
    definitions: assembly.stateMachines,
    folder: join(folder, 'executions'),
    supports: supportsTask,
    task: createTasks({
      place,
      functions,
      jobs,
      builds,
      objects,
      executions: () => executions,
      principals,
      authorize,
    }),
    statusChanged: (record) => {
      if (record.status === 'RUNNING') warming.execution(record.definition);
      // Children of a Distributed Map are no executions of their own to the outside.
      if (record.mapRunArn === undefined) bus.publish(executionEvent(record));
    },
    changed: () => progress.changed('execution'),
  });
  const notices = new Notices(join(folder, 'notices.jsonl'), clock);
  const bus: Bus = new Bus({
    assembly,
    principals,
    authorize,
    services: {
      startExecution: (stateMachineArn, input, traceHeader) =>
        void executions.start({ stateMachineArn, input, traceHeader }),
      invokeFunction: (arn, payload, traceHeader) => functions.invoke(arn, payload, traceHeader),
      sendMessage: (arn, body, groupId) => void queues.send(arn, { body, groupId }),
      notify: (arn, message) => notices.add(arn, message),
    },
    folder: join(folder, 'events'),
    lost: log,
    ...(options.busDeliveries === undefined ? {} : { deliveries: options.busDeliveries }),
  });

  const schedules = new Schedules({
    groups: assembly.scheduleGroups,
    folder: join(folder, 'scheduler'),
    clock,
    bus,
    sendMessage: (arn, body) => void queues.send(arn, { body }),
    principals,
    authorize,
    lost: log,
  });

  const dynamo = await dynamoStarting;
  const services: Service[] = [
    s3Service(objects),
    sqsService(queues),
    told(dynamoService(dynamo, inPlace, tableKeys(assembly)), () => progress.changed('ledger')),
    secretsService(secrets, clock),
    stsService(principals),
    lambdaService(functions, place),
    batchService(jobs, place),
    registryService(images, place),
    statesService(executions),
    eventsService(bus),
    schedulerService(schedules, place),
  ];
  const onFault = (error: unknown, request: string) =>
    log(`${request}: ${error instanceof Error ? error.stack : String(error)}`);
  const [gateway, api, github] = await Promise.all([
    startGateway({
      services,
      routes: [credentials.route, metadataRoute(() => jobs)],
      clock,
      principalOf: principals.principalOf,
      authorize,
      onFault,
      port: ports.aws,
    }),
    startApi({ assembly, invoke: (arn, payload) => functions.invoke(arn, payload), port: ports.api }),
    GitHub.start({
      folder: join(folder, 'github'),
      port: ports.github,
      webhookUrl: () => webhookUrl(assembly, ports.api),
      webhookSecret: () => secrets.current(variable(assembly, 'WEBHOOK_SECRET')),
      secret: () => secrets.current(githubSecret),
      changed: () => progress.changed('status'),
      complain: log,
    }),
  ]);
  const isNew = executions.entries().length === 0;
  executions.recover();
  bus.startSchedules({ now: !isNew });
  schedules.start();
  const eventSources = startEventSources({ assembly, queues, functions, principals, authorize });
  const closing = new AbortController();
  const expiring = deleteExpiredItems(dynamo, clock, closing.signal).catch((error) =>
    log(`deleting expired items: ${String(error)}`),
  );

  return {
    assembly,
    log,
    ledger: variable(assembly, 'LEDGER_TABLE'),
    artifacts: variable(assembly, 'ARTIFACTS_BUCKET'),
    objects,
    dynamo,
    queues,
    secrets,
    functions,
    jobs,
    executions,
    bus,
    notices,
    schedules,
    eventSources,
    warming,
    github,
    traces,
    /** Closes everything, the parts that feed others first. Running jobs need the endpoint until they have ended. */
    async close() {
      closing.abort();
      bus.close();
      schedules.close();
      await Promise.all([eventSources.close(), api.close(), github.close()]);
      await executions.close();
      await jobs.close();
      await builds.close();
      await functions.close();
      await daemon.close();
      await gateway.close();
      queues.close();
      await expiring;
      await dynamo.close();
    },
  };
}

function tableKeys({ tables }: Assembly): ReadonlyMap<string, string> {
  return new Map(
    tables.flatMap(({ name, kmsKeyArn }) => (kmsKeyArn === undefined ? [] : [[name, kmsKeyArn]])),
  );
}

/** A service that says when it has answered a request. */
function told(service: Service, answered: () => void): Service {
  return {
    ...service,
    async handle(request) {
      const response = await service.handle(request);
      answered();
      return response;
    },
  };
}

/** What the functions of the stack have under this name: how they find the ledger, the artifacts, the secrets. */
function variable(assembly: Assembly, name: string): string {
  const value = assembly.functions.map(({ environment }) => environment[name]).find((found) => found);
  if (value === undefined) throw new Error(`opening the world: no function of the stack has ${name}`);
  return value;
}

/** Webhooks go to the route of the function that knows the webhook's secret. */
function webhookUrl(assembly: Assembly, port: number): string {
  const webhook = assembly.functions.find(({ environment }) => environment.WEBHOOK_SECRET);
  const route = assembly.routes.find(({ functionArn }) => functionArn === webhook?.arn);
  return `http://127.0.0.1:${port}${route?.key.replace(/^\S+ /, '') ?? '/'}`;
}
