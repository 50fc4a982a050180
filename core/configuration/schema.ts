/** Everything `belay.config.ts` can say, as one zod schema with the defaults; docs/configuration.md tells what each field is for. */
import * as z from 'zod';
import { announcementKindSchema } from '../contracts/announcement.ts';
import { DELIVERY_TTL_SECONDS } from '../ledger/release-items.ts';
import { architectureSchema } from '../words.ts';
import { memoryProblem, VCPUS } from './fargate.ts';
import { plans, requireClosable } from './plans.ts';
import { serviceName } from './service-name.ts';

/** What CloudWatch Logs can keep, in days: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** All variables of a function together may have 4 KB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_LIST_CHARACTERS = 2000;

const repository = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]*\/([A-Za-z0-9._-]+|\*)$/, {
  error: 'must be `owner/name`, or `owner/*` for all of an owner',
});
const account = z.string().regex(/^\d{12}$/, {
  error: 'must be the 12 digits of an AWS account, as a string',
});
const region = z.string().regex(/^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/, {
  error: 'must be an AWS region, such as `eu-west-1`',
});
const days = z.int().min(1);
const logDays = z.literal(LOG_DAYS, {
  error: `must be a number of days CloudWatch has: ${LOG_DAYS.join(', ')}`,
});

const addressRange = z
  .string()
  .refine((text) => [z.cidrv4(), z.cidrv6()].some((kind) => kind.safeParse(text).success), {
    error: 'must be a range of addresses in CIDR notation, such as `192.30.252.0/22`',
  });

/** Two weeks less than a delivery is remembered, because neither the archive nor the ledger is emptied to the minute. */
const MAX_EVENT_DAYS = DELIVERY_TTL_SECONDS / 86_400 - 14;

/** What a URL of GitHub must look like: a path would end up in clone URLs. */
const gitHubUrl = z.string().regex(/^https:\/\/[A-Za-z0-9.-]+(:\d+)?$/, {
  error: 'must be `https://` and a host, without a path, such as `https://github.example.com`',
});

const job = z
  .strictObject({
    /** Processors of one job. */
    vcpu: z
      .literal([...VCPUS], { error: `must be a number of vCPUs Fargate has: ${VCPUS.join(', ')}` })
      .default(1),
    /** Memory of one job in MiB. */
    memoryMiB: z.int().default(2048),
    /** Disk of one job in GiB. */
    storageGiB: z.int().min(21).max(200).default(30),
    /** How much runs at once, in vCPUs of all jobs of the stage together; what is more waits. */
    maxVcpu: z.int().min(1).default(256),
  })
  .superRefine(({ vcpu, memoryMiB, maxVcpu }, context) => {
    const problem = memoryProblem(vcpu, memoryMiB);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['memoryMiB'], message: problem });
    if (maxVcpu < vcpu) {
      const message = `is less than one job's ${vcpu} vCPU, so that none could ever start: make it at least that`;
      context.addIssue({ code: 'custom', path: ['maxVcpu'], message });
    }
  })
  .prefault({});

const network = z
  .discriminatedUnion(
    'kind',
    [
      /** Public subnets: every job has an address of its own, and nothing is let in. */
      z.strictObject({ kind: z.literal('public') }),
      /** Private subnets: nothing of a job can be addressed from outside. */
      z.strictObject({
        kind: z.literal('private'),
        /** The ways out to the internet, one in each of as many zones; 0: no way out but the endpoints. */
        natGateways: z.literal([0, 1, 2], { error: 'must be 0, 1 or 2' }).default(1),
        /** AWS services that are reached inside the VPC, such as `rds`; without NAT those that a job cannot do without are added. */
        endpoints: z.array(serviceName).default([]),
      }),
      /** A VPC that is there already. */
      z.strictObject({
        kind: z.literal('existing'),
        vpcId: z.string().regex(/^vpc-[0-9a-f]{8,17}$/, {
          error: 'must be the id of a VPC, such as `vpc-0a1b2c3d4e5f60718`',
        }),
        subnetIds: listOf(
          z.string().regex(/^subnet-[0-9a-f]{8,17}$/, {
            error: 'must be the id of a subnet, such as `subnet-0a1b2c3d4e5f60718`',
          }),
        ),
        /** Whether a job gets an address of its own, as it needs in a public subnet. */
        assignPublicIp: z.boolean().default(false),
      }),
    ],
    { error: "must be { kind: 'public' }, { kind: 'private' } or { kind: 'existing' }" },
  )
  .prefault({ kind: 'public' });

