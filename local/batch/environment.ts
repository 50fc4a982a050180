/** What a job's process gets: the definition, Batch's and Fargate's own variables, and the mapping of the container to this machine. */
import { delimiter, dirname, join } from 'node:path';
import type { Job } from './job.ts';
import { metadataPath } from './task-metadata.ts';

/** How the container is mapped to this machine. */
export interface Machine {
  readonly region: string;
  /** URL of the twin's AWS endpoint. */
  readonly endpoint: string;
  /** What stands for the image's work area. */
  readonly workspace: string;
  /** Folder with the files of the twin's images, each under its digest: the tools of this machine have no other registry. */
  readonly images: string;
  /** Folder of compiled code: the second start of the executor need not compile it again. */
  readonly compileCache: string;
  /** The environment of the user's shell. */
  readonly shell: Readonly<Record<string, string | undefined>>;
  /** Names of further variables of the shell that the tools may see. */
  readonly passEnv: readonly string[];
}

/** Where tools are found, how they are configured and how they reach the network from this machine. */
const FROM_THE_SHELL = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TF_CLI_CONFIG_FILE',
  'TF_PLUGIN_CACHE_DIR',
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NIX_SSL_CERT_FILE',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'AWS_CA_BUNDLE',
];

/** Where a tool of this machine finds the image it is told by digest. */
const IMAGES = 'BELAY_IMAGES';

/** The variable that says where the image's work area is. */
const WORKSPACE = 'BELAY_WORKSPACE';

/** The variable that says where the image keeps providers: the twin has no image, so the shell may name a folder that stands for it. */
const PROVIDERS = 'BELAY_PROVIDER_MIRROR';

/** The whole environment of a job's process. `credentialsPath` is where the job's role is handed out. */
export function jobEnvironment(job: Job, machine: Machine, credentialsPath: string): Record<string, string> {
  const { region, endpoint, shell, passEnv } = machine;
  const fromShell = [...FROM_THE_SHELL, ...passEnv].flatMap((name) => {
    const value = shell[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(fromShell),
    // As in the image, `node` is the Node.js the executor runs on, whatever else the machine has.
    PATH: [dirname(process.execPath), shell.PATH].filter(Boolean).join(delimiter),
    ...job.environment,
    // https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
    AWS_BATCH_JOB_ID: job.jobId,
    AWS_BATCH_JOB_ATTEMPT: '1',
    AWS_BATCH_JQ_NAME: job.queue.name,
    AWS_BATCH_CE_NAME: job.queue.computeEnvironment,
    AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
    ECS_CONTAINER_METADATA_URI_V4: `${endpoint}${metadataPath(job.jobId)}`,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // Fargate names its credentials by a path on a fixed address; the SDKs take the whole address just as well.
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint}${credentialsPath}`,
    AWS_ENDPOINT_URL: endpoint,
    ...(job.environment[WORKSPACE] === undefined ? {} : { [WORKSPACE]: machine.workspace }),
    ...(job.environment[PROVIDERS] && shell[PROVIDERS] ? { [PROVIDERS]: shell[PROVIDERS] } : {}),
    [IMAGES]: machine.images,
    BELAY_PASS_ENV: [...passEnv, IMAGES].join(','),
    NODE_COMPILE_CACHE: machine.compileCache,
  };
}

/** Where the executor's image keeps the files of its asset. */
const IMAGE_FOLDER = '/belay/';

/** The job's command with the image's program and files replaced by this machine's. */
export function jobCommand(job: Job): string[] {
  return job.command.map((word, index) => {
    if (index === 0 && word === 'node') return process.execPath;
    return word.startsWith(IMAGE_FOLDER) ? join(job.definition.asset, word.slice(IMAGE_FOLDER.length)) : word;
  });
}