const notifications = z
  .strictObject({
    /** Who gets mail; each has to confirm it once. */
    mail: z.array(z.email({ error: 'must be a mail address' })).default([]),
    /** What of releases is told; by default what needs somebody, because a success needs nobody. */
    tell: listOf(announcementKindSchema).default(['asks', 'failed', 'rolled-back', 'broken', 'refused']),
    /** Where links to the runbook lead: a URL of your own copy, or its path. */
    runbook: z.string().regex(/^\S+$/, { error: 'must be a URL or a path' }).default('docs/runbook.md'),
    /** How long an apply or a destroy runs before somebody is told. */
    longApplyHours: z.int().min(1).default(2),
    /** The same of a question that nobody answers; after 24 hours the answer is no. */
    longApprovalHours: z.int().min(1).max(23).default(8),
  })
  .prefault({});

const fields = z.strictObject({
  /** The repositories whose deliveries are served, as `owner/name` or `owner/*`. */
  repositories: z.union([z.literal('any'), listOf(repository)]).default('any'),
  /** The accounts a manifest may name. Without it: the one Belay is deployed in. */
  accounts: z.union([z.literal('any'), listOf(account)]).optional(),
  /** The regions a manifest may name. Without it: the one Belay is deployed in. */
  regions: z.union([z.literal('any'), listOf(region)]).optional(),
  github: z
    .strictObject({
      /** Where GitHub is. */
      url: gitHubUrl.default('https://github.com'),
      /** Writes an hour of one installation: GitHub takes about 500, a GitHub Enterprise Server what its owner allows. */
      writesPerHour: z.int().min(1).default(450),
      /** Otherwise a draft is planned when somebody comments `/belay plan`. */
      planDrafts: z.boolean().default(false),
      /** The page that makes the GitHub App. Without it the stack has neither the page nor its function: docs/set-up.md. */
      setUpPage: z.boolean().default(true),
      /** GitHub Deployments, and the history of each environment under `refs/belay/`. */
      audit: z.boolean().default(true),
      /** Addresses that deliveries may come from, in CIDR notation; from anywhere when there are none: docs/reliability.md. */
      webhookSources: z.array(addressRange).default([]),
    })
    .prefault({}),
  /** Who hears of what: docs/observability.md. */
  notifications,
  /** What the functions run on; jobs have theirs in the manifest. */
  architecture: architectureSchema.default('arm64'),
  /** Where jobs run: docs/network.md. */
  network,
  /** How plans of code that nobody has looked at are kept from the internet: docs/network.md. */
  plans,
  /** Size and concurrency of the jobs of each stage. */
  jobs: z.strictObject({ plan: job, apply: job, destroy: job, test: job }).prefault({}),
  /** How long what is not needed to go on is kept. Days. */
  retention: z
    .strictObject({
      /** Logs of functions and state machines. */
      logs: logDays.default(90),
      /** Logs of jobs in CloudWatch; those in the artifacts are kept with their release. */
      jobLogs: logDays.default(180),
      /** Deliveries and requests in the archive of the bus, from which they can be replayed. */
      events: days
        .max(MAX_EVENT_DAYS, {
          error: `must be at most ${MAX_EVENT_DAYS}: what is replayed later would be taken for new`,
        })
        .default(30),
      /** Replaced versions of artifacts, above all of state files. */
      replacedVersions: days.default(365),
    })
    .prefault({}),
});

/** The whole of `belay.config.ts`. */
export const configurationSchema = fields.superRefine(requireClosable);

/** What `belay.config.ts` may hold. */
export type ConfigurationInput = z.input<typeof configurationSchema>;

/** A checked configuration with every default filled in; `accounts` and `regions` stay away where they are the deployment's own. */
export type Configuration = z.output<typeof configurationSchema>;

/** Gives `belay.config.ts` its types: what it holds is answered as it is. */
export const defineConfig = (configuration: ConfigurationInput): ConfigurationInput => configuration;

/** A list that says something, in which nothing stands twice and which fits into a function's environment. */
function listOf<Item extends z.ZodType<string>>(item: Item) {
  return z
    .array(item)
    .min(1, { error: 'must name at least one' })
    .superRefine((items, context) => {
      items.forEach((one, index) => {
        if (items.indexOf(one) < index)
          context.addIssue({ code: 'custom', path: [index], message: `\`${one}\` is listed twice` });
      });
      if (items.join().length > MAX_LIST_CHARACTERS) {
        const message = `is too long: ${MAX_LIST_CHARACTERS} characters with commas is what a function's environment has room for`;
        context.addIssue({ code: 'custom', message });
      }
    });
}
